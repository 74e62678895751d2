"""Which kind a column is, from its type or its values."""

from typing import Any, NamedTuple

import pandas as pd

from automl_kit.data import cells
from automl_kit.data.names import texts_of
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
EXACT = 2.0**53  # whole numbers beyond it aren't all float64s


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
        raise complex_refused(column)
    if is_duration(dtype):
        return Found("number")
    if pd.api.types.is_numeric_dtype(dtype):
        return Found("category" if _needs_digits(column) else "number")
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Found("date")
    content = pd.api.types.infer_dtype(column, skipna=True)
    if content == "complex":
        raise complex_refused(column)
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
    numeric = present.map(lambda v: isinstance(v, int | float) and not isinstance(v, bool))
    texts = pd.Series([str(value) for value in present], dtype=object)
    form = cells.number_form(texts, loose=True) if numeric.mean() > 0.5 else None
    return Found("category") if form is None else Found("number", form)


def _are_truths(texts: "pd.Series[Any]") -> bool:
    """Whether all are "true" or "false", but for gaps; an "unknown" is a third value."""
    words = {text.strip().lower() for text in texts.dropna().unique()}
    words -= {"", "na", "nan", "null", "none"}
    return bool(words) and words <= {"true", "false"}


def _needs_digits(column: "pd.Series[Any]") -> bool:
    """Whether whole numbers are so large that float64 would make different ones equal."""
    if pd.api.types.is_float_dtype(column.dtype):
        return False
    present = column.dropna()
    if not len(present) or max(abs(int(present.max())), abs(int(present.min()))) <= EXACT:
        return False
    return bool(present.nunique() > present.astype("float64").nunique())


def is_duration(dtype: Any) -> bool:
    """Whether these are durations, NumPy's or Arrow's."""
    return pd.api.types.is_timedelta64_dtype(dtype) or getattr(dtype, "kind", "") == "m"


def complex_refused(column: "pd.Series[Any]") -> InputError:
    """The refusal of a column of complex numbers."""
    return InputError(
        f"Complex data not supported: column {column.name!r} holds complex numbers. "
        "Split it into a real and an imaginary column."
    )
