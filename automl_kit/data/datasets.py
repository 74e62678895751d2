"""`tf.data` pipelines as arrays: rows are held out, encoded and gone through more than once."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from automl_kit.data.schema import CHANNELS
from automl_kit.errors import InputError

_INFINITE = -1  # tf.data.INFINITE_CARDINALITY


def unpacked(X: Any, y: Any = None, *, images: bool = False) -> tuple[Any, Any]:
    """Gives data and labels as arrays where X is a `tf.data.Dataset`; else both as they are.

    Args:
        X: A dataset of rows or of batches, with labels, `(x, y)`, or without; rows of tables may
            be dictionaries. Or any other data.
        y: Labels beside X; None where the dataset has them.
        images: Whether rows are images, which have more dimensions.

    Example:
        >>> import tensorflow as tf
        >>> x, y = unpacked(tf.data.Dataset.from_tensor_slices(([[1.0], [2.0]], [0, 1])).batch(2))
        >>> x.tolist(), y.tolist()
        ([[1.0], [2.0]], [0, 1])

    Raises:
        InputError: If the dataset never ends, is empty, has weights, or has labels and so has y;
            and if X can only be gone through once, as a generator.
    """
    if not hasattr(X, "element_spec"):
        if hasattr(X, "__next__") or _is_loader(X):
            raise InputError(
                f"X is a {type(X).__name__}, which gives its batches one by one; rows are needed "
                "all at once. Pass arrays (numpy.concatenate of the batches) or a tf.data.Dataset."
            )
        return X, y
    if int(X.cardinality()) == _INFINITE:
        raise InputError("The dataset never ends. Pass it without repeat(), or with take(n).")
    spec = X.element_spec
    if isinstance(spec, tuple) and len(spec) > 2:
        raise InputError(
            f"The dataset gives {len(spec)} values a row; expected (x, y). Pass weights as "
            "sample_weight."
        )
    pair = isinstance(spec, tuple) and len(spec) == 2
    if pair and y is not None:
        raise InputError("The dataset has labels of its own; pass no y.")
    x_spec, y_spec = spec if pair else (spec, None)
    batched = _is_batched(x_spec, y_spec, images)
    elements = X.as_numpy_iterator()
    pairs = list(elements if pair else ((element, None) for element in elements))
    if not pairs:
        raise InputError("The dataset is empty: 0 sample(s), while a minimum of 1 is required.")
    rows = _joined([first for first, _ in pairs], batched)
    return rows, _joined([labels for _, labels in pairs], batched) if pair else y


def _is_loader(X: Any) -> bool:
    """Whether X is one of Keras's or PyTorch's sources of batches."""
    names = {cls.__name__ for cls in type(X).__mro__}
    return bool(names & {"PyDataset", "DataLoader", "IterableDataset"})


def _is_batched(x: Any, y: Any, images: bool) -> bool:
    """Whether elements are batches, as far as their shapes tell."""
    shapes = [spec.shape for spec in [*_leaves(x), *_leaves(y)]]
    if any(shape.rank is None for shape in shapes):
        return True
    if any(shape.rank == 0 for shape in shapes):
        return False
    first = {shape[0] for shape in shapes}
    if None in first or len(first) > 1:
        return None in first
    if y is not None or isinstance(x, dict):
        return True
    rank = shapes[0].rank
    if images:
        return bool(rank > 3 or (rank == 3 and shapes[0][-1] not in CHANNELS))
    return bool(rank > 1 or _leaves(x)[0].dtype.name == "string")


def _leaves(spec: Any) -> list[Any]:
    if spec is None:
        return []
    return list(spec.values()) if isinstance(spec, dict) else [spec]


def _joined(elements: list[Any], batched: bool) -> Any:
    """Elements one after the other; dictionaries as a table."""
    if isinstance(elements[0], dict):
        names = list(elements[0])
        columns = {name: _joined([e[name] for e in elements], batched) for name in names}
        return pd.DataFrame({name: list(_flat(name, rows)) for name, rows in columns.items()})
    if batched:
        return np.concatenate(elements)
    shapes = {np.shape(element) for element in elements}
    return np.stack(elements) if len(shapes) == 1 else elements


def _flat(name: str, rows: Any) -> Iterator[Any]:
    rows = np.asarray(rows)
    if rows.size != len(rows):
        raise InputError(
            f"Column {name!r} of the dataset has shape {rows.shape}; expected one value a row."
        )
    return iter(rows.ravel().tolist())
