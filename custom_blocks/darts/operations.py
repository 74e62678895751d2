"""The paper's operations, put together of small Keras layers and written to be read.

Section 3.1 of Liu et al. (2019): a convolution is ReLU, convolution, normalisation; separable
ones are applied twice. With strides 2 pixels 0, 2, 4, … are kept, as in the paper's code, which
TensorFlow's "same" padding doesn't keep.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.batched import subsample
from automl_kit.custom_blocks.darts.normalise import BatchNormalise, normalise
from automl_kit.errors import InputError

Policy: TypeAlias = keras.DTypePolicy | str | None


def make_operation(
    name: str, filters: int, strides: int = 1, dtype: Policy = None
) -> keras.layers.Layer | None:
    """Makes one operation that keeps the number of channels.

    Args:
        name: One of `automl_kit.spaces.DARTS_OPS`.
        filters: Channels of the input and of the output.
        strides: 1 or 2.
        dtype: As for any Keras layer.

    Returns:
        A layer (b, h, w, filters) to (b, ceil(h/strides), ceil(w/strides), filters); None for
        "none", whose output is zero and which is never computed.

    Raises:
        InputError: If there is no such operation.
    """
    if name == "none":
        return None
    if name not in _MAKERS:
        raise InputError(
            f"Expected an operation of a DARTS cell: {', '.join(['none', *_MAKERS])}; got {name!r}."
        )
    return Chain(_MAKERS[name](filters, strides, dtype), name=name)


def relu_conv_norm(filters: int, channels: int, dtype: Policy = None) -> keras.layers.Layer:
    """ReLU, 1×1 convolution, normalisation: how a cell brings an input to its width."""
    relu = keras.layers.ReLU(dtype=dtype)
    return Chain([relu, _pointwise(filters, channels, dtype), BatchNormalise(dtype=dtype)])


def uniform(fan_in: int) -> keras.initializers.Initializer:
    """PyTorch's default for convolutions, which the paper's code starts from: ±1/√fan_in."""
    limit = max(fan_in, 1) ** -0.5
    return keras.initializers.RandomUniform(-limit, limit)


Layers = list[keras.layers.Layer]


def _separable(size: int) -> Callable[[int, int, Policy], Layers]:
    """Depthwise and pointwise, twice; the stride is the first one's."""

    def make(filters: int, strides: int, dtype: Policy) -> Layers:
        return [
            keras.layers.ReLU(dtype=dtype),
            *_depthwise(size, strides, dtype),
            _pointwise(filters, filters, dtype),
            BatchNormalise(dtype=dtype),
            keras.layers.ReLU(dtype=dtype),
            *_depthwise(size, 1, dtype),
            _pointwise(filters, filters, dtype),
            BatchNormalise(dtype=dtype),
        ]

    return make


def _dilated(size: int) -> Callable[[int, int, Policy], Layers]:
    """Depthwise with every second pixel under the kernel, and pointwise."""

    def make(filters: int, strides: int, dtype: Policy) -> Layers:
        return [
            keras.layers.ReLU(dtype=dtype),
            keras.layers.DepthwiseConv2D(
                size,
                padding="same",
                dilation_rate=2,
                use_bias=False,
                depthwise_initializer=uniform(size * size),
                dtype=dtype,
            ),
            *_every_second(strides, dtype),
            _pointwise(filters, filters, dtype),
            BatchNormalise(dtype=dtype),
        ]

    return make


def _pool(kind: Callable[..., keras.layers.Layer]) -> Callable[[int, int, Policy], Layers]:
    def make(filters: int, strides: int, dtype: Policy) -> Layers:
        pool = kind(3, 1, padding="same", dtype=dtype)
        return [pool, *_every_second(strides, dtype), BatchNormalise(dtype=dtype)]

    return make


def _skip(filters: int, strides: int, dtype: Policy) -> Layers:
    if strides == 1:
        return [keras.layers.Identity(dtype=dtype)]
    return [FactorizedReduce(filters, dtype=dtype)]


_MAKERS: dict[str, Callable[[int, int, Policy], Layers]] = {
    "max_pool_3x3": _pool(keras.layers.MaxPooling2D),
    "avg_pool_3x3": _pool(keras.layers.AveragePooling2D),
    "skip_connect": _skip,
    "sep_conv_3x3": _separable(3),
    "sep_conv_5x5": _separable(5),
    "dil_conv_3x3": _dilated(3),
    "dil_conv_5x5": _dilated(5),
}


def _depthwise(size: int, strides: int, dtype: Policy) -> Layers:
    convolution = keras.layers.DepthwiseConv2D(
        size,
        strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        depthwise_initializer=uniform(size * size),
        dtype=dtype,
    )
    if strides == 1:
        return [convolution]
    return [keras.layers.ZeroPadding2D(size // 2, dtype=dtype), convolution]


def _pointwise(filters: int, channels: int, dtype: Policy) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters, 1, use_bias=False, kernel_initializer=uniform(channels), dtype=dtype
    )


def _every_second(strides: int, dtype: Policy) -> Layers:
    return [] if strides == 1 else [EverySecond(dtype=dtype)]


Shape = tuple[int | None, ...]


class Chain(keras.layers.Layer):  # type: ignore[misc]
    """Layers in a row: a `Sequential` without a functional model in it.

    A plain network of the paper's size has 800 of them and is made in 3.3 s instead of 5.9.
    """

    def __init__(self, layers: Layers, name: str | None = None):
        super().__init__(name=name, autocast=False)
        self.layers = layers

    def build(self, input_shape: Shape) -> None:
        """Builds the layers."""
        for layer in self.layers:
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Applies them."""
        for layer in self.layers:
            x = layer(x)
        return x

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The last one's."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape


@keras.saving.register_keras_serializable(package="automl_kit")
class EverySecond(keras.layers.Layer):  # type: ignore[misc]
    """Pixels 0, 2, 4, … of rows 0, 2, 4, …: (b, h, w, c) to (b, ceil(h/2), ceil(w/2), c)."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return x[:, ::2, ::2]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """See the class."""
        return _halved(input_shape)


@keras.saving.register_keras_serializable(package="automl_kit")
class FactorizedReduce(keras.layers.Layer):  # type: ignore[misc]
    """Halves the size: ReLU, two 1×1 convolutions one pixel apart, side by side; normalisation.

    Args:
        filters: Channels of the output; even, half from each convolution.

    Raises:
        InputError: If `filters` is odd.
    """

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(**kwargs)
        if filters % 2:
            raise InputError(
                "A reduction puts two halves side by side and needs an even number of channels; "
                f"got filters={filters}."
            )
        self.filters = filters

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the kernels, (1, 1, c, filters/2) each."""
        channels = input_shape[-1] or 0
        shape = (1, 1, channels, self.filters // 2)
        self.kernels = [
            self.add_weight(shape=shape, initializer=uniform(channels), name=name)
            for name in ("even", "odd")
        ]

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """(b, h, w, c) to (b, ceil(h/2), ceil(w/2), filters)."""
        x = tf.nn.relu(x)
        halves = [
            tf.nn.conv2d(subsample(x, offset), kernel.value, 1, "VALID")
            for offset, kernel in enumerate(self.kernels)
        ]
        return normalise(tf.concat(halves, -1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """See `call`."""
        return (*_halved(input_shape)[:3], self.filters)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "filters": self.filters}


def _halved(shape: Shape) -> Shape:
    batch, *size, channels = shape
    return (batch, *(None if n is None else -(-n // 2) for n in size), channels)
