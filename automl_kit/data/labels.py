"""Class labels to ids and back."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import DataConversionWarning

from automl_kit.data.csv_files import CELLS
from automl_kit.data.label_types import like, typed
from automl_kit.data.names import texts_of
from automl_kit.errors import InputError, ProjectError

# What pandas calls the content of an object array, and what we keep it as.
_KINDS = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "floating": float,
    "mixed-integer-float": float,
}
_TYPES: dict[str, type] = {"str": str, "bool": bool, "int": int, "float": float}
_SHOWN = 5  # labels named in a message


class LoneClassWarning(UserWarning):
    """A class has one row only, which can be trained on but not validated on."""


class LabelEncoder:
    """Numbers the classes in sorted order and gives labels back in the user's type.

    scikit-learn's encoder of the same name accepts missing labels, a single
    class and fractions, each of which makes a classifier fail later.

    Attributes:
        classes_: Sorted labels, shape (k,): strings, integers, booleans or whole floats; of
            one-hot rows the numbers of their columns.
        one_hot: Whether the labels were one-hot rows, as AutoKeras takes them.

    Example:
        >>> encoder = LabelEncoder().fit(["b", "a", "b", "a"])
        >>> encoder.encode(["b", "a"]).tolist(), encoder.decode([1, 0]).tolist()
        ([1, 0], ['b', 'a'])
    """

    classes_: NDArray[Any]
    one_hot: bool = False

    def fit(self, y: object) -> "LabelEncoder":
        """Learns the classes.

        Args:
            y: Labels, any array-like of shape (n,) or (n, 1): list, array, Series of
                strings, integers, booleans, categories, with no missing value. Or one-hot
                rows (n, k), of which every column is a class.

        Raises:
            InputError: If a label is missing, the labels are numbers with fractions or of
                mixed types, or there is one class only.
        """
        hot = _one_hot(y)
        if hot is not None:
            self.classes_, self.one_hot = np.arange(hot.shape[1]), True
            return self
        values = _values(typed(y) if isinstance(y, pd.Series) and y.attrs.get(CELLS) else y)
        classes = np.unique(values)
        if len(classes) < 2:
            raise InputError(
                f"y has 1 class only, {_show(classes)}, in {len(values)} label(s); "
                "a classifier needs at least 2 classes."
            )
        self.classes_ = classes
        return self

    def warn_of_lone_classes(self, ids: NDArray[np.integer], stacklevel: int = 2) -> None:
        """Warns with a `LoneClassWarning` that names the classes with one row.

        Such a row has no other to validate it by, and `stratified_split` leaves it in the
        training part.

        Args:
            ids: Ids of the classes of all rows, shape (n,).
            stacklevel: As in `warnings.warn`: 1 for this method's line, 2 for its caller's.
        """
        lone = self.classes_[np.bincount(ids, minlength=len(self.classes_)) == 1]
        if len(lone):
            warnings.warn(
                f"{_counted(len(lone))} one row only: {_show(lone)}. Such a row can be trained on, "
                "but not validated on: add rows, merge the class with another or remove it.",
                LoneClassWarning,
                stacklevel=stacklevel,
            )

    def encode(self, y: object) -> NDArray[np.int64]:
        """Gives the id of each label.

        Args:
            y: Labels as in `fit`.

        Returns:
            Ids from 0 to k - 1, int64, shape (n,).

        Raises:
            InputError: If a label is missing or was not among those seen in `fit`.
        """
        hot = _one_hot(y) if self.one_hot else None
        if hot is not None:
            if hot.shape[1] != len(self.classes_):
                raise InputError(
                    f"y has one-hot rows of {hot.shape[1]} classes; there were "
                    f"{len(self.classes_)} in training."
                )
            ids_of_rows: NDArray[np.int64] = np.argmax(hot, axis=1)
            return ids_of_rows
        values = _values(y)
        classes = (
            self.classes_.astype(np.int64) if self.classes_.dtype.kind == "b" else self.classes_
        )
        found = pd.Index(classes).get_indexer(pd.Index(like(values, self.classes_)))
        ids = np.asarray(found, dtype=np.int64)
        if (ids < 0).any():
            raise InputError(
                f"y has labels that were not there in training: {_show(np.unique(values[ids < 0]))}"
                f". Known are {_show(self.classes_)}."
            )
        return ids

    def decode(self, ids: object) -> NDArray[Any]:
        """Gives the label of each id, (n,), in the type of the training labels; or one-hot rows."""
        numbers = np.asarray(ids, dtype=np.int64)
        return np.eye(len(self.classes_))[numbers] if self.one_hot else self.classes_[numbers]

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes."""
        kind = {"U": "str", "b": "bool", "f": "float"}.get(self.classes_.dtype.kind, "int")
        told = {"type": kind, "classes": self.classes_.tolist()}
        return {**told, "one_hot": True} if self.one_hot else told

    @classmethod
    def from_json(cls, d: object) -> "LabelEncoder":
        """Reads what `to_json` gave.

        Raises:
            ProjectError: If it is not at least two different labels of one type, sorted.
        """
        classes = d.get("classes") if isinstance(d, dict) else None
        kind = _TYPES.get(str(d.get("type"))) if isinstance(d, dict) else None
        if kind is None or not isinstance(classes, list) or len(classes) < 2:
            raise ProjectError(f"The stored class labels can't be used: {d!r:.200}.")
        if any(type(label) is not kind for label in classes):
            raise ProjectError(f"The stored class labels are not all {kind.__name__}.")
        if sorted(set(classes)) != classes:
            raise ProjectError("The stored class labels are not sorted, each once.")
        one_hot = d.get("one_hot", False) if isinstance(d, dict) else False
        if one_hot is not False and (one_hot is not True or classes != [*range(len(classes))]):
            raise ProjectError("The stored class labels are not those of one-hot rows.")
        encoder = cls()
        encoder.classes_, encoder.one_hot = np.array(classes), one_hot
        return encoder


def _one_hot(y: object) -> NDArray[Any] | None:
    """One-hot rows (n, k) of two classes or more; None where the labels are something else."""
    rows = y.to_numpy() if isinstance(y, pd.DataFrame) else y
    if isinstance(rows, list | tuple) and len(rows) and isinstance(rows[0], list | tuple):
        rows = _array(rows)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] < 2 or not len(rows):
        return None
    if rows.dtype.kind not in "biuf" or not np.isin(rows, [0, 1]).all():
        return None
    return rows.astype(np.int64) if (rows.sum(axis=1) == 1).all() else None


def _values(y: object) -> NDArray[Any]:
    """Checks labels and gives them as a 1-D array of strings, integers, booleans or floats."""
    series = _series(y)
    if len(series) == 0:
        raise InputError("y is empty: 0 sample(s) while a minimum of 1 is required.")
    if series.dtype.kind == "c":
        raise InputError("Complex data not supported: y must be strings, integers or booleans.")
    missing = np.flatnonzero(series.isna())
    if len(missing):
        raise InputError(
            f"Input y contains NaN: {len(missing)} of {len(series)} labels are missing, the "
            f"first in row {missing[0]} (counted from 0). Remove those rows."
        )
    kind = pd.api.types.infer_dtype(series.astype(object), skipna=False)
    if kind == "bytes":  # as tf.data and HDF5 give strings
        series, kind = texts_of(series), "string"
    if kind == "complex":
        raise InputError("Complex data not supported: y must be strings, integers or booleans.")
    if kind not in _KINDS:
        raise InputError(
            f"Unknown label type: {kind}. Labels must be all strings, all integers or all "
            f"booleans; y starts with {_show(series.head(_SHOWN).to_numpy())}. "
            "Convert them, for example with [str(label) for label in y]."
        )
    target: Any = {int: None, float: np.float64}.get(_KINDS[kind], _KINDS[kind])
    values = np.array(series.tolist(), dtype=target)
    if _KINDS[kind] is int and values.dtype.kind not in "iu":
        raise InputError("Unknown label type: integers of more than 64 bits. Pass strings.")
    if values.dtype.kind == "f":
        _check_whole(values)
    return values


def _check_whole(values: NDArray[Any]) -> None:
    if np.isinf(values).any():
        raise InputError("Input y contains infinity; a classifier needs class labels.")
    fractions = values[values != np.floor(values)]
    if len(fractions):
        raise InputError(
            f"Unknown label type: continuous. y holds numbers with fractions, {_show(fractions)}; "
            "a classifier needs class labels."
        )


def _series(y: object) -> "pd.Series[Any]":
    """Gives labels of shape (n,) or (n, 1) as a Series."""
    if y is None:
        raise InputError(
            "A classifier requires y to be passed, but the target y is None. "
            "Give the labels, or the name of the target column of a file."
        )
    if isinstance(y, str | bytes | dict | set) or np.isscalar(y):
        raise InputError(f"y must be a list or array with one label a row, but is {y!r:.80}.")
    if isinstance(y, pd.Series):
        return y
    values = y.to_numpy() if isinstance(y, pd.DataFrame) else _array(y)
    if values.ndim == 2 and values.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape "
            "of y to (n_samples,), for example using ravel().",
            DataConversionWarning,
            stacklevel=4,
        )
        return pd.Series(values[:, 0])
    if values.ndim != 1:
        raise InputError(
            f"y should be a 1d array with one label a row, but has shape {values.shape}. "
            "One-hot rows would do, with a single 1 in each."
        )
    # An array of a list would turn [1, "a"] into strings; a Series keeps the types.
    return pd.Series(list(y), dtype=object) if isinstance(y, list | tuple) else pd.Series(values)


def _array(y: object) -> NDArray[Any]:
    try:
        return np.asarray(y)
    except ValueError as error:
        raise InputError(
            f"y should be a 1d array with one label a row, but is ragged: {error}"
        ) from error


def _counted(classes: int) -> str:
    return "1 class has" if classes == 1 else f"{classes} classes have"


def _show(labels: NDArray[Any]) -> str:
    shown = ", ".join(repr(label) for label in labels[:_SHOWN].tolist())
    return shown + (f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else "")
