"""Depthwise convolutions with gradients written by hand.

TensorFlow's own gradients are slow for the shapes that DARTS needs, and for dilated ones wrong:
under oneDNN the gradients of a raw `DepthwiseConv2dNative` with dilations are off by more than
their own size, in silence. Milliseconds on one core for 32 images of 28×28 and 40 channels:

| gradient | TensorFlow | here |
|---|---|---|
| 5×5, of the kernel | 4.5 | 1.5 (two 5×3 ones: only kernels at most 3 wide are fast) |
| 3×3 dilated, of the kernel | 0.9 | 0.6 (see `_to_phases`) |
| 5×5 with stride 2, of the input | 2.3 | 0.5 (of a padded input, then cut) |

A second derivative is not defined; second-order DARTS takes its from finite differences.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from automl_kit.custom_blocks.darts.kernels import has_onednn_kernels

_UNIT = [1, 1, 1, 1]


def depthwise(x: tf.Tensor, kernel: tf.Tensor, stride: int = 1, dilation: int = 1) -> tf.Tensor:
    """Convolves each channel by itself, padded by zeros so that the kernel is centred.

    Args:
        x: (b, h, w, c).
        kernel: (k, k, c, 1), k odd.
        stride: 1 or more; with it pixels 0, stride, 2·stride, … are kept, as in the paper's code.
        dilation: 1 or more; above 1 only with stride 1. A dilated convolution with an equal
            stride is an undilated one after `subsample`.

    Returns:
        (b, ceil(h / stride), ceil(w / stride), c).

    Raises:
        ValueError: If both stride and dilation are above 1.
    """
    if stride > 1 and dilation > 1:
        raise ValueError(
            "Expected stride or dilation to be 1; subsample first, then convolve undilated. "
            f"Received: stride={stride}, dilation={dilation}"
        )
    if stride > 1:
        return _strided(stride)(x, kernel)
    return _centred(dilation)(x, kernel)


def _centred(dilation: int) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Stride 1: the gradient of the input is the same convolution by the kernel turned round."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(x: tf.Tensor, kernel: tf.Tensor) -> Any:
        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            dx = _forward(dy, tf.reverse(kernel, [0, 1]), dilation)
            size = kernel.shape[0]
            if dilation == 1:
                return dx, _kernel_gradient(x, dy, size)
            return dx, _dilated_kernel_gradient(x, dy, size, dilation)

        return _forward(x, kernel, dilation), gradient

    return convolve  # type: ignore[no-any-return]


def _forward(x: tf.Tensor, kernel: tf.Tensor, dilation: int) -> tf.Tensor:
    if dilation == 1 or has_onednn_kernels(x.dtype.name):
        return tf.raw_ops.DepthwiseConv2dNative(
            input=x,
            filter=kernel,
            strides=_UNIT,
            padding="SAME",
            dilations=[1, dilation, dilation, 1],
        )
    return tf.nn.depthwise_conv2d(x, kernel, _UNIT, "SAME", dilations=[dilation, dilation])


def _kernel_gradient(x: tf.Tensor, dy: tf.Tensor, size: int) -> tf.Tensor:
    """Of a kernel with stride 1, (size, size, c, 1).

    A 5×5 one is put together of columns 0–2 and 3–4 from two 5×3 ones.
    """
    if size != 5:
        return _kernel_gradient_op(x, dy, (size, size), "SAME")
    left, right = (
        _kernel_gradient_op(tf.pad(x, [[0, 0], [2, 2], sides, [0, 0]]), dy, (5, 3), "VALID")
        for sides in ([2, 0], [0, 2])
    )
    return tf.concat([left, right[:, 1:]], 1)


def _kernel_gradient_op(
    x: tf.Tensor, dy: tf.Tensor, size: tuple[int, int], padding: str
) -> tf.Tensor:
    return tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
        input=x,
        filter_sizes=[*size, x.shape[-1], 1],
        out_backprop=dy,
        strides=_UNIT,
        padding=padding,
    )


def _dilated_kernel_gradient(x: tf.Tensor, dy: tf.Tensor, size: int, dilation: int) -> tf.Tensor:
    """The undilated gradient of an image whose phases lie side by side, summed over phases."""
    gap = size // 2
    x, dy = _to_phases(x, dilation, gap), _to_phases(dy, dilation, gap)
    gradient = _kernel_gradient(x, dy, size)
    return tf.reduce_sum(tf.reshape(gradient, (size, size, dilation, -1, 1)), 2)


def _to_phases(x: tf.Tensor, dilation: int, gap: int) -> tf.Tensor:
    """Puts pixels `dilation` apart next to each other, by one padding and a free reshape.

    Row phases become parts of the width, with `gap` columns of zeros after each so that a
    kernel doesn't reach from one to the next; column phases become channels. Where `x` is a
    gradient the zeros make what is computed across a gap count nothing.

    Returns:
        (b, ceil(h / d), d·(ceil(w / d) + gap), d·c).
    """
    height, width, channels = x.shape[1:]
    rows, columns = -(-height // dilation), -(-width // dilation) + gap
    below, right = rows * dilation - height, columns * dilation - width
    padded = tf.pad(x, [[0, 0], [0, below], [0, right], [0, 0]])
    return tf.reshape(padded, (-1, rows, dilation * columns, dilation * channels))


def _strided(stride: int) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Stride above 1: TensorFlow's kernels, the input's gradient through a padded input."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(x: tf.Tensor, kernel: tf.Tensor) -> Any:
        size = kernel.shape[0]
        before = size // 2
        height, width = x.shape[1:3]
        below, right = (pad_after(n, size, stride) for n in (height, width))
        strides = [1, stride, stride, 1]
        padding = {
            "padding": "EXPLICIT",
            "explicit_paddings": [0, 0, before, below, before, right, 0, 0],
        }

        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            padded = (before + height + below, before + width + right)
            dx = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
                input_sizes=[tf.shape(x)[0], *padded, x.shape[-1]],
                filter=kernel,
                out_backprop=dy,
                strides=strides,
                padding="VALID",
            )[:, before : before + height, before : before + width]
            dkernel = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
                input=x, filter_sizes=kernel.shape, out_backprop=dy, strides=strides, **padding
            )
            return dx, dkernel

        y = tf.raw_ops.DepthwiseConv2dNative(input=x, filter=kernel, strides=strides, **padding)
        return y, gradient

    return convolve  # type: ignore[no-any-return]


def pad_after(length: int, size: int, stride: int) -> int:
    """Zeros needed after the last pixel, `size // 2` having been put before the first."""
    outputs = -(-length // stride)
    return max(0, (outputs - 1) * stride + size - length - size // 2)
