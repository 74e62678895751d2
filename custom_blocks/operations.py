"""The operations on the edges of a cell, by name, exported as stock Keras layers.

Each keeps the number of channels. With stride 2 a map of n pixels a side becomes one of ⌈n/2⌉;
see `cell_layers.py` for where its windows are. Names and layers are those of

* Liu et al. (2019), "DARTS: differentiable architecture search", section 3.1 and its code, which
  has two more for the cells of other papers (`sep_conv_7x7`, `conv_7x1_1x7`),
* Dong and Yang (2020), "NAS-Bench-201", section 2.1 (`nor_conv_1x1`, `nor_conv_3x3`),
* the plain convolutions (`conv_3x3`, `conv_5x5`) and other names (`identity`, `zero`) that many
  tutorials use.
"""

from collections.abc import Callable
from typing import Any

import keras

from automl_kit.custom_blocks.cell_layers import (
    factorized_reduction,
    kernel_initializer,
    normalize,
    relu_convolve,
    subsample,
    zero_padded,
)
from automl_kit.custom_blocks.separable import TrainingSeparableConv2D
from automl_kit.errors import InputError
from automl_kit.spaces.operation_names import add_operation_name

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


def register_operation(name: str, build: Operation) -> None:
    """Adds an operation that spaces may name and all networks of cells can have.

    Discrete cells use it as it is built; a DARTS supernet, `MixedOp` and `PlainDartsCell` build
    it with `affine=False`, and mix what it gives. Register before the space is made, and in every
    process that builds its networks.

    Args:
        name: Letters, digits, "_", "-" and ".", at most 64.
        build: From a Keras tensor (n, h, w, c), a stride of 1 or 2, and whether normalisations
            have a trainable scale and shift, to a tensor (n, ⌈h/stride⌉, ⌈w/stride⌉, c), by stock
            Keras layers.

    Raises:
        InputError: If there is an operation of that name, or `build` can't be called.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks import register_operation
        >>> from automl_kit.spaces import CellSpace
        >>> def strip(tensor, stride, affine):
        ...     shape = {"strides": stride, "padding": "same", "use_bias": False}
        ...     tensor = keras.layers.Conv2D(tensor.shape[-1], (1, 7), **shape)(tensor)
        ...     return keras.layers.BatchNormalization(center=affine, scale=affine)(tensor)
        >>> register_operation("strip_conv_1x7", strip)
        >>> space = CellSpace(nodes=2, ops=("strip_conv_1x7", "skip_connect"))
    """
    if not callable(build):
        raise InputError(f"Expected build to be a function of a tensor; got {build!r:.80}.")
    add_operation_name(name)
    OPERATIONS[name] = build


def _separable(tensor: Any, size: int, stride: int, affine: bool, dilation: int = 1) -> Any:
    """ReLU, a depthwise convolution, a pointwise one, normalisation."""
    tensor, padding = zero_padded(keras.layers.ReLU()(tensor), size, stride)
    tensor = TrainingSeparableConv2D(
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


def _crossed(tensor: Any, stride: int, affine: bool) -> Any:
    """ReLU, a convolution of a row of 7 and one of a column of 7, each strided along its own."""
    tensor = keras.layers.ReLU()(tensor)
    for kernel, strides in (((1, 7), (1, stride)), ((7, 1), (stride, 1))):
        padding = "same"
        if stride == 2:
            tensor = keras.layers.ZeroPadding2D(tuple(size // 2 for size in kernel))(tensor)
            padding = "valid"
        tensor = keras.layers.Conv2D(
            tensor.shape[-1],
            kernel,
            strides=strides,
            padding=padding,
            use_bias=False,
            kernel_initializer=kernel_initializer(),
        )(tensor)
    return normalize(tensor, affine)


OPERATIONS: dict[str, Operation] = {
    "none": _zero,
    "zero": _zero,
    "skip_connect": _skip,
    "identity": _skip,
    "max_pool_3x3": _max_pool,
    "avg_pool_3x3": _average_pool,
    "sep_conv_3x3": _separable_twice(3),
    "sep_conv_5x5": _separable_twice(5),
    "sep_conv_7x7": _separable_twice(7),
    "dil_conv_3x3": _dilated(3),
    "dil_conv_5x5": _dilated(5),
    "conv_3x3": _convolution(3),
    "conv_5x5": _convolution(5),
    "conv_7x1_1x7": _crossed,
    "nor_conv_1x1": _convolution(1),
    "nor_conv_3x3": _convolution(3),
}
"""All operations by name; `register_operation` adds to them."""
