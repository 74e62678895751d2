"""Wide categories as what the training rows say of them, for trees.

A tree asks whether an id is at most a number, and ids of categories are in no order that means
something: of many values it needs many questions. Micci-Barreca (2001), "A preprocessing scheme
for high-cardinality categorical attributes in classification and prediction problems", gives the
mean of the target in place of each value, drawn to that of all rows where a value has few.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

_FOLDS = 5  # as scikit-learn's
Arrays = dict[str, NDArray[Any]]


def fit_encodings(
    x: NDArray[Any], ids: NDArray[Any], columns: dict[int, int], seed: int
) -> tuple[NDArray[np.float32], Arrays]:
    """Encodes categories for training, each row by the others.

    By scikit-learn's `TargetEncoder`, of an indicator of each class. A row that is encoded by
    itself too would give its own class away. Rows count alike, whatever their weights.

    Args:
        x: Rows, (n, d).
        ids: Their classes, (n,); two at least are there.
        columns: How many ids a category has, by its column.
        seed: Of the folds of rows.

    Returns:
        The encodings of the rows, float32 (n, m k), where k is 1 for two classes; and what
        encodes others: "encodings" float32 (ids of all categories, k), "categories" int32 (2, m):
        columns and where the ids of each begin.
    """
    places, sizes = list(columns), list(columns.values())
    known, values = [np.arange(size) for size in sizes], x[:, places].astype(int)
    classes = np.unique(ids)
    targets = (ids[:, None] == (classes[1:] if len(classes) == 2 else classes)).astype(float)
    of_rows = np.empty((len(x), len(places), targets.shape[1]), "float32")
    for train, held in KFold(_FOLDS, shuffle=True, random_state=seed).split(x):
        tables = _tables(values[train], targets[train], known)
        for place, table in enumerate(tables):
            of_rows[held, place] = table[values[held, place]]
    starts = np.cumsum([0, *sizes[:-1]])
    return of_rows.reshape(len(x), -1), {
        "encodings": np.concatenate(_tables(values, targets, known)).astype("float32"),
        "categories": np.stack([places, starts]).astype("int32"),
    }


def _tables(
    values: NDArray[Any], targets: NDArray[Any], known: list[NDArray[Any]]
) -> list[NDArray[Any]]:
    """For each category the mean of each target by value, drawn to that of all, (ids, k)."""
    each = [
        TargetEncoder(categories=known, target_type="continuous").fit(values, target).encodings_
        for target in targets.T
    ]
    return [np.stack(same, axis=1) for same in zip(*each, strict=True)]


def encoded(x: Any, categories: NDArray[Any], encodings: NDArray[Any]) -> Any:
    """The encodings of the categories of rows: (n, d) to (n, m k).

    Args:
        x: A Keras tensor.
        categories: What `fit_encodings` gave.
        encodings: Likewise.
    """
    columns, starts = categories.tolist()
    ids = ops.cast(ops.take(x, columns, axis=1), "int32") + np.array(starts, "int32")
    table = keras.layers.Embedding(*encodings.shape, trainable=False)
    values = keras.layers.Flatten()(table(ids))
    table.set_weights([encodings])
    return values
