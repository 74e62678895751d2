"""The convolutions that edges compute: one set for mixed operations and for paths.

Those of several edges that read the same state are one: their kernels lie side by side.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from automl_kit.custom_blocks.darts.batched_edges import (
    average_pool,
    max_pool,
    pointwise,
    subsample,
    tile,
)
from automl_kit.custom_blocks.darts.depthwise import depthwise
from automl_kit.spaces import IDENTITY_OPS

CONVOLUTIONS = {  # kind and size; a user may register others of such names
    "sep_conv_3x3": ("sep", 3),
    "sep_conv_5x5": ("sep", 5),
    "sep_conv_7x7": ("sep", 7),
    "dil_conv_3x3": ("dil", 3),
    "dil_conv_5x5": ("dil", 5),
}
POOLS = {"max_pool_3x3": max_pool, "avg_pool_3x3": average_pool}


class KernelShape(NamedTuple):
    """A kernel of an operation on some edges.

    Attributes:
        name: Which of the operation's.
        shape: Height, width, and the channels of all edges beside one of them or beside 1.
        fan_in: Inputs of a unit.
    """

    name: str
    shape: tuple[int, int, int, int]
    fan_in: int


class Read(NamedTuple):
    """A state after ReLU, as the convolutions of some edges read it.

    Attributes:
        edges: How many.
        tiled: (b, h, w, edges·c).
        halves: Every second pixel from the first and from the second on, (b, ⌈h/2⌉, ⌈w/2⌉, c);
            none where nothing strides.
        even: The former for each edge, (b, ⌈h/2⌉, ⌈w/2⌉, edges·c); None with them.
    """

    edges: int
    tiled: tf.Tensor
    halves: tuple[tf.Tensor, ...]
    even: tf.Tensor | None


def halves_of(relu: tf.Tensor, strides: int) -> tuple[tf.Tensor, ...]:
    """What `Read.halves` is of a state."""
    return tuple(subsample(relu, offset) for offset in (0, 1)) if strides == 2 else ()


def read(relu: tf.Tensor, halves: tuple[tf.Tensor, ...], edges: int) -> Read:
    """A state after ReLU and its halves, repeated for each edge."""
    return Read(edges, tile(relu, edges), halves, tile(halves[0], edges) if halves else None)


def kernel_shapes(op: str, channels: int, edges: int, strides: int) -> list[KernelShape]:
    """The kernels of an operation, in the order in which they are applied; none if it has none."""
    wide = edges * channels
    if op in CONVOLUTIONS:
        kind, size = CONVOLUTIONS[op]
        rounds = (1, 2) if kind == "sep" else (1,)
        return [
            shape
            for number in rounds
            for shape in (
                KernelShape(f"{op}_depthwise_{number}", (size, size, wide, 1), size * size),
                KernelShape(f"{op}_pointwise_{number}", (1, 1, channels, wide), channels),
            )
        ]
    if op in IDENTITY_OPS and strides == 2:
        half = (1, 1, channels, wide // 2)
        return [KernelShape(f"{op}_{name}", half, channels) for name in ("even", "odd")]
    return []


def convolve(
    op: str,
    kernels: Sequence[tf.Tensor],
    x: Read,
    strides: int,
    normalise_inner: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    """Everything of an operation with kernels but for its last normalisation.

    Args:
        op: Its name; one of `CONVOLUTIONS`, or an identity with strides of 2.
        kernels: Of the `kernel_shapes`.
        x: What the edges read.
        strides: 1 or 2.
        normalise_inner: The normalisation between the two rounds of a separable convolution.

    Returns:
        (b, ⌈h/strides⌉, ⌈w/strides⌉, edges·c).
    """
    if op in IDENTITY_OPS:
        return reduce_halves(x.halves, kernels, x.edges)
    if CONVOLUTIONS[op][0] == "sep":
        y = pointwise(depthwise(x.tiled, kernels[0], strides), kernels[1])
        return pointwise(depthwise(tf.nn.relu(normalise_inner(y)), kernels[2]), kernels[3])
    if x.even is None:
        return pointwise(depthwise(x.tiled, kernels[0], dilation=2), kernels[1])
    # Every second pixel of a dilated convolution is an undilated one of every second pixel.
    return pointwise(depthwise(x.even, kernels[0]), kernels[1])


def reduce_halves(
    halves: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor], edges: int
) -> tf.Tensor:
    """The two 1×1 convolutions of each edge's `FactorizedReduce`, as one product.

    Args:
        halves: Pixels (even, even) and (odd, odd), (b, h, w, c) each.
        kernels: (1, 1, c, edges·d/2) each.
        edges: How many.

    Returns:
        (b, h, w, edges·d): of each edge the channels from the even pixels, then from the odd.
    """
    channels = halves[0].shape[-1]
    even, odd = (tf.reshape(kernel, (channels, edges, -1)) for kernel in kernels)
    upper = tf.concat([even, tf.zeros_like(even)], -1)
    lower = tf.concat([tf.zeros_like(odd), odd], -1)
    kernel = tf.reshape(tf.concat([upper, lower], 0), (1, 1, 2 * channels, -1))
    return tf.nn.conv2d(tf.concat(halves, -1), kernel, 1, "VALID")
