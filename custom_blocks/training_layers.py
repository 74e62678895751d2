"""Convolution, batch normalisation and cropping that train faster, and predict as Keras's own do.

On one core of a processor with matrix units for bfloat16 (AMX), a training step of the first image
preset takes 18 ms for 32 images of 28×28, 37 without bfloat16, and 43 with Keras's layers
(`benchmarks/image_steps.py`).
"""

import functools
import os
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

_PROCESSOR = Path("/proc/cpuinfo")


@functools.cache
def training_dtype() -> str:
    """The dtype that convolutions are trained in on this machine: "bfloat16" or "float32".

    bfloat16 where the processor multiplies it in matrix units and nothing else computes: other
    processors take several times as long for it as for float32. It follows from the machine
    alone, so that a training that goes on after a stop is the same.
    """
    on = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") not in ("0", "false")
    if not on or tf.config.list_physical_devices("GPU") or not _PROCESSOR.exists():
        return "float32"
    return "bfloat16" if "amx_bf16" in _PROCESSOR.read_text() else "float32"


@keras.saving.register_keras_serializable(package="automl_kit")
class TrainingConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """A `Conv2D` whose training computes in `training_dtype`, weights and predictions in float32.

    Takes (n, h, w, c) in float32 or bfloat16, gives float32, in training `training_dtype`:
    what follows must take both; see `dtype_kept`. Under another dtype policy than float32 it is
    a `Conv2D`.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.training_layers import TrainingConv2D
        >>> TrainingConv2D(8, 3)(keras.ops.ones((2, 5, 5, 3))).dtype
        tf.float32
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any):
        super().__init__(filters, kernel_size, **kwargs)
        dtype_kept(self)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """One convolution."""
        own = self.compute_dtype
        dtype = training_dtype() if training and own == "float32" else own
        outputs = self.convolution_op(
            keras.ops.cast(inputs, dtype), keras.ops.cast(self.kernel, dtype)
        )
        if self.bias is not None:
            outputs += keras.ops.cast(self.bias, dtype)
        return self.activation(outputs)

    def stock(self) -> keras.layers.Layer:
        """Keras's layer with the same weights."""
        return as_stock(keras.layers.Conv2D, self)


@keras.saving.register_keras_serializable(package="automl_kit")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """A `BatchNormalization` of maps whose training is one TensorFlow operation.

    Keras's own reads the map once for the mean, once for the variance, and once for each step of
    the formula. Takes (n, h, w, c) in float32 or bfloat16 and gives the same dtype; statistics
    are float32, and kept as Keras keeps them (the variance divided by n·h·w).

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.training_layers import FusedBatchNormalization
        >>> layer = FusedBatchNormalization()
        >>> float(keras.ops.max(layer(keras.random.normal((4, 8, 8, 3)), training=True))) > 1
        True
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        dtype_kept(self)

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Normalises by the batch in training, by the moving averages otherwise."""
        fused = inputs.dtype != tf.float64  # in which there is no such operation
        if not (training and self.trainable and fused) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        scale, offset = (
            tf.fill([channels], value) if weight is None else tf.convert_to_tensor(weight)
            for weight, value in ((self.gamma, 1.0), (self.beta, 0.0))
        )
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, scale, offset, epsilon=self.epsilon, is_training=True
        )[:3]
        # TensorFlow gives the variance divided by n·h·w − 1.
        count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), "float32")
        variance *= tf.maximum(count - 1.0, 1.0) / count
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1.0 - self.momentum))
        return outputs

    def stock(self) -> keras.layers.Layer:
        """Keras's layer with the same weights."""
        return as_stock(keras.layers.BatchNormalization, self)


@keras.saving.register_keras_serializable(package="automl_kit")
class TrainingCropping2D(keras.layers.Cropping2D):  # type: ignore[misc]
    """A `Cropping2D` whose gradient is padding.

    That of TensorFlow's slices by strides, which Keras takes, is eight times as slow: 20 ms for 32
    maps of 28×28 with 64 channels, a 1×1 convolution behind them included, where this takes 2.4.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.training_layers import TrainingCropping2D
        >>> TrainingCropping2D(((1, 0), (0, 1)))(keras.ops.ones((2, 5, 5, 3))).shape
        TensorShape([2, 4, 4, 3])
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """What is left of (n, h, w, c)."""
        if not training or self.data_format != "channels_last":
            return super().call(inputs)
        (top, bottom), (left, right) = self.cropping
        _, height, width, _ = inputs.shape
        size = [-1, height - top - bottom, width - left - right, -1]
        return tf.slice(inputs, [0, top, left, 0], size)

    def stock(self) -> keras.layers.Layer:
        """Keras's layer."""
        return as_stock(keras.layers.Cropping2D, self)


def dtype_kept(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Has a layer compute in the dtype that comes, and gives it back.

    Keras would cast to float32 in front of every layer, and the next convolution back.
    """
    layer.autocast = False
    return layer


def as_stock(kind: type[keras.layers.Layer], layer: keras.layers.Layer) -> keras.layers.Layer:
    """A layer of Keras's with the configuration and the weights of ours."""
    stock = kind.from_config(layer.get_config())
    stock.build(layer.input.shape)
    stock.set_weights(layer.get_weights())
    return stock
