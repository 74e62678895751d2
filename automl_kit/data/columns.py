"""One column of a table: which kind it is, and its values as a model reads them.

Numbers, booleans and dates become float32 with NaN for missing, categories
become strings with "" for missing.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.schema import Kind
from automl_kit.errors import InputError

_KIND_OF_CONTENT: dict[str, Kind] = {
    "integer": "number",
    "floating": "number",
    "mixed-integer-float": "number",
    "decimal": "number",
    "timedelta": "number",
    "timedelta64": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "date",
    "datetime64": "date",
}
_ISO_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?"
_TRUTH = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}


def kind_of(column: "pd.Series[Any]") -> Kind:
    """Finds the kind of a column from its type, or from its values where the type is object.

    Strings are a date when every one of them, missing ones aside, is an ISO 8601
    date such as "2024-05-31" or "2024-05-31T10:00:00Z".

    Raises:
        InputError: If the values are complex numbers.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        content = pd.api.types.infer_dtype(dtype.categories, skipna=True)
        return "date" if _KIND_OF_CONTENT.get(content) == "date" else "category"
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_complex_dtype(dtype):
        raise _complex(column)
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    content = pd.api.types.infer_dtype(column, skipna=True)
    if content == "complex":
        raise _complex(column)
    if content == "string":
        return "date" if _are_iso_dates(column) else "category"
    return _KIND_OF_CONTENT.get(content, "category")


def convert(column: "pd.Series[Any]", kind: Kind) -> NDArray[Any]:
    """Gives the values of a column as a model reads them.

    Returns:
        Shape (n,). "number": float32; durations in seconds, infinities missing. "boolean":
        float32, 0 or 1. "date": float32, days since 1970-01-01 UTC; a date without a time
        zone is taken as UTC. "category": objects of type str.

    Raises:
        InputError: If a value is not of that kind; the message names the column, the value
            and its row.
    """
    if kind == "category":
        return strings(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    read = {"number": _numbers, "boolean": _booleans, "date": _days}[kind]
    with np.errstate(over="ignore", invalid="ignore"):
        values = read(column).astype(np.float32)
    # What float32 can't hold becomes infinite in the cast.
    values[~np.isfinite(values)] = np.nan
    return values


def strings(column: "pd.Series[Any]") -> NDArray[np.object_]:
    """Gives each value as a string, "" where missing.

    The string does not depend on how a column came to be stored: 3 is "3" also
    after a missing value has turned the column into floats; True is "True".
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        names = np.append(strings(pd.Series(dtype.categories)), "")
        return names[column.cat.codes.to_numpy()]  # The code of a missing value is -1.
    if isinstance(dtype, pd.StringDtype):
        return column.to_numpy(dtype=object, na_value="")
    if dtype.kind in "fM" or dtype.kind in "iub":
        codes, values = pd.factorize(column)
        names = np.array([*map(_canonical, values), ""], dtype=object)
        return names[codes]
    missing = column.isna().to_numpy()
    objects = column.to_numpy(dtype=object)
    if pd.api.types.infer_dtype(column, skipna=True) == "string":
        return np.where(missing, "", objects)
    pairs = zip(objects, missing, strict=True)
    result = np.empty(len(column), dtype=object)
    result[:] = ["" if gone else _canonical(value) for value, gone in pairs]
    return result


def _canonical(value: Any) -> str:
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            return ""
        return str(int(value)) if value == int(value) else str(value)
    return str(value)


def _numbers(column: "pd.Series[Any]") -> NDArray[Any]:
    dtype = column.dtype
    if pd.api.types.is_complex_dtype(dtype):
        raise _complex(column)
    if pd.api.types.is_timedelta64_dtype(dtype):
        return np.asarray(column.dt.total_seconds())
    if pd.api.types.is_numeric_dtype(dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        raise _unexpected(column, np.arange(len(column)), "numbers")
    if pd.api.types.infer_dtype(column, skipna=True).startswith("timedelta"):
        return _numbers(pd.to_timedelta(column))
    return _parsed(column, "numbers", lambda given: pd.to_numeric(given, errors="coerce"))


def _booleans(column: "pd.Series[Any]") -> NDArray[Any]:
    if pd.api.types.is_numeric_dtype(column.dtype):  # bool is numeric too
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        values = _parsed(
            column,
            "True or False",
            lambda given: given.astype(str).str.strip().str.lower().map(_TRUTH),
        )
    wrong = np.flatnonzero(~np.isnan(values) & (values != 0) & (values != 1))
    if len(wrong):
        raise _unexpected(column, wrong, "True or False")
    return values


def _days(column: "pd.Series[Any]") -> NDArray[Any]:
    if pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
        raise _unexpected(column, np.flatnonzero(column.notna()), "dates")
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.astype(object)
    return _parsed(column, "dates", _parse_days)


def _parse_days(given: "pd.Series[Any]") -> "pd.Series[Any]":
    times = pd.to_datetime(given, format="ISO8601", errors="coerce", utc=True)
    return (times - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)


def _parsed(column: "pd.Series[Any]", expected: str, parse: Any) -> NDArray[Any]:
    """Parses a column and refuses values that the parser had to give up."""
    given = column
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        text = column.astype(object).map(lambda v: v.strip().lower() if isinstance(v, str) else v)
        given = column.astype(object).where(~text.isin(["", "nan"]), None)
    try:
        values = np.asarray(parse(given).to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"Column {column.name!r} held {expected} in training, but now has values that can't "
            f"be read as such: {error}."
        ) from error
    lost = np.flatnonzero(np.isnan(values) & given.notna().to_numpy())
    if len(lost):
        raise _unexpected(column, lost, expected)
    return values


def _are_iso_dates(column: "pd.Series[Any]") -> bool:
    # The first value decides for nearly every column of strings, at no cost.
    present = column[column.notna() & (column.astype(str).str.strip() != "")]
    if present.empty or not present.iloc[:1].astype(str).str.fullmatch(_ISO_DATE).all():
        return False
    distinct = pd.Series(present.unique()).astype(str)
    if not distinct.str.fullmatch(_ISO_DATE).all():
        return False
    return bool(pd.to_datetime(distinct, format="ISO8601", errors="coerce", utc=True).notna().all())


def _unexpected(column: "pd.Series[Any]", rows: NDArray[Any], expected: str) -> InputError:
    value = column.iloc[rows[0]]
    value = value.item() if isinstance(value, np.generic) else value
    return InputError(
        f"Column {column.name!r} held {expected} in training, but now has "
        f"{value!r:.60} in row {rows[0]} (counted from 0) and {len(rows)} such "
        "value(s) in all. Correct them or leave them empty."
    )


def _complex(column: "pd.Series[Any]") -> InputError:
    return InputError(
        f"Complex data not supported: column {column.name!r} holds complex numbers. "
        "Split it into a real and an imaginary column."
    )
