import datetime
import decimal
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from automl_kit.data import TableSchema, as_frame, check_width, infer_schema, to_raw
from automl_kit.errors import InputError

NAN = float("nan")


def raw_of(frame, later=None):
    """Values by column name, of `later` read with the schema of `frame`."""
    schema = infer_schema(frame)
    raw = to_raw(frame if later is None else later, schema)
    for value in raw.values():
        assert value.shape[1] == 1
        assert value.dtype in (np.float32, object)
    return {column.name: raw[column.input][:, 0].tolist() for column in schema.columns}


def kind(values, **options):
    (column,) = infer_schema(pd.DataFrame({"a": pd.Series(values, **options)})).columns
    return column.kind


def same(left, right):
    assert ["NaN" if v != v else v for v in left] == ["NaN" if v != v else v for v in right]


@pytest.mark.parametrize(
    ("values", "options", "expected", "raw"),
    [
        ([1, 2], {}, "number", [1.0, 2.0]),
        ([1.5, NAN], {}, "number", [1.5, NAN]),
        ([1, 2, None], {"dtype": "Int64"}, "number", [1.0, 2.0, NAN]),
        ([1, 2.5, None], {"dtype": object}, "number", [1.0, 2.5, NAN]),
        ([1.0, 2.0, np.inf, -np.inf], {}, "number", [1.0, 2.0, NAN, NAN]),
        ([1.0, 1e300], {}, "number", [1.0, NAN]),
        ([decimal.Decimal("1.5"), None], {}, "number", [1.5, NAN]),
        ([1, 2], {"dtype": "int64[pyarrow]"}, "number", [1.0, 2.0]),
        (pd.to_timedelta(["1min", None]), {}, "number", [60.0, NAN]),
        ([True, False], {}, "boolean", [1.0, 0.0]),
        ([True, None, False], {"dtype": object}, "boolean", [1.0, NAN, 0.0]),
        ([True, None, False], {"dtype": "boolean"}, "boolean", [1.0, NAN, 0.0]),
        (["x", None, "y"], {}, "category", ["x", "", "y"]),
        (["x", None, pd.NA, NAN, ""], {"dtype": object}, "category", ["x", "", "", "", ""]),
        (["01", "1"], {}, "category", ["01", "1"]),
        (["x", None], {"dtype": "category"}, "category", ["x", ""]),
        ([3, 4, None], {"dtype": "category"}, "category", ["3", "4", ""]),
        ([True, False], {"dtype": "category"}, "category", ["True", "False"]),
        ([1, "x", None, 2.0, 2.5, True], {}, "category", ["1", "x", "", "2", "2.5", "True"]),
        ([{"a": 1}, 2], {}, "category", ["{'a': 1}", "2"]),
        (["x", "y"], {"dtype": "string[pyarrow]"}, "category", ["x", "y"]),
        (pd.to_datetime(["1970-01-02", None]), {}, "date", [1.0, NAN]),
        (pd.to_datetime(["1970-01-02T02:00+02:00", None]), {}, "date", [1.0, NAN]),
        ([datetime.date(1970, 1, 11), None], {}, "date", [10.0, NAN]),
        (["1970-01-02", None, "1969-12-31T12:00:00Z"], {}, "date", [1.0, NAN, -0.5]),
        (["1970-01-02", "soon"], {}, "category", ["1970-01-02", "soon"]),
        (["1970-01-02", "1970-13-45"], {}, "category", ["1970-01-02", "1970-13-45"]),
        (["2020", "2021"], {}, "category", ["2020", "2021"]),
    ],
)
def test_kinds_and_values(values, options, expected, raw):
    column = pd.Series(values, **options)
    assert kind(values, **options) == expected
    same(raw_of(pd.DataFrame({"a": column}))["a"], raw)


def test_rows_and_arrays_get_numbered_columns():
    assert as_frame(np.zeros((2, 3))).columns.tolist() == ["0", "1", "2"]
    frame = as_frame([[1, "a"], [2, "b"]])
    assert [c.kind for c in infer_schema(frame).columns] == ["number", "category"]
    # NumPy made strings of the numbers.
    frame = as_frame(np.array([[1, "a"], [2, "b"]]))
    assert [c.kind for c in infer_schema(frame).columns] == ["number", "category"]
    assert as_frame(pd.DataFrame({3: [1]})).columns.tolist() == ["3"]
    assert as_frame([{"a": 1}, {"a": 2}]).columns.tolist() == ["a"]


def test_a_dataframe_is_not_copied():
    frame = pd.DataFrame({"a": [1, 2]})
    assert as_frame(frame) is frame
    renamed = as_frame(pd.DataFrame(np.zeros((4, 2))))
    assert renamed.columns.tolist() == ["0", "1"]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (None, "type NoneType"),
        ({"a": [1]}, "type dict"),
        (pd.Series([1, 2]), "to_frame"),
        (np.arange(3), "Reshape your data"),
        ([1, 2], "Reshape your data"),
        (["a", "b"], "Reshape your data"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        ([[[1]], [[2]]], "Reshape your data"),
        ([[1, 2], [3]], "different lengths"),
        (np.empty((0, 3)), r"0 sample\(s\) \(shape=\(0, 3\)\)"),
        (np.empty((12, 0)), r"0 feature\(s\) \(shape=\(12, 0\)\) while a minimum of 1 is required"),
        (np.ones((2, 2), complex), "Complex data not supported"),
        (sparse.csr_array(np.eye(2)), "Sparse data"),
        (sparse.csr_matrix(np.eye(2)), "Sparse data"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "same name: 'a'"),
        (pd.DataFrame([[1, 2]], columns=["1", 1]), "same name: '1'"),
    ],
)
def test_what_is_no_table_is_refused(X, message):
    with pytest.raises(InputError, match=message):
        as_frame(X)


def test_columns_that_carry_nothing_are_left_out():
    frame = pd.DataFrame(
        {
            "constant": [1, 1, 1],
            "word": ["a", "a", "a"],
            "gaps": [1.0, 1.0, NAN],  # that a value is missing can say something
            "empty": [None, None, None],
            "infinite": [np.inf, -np.inf, NAN],
            "good": [1, 2, 3],
        }
    )
    with pytest.warns(UserWarning, match="2 column.* 'empty', 'infinite'"):
        schema = infer_schema(frame)
    assert [column.name for column in schema.columns] == ["gaps", "good"]
    with pytest.raises(InputError, match=r"None of the 2 column\(s\) can be used"):
        infer_schema(frame[["constant", "empty"]])


def test_complex_columns_are_refused():
    with pytest.raises(InputError, match="Complex data not supported: column 'a'"):
        infer_schema(pd.DataFrame({"a": [1j, 2j]}))


TRAINED = pd.DataFrame(
    {
        "n": [1.0, 2.0, 3.0],
        "b": [True, False, True],
        "c": pd.Categorical([3, 4, 3]),
        "d": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03"]),
    }
)


def test_later_tables_may_be_stored_otherwise():
    later = pd.DataFrame(
        {
            "extra": ["x", "y", "z"],
            "d": ["1970-01-02", "", None],
            "c": [3.0, NAN, 7.0],
            "b": ["true", "FALSE", " "],
            "n": ["1.5", " nan ", ""],
        }
    )
    values = raw_of(TRAINED, later)
    same(values["n"], [1.5, NAN, NAN])
    same(values["b"], [1.0, 0.0, NAN])
    assert values["c"] == ["3", "", "7"]
    same(values["d"], [1.0, NAN, NAN])


def test_a_column_that_is_now_all_missing_is_missing():
    later = pd.DataFrame({name: [None, None] for name in TRAINED})
    values = raw_of(TRAINED, later)
    assert values["c"] == ["", ""]
    for name in "nbd":
        same(values[name], [NAN, NAN])


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("n", ["1", "x", "3"], "'n' held numbers in training, but now has 'x' in row 1"),
        ("n", pd.to_datetime(["2020-01-01"] * 3), "'n' held numbers"),
        ("n", [{}, 1, 2], "'n' held numbers"),
        ("b", [0, 1, 2], "'b' held True or False in training, but now has 2 in row 2"),
        ("b", ["True", "no", "no"], "'no' in row 1 .* and 2 such"),
        ("d", ["2020-01-01", "soon", None], "'d' held dates in training, but now has 'soon'"),
        ("d", [1, 2, 3], "'d' held dates"),
    ],
)
def test_values_of_another_kind_are_refused(name, values, message):
    later = TRAINED.assign(**{name: pd.Series(values)})
    with pytest.raises(InputError, match=message):
        to_raw(later, infer_schema(TRAINED))


def test_missing_columns_are_named():
    with pytest.raises(
        InputError, match=r"2 column.* are missing: 'n', 'd'. The data has 'b', 'c'"
    ):
        to_raw(TRAINED[["b", "c"]], infer_schema(TRAINED))


def test_the_width_of_arrays_is_checked_in_scikit_learns_words():
    with pytest.raises(InputError, match="X has 1 features, but Model is expecting 4 features"):
        check_width(np.zeros((2, 1)), 4, "Model")
    check_width(np.zeros((2, 4)), 4, "Model")
    check_width(pd.DataFrame({"a": [1]}), 4, "Model")


def test_a_large_table_takes_about_a_second():
    n = 100_000
    generator = np.random.default_rng(0)
    columns = {f"n{i}": generator.normal(size=n) for i in range(10)}
    columns |= {f"i{i}": pd.Categorical(generator.integers(0, 100, n)) for i in range(5)}
    columns |= {f"s{i}": generator.choice(["red", "blue", ""], n) for i in range(10)}
    mixed = np.array([1, "x", None, 2.5], dtype=object)
    columns |= {f"o{i}": pd.Series(generator.choice(mixed, n), dtype=object) for i in range(3)}
    columns["day"] = pd.date_range("1900", periods=n, freq="D").astype(str)
    columns["hour"] = pd.date_range("2000", periods=n, freq="h")
    frame = pd.DataFrame(columns)
    schema = infer_schema(frame)
    assert isinstance(schema, TableSchema)
    assert len(schema.columns) == 30
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        start = time.process_time()
        to_raw(frame, schema)
        assert time.process_time() - start < 2.0  # 0.25 s when written
