"""The layers that networks of cells are put together of, exported as stock Keras layers.

Windows of stride 2 are centred on the pixels 0, 2, 4, … as in the papers' PyTorch code; Keras's
own "same" padding would centre them on 1, 3, 5, … where n is even, a pixel off what is beside.
"""

from typing import Any

import keras

from automl_kit.custom_blocks.sizes import stem_stride
from automl_kit.custom_blocks.training_layers import FusedBatchNormalization, TrainingCropping2D


def normalize(tensor: Any, affine: bool = True) -> Any:
    """Batch normalisation with the momentum and epsilon of the papers' PyTorch code."""
    return FusedBatchNormalization(momentum=0.9, epsilon=1e-5, center=affine, scale=affine)(tensor)


def relu_convolve(
    tensor: Any, channels: int, size: int, stride: int = 1, affine: bool = True
) -> Any:
    """ReLU, a convolution of size×size to so many channels, normalisation."""
    tensor, padding = zero_padded(keras.layers.ReLU()(tensor), size, stride)
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


def zero_padded(tensor: Any, size: int, stride: int) -> tuple[Any, str]:
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
    return TrainingCropping2D(tuple((move, 0) for move in moves))(tensor)
