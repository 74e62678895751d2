"""The continuous relaxation of the choice of an operation, one operation at a time."""

from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.operation_layers import make_operation
from automl_kit.custom_blocks.darts.partial import check_partial, passing_by, shuffle
from automl_kit.errors import InputError
from automl_kit.spaces import DARTS_OPS, ZERO_OPS


@keras.saving.register_keras_serializable(package="automl_kit")
class MixedOp(keras.layers.Layer):  # type: ignore[misc]
    """The weighted sum of all operations on one input: eq. 2 of Liu et al. (2019).

    Args:
        ops: Names of the operations.
        strides: 1 or 2.
        partial: Only the first 1/`partial` of the channels go through the operations; the rest
            pass by (see `partial.py`). 1: all of them.

    Raises:
        InputError: If an operation is unknown or the channels can't be divided.

    Example:
        >>> import keras
        >>> x, weights = keras.random.normal((2, 8, 8, 4)), keras.ops.ones((8,)) / 8
        >>> MixedOp(strides=2)(x, weights).shape
        TensorShape([2, 4, 4, 4])
    """

    def __init__(
        self, ops: tuple[str, ...] = DARTS_OPS, strides: int = 1, partial: int = 1, **kwargs: Any
    ):
        super().__init__(autocast=False, **kwargs)
        self.ops = tuple(ops)
        self.strides = strides
        self.partial = partial
        if not set(self.ops) - ZERO_OPS:
            raise InputError(f"Expected at least one operation besides none; got {self.ops}.")
        if strides not in (1, 2):
            raise InputError(f"Expected strides of 1 or 2; got {strides}.")

    def build(self, x_shape: tuple[int | None, ...], *_: Any) -> None:
        """Makes the operations' layers."""
        channels = check_partial(x_shape[-1], self.partial)
        self.operations = [
            make_operation(name, channels, self.strides, self.dtype_policy) for name in self.ops
        ]
        for operation in self.operations:
            if operation is not None:
                operation.build((*x_shape[:-1], channels))

    def call(self, x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Mixes.

        Args:
            x: (b, h, w, c).
            weights: (ops,), the softmax of one row of α.

        Returns:
            (b, ceil(h/strides), ceil(w/strides), c).
        """
        x = tf.cast(x, self.compute_dtype)
        weights = tf.cast(weights, self.compute_dtype)
        part = x[..., : x.shape[-1] // self.partial]
        terms = [
            weights[number] * operation(part)
            for number, operation in enumerate(self.operations)
            if operation is not None  # "none" and "zero" cost nothing
        ]
        mixed = tf.add_n(terms)
        if self.partial == 1:
            return mixed
        rest = passing_by(x, self.partial, self.strides)
        return shuffle(tf.concat([mixed, rest], -1), self.partial)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {"ops": list(self.ops), "strides": self.strides, "partial": self.partial}
        return {**super().get_config(), **config}
