"""The operations on the edges of a cell, by name, as stock Keras layers.

Each keeps the number of channels. With stride 2 a map of n pixels a side becomes one of ⌈n/2⌉,
its windows centred on the pixels 0, 2, 4, … as in the papers' PyTorch code; Keras's own "same"
padding would centre them on 1, 3, 5, … where n is even, a pixel off the operations beside it.
Names and layers are those of

* Liu et al. (2019), "DARTS: differentiable architecture search", section 3.1 and its code,
* Dong and Yang (2020), "NAS-Bench-201", section 2.1 (`nor_conv_1x1`, `nor_conv_3x3`),
* the plain convolutions (`conv_3x3`, `conv_5x5`) and other names (`identity`, `zero`) that many
  tutorials use.
"""

from collections.abc import Callable
from typing import Any

import keras

from automl_kit.custom_blocks.sizes import stem_stride
from automl_kit.errors import InputError

Operation = Callable[[Any, int, bool], Any]
"""From a tensor (n, h, w, c), a stride and `affine` to a tensor (n, ⌈h/stride⌉, ⌈w/stride⌉, c)."""


def apply_operation(name: str, tensor: Any, stride: int = 1, affine: bool = True) -> Any:
    """Puts the layers of one operation behind a tensor.

    Args:
        name: One of `OPERATIONS`.
        tensor: A Keras tensor (n, height, width, channels).
        stride: 1, or 2 to halve height and width (rounded up).
        affine: Whether normalisations have a trainable scale and shift.

    Returns:
        A Keras tensor (n, ⌈height/stride⌉, ⌈width/stride⌉, channels).

    Raises:
        InputError: There is no operation of that name, or the stride is another.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks import apply_operation
        >>> apply_operation("sep_conv_3x3", keras.Input((28, 28, 16)), stride=2).shape
        (None, 14, 14, 16)
    """
    if name not in OPERATIONS:
        raise InputError(
            f"There is no operation {name!r}; expected one of {', '.join(sorted(OPERATIONS))}."
        )
    if stride not in (1, 2):
        raise InputError(f"An operation has stride 1 or 2. Received: {stride}")
    return OPERATIONS[name](tensor, stride, affine)


def normalize(tensor: Any, affine: bool = True) -> Any:
    """Batch normalisation with the momentum and epsilon of the papers' PyTorch code."""
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, center=affine, scale=affine)(
        tensor
    )


def relu_convolve(
    tensor: Any, channels: int, size: int, stride: int = 1, affine: bool = True
) -> Any:
    """ReLU, a convolution of size×size to so many channels, normalisation."""
    tensor, padding = _padded(keras.layers.ReLU()(tensor), size, stride)
    tensor = keras.layers.Conv2D(
        channels,
        size,
        strides=stride,
        padding=padding,
        use_bias=False,
        kernel_initializer=kernel_initializer(),
    )(tensor)
    return normalize(tensor, affine)


def factorized_reduction(tensor: Any, channels: int, affine: bool = True) -> Any:
    """Halves height and width and sees every pixel's neighbourhood: two strided 1×1 convolutions.

    The second reads the pixels right of and below those that the first reads (zeros beyond an
    odd edge). Along an axis of one pixel there is no such neighbour, and both read that pixel.
    """
    tensor = keras.layers.ReLU()(tensor)
    halves = [
        keras.layers.Conv2D(
            filters, 1, strides=2, use_bias=False, kernel_initializer=kernel_initializer()
        )(source)
        for filters, source in (
            ((channels + 1) // 2, tensor),
            (channels // 2, _shifted(tensor)),
        )
        if filters
    ]
    joined = keras.layers.Concatenate()(halves) if len(halves) > 1 else halves[0]
    return normalize(joined, affine)


def residual_reduction(tensor: Any, channels: int) -> Any:
    """NAS-Bench-201's unit between stages: two 3×3 convolutions, beside pooling and a 1×1 one."""
    residual = relu_convolve(relu_convolve(tensor, channels, 3, stride=2), channels, 3)
    shortcut = keras.layers.AveragePooling2D(2, padding="same")(tensor)
    shortcut = keras.layers.Conv2D(
        channels, 1, use_bias=False, kernel_initializer=kernel_initializer()
    )(shortcut)
    return keras.layers.Add()([residual, shortcut])


def stem(tensor: Any, channels: int) -> Any:
    """The convolution that a network begins with, strided on images of more than 32 pixels."""
    stride = stem_stride(tensor.shape)
    convolution = keras.layers.Conv2D(
        channels,
        max(3, 2 * stride - 1),
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer=kernel_initializer(),
    )
    return normalize(convolution(tensor))


def kernel_initializer() -> keras.initializers.Initializer:
    """Uniform within ±1/√(inputs of a unit), PyTorch's default, which the papers trained with.

    A new one a layer: Keras draws the same numbers each time one is used again.
    """
    return keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform")


def subsample(tensor: Any, stride: int) -> Any:
    """Every stride-th pixel, from the first on."""
    return tensor if stride == 1 else keras.layers.AveragePooling2D(1, strides=stride)(tensor)


def _separable(tensor: Any, size: int, stride: int, affine: bool, dilation: int = 1) -> Any:
    """ReLU, a depthwise convolution, a pointwise one, normalisation."""
    tensor, padding = _padded(keras.layers.ReLU()(tensor), size, stride)
    tensor = keras.layers.SeparableConv2D(
        tensor.shape[-1],
        size,
        strides=stride,
        padding=padding,
        dilation_rate=dilation,
        use_bias=False,
        # A channel's kernel has size² inputs; Keras would count those of all channels.
        depthwise_initializer=keras.initializers.RandomUniform(-1 / size, 1 / size),
        pointwise_initializer=kernel_initializer(),
    )(tensor)
    return normalize(tensor, affine)


def _padded(tensor: Any, size: int, stride: int) -> tuple[Any, str]:
    """Zeros on all four sides where Keras's "same" would put them on two."""
    if stride == 1 or size == 1:
        return tensor, "same"
    return keras.layers.ZeroPadding2D(size // 2)(tensor), "valid"


def _shifted(tensor: Any) -> Any:
    """The tensor one pixel to the upper left, of a size that strides to the same ⌈n/2⌉."""
    moves = [int(side > 1) for side in tensor.shape[1:3]]
    odd = [side % 2 * move for side, move in zip(tensor.shape[1:3], moves, strict=True)]
    if any(odd):
        tensor = keras.layers.ZeroPadding2D(tuple((0, pad) for pad in odd))(tensor)
    return keras.layers.Cropping2D(tuple((move, 0) for move in moves))(tensor)


def _skip(tensor: Any, stride: int, affine: bool) -> Any:
    return tensor if stride == 1 else factorized_reduction(tensor, tensor.shape[-1], affine)


def _zero(tensor: Any, stride: int, affine: bool) -> Any:
    return keras.layers.Rescaling(0.0)(subsample(tensor, stride))


def _max_pool(tensor: Any, stride: int, affine: bool) -> Any:
    # With stride 1 "same" is symmetric, and pooling ignores what lies beyond the edge.
    return subsample(keras.layers.MaxPooling2D(3, strides=1, padding="same")(tensor), stride)


def _average_pool(tensor: Any, stride: int, affine: bool) -> Any:
    return subsample(keras.layers.AveragePooling2D(3, strides=1, padding="same")(tensor), stride)


def _separable_twice(size: int) -> Operation:
    def operation(tensor: Any, stride: int, affine: bool) -> Any:
        return _separable(_separable(tensor, size, stride, affine), size, 1, affine)

    return operation


def _dilated(size: int) -> Operation:
    def operation(tensor: Any, stride: int, affine: bool) -> Any:
        # With stride 2 a kernel of dilation 2 sees every second pixel only, so it is an
        # undilated one on those; TensorFlow has no kernel for both at once.
        dilation = 1 if stride == 2 else 2
        return _separable(subsample(tensor, stride), size, 1, affine, dilation)

    return operation


def _convolution(size: int) -> Operation:
    def operation(tensor: Any, stride: int, affine: bool) -> Any:
        return relu_convolve(tensor, tensor.shape[-1], size, stride, affine)

    return operation


OPERATIONS: dict[str, Operation] = {
    "none": _zero,
    "zero": _zero,
    "skip_connect": _skip,
    "identity": _skip,
    "max_pool_3x3": _max_pool,
    "avg_pool_3x3": _average_pool,
    "sep_conv_3x3": _separable_twice(3),
    "sep_conv_5x5": _separable_twice(5),
    "dil_conv_3x3": _dilated(3),
    "dil_conv_5x5": _dilated(5),
    "conv_3x3": _convolution(3),
    "conv_5x5": _convolution(5),
    "nor_conv_1x1": _convolution(1),
    "nor_conv_3x3": _convolution(3),
}
"""All operations by name."""
