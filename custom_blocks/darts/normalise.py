"""Normalisation by the statistics of the batch, in training and in inference."""

from typing import Any

import keras
import tensorflow as tf

EPSILON = 1e-5
"""PyTorch's, with which the paper's numbers were made; Keras's is 1e-3."""


def normalise(
    x: tf.Tensor, scale: tf.Tensor | None = None, offset: tf.Tensor | None = None
) -> tf.Tensor:
    """Subtracts each channel's mean, divides by its standard deviation, scales and shifts.

    The scale is where a mixed operation's weight goes: the weighting costs nothing and its
    gradient comes with that of the normalisation.

    Args:
        x: (b, h, w, c).
        scale: (c,), None for 1.
        offset: (c,), None for 0.

    Returns:
        As `x`, in its dtype.
    """
    if x.dtype == tf.float64:  # The fused kernel doesn't exist in float64.
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        return tf.nn.batch_normalization(x, mean, variance, offset, scale, EPSILON)
    channels = x.shape[-1:]
    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.ones(channels) if scale is None else tf.cast(scale, tf.float32),
        offset=tf.zeros(channels) if offset is None else tf.cast(offset, tf.float32),
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        epsilon=EPSILON,
        is_training=True,
    ).y


@keras.saving.register_keras_serializable(package="automl_kit")
class BatchNormalise(keras.layers.Layer):  # type: ignore[misc]
    """`normalise` as a layer; there are no moving averages.

    A supernet's moving averages lag behind its weights and its architecture, so that it has to
    be judged by the statistics of the batch anyway. Give it batches, not single images.

    Args:
        affine: Whether channels have a learnt scale and offset. Not inside mixed operations,
            where they would undo the architecture's weights (section 3.1.1 of the paper).
    """

    def __init__(self, affine: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.affine = affine
        self.scale = self.offset = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes scale and offset, (c,) each."""
        if self.affine:
            shape = (input_shape[-1],)
            self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
            self.offset = self.add_weight(shape=shape, initializer="zeros", name="offset")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Normalises (b, h, w, c)."""
        if self.scale is None or self.offset is None:
            return normalise(x)
        return normalise(x, self.scale.value, self.offset.value)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "affine": self.affine}
