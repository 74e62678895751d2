import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from automl_kit.data.columns import convert
from automl_kit.data.kinds import find
from automl_kit.data.names import strings
from automl_kit.data.schema import Column
from automl_kit.errors import InputError


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "number"),
        ([1.5, None], "number"),
        (pd.array([1, None], dtype="Int64"), "number"),
        ([decimal.Decimal("1.5"), None], "number"),
        (pd.to_timedelta([1, 2], "s"), "number"),
        ([True, False], "boolean"),
        (pd.Series([True, None], dtype=object), "boolean"),
        (pd.array([True, None], dtype="boolean"), "boolean"),
        (["a", None], "category"),
        (pd.Series([1, "a"], dtype=object), "category"),
        (pd.Series(["1", "2"]), "category"),
        (pd.Categorical([3, 4]), "category"),
        (pd.to_datetime(["2024-05-31"]), "date"),
        (pd.Series([datetime.date(2024, 5, 31), None], dtype=object), "date"),
        (pd.Categorical(pd.to_datetime(["2024-05-31"])), "date"),
        (["2024-05-31", None, ""], "date"),
        (["2024-05-31T10:00:00Z", "2024-06-01 11:30"], "date"),
        (["2024-05-31", "soon"], "category"),
        (["2024-13-31"], "category"),
        (["31.05.2024"], "date"),
        (["31.05.2024", "32.05.2024"], "category"),
    ],
)
def test_kinds(values, kind):
    assert find(pd.Series(values)).kind == kind


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (pd.array([1, None], dtype="Int64"), "number", [1, None]),
        ([1e300, -np.inf, 2.5], "number", [None, None, 2.5]),
        ([" 1.5 ", "", "nan", None], "number", [1.5, None, None, None]),
        (pd.to_timedelta(["1min", None]), "number", [60, None]),
        (pd.Categorical([3, None]), "number", [3, None]),
        (["True", " false ", "1", "0.0", None], "boolean", [1, 0, 1, 0, None]),
        ([1.0, 0.0, None], "boolean", [1, 0, None]),
        (["1970-01-02", "1970-01-01T12:00:00Z", None], "date", [1, 0.5, None]),
        (["1970-01-01T00:00:00+12:00"], "date", [-0.5]),
        (pd.to_datetime(["1970-01-03"]), "date", [2]),
        ([None, None], "date", [None, None]),
    ],
)
def test_numbers_of_each_kind(values, kind, expected):
    result = convert(pd.Series(values), Column("c", kind, "c"))
    assert result.dtype == np.float32
    assert [None if np.isnan(value) else value for value in result.tolist()] == expected


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ([1.0, "x", "y"], "number", r"held numbers in training.* 'x' in row 1 .* 2 such"),
        (pd.to_datetime(["2024-05-31"]), "number", "held numbers"),
        ([0, 2], "boolean", "held True or False in training, but now has 2 in row 1"),
        (["yes"], "boolean", "'yes' in row 0"),
        ([5.0, None], "date", "held dates in training, but now has 5.0 in row 0"),
        (["2024-05-31", "soon"], "date", "'soon' in row 1"),
        ([1j], "number", "Complex data not supported"),
    ],
)
def test_a_value_of_another_kind_is_named_with_its_row(values, kind, message):
    with pytest.raises(InputError, match=message):
        convert(pd.Series(values, name="c"), Column("c", kind, "c"))


def test_complex_numbers_have_no_kind():
    for values in (np.array([1j]), pd.Series([1j, "a"], dtype=object)[:1]):
        with pytest.raises(InputError, match="Complex data not supported"):
            find(pd.Series(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 4], ["3", "4"]),
        ([3.0, None], ["3", ""]),
        ([3.5, np.inf], ["3.5", ""]),
        (pd.array([3, None], dtype="Int64"), ["3", ""]),
        (pd.Series([3, None, "a"], dtype=object), ["3", "", "a"]),
        ([True, False], ["True", "False"]),
        (pd.array([True, None], dtype="boolean"), ["True", ""]),
        (["a", None], ["a", ""]),
        (pd.Series(["a", None, np.nan, pd.NA], dtype=object), ["a", "", "", ""]),
        (pd.Categorical(["b", None, "a"]), ["b", "", "a"]),
        (pd.Categorical([2.0, 1.0]), ["2", "1"]),
    ],
)
def test_a_category_has_one_name_however_it_is_stored(values, expected):
    result = strings(pd.Series(values))
    assert result.dtype == object
    assert result.tolist() == expected
    assert all(type(value) is str for value in result)
