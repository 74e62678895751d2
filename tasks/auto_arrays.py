"""What an AutoModel is given, as arrays, and what it predicts, as labels."""

from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit import compat
from automl_kit.evaluation.rows import Rows

_LEAVES = np.ndarray | pd.DataFrame | pd.Series


def arrays_of(data: Any, count: int) -> Any:
    """Arrays, lists, frames and series as one array, or as a tuple of several.

    Args:
        data: The data of `count` nodes; arrays may be nested, as AutoKeras takes them.
        count: How many nodes there are.

    Example:
        >>> arrays_of([[1, 2], [3, 4]], 1).shape, len(arrays_of([[1, 2], [3, 4]], 2))
        ((2, 2), 2)
    """
    if data is None or isinstance(data, np.ndarray):
        return data
    if isinstance(data, list | tuple):
        leaves = keras.tree.flatten(data)
        if leaves and all(isinstance(leaf, _LEAVES) for leaf in leaves):
            return tuple(_array(leaf) for leaf in leaves)
        if count > 1:
            return tuple(_array(part) for part in data)
    return _array(data)


def _array(data: Any) -> NDArray[Any]:
    """An array; strings that pandas keeps as objects become strings of NumPy."""
    array = np.asarray(data)
    texts = array.dtype == object and all(isinstance(one, str) for one in array.ravel())
    return array.astype(str) if texts else array


def label_numbers(rows: Rows) -> NDArray[np.integer]:
    """Numbers (n,) by which a split spreads rows evenly: those of labels of any kind.

    All are 0 where there are several outputs, several labels a row, or nearly as many values as
    rows, as in a regression.
    """
    none = np.zeros(len(rows), int)
    targets = keras.tree.flatten(rows.y)
    if len(targets) != 1:
        return none
    ids = rows.ids()
    y = np.asarray(targets[0]) if ids is None else ids
    if y.size != len(rows) or (ids is None and y.dtype.kind == "f"):
        return none
    _, numbers, counts = np.unique(y.ravel(), return_inverse=True, return_counts=True)
    return numbers if counts.max() > 1 else none


def in_type_of_labels(head: Any, predicted: NDArray[Any]) -> NDArray[Any]:
    """Predicted labels in the type of those in training.

    AutoKeras gives numbers as strings, and zeros and ones as floats.
    """
    labels = np.asarray(compat.labels_of_head(head))
    if not labels.size or labels.dtype.kind not in "iufb":
        return predicted
    if predicted.dtype.kind not in "US":
        return predicted.astype(labels.dtype)
    by_name = {str(label): label for label in labels}
    return np.array([by_name[str(one)] for one in predicted.ravel()]).reshape(predicted.shape)
