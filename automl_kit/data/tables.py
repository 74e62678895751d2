"""Reading tables: frames, arrays and lists, their schema, and the inputs of a model."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.columns import convert
from automl_kit.data.learned import learn
from automl_kit.data.schema import Kind, TableSchema, input_names
from automl_kit.data.table_files import read_table
from automl_kit.errors import InputError

__all__ = ["as_frame", "check_width", "infer_schema", "read_table", "to_raw"]

STRINGS = "automl_kit.strings"
"""The attribute of frames whose numbers an array has made strings of."""
_SHOWN = 10  # columns named in a message


def as_frame(X: object, schema: TableSchema | None = None) -> pd.DataFrame:
    """Gives a table as a DataFrame with string column names.

    Args:
        X: DataFrame (its values are not copied), 2-D array, list of rows, list of dicts,
            anything with `to_pandas()` (Arrow and Polars tables), or the path of a file that
            `read_table` reads. Columns of arrays and rows are called "0", "1", …
        schema: What training found, where the table is a later one: a file is read by it.

    Example:
        >>> as_frame([[1, "red"], [2, "blue"]]).columns.tolist()
        ['0', '1']

    Raises:
        InputError: If X is not two-dimensional, has no row or no column, is sparse or
            complex, or has two columns of one name.
    """
    if isinstance(X, str | os.PathLike):
        return read_table(X) if schema is None else _by_schema(X, schema)
    frame = _frame(X if schema is None else _upright(X, schema))
    if frame.shape[1] == 0:
        raise InputError(
            f"Found array with 0 feature(s) (shape={frame.shape}) while a minimum of 1 is "
            "required. Pass a table with at least one column."
        )
    if len(frame) == 0:
        raise InputError(
            f"Found array with 0 sample(s) (shape={frame.shape}) while a minimum of 1 is required."
        )
    names = pd.Index([str(name) for name in frame.columns], dtype=object)
    if names.has_duplicates:
        raise InputError(
            f"Two columns have the same name: {_list(names[names.duplicated()].unique())}. "
            "Rename or drop one."
        )
    return (
        frame
        if all(isinstance(name, str) for name in frame.columns)
        else frame.set_axis(names, axis=1)
    )


def infer_schema(frame: pd.DataFrame, told: Mapping[str, Kind] | None = None) -> TableSchema:
    """Finds the columns that a model can use, and how each is read.

    Strings that are numbers or dates are read as such, in the usual spellings (see `cells`);
    other strings, pandas categories and mixtures are categories. A column with one value
    throughout carries nothing and is left out. So is a column with no value at all, with a
    warning. Warnings tell of values that can't be read, and of categories that are nearly all
    different.

    Args:
        frame: What `as_frame` gave.
        told: Kinds of some columns by their names; those of the others are found.

    Raises:
        InputError: If no column is left, one holds complex numbers, or one isn't of its kind.
    """
    loose = bool(frame.attrs.get(STRINGS))
    found = {name: learn(frame[name], (told or {}).get(name), loose) for name in frame.columns}
    kept = [name for name in found if found[name].varies]
    if not kept:
        raise InputError(
            f"None of the {frame.shape[1]} column(s) can be used: in the {len(frame)} sample(s), "
            "each has no value at all or one value throughout. Pass columns that vary."
        )
    missing = [name for name in found if found[name].empty]
    notes = [note for learned in found.values() for note in learned.notes]
    if missing:
        notes.append(
            f"{len(missing)} column(s) have no value at all and are not used: {_list(missing)}."
        )
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    columns = [
        replace(found[name].column, input=entrance)
        for name, entrance in zip(kept, input_names(kept), strict=True)
    ]
    return TableSchema(tuple(columns))


def to_raw(frame: pd.DataFrame, schema: TableSchema) -> dict[str, NDArray[Any]]:
    """Gives the inputs of a model: one array of shape (n, 1) a column.

    Columns are found by name; their order and other columns do not matter.

    Args:
        frame: What `as_frame` gave.
        schema: The columns that the model reads.

    Returns:
        By name of the Keras input: float32 with NaN for missing (numbers; booleans as 0 and 1;
        dates as days since 1970-01-01 UTC), where that is too narrow as `Column.width` says, or
        objects of type str with "" for missing (categories).

    Raises:
        InputError: If a column is missing or holds values of another kind than in training.
    """
    absent = [column.name for column in schema.columns if column.name not in frame.columns]
    if absent:
        raise InputError(
            f"{len(absent)} column(s) of the training data are missing: {_list(absent)}. "
            f"The data has {_list(frame.columns)}."
        )
    return {
        column.input: convert(frame[column.name], column).reshape(-1, 1)
        for column in schema.columns
    }


def check_width(X: object, expected: int, owner: str) -> None:
    """Refuses arrays and lists whose number of columns differs from that in training.

    Tables with named columns are not checked: their extra columns are ignored.

    Args:
        X: What the user passed.
        expected: Number of columns in training.
        owner: The estimator's class name, for the message that scikit-learn prescribes.

    Raises:
        InputError: If the number differs.
    """
    if isinstance(X, pd.DataFrame | str | os.PathLike) or hasattr(X, "to_pandas"):
        return
    width = _frame(X).shape[1]
    if width != expected:
        raise InputError(
            f"X has {width} features, but {owner} is expecting {expected} features as input."
        )


def _by_schema(path: str | os.PathLike[str], schema: TableSchema) -> pd.DataFrame:
    """A file with training's columns; the only one without a name may have been called ""."""
    frame = read_table(path, schema.verbatim, index=True)
    nameless = [name for name in frame.columns if name.startswith("Unnamed: ")]
    unnamed = "" in {column.name for column in schema.columns} and "" not in frame.columns
    return frame.rename(columns={nameless[0]: ""}) if unnamed and len(nameless) == 1 else frame


def _upright(X: Any, schema: TableSchema) -> Any:
    """One row that was taken out of a table, or such rows side by side, as rows again."""
    names = [column.name for column in schema.columns]
    if isinstance(X, pd.Series) and all(name in X.index for name in names):
        return X.to_frame().T
    if isinstance(X, pd.DataFrame) and not any(name in X.columns for name in names):
        return X.T if all(name in X.index for name in names) else X
    return X


def _frame(X: Any) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        raise _not_a_table(
            "a pandas Series", "Pass X.to_frame() for one column, X.to_frame().T for one row."
        )
    if hasattr(X, "toarray"):
        raise InputError("Sparse data is not supported: pass X.toarray().")
    if hasattr(X, "to_pandas"):
        return _frame(X.to_pandas())
    if X is None or isinstance(X, dict | set | bytes) or np.isscalar(X):
        raise _not_a_table(f"of type {type(X).__name__}", "Pass a DataFrame or a list of rows.")
    if isinstance(X, list | tuple):
        return _from_rows(X)
    array = X if isinstance(X, np.ndarray) else np.asarray(X)
    if array.ndim != 2:
        raise _not_a_table(
            f"an array of shape {array.shape}",
            "Reshape your data: X.reshape(-1, 1) if it is one column, X.reshape(1, -1) if it is "
            "one row.",
        )
    if array.dtype.kind == "c":
        raise InputError("Complex data not supported: X must be numbers, strings or dates.")
    frame = pd.DataFrame(array)
    # NumPy turns the numbers of a mixed table into strings; the schema takes them back.
    frame.attrs[STRINGS] = array.dtype.kind in "US"
    return frame


def _from_rows(rows: Sequence[Any]) -> pd.DataFrame:
    if len(rows) and not isinstance(rows[0], dict):
        lengths = {len(row) if hasattr(row, "__len__") and np.ndim(row) else -1 for row in rows}
        if lengths == {-1}:
            raise _not_a_table(
                "a flat list", "Reshape your data: [[a], [b]] is one column, [[a, b]] is one row."
            )
        if len(lengths) > 1:
            raise _not_a_table("a list of rows of different lengths", "Make the rows equally long.")
        if lengths != {0} and np.ndim(rows[0][0]):
            raise _not_a_table("nested deeper", "Reshape your data to rows and columns.")
    return pd.DataFrame(list(rows))


def _not_a_table(what: str, advice: str) -> InputError:
    return InputError(f"X must be a table with rows and columns, but is {what}. {advice}")


def _list(names: Any) -> str:
    names = [str(name) for name in names]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + more
