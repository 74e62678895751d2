"""How much a network computes for one row."""

import io
from contextlib import redirect_stdout
from typing import Any

import keras
import tensorflow as tf


def flops(model: keras.Model) -> int:
    """Floating-point operations that a built network needs to predict one row.

    A multiplication and an addition are two, as TensorFlow's profiler counts them; papers on
    architecture search often call the pair one. What the profiler has no rule for counts nothing:
    lookups in tables, such as trees and n-grams are.

    Example:
        >>> import keras
        >>> flops(keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, use_bias=False)]))
        30
    """

    def predicted(*row: Any) -> Any:
        return model(row[0] if len(row) == 1 else list(row), training=False)

    row = [tf.TensorSpec((1, *(n or 1 for n in t.shape[1:])), t.dtype) for t in model.inputs]
    graph = tf.function(predicted).get_concrete_function(*row).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    with redirect_stdout(io.StringIO()):
        profile = tf.compat.v1.profiler.profile(graph, options=options)
    return int(profile.total_float_ops)
