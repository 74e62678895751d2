"""Reading texts: lists, arrays, frames and files with one string a row."""

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.csv_files import as_written
from automl_kit.data.names import are_texts, texts_of
from automl_kit.data.table_files import read_table
from automl_kit.errors import InputError

_USUAL_NAME = "text"


def as_texts(X: object) -> NDArray[np.object_]:
    """Gives texts as an array of strings, "" where a text is missing.

    Token numbers, as Keras's data sets of texts have them, become texts of these numbers between
    spaces, without 0, the padding: a model that was trained on them takes such strings.

    Args:
        X: List, tuple, Series, array of shape (n,) or (n, 1), or DataFrame of one column. Or token
            numbers: a whole-number array of shape (n, length), or n lists or arrays of them.

    Returns:
        Objects of type str, shape (n,).

    Example:
        >>> as_texts(["a text", None]).tolist()
        ['a text', '']
        >>> as_texts(np.array([[0, 0, 14, 9], [0, 3, 3, 801]])).tolist()
        ['14 9', '3 3 801']

    Raises:
        InputError: If X is a single string, has no row, more than one column, or a value that
            is not a string, or a token number is below 0.
    """
    series = _series(_words(X))
    if len(series) == 0:
        raise InputError("There are no texts: 0 sample(s) while a minimum of 1 is required.")
    missing = series.isna().to_numpy()
    values = np.where(missing, "", texts_of(series).to_numpy(dtype=object))
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise InputError(
                f"Expected texts, but row {row} (counted from 0) is {value!r:.60} of type "
                f"{type(value).__name__}. Choose another column, or convert with str(value)."
            )
        if not value.isascii():
            values[row] = _valid(value)
    return values


def read_texts(path: str | os.PathLike[str], column: str | None = None) -> NDArray[np.object_]:
    """Reads a column of texts from a file that `read_table` reads.

    Words such as "NA" and "null" are texts like any other.

    Args:
        path: The file.
        column: The column of texts; by default "text", or the only column.

    Raises:
        InputError: If the file can't be read, or the column is not there or holds no texts.
    """
    frame = read_table(path)
    name = text_column(frame, column)
    return as_texts(as_written(frame, path, [name])[name])


def text_column(frame: pd.DataFrame, column: str | None, target: str | None = None) -> str:
    """Finds the column of texts: the one named, else "text", else the only one of strings left.

    Args:
        frame: The table.
        column: The name, or None.
        target: The column of the labels, which is not the one looked for.

    Raises:
        InputError: If there is no such column or it can't be told which.
    """
    names = [str(name) for name in frame.columns]
    if column is not None:
        if column not in names:
            raise InputError(f"There is no column {column!r}; the columns are {names}.")
        return column
    left = [name for name in names if name != target]
    if _USUAL_NAME in left:
        return _USUAL_NAME
    if len(left) > 1:
        left = [name for name in left if are_texts(frame[name])]
    if len(left) != 1:
        raise InputError(
            f"Can't tell which column holds the texts: the columns are {names}. Name it "
            f"(text_column=, --text-column), or call it {_USUAL_NAME!r}."
        )
    return left[0]


def _words(X: Any) -> Any:
    """Texts of token numbers; anything else as it is."""
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] > 1 and X.dtype.kind in "iu":
        return [_numbers(row) for row in X]
    rows = X if isinstance(X, list | tuple) else list(X) if _is_ragged(X) else []
    if len(rows) and all(isinstance(row, list | tuple | np.ndarray) for row in rows):
        arrays = [np.asarray(row) for row in rows]
        whole = all(row.ndim == 1 and (row.dtype.kind in "iu" or not row.size) for row in arrays)
        if whole and any(row.size for row in arrays):
            return [_numbers(row) for row in arrays]
    return X


def _is_ragged(X: Any) -> bool:
    """Whether it is an array of objects (n,), as Keras gives sequences of different lengths."""
    return isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype == object


def _numbers(row: NDArray[Any]) -> str:
    """The token numbers of a text between spaces, without padding."""
    if row.size and row.min() < 0:
        raise InputError(
            f"Expected token numbers from 0, the padding, but one is {row.min()}. Pass texts, or "
            "the numbers of a tokenizer."
        )
    return " ".join(map(str, row[row != 0].tolist()))


def _series(X: Any) -> "pd.Series[Any]":
    if isinstance(X, str | bytes):
        raise InputError(
            f"Expected a list of texts, but got a single string {X!r:.60}. Pass [text]."
        )
    if X is None or isinstance(X, dict | set) or np.isscalar(X):
        raise InputError(f"Expected a list, array or Series of texts, but got {X!r:.60}.")
    if isinstance(X, pd.Series):
        return X
    if isinstance(X, pd.DataFrame):
        if X.shape[1] != 1:
            raise InputError(
                f"Expected one column of texts, but got {X.shape[1]}: {list(X.columns)[:10]}. "
                "Pass one of them, X[column]."
            )
        return X.iloc[:, 0]
    if isinstance(X, list | tuple) and not any(isinstance(v, list | tuple | np.ndarray) for v in X):
        return pd.Series(list(X), dtype=object)
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise InputError("The texts are nested lists of different lengths; pass one.") from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(
            f"Expected texts of shape (n,) or (n, 1), but got an array of shape {array.shape}."
        )
    return pd.Series(array.astype(object), dtype=object)


def _valid(text: str) -> str:
    """Replaces half characters (lone surrogates), which TensorFlow can't encode."""
    return text.encode("utf-8", "replace").decode("utf-8")
