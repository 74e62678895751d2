"""What training finds out of a column, and what it tells of it."""

import numpy as np
import pandas as pd
import pytest

from automl_kit.data import as_frame, infer_schema, to_raw
from automl_kit.data.columns import convert
from automl_kit.data.learned import learn

NUMBERS = [str(n) for n in range(40)]
IDS = 9_007_199_254_740_993 + np.arange(30)  # Half of them are no float64.


def of(values, **more):
    return learn(pd.Series(values, name="c"), **more)


@pytest.mark.parametrize(
    ("values", "width"),
    [
        (1_700_000_000_000 + np.arange(60), "int64"),
        (1_700_000_000 + np.arange(60), "int64"),
        (np.arange(60), "float32"),
        (np.random.default_rng(0).normal(size=5000), "float32"),
        (1e9 + np.arange(60) / 100, "float64"),
        (pd.Timestamp("2024-05-31") + pd.to_timedelta(np.arange(60), "s"), "int64"),
        (pd.date_range("2024-05-31", periods=60), "float32"),
        ([f"2024-05-31 10:{n:02}:00" for n in range(60)], "int64"),
        ([1.0, 1e300], "float32"),
    ],
)
def test_values_that_differ_in_training_never_arrive_equal(values, width):
    learned = of(values)
    assert learned.column.width == width
    raw = convert(pd.Series(values), learned.column)
    assert raw.dtype == width
    if width != "float32":
        assert len(np.unique(raw)) == len(np.unique(values))


@pytest.mark.parametrize("kind", ["int64", "Int64", "int64[pyarrow]", object])
def test_numbers_that_no_float_holds_are_names(kind):
    learned = of(pd.Series(IDS, dtype=kind))
    assert learned.column.kind == "category"
    assert len(set(convert(pd.Series(IDS), learned.column))) == len(IDS)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([*NUMBERS, "12a"], r"'c': 1 value\(s\), the first '12a' in row 40 .* read as numbers"),
        ([f"2024-01-{n:02}" for n in range(1, 31)] + ["soon"], "'soon' in row 30 .* as dates"),
        ([f"id{n}" for n in range(30)], "'c' has 30 different values in 30 rows, such as 'id0'"),
        (["02/11/2023", "03/04/2023"], "'%m/%d/%Y'; day and month could be the other way round"),
    ],
)
def test_what_the_user_should_know_is_told(values, told):
    frame = pd.DataFrame({"c": values, "n": range(len(values))})
    with pytest.warns(UserWarning, match=told):
        infer_schema(frame)


@pytest.mark.parametrize("word", ["?", "NA", "n/a", "-", "NULL", "unknown"])
def test_a_gap_in_a_column_of_numbers_has_many_words(word, recwarn):
    learned = of([*NUMBERS, word])
    assert learned.column.kind == "number"
    assert not learned.notes
    assert np.isnan(convert(pd.Series([word, "3"]), learned.column)).tolist() == [True, False]


CODES = pd.DataFrame(
    {
        "version": ["1.10", "1.20", "2.0.1", "3.0.1"],
        "paid": ["true", "false", "unknown", "true"],
        "code": ["0012", "0034", "A012", "B034"],
        "country": ["NA", "None", "DE", "null"],
        "n": [1, 2, 3, 4],
    }
)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet", "frame", "row", "array"])
def test_some_rows_are_read_as_they_were_among_all(tmp_path, kind):
    """However they come; pandas alone would read 1.10 as 1.1, and NA as a gap."""
    path = tmp_path / f"t.{kind}"
    schema = infer_schema(CODES)
    expected = {name: rows[:2] for name, rows in to_raw(CODES, schema).items()}
    some = CODES.iloc[:2]
    if kind.startswith("csv"):
        some.to_csv(path, index=False)
    elif kind == "jsonl":
        some.to_json(path, orient="records", lines=True)
    elif kind == "parquet":
        some.to_parquet(path)
    given = {"frame": some, "row": some.iloc[0], "array": some.to_numpy()}.get(kind, path)
    if kind == "array":
        given = pd.DataFrame(given, columns=CODES.columns)
    found = to_raw(as_frame(given, schema), schema)
    for name, rows in found.items():
        assert rows[:, 0].tolist() == expected[name][: len(rows), 0].tolist(), name


def test_what_others_have_read_is_spelled_as_in_training():
    schema = infer_schema(CODES)
    typed = pd.DataFrame(
        {"version": [1.1, 1.2], "paid": [True, False], "code": [12, 34], "country": "DE", "n": 1}
    )
    raw = to_raw(typed, schema)
    assert raw["version"].ravel().tolist() == ["1.10", "1.20"]
    assert raw["paid"].ravel().tolist() == ["true", "false"]
    assert raw["code"].ravel().tolist() == ["0012", "0034"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["$1,200", "$900", "$1"], [1200, 900, 1]),
        (["1.234,50", "7,25", "3"], [1234.5, 7.25, 3]),
        (["12 %", "5%", "?"], [12, 5, np.nan]),
        (["01/02/1970", "13/01/1970", "03/01/1970"], [31, 12, 2]),
    ],
)
def test_the_form_of_training_reads_later_cells(written, expected):
    (column,) = infer_schema(pd.DataFrame({"c": written})).columns
    for row, value in zip(written, expected, strict=True):
        found = convert(pd.Series([row]), column)
        np.testing.assert_array_equal(found, np.array([value], dtype=found.dtype))
