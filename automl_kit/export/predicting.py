"""Running an assembled model over raw inputs in batches."""

import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.backend import channels_last
from automl_kit.export.raw import Raw

# One traced function a model. `keras.Model.predict` takes no arrays of str objects, and
# traces again for other batch sizes with a warning of TensorFlow's after the fifth.
_functions: "weakref.WeakKeyDictionary[keras.Model, Callable[[Any], Any]]" = (
    weakref.WeakKeyDictionary()
)


def predict_in_batches(model: keras.Model, raw: Raw, batch_size: int = 64) -> NDArray[Any]:
    """Gives a model's outputs for all rows.

    Every batch is filled up to the same size by repeating its last row: matrix products of
    other heights are summed in another order, and a row would be answered differently alone.

    Args:
        model: A model of one input or of a dict of named inputs.
        raw: What `to_raw_inputs` gives: (n, …) or a dict of (n, 1).
        batch_size: Rows run at once; it bounds the memory used.

    Returns:
        float32, shape (n, k).
    """
    size = len(next(iter(raw.values())) if isinstance(raw, dict) else raw)
    parts = []
    with channels_last():
        function = _functions.get(model)
        if function is None:
            function = _functions.setdefault(model, _traced(model))
        for start in range(0, size, batch_size):
            rows = np.minimum(np.arange(start, start + batch_size), size - 1)
            parts.append(function(_tensors(model, raw, rows)).numpy()[: size - start])
    return np.concatenate(parts)


def specs(model: keras.Model) -> Any:
    """Gives the model's input as `tf.TensorSpec`s, in its own structure, any batch size."""
    return keras.tree.map_structure(
        lambda tensor: tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name), model.input
    )


def _traced(model: keras.Model) -> Callable[[Any], Any]:
    held = weakref.ref(model)  # The cache must not keep the model alive.

    def call(inputs: Any) -> Any:
        alive = held()
        assert alive is not None
        return alive(inputs, training=False)

    # Not called as a tf.function: TensorFlow would warn of retracing after the fifth model.
    traced = tf.function(call, input_signature=[specs(model)])
    concrete: Callable[[Any], Any] = traced.get_concrete_function()
    return concrete


def _tensors(model: keras.Model, raw: Raw, rows: NDArray[np.integer]) -> Any:
    """Makes tensors of some rows; nothing but TensorFlow makes strings of str objects."""
    if isinstance(raw, dict):
        return {
            name: tf.constant(raw[name][rows], spec.dtype) for name, spec in specs(model).items()
        }
    values = raw[rows]
    dtype = specs(model).dtype
    return tf.constant(values if values.dtype == object else values.astype(dtype.as_numpy_dtype))
