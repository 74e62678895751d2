"""One column of a table: its values as a model reads them.

What training found is a `Column`; every later file, frame, array and row is read by it.
Numbers, booleans and dates become floats with NaN for missing, categories become strings with
"" for missing.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data import cells
from automl_kit.data.kinds import complex_refused, is_duration
from automl_kit.data.names import spelled, texts_of
from automl_kit.data.schema import Column, Kind, Width
from automl_kit.errors import InputError

MISSING = np.int64(-(2**63))
"""A missing value in an input of type int64."""
_LARGEST = 2.0**62  # The difference of two such numbers is an int64.
MICROSECONDS = 86_400e6  # in a day
_TRUTH = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
_EXPECTED = {"number": "numbers", "boolean": "True or False", "date": "dates"}


def convert(column: "pd.Series[Any]", how: Column) -> NDArray[Any]:
    """Gives the values of a column as a model reads them.

    Args:
        column: The values, however they are stored.
        how: What training found.

    Returns:
        Shape (n,). "number": float32; durations in seconds, infinities missing. "boolean":
        float32, 0 or 1. "date": float32, days since 1970-01-01 UTC; a date without a time
        zone is taken as UTC. Both may be of another `width`, and dates microseconds then.
        "category": objects of type str.

    Raises:
        InputError: If a value is not of that kind; the message names the column, the value
            and its row.
    """
    if how.kind == "category":
        return spelled(column, how.spellings)
    values, lost = read(column, how.kind, how.form)
    if how.slips:
        lost = np.array([row for row in lost if str(column.iloc[row]) not in how.slips], dtype=int)
    if len(lost):
        raise _unexpected(column, lost, _EXPECTED[how.kind])
    return narrowed(values, how.kind, how.width)


def narrowed(values: NDArray[np.float64], kind: Kind, width: Width) -> NDArray[Any]:
    """Numbers, or days of dates, in the dtype of their input; missing what it can't hold."""
    if width == "int64":
        whole = np.rint(values * MICROSECONDS if kind == "date" else values)
        held = np.abs(whole) <= _LARGEST
        return np.where(held, np.where(held, whole, 0).astype(np.int64), MISSING)
    with np.errstate(over="ignore", invalid="ignore"):
        floats = values.astype(width)
    floats[~np.isfinite(floats)] = np.nan  # What float32 can't hold became infinite.
    return floats


def read(
    column: "pd.Series[Any]", kind: Kind, form: str
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Reads numbers, booleans or dates; NaN where there is none.

    Returns:
        The values, and the rows of those that aren't missing but can't be read.

    Raises:
        InputError: If they are of a type that has none, such as numbers for dates.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    readers = {"number": _numbers, "boolean": _booleans, "date": _dates}
    values = np.asarray(readers[kind](column, form), dtype=np.float64)
    lost = np.isnan(values) & column.notna().to_numpy()
    if lost.any():
        where = np.flatnonzero(lost)
        lost[where] = ~cells.is_missing(texts_of(column.iloc[where].astype(object)))
    return values, np.flatnonzero(lost)


def _numbers(column: "pd.Series[Any]", form: str) -> Any:
    dtype = column.dtype
    if pd.api.types.is_complex_dtype(dtype):
        raise complex_refused(column)
    if is_duration(dtype):
        seconds = column.astype("timedelta64[ns]").dt.total_seconds()
        return seconds.to_numpy(np.float64, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        raise _unexpected(column, np.arange(len(column)), "numbers")
    content = pd.api.types.infer_dtype(column, skipna=True)
    if content.startswith("timedelta"):
        return _numbers(pd.to_timedelta(column), form)
    if content == "complex":
        raise complex_refused(column)
    texts = texts_of(column)
    if content in ("string", "bytes"):
        return cells.numbers(texts, form)
    is_text = texts.map(lambda value: isinstance(value, str)).to_numpy(bool)
    # A number among strings is a number whatever the form of the strings.
    values = np.array(
        [np.nan if text else _float_of(v) for v, text in zip(texts, is_text, strict=True)]
    )
    values[is_text] = cells.numbers(texts[is_text], form)
    return values


def _float_of(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _booleans(column: "pd.Series[Any]", form: str) -> Any:
    if pd.api.types.is_numeric_dtype(column.dtype):  # bool is numeric too
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        words = [
            None if v is None or v is pd.NA else str(v).strip().lower() for v in texts_of(column)
        ]
        values = np.array([_TRUTH.get(word or "", np.nan) for word in words], dtype=np.float64)
    return np.where((values == 0) | (values == 1), values, np.nan)


def _dates(column: "pd.Series[Any]", form: str) -> Any:
    if pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
        raise _unexpected(column, np.flatnonzero(column.notna()), "dates")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        times = pd.to_datetime(column, utc=True)
        return (times - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)
    texts = texts_of(column)
    if pd.api.types.infer_dtype(texts, skipna=True) == "string":
        return cells.dates(texts, form)
    is_text = texts.map(lambda value: isinstance(value, str)).to_numpy(bool)
    given = texts.where(~is_text).map(lambda value: None if value is pd.NaT else str(value),
                                      na_action="ignore")  # fmt: skip
    values = cells.dates(given)  # Python's own dates and times, as ISO 8601 has them.
    values[is_text] = cells.dates(texts[is_text], form)
    return values


def _unexpected(column: "pd.Series[Any]", rows: NDArray[Any], expected: str) -> InputError:
    value = column.iloc[rows[0]]
    value = value.item() if isinstance(value, np.generic) else value
    return InputError(
        f"Column {column.name!r} held {expected} in training, but now has "
        f"{value!r:.60} in row {rows[0]} (counted from 0) and {len(rows)} such "
        "value(s) in all. Correct them or leave them empty."
    )
