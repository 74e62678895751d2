"""The values of a category as strings: the same however they came to be stored."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


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


def are_texts(column: "pd.Series[Any]") -> bool:
    """Whether a column's values are strings, and not numbers that are used as names."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.dtype.categories)
    return pd.api.types.infer_dtype(column, skipna=True) in ("string", "bytes")


def texts_of(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Bytes as the strings that they stand for; everything else as it is."""
    if isinstance(column.dtype, pd.StringDtype) or _holds("string", column):
        codes, distinct = pd.factorize(column)  # A few categories are each decoded once.
        values = np.array([*map(_decoded, distinct), None], dtype=object)[codes]
        return pd.Series(values, column.index, dtype=object, name=column.name)
    objects = column.to_numpy(dtype=object)
    # Not by `map`: pandas would make its own strings, which can't be half a character.
    return pd.Series(list(map(_decoded, objects)), column.index, dtype=object, name=column.name)


def _holds(kind: str, column: "pd.Series[Any]") -> bool:
    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == kind


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


def _canonical(value: Any) -> str:
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            return ""
        return str(int(value)) if value == int(value) else str(value)
    return str(_decoded(value))


def _as_typed(name: str) -> str:
    """What a category would be called, had it been read as a number or a boolean."""
    if name.strip().lower() in ("true", "false"):
        return name.strip().capitalize()
    try:
        return _canonical(float(name)) or name
    except ValueError:
        return name
