"""Numbers and dates as people write them: each in its form, slips and gaps, and what is a name."""

import itertools

import numpy as np
import pandas as pd
import pytest

from automl_kit.data import cells


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("$76,705", "", 76705),
        ("€ 1,200.50", "", 1200.5),
        ("1200 USD", "", 1200),
        ("¥1,000", "", 1000),
        ("12 %", "", 12),
        ("12.5%", "", 12.5),
        ("(3.5)", "", -3.5),
        ("-$5", "", -5),
        ("$-5", "", -5),
        ("−7", "", -7),
        ("1'234'567.8", "", 1234567.8),
        ("1 234 567", "", 1234567),
        ("1\u202f234", "", 1234),
        ("１２３", "", 123),
        ("1e-3", "", 0.001),
        (" +5 ", "", 5),
        ("1.234,50", "comma", 1234.5),
        ("0,75", "comma", 0.75),
        ("12 345,6 €", "comma", 12345.6),
        ("1.234", "comma", 1234),
        ("7", "comma", 7),
    ],
)
def test_numbers(text, form, value):
    assert cells.numbers(pd.Series([text]), form).tolist() == [value]


@pytest.mark.parametrize(
    "text",
    ["", "?", "1.2.3", "12a", "1,2345", "1 2", "5 km", "$", "%", "-", "1_000", "(", "½ l", "E1",
     "e5", "-E2", ".e3", "$E4", "1e", "E1.5"],
)  # fmt: skip
def test_what_is_no_number(text):
    assert np.isnan(cells.numbers(pd.Series([text]))).all()


@pytest.mark.parametrize("form", ["", cells.COMMA])
def test_any_text_of_parts_of_numbers_is_read(form):
    """As a number or as none; a column of grades E1 to E5 was an error once."""
    parts = ["", "1", "e", "E", ".", ",", "+", "-", "(", ")", "$", "%", " ", "_", "−"]
    texts = ["".join(chosen) for chosen in itertools.product(parts, repeat=4)]
    read = cells.numbers(pd.Series(texts), form)
    assert np.isnan(read[texts.index("E1")])
    assert read[texts.index("-1e1")] == -10


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0 days 00:00:00", 0),
        ("-1 days +23:59:00", -60),
        ("3 days 12:00:00.250000", 302_400.25),
        ("1 day", 86_400),
        ("P1DT2H", 93_600),
        ("PT0.5S", 0.5),
        ("-P1D", -86_400),
        ("P-1DT23H59M0S", -60),
    ],
)
def test_durations_are_seconds(text, seconds):
    assert cells.numbers(pd.Series([text, "P", "PT", "days"])).tolist()[0] == seconds
    assert cells.number_form(pd.Series([text, None]), loose=False) == ""


def test_what_only_looks_like_a_duration():
    assert np.isnan(cells.numbers(pd.Series(["P", "PT", "P1", "days", "1 days x"]))).all()


@pytest.mark.parametrize(
    ("values", "loose", "form"),
    [
        (["$1,200", "$900"], False, ""),
        (["1.234,50", "7,25", "3"], False, "comma"),
        (["1,234", "2,500"], False, ""),
        (["1", "2.5"], False, None),
        (["1", "2.5"], True, ""),
        (["1.10", "2.0.1", "1.20"], True, None),
        (["red", "blue"], True, None),
        (["A12", "0012"], True, None),
        ([str(n) for n in range(50)] + ["?"], False, ""),
        ([str(n) for n in range(50)] + ["12a"], False, ""),
        ([str(n) for n in range(50)] + ["12a", "b", "c"], False, None),
        (["1", "2", "3", "A"], True, None),
        (["?", "-"], True, None),
        ([], True, None),
    ],
)
def test_columns_of_numbers(values, loose, form):
    assert cells.number_form(pd.Series(values, dtype=object), loose) == form


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2024-05-31", "2024-06-01T10:00:00Z"], ""),
        (["05/31/2024", "06/01/2024"], "%m/%d/%Y"),
        (["31/05/2024", "01/06/2024"], "%d/%m/%Y"),
        (["02/11/2023", "03/04/2023"], "%m/%d/%Y"),
        (["31.05.2024", "1.6.2024"], "%d.%m.%Y"),
        (["2024/05/31", "2024/6/1"], "%Y/%m/%d"),
        (["05/31/24", "06/01/24"], "%m/%d/%y"),
        (["31-May-2024", "01-Jun-2024"], "%d-%b-%Y"),
        (["May 31, 2024", "Jun 1, 2024"], "%b %d, %Y"),
        (["05/31/2024 14:30", "06/01/2024 09:05"], "%m/%d/%Y %H:%M"),
        (["5/31/2024 2:30 PM", "6/1/2024 9:05 AM"], "%m/%d/%Y %I:%M %p"),
        (["2024年5月31日", "2024年6月1日"], "%Y年%m月%d日"),
        (["2024-05-31", "soon"], None),
        (["13/13/2024", "14/14/2024"], None),
        (["red", "blue"], None),
        (["1/2", "3/4"], None),
    ],
)
def test_columns_of_dates(values, form):
    assert cells.date_form(pd.Series(values, dtype=object)) == form


def test_dates_are_days_since_1970_to_the_second():
    days = cells.dates(pd.Series(["01/02/1970 12:00", None, "?"]), "%m/%d/%Y %H:%M")
    assert days[0] == 1.5
    assert np.isnan(days[1:]).all()


def test_days_and_months_that_may_be_exchanged_are_ambiguous():
    assert cells.is_ambiguous(pd.Series(["02/11/2023", "03/04/2023"]), "%m/%d/%Y")
    assert not cells.is_ambiguous(pd.Series(["02/11/2023", "03/14/2023"]), "%m/%d/%Y")
    assert not cells.is_ambiguous(pd.Series(["2024-05-31"]), "")
