"""One column of a table: which kind it is, and its values as a model reads them.

What training found is a `Column`; every later file, frame, array and row is read by it.
Numbers, booleans and dates become floats with NaN for missing, categories become strings with
"" for missing.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data import cells
from automl_kit.data.schema import Column, Kind
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
_TRUTH = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
_EXACT = 2.0**53  # whole numbers beyond it aren't all float64s


class Found(NamedTuple):
    """The kind of a column, and the form in which it is written; see `cells`."""

    kind: Kind
    form: str = ""


def find(column: "pd.Series[Any]", loose: bool = False) -> Found:
    """Finds the kind of a column from its type, or from its values where the type is object.

    Strings are numbers or dates where all of them, a few slips and words for missing ones
    aside, can be read so; see `cells`.

    Args:
        column: The values.
        loose: Whether strings that are all plain numbers are numbers. In an array of strings
            they are; in a DataFrame somebody has made strings of them.

    Raises:
        InputError: If the values are complex numbers.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        content = pd.api.types.infer_dtype(dtype.categories, skipna=True)
        return Found("date" if _KIND_OF_CONTENT.get(content) == "date" else "category")
    if pd.api.types.is_bool_dtype(dtype):
        return Found("boolean")
    if pd.api.types.is_complex_dtype(dtype):
        raise _complex(column)
    if _is_duration(dtype):
        return Found("number")
    if pd.api.types.is_numeric_dtype(dtype):
        return Found("category" if _needs_digits(column) else "number")
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Found("date")
    content = pd.api.types.infer_dtype(column, skipna=True)
    if content == "complex":
        raise _complex(column)
    if content == "integer" and _needs_digits(column):
        return Found("category")
    if content in ("string", "bytes"):
        return _find_in_texts(texts_of(column), loose)
    if content.startswith("mixed") and content != "mixed-integer-float":
        return _find_in_mixture(column)
    return Found(_KIND_OF_CONTENT.get(content, "category"))


def _find_in_texts(texts: "pd.Series[Any]", loose: bool) -> Found:
    if _are_truths(texts):
        return Found("boolean")
    form = cells.number_form(texts, loose)
    if form is not None:
        return Found("number", form)
    form = cells.date_form(texts)
    return Found("category") if form is None else Found("date", form)


def _find_in_mixture(column: "pd.Series[Any]") -> Found:
    """Numbers with a few strings among them, such as "?", or a category."""
    present = column.dropna()
    numeric = present.map(lambda value: isinstance(value, int | float) and value is not True)
    texts = present.map(lambda value: value if isinstance(value, str) else repr(value))
    form = cells.number_form(texts, loose=True) if numeric.mean() > 0.5 else None
    return Found("category") if form is None else Found("number", form)


def _are_truths(texts: "pd.Series[Any]") -> bool:
    """Whether all are "true" or "false", but for gaps; an "unknown" is a third value."""
    words = {text.strip().lower() for text in texts.dropna().unique()}
    words -= {"", "na", "nan", "null", "none"}
    return bool(words) and words <= {"true", "false"}


def _is_duration(dtype: Any) -> bool:
    """Whether these are durations, NumPy's or Arrow's."""
    return pd.api.types.is_timedelta64_dtype(dtype) or getattr(dtype, "kind", "") == "m"


def _needs_digits(column: "pd.Series[Any]") -> bool:
    """Whether whole numbers are so large that float64 would make different ones equal."""
    if pd.api.types.is_float_dtype(column.dtype):
        return False
    present = column.dropna()
    if not len(present) or max(abs(int(present.max())), abs(int(present.min()))) <= _EXACT:
        return False
    return bool(present.nunique() > present.astype("float64").nunique())


def convert(column: "pd.Series[Any]", how: Column) -> NDArray[Any]:
    """Gives the values of a column as a model reads them.

    Args:
        column: The values, however they are stored.
        how: What training found.

    Returns:
        Shape (n,). "number": float32; durations in seconds, infinities missing. "boolean":
        float32, 0 or 1. "date": float32, days since 1970-01-01 UTC; a date without a time
        zone is taken as UTC. Both are float64 where the column is `wide`. "category": objects of
        type str.

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
    return as_floats(values, how.wide)


def as_floats(values: NDArray[np.float64], wide: bool) -> NDArray[Any]:
    """float32, or float64 of a wide column, with NaN for what it can't hold."""
    with np.errstate(over="ignore", invalid="ignore"):
        floats = values.astype(np.float64 if wide else np.float32)
    floats[~np.isfinite(floats)] = np.nan  # What float32 can't hold became infinite.
    return floats


_EXPECTED = {"number": "numbers", "boolean": "True or False", "date": "dates"}


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


def texts_of(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Bytes as the strings that they stand for; everything else as it is."""
    objects = column.to_numpy(dtype=object)
    # Not by `map`: pandas would make its own strings, which can't be half a character.
    return pd.Series(list(map(_decoded, objects)), column.index, dtype=object, name=column.name)


def are_texts(column: "pd.Series[Any]") -> bool:
    """Whether a column's values are strings, and not numbers that are used as names."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.dtype.categories)
    return pd.api.types.infer_dtype(column, skipna=True) in ("string", "bytes")


def _decoded(value: Any) -> Any:
    """Text of bytes, as HDF5 and ARFF readers give them; in UTF-8, else in Latin-1.

    Half a character (a lone surrogate) becomes "?": TensorFlow's strings can't hold it.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if not isinstance(value, bytes | np.bytes_):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def spelled(column: "pd.Series[Any]", spellings: Mapping[str, str]) -> NDArray[np.object_]:
    """The values of a category as strings; numbers and booleans as training spelled them.

    A file says "0012" and "1.10"; whoever reads it by other means has 12 and 1.1.

    Args:
        column: The values.
        spellings: Spelling in training by the string of the number or boolean.
    """
    values = strings(column)
    if not spellings or pd.api.types.is_string_dtype(column.dtype):
        return values
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == object:
        typed = column.astype(object).map(lambda v: not isinstance(v, str | bytes)).to_numpy(bool)
    else:
        typed = np.ones(len(column), dtype=bool)
    values[typed] = [spellings.get(value, value) for value in values[typed]]
    return values


def spellings_of(names: list[str]) -> dict[str, str]:
    """How training spelled what may also be read as a number or a boolean, where that is clear."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_as_typed(name), []).append(name)
    return {
        typed: spelled[0]
        for typed, spelled in found.items()
        if len(spelled) == 1 and typed != spelled[0]
    }


def _as_typed(name: str) -> str:
    """What a category would be called, had it been read as a number or a boolean."""
    if name.strip().lower() in ("true", "false"):
        return name.strip().capitalize()
    try:
        return _canonical(float(name)) or name
    except ValueError:
        return name


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
        objects = texts_of(column).to_numpy(dtype=object)
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
    return str(_decoded(value))


def _numbers(column: "pd.Series[Any]", form: str) -> Any:
    dtype = column.dtype
    if pd.api.types.is_complex_dtype(dtype):
        raise _complex(column)
    if _is_duration(dtype):
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
        raise _complex(column)
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


def _complex(column: "pd.Series[Any]") -> InputError:
    return InputError(
        f"Complex data not supported: column {column.name!r} holds complex numbers. "
        "Split it into a real and an imaginary column."
    )
