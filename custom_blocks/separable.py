"""Separable convolution that trains by hand-written gradients, and predicts as Keras's own does."""

from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.depthwise import depthwise
from automl_kit.custom_blocks.training_layers import as_stock


@keras.saving.register_keras_serializable(package="automl_kit")
class TrainingSeparableConv2D(keras.layers.SeparableConv2D):  # type: ignore[misc]
    """A `SeparableConv2D` whose depthwise part has the gradients of the DARTS cell in training.

    For what they save see `automl_kit.custom_blocks.darts.depthwise`, and for what networks of
    cells gain by it, by `FusedBatchNormalization` and by `TrainingCropping2D`
    `benchmarks/cell_steps.py`: a step takes .65 of the time with the cells of the DARTS paper, .58
    with wider windows. It needs odd windows which are square, padded to the input's size and moved
    by a pixel; with strides, where TensorFlow's own gradients are as fast, it is Keras's layer
    throughout. Takes (n, h, w, c), gives (n, h, w, filters).

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.separable import TrainingSeparableConv2D
        >>> layer = TrainingSeparableConv2D(8, 3, padding="same", dilation_rate=2)
        >>> layer(keras.ops.ones((2, 5, 5, 3)), training=True).shape
        TensorShape([2, 5, 5, 8])
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Both convolutions."""
        if not training or not self._is_by_hand:
            return super().call(inputs)
        kernels = (self.depthwise_kernel, self.pointwise_kernel)
        first, second = (keras.ops.cast(kernel, inputs.dtype) for kernel in kernels)
        outputs = depthwise(inputs, first, dilation=self.dilation_rate[0])
        # As a matrix product: gradients take .5 to .9 times as long as those of a 1×1 convolution.
        outputs = tf.tensordot(outputs, second[0, 0], 1)
        if self.bias is not None:
            outputs += keras.ops.cast(self.bias, inputs.dtype)
        return self.activation(outputs)

    @property
    def _is_by_hand(self) -> bool:
        """Whether `depthwise` computes this convolution."""
        (size, width), (dilation, across) = self.kernel_size, self.dilation_rate
        square = size == width and dilation == across and size % 2 == 1
        plain = self.depth_multiplier == 1 and self.data_format == "channels_last"
        return bool(square and plain and self.padding == "same" and max(self.strides) == 1)

    def stock(self) -> keras.layers.Layer:
        """Keras's layer with the same weights."""
        return as_stock(keras.layers.SeparableConv2D, self)
