"""The paper's operations, put together of small Keras layers and written to be read.

Section 3.1 of Liu et al. (2019): a convolution is ReLU, convolution, normalisation; separable
ones are applied twice. With strides 2 pixels 0, 2, 4, … are kept, as in the paper's code, which
TensorFlow's "same" padding doesn't keep.
"""

from collections.abc import Callable

import keras

from automl_kit.custom_blocks.darts.normalise import BatchNormalise
from automl_kit.custom_blocks.darts.supernet_layers import (
    Chain,
    EverySecond,
    FactorizedReduce,
    Layers,
    Policy,
    RegisteredOperation,
    uniform,
)
from automl_kit.spaces import ZERO_OPS
from automl_kit.spaces.operation_names import check_operation_names


def make_operation(
    name: str, filters: int, strides: int = 1, dtype: Policy = None
) -> keras.layers.Layer | None:
    """Makes one operation that keeps the number of channels.

    Args:
        name: One of `automl_kit.spaces.operation_names()`.
        filters: Channels of the input and of the output.
        strides: 1 or 2.
        dtype: As for any Keras layer.

    Returns:
        A layer (b, h, w, filters) to (b, ceil(h/strides), ceil(w/strides), filters); None for
        "none" and "zero", whose output is zero and which are never computed.

    Raises:
        InputError: If there is no such operation.
    """
    return None if name in ZERO_OPS else operation_layer(name, filters, strides, dtype)


def operation_layer(name: str, filters: int, strides: int, dtype: Policy) -> keras.layers.Layer:
    """`make_operation` of a name that isn't that of zeros."""
    if name in _MAKERS:
        return Chain(_MAKERS[name](filters, strides, dtype), name=name)
    check_operation_names([name])
    return RegisteredOperation(name, strides, dtype=dtype)


def relu_conv_norm(filters: int, channels: int, dtype: Policy = None) -> keras.layers.Layer:
    """ReLU, 1×1 convolution, normalisation: how a cell brings an input to its width."""
    relu = keras.layers.ReLU(dtype=dtype)
    return Chain([relu, _pointwise(filters, channels, dtype), BatchNormalise(dtype=dtype)])


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


def _convolution(size: int) -> Callable[[int, int, Policy], Layers]:
    def make(filters: int, strides: int, dtype: Policy) -> Layers:
        pad = strides > 1 and size > 1  # Keras's "same" would centre the windows elsewhere
        return [
            keras.layers.ReLU(dtype=dtype),
            *([keras.layers.ZeroPadding2D(size // 2, dtype=dtype)] if pad else []),
            keras.layers.Conv2D(
                filters,
                size,
                strides,
                padding="valid" if pad else "same",
                use_bias=False,
                kernel_initializer=uniform(size * size * filters),
                dtype=dtype,
            ),
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
    "identity": _skip,
    "sep_conv_3x3": _separable(3),
    "sep_conv_5x5": _separable(5),
    "sep_conv_7x7": _separable(7),
    "dil_conv_3x3": _dilated(3),
    "dil_conv_5x5": _dilated(5),
    "conv_3x3": _convolution(3),
    "conv_5x5": _convolution(5),
    "nor_conv_1x1": _convolution(1),
    "nor_conv_3x3": _convolution(3),
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
