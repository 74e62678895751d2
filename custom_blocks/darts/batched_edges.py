"""What a batch of edges is computed with: their channels lie side by side, edge after edge.

Milliseconds in comments: one core, 32 images of 28×28, 8 channels an edge, 5 edges.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from automl_kit.custom_blocks.darts.depthwise import depthwise, pad_after
from automl_kit.custom_blocks.darts.kernels import has_onednn_kernels


def tile(x: tf.Tensor, edges: int) -> tf.Tensor:
    """Repeats the channels for each edge: (b, h, w, c) to (b, h, w, edges·c)."""
    return x if edges == 1 else _tile(edges)(x)


def _tile(edges: int) -> Any:
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def repeat(x: tf.Tensor) -> Any:
        height, width, channels = x.shape[1:]

        def gradient(dy: tf.Tensor) -> tf.Tensor:
            summed = tf.reduce_sum(tf.reshape(dy, (-1, edges, channels)), 1)
            return tf.reshape(summed, (-1, height, width, channels))

        return tf.tile(x, [1, 1, 1, edges]), gradient

    return repeat


def pointwise(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """A 1×1 convolution within each edge's channels.

    Args:
        x: (b, h, w, edges·c).
        kernel: (1, 1, c, edges·d), where columns e·d to (e+1)·d are edge e's.

    Returns:
        (b, h, w, edges·d).
    """
    channels = kernel.shape[2]
    edges = x.shape[-1] // channels
    if edges == 1 or has_onednn_kernels(x.dtype.name):  # grouped: 0.41; block-diagonal: 0.56
        return tf.nn.conv2d(x, kernel, 1, "VALID")
    height, width = x.shape[1:3]
    by_edge = tf.reshape(x, (-1, height, width, edges, channels))
    matrices = tf.reshape(kernel, (channels, edges, -1))
    product = tf.einsum("bhwec,ced->bhwed", by_edge, matrices)
    return tf.reshape(product, (-1, height, width, kernel.shape[-1]))


def subsample(x: tf.Tensor, offset: int = 0) -> tf.Tensor:
    """Every second pixel of every second row, from pixel and row `offset` (0 or 1).

    What lies beyond an odd edge is zero. By reshaping and cutting contiguous halves: 0.13;
    by `x[:, ::2, ::2]`: 1.9. The gradient, by putting zeros beside: 0.14; TensorFlow's: 2.3.

    Returns:
        (b, ceil(h / 2), ceil(w / 2), c).
    """
    height, width = x.shape[1:3]
    if height % 2 or width % 2:
        x = tf.pad(x, [[0, 0], [0, height % 2], [0, width % 2], [0, 0]])
    return _subsample(offset)(x)


def _subsample(offset: int) -> Any:
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def cut(x: tf.Tensor) -> Any:
        height, width, channels = x.shape[1:]
        rows, columns = height // 2, width // 2

        def gradient(dy: tf.Tensor) -> tf.Tensor:
            pixels = _beside_zeros(dy, 3, offset)
            row_of_two = tf.reshape(pixels, (-1, rows, 1, columns * 2 * channels))
            return tf.reshape(_beside_zeros(row_of_two, 2, offset), (-1, height, width, channels))

        by_two = tf.reshape(x, (-1, rows, 2, columns, 2 * channels))
        start = offset * channels
        return by_two[:, :, offset, :, start : start + channels], gradient

    return cut


def _beside_zeros(x: tf.Tensor, axis: int, place: int) -> tf.Tensor:
    zeros = tf.zeros_like(x)
    return tf.concat([zeros, x] if place else [x, zeros], axis)


def max_pool(x: tf.Tensor, stride: int) -> tf.Tensor:
    """3×3 maxima around pixels 0, stride, 2·stride, …: (b, ceil(h/stride), ceil(w/stride), c).

    Padded by the lowest number and not by the pooling, whose explicit padding has a slow gradient.
    """
    if stride == 1:
        return tf.nn.max_pool2d(x, 3, 1, "SAME")
    around = [[1, pad_after(length, 3, stride)] for length in x.shape[1:3]]
    padded = tf.pad(x, [[0, 0], *around, [0, 0]], constant_values=x.dtype.min)
    return tf.nn.max_pool2d(padded, 3, stride, "VALID")


def average_pool(x: tf.Tensor, stride: int) -> tf.Tensor:
    """3×3 means, not counting what lies outside the image; centres as in `max_pool`.

    A depthwise convolution by ones, since its gradient takes a fifth of the pooling's.
    """
    sums = depthwise(x, tf.ones((3, 3, x.shape[-1], 1), x.dtype), stride)
    rows, columns = (_inside(length, stride) for length in x.shape[1:3])
    return sums / tf.constant(np.outer(rows, columns)[:, :, None], x.dtype)


def _inside(length: int, stride: int) -> np.ndarray[Any, Any]:
    """How many of the three pixels around each centre are in the image."""
    centres = np.arange(0, length, stride)
    return np.minimum(centres + 2, length) - np.maximum(centres - 1, 0)
