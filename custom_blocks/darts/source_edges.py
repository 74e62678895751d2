"""All edges out of one state, computed as one batch."""

import itertools
from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.edge_operations import (
    CONVOLUTIONS,
    POOLS,
    convolve,
    halves_of,
    kernel_shapes,
    read,
)
from automl_kit.custom_blocks.darts.normalise import normalise
from automl_kit.custom_blocks.darts.operation_layers import operation_layer
from automl_kit.custom_blocks.darts.supernet_layers import uniform
from automl_kit.spaces import IDENTITY_OPS, ZERO_OPS

CHUNK_BYTES = 5_000_000
"""Edges are batched as long as one tensor of them is no larger: beyond, it leaves the cache.

CPU seconds of a search step of the paper's network with 64 images of 32×32 and 16 channels (4 MB
an edge in the first cells): 3.7 in such chunks, 4.1 in chunks of 13 MB, 4.0 without any. Smaller
ones don't pay: with 32 images of 28×28 and 8 channels (4 MB for all 5 edges of a state) 0.36, in
chunks of 2.5 MB 0.38, of 1 MB 0.44.
"""

_UNKNOWN_BATCH = 64
_ALWAYS = IDENTITY_OPS | ZERO_OPS


@keras.saving.register_keras_serializable(package="automl_kit")
class SourceEdges(keras.layers.Layer):  # type: ignore[misc]
    """The mixed operations on all edges that read one state.

    Kernels of the same operation lie side by side, edge after edge, so that the edges of one
    operation are one convolution. Mixing weights are the scales of the last normalisations.
    Pools, which don't differ between edges, are computed once a state. Operations that there is
    no batched form of are computed edge by edge.

    Args:
        edges: How many.
        ops: Names of the operations.
        strides: 1 or 2.

    Raises:
        InputError: If an operation is unknown.
    """

    def __init__(self, edges: int, ops: tuple[str, ...], strides: int = 1, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)
        self.edges = edges
        self.ops = tuple(ops)
        self.strides = strides

    def build(self, x_shape: tuple[int | None, ...], *_: Any) -> None:
        """Makes the kernels of each operation, in the order in which they are applied."""
        channels = x_shape[-1] or 0
        batched = [op for op in self.ops if _is_batched(op)]
        self.kernels = {op: self._make_kernels(op, channels) for op in batched}
        self.single = {
            op: [
                operation_layer(op, channels, self.strides, self.dtype_policy)
                for _ in range(self.edges)
            ]
            for op in self.ops
            if op not in self.kernels
        }
        for layer in itertools.chain.from_iterable(self.single.values()):
            layer.build(x_shape)

    def _make_kernels(self, op: str, channels: int) -> list[keras.Variable]:
        return [
            self.add_weight(shape=shape, initializer=uniform(fan_in), name=name)
            for name, shape, fan_in in kernel_shapes(op, channels, self.edges, self.strides)
        ]

    def call(self, x: tf.Tensor, weights: tf.Tensor) -> list[tf.Tensor]:
        """Mixes.

        Args:
            x: The state, (b, h, w, c).
            weights: (edges, ops), float32.

        Returns:
            For each edge (b, ceil(h/strides), ceil(w/strides), c).
        """
        channels = x.shape[-1]
        relu = tf.nn.relu(x)
        halves = halves_of(relu, self.strides)
        shared = self._shared(x)
        beside = tf.concat(list(shared.values()), -1) if shared else None
        repeated = tf.tile(weights[:, None], [1, channels, 1])
        scales = dict(zip(self.ops, tf.unstack(repeated, axis=2), strict=True))
        outputs = []
        for first, last in self._chunks(x):
            terms = self._convolutions(relu, halves, scales, first, last)
            if shared:
                diagonals = tf.stack([scales[op][first:last] for op in shared])
                terms.append(_mix(beside, diagonals))
            if terms:
                outputs += tf.split(tf.add_n(terms), last - first, -1)
        return self._with_single(outputs, x, weights)

    def _with_single(
        self, outputs: list[tf.Tensor], x: tf.Tensor, weights: tf.Tensor
    ) -> list[tf.Tensor]:
        """Adds to each edge the operations that are computed one by one."""
        terms: list[list[tf.Tensor]] = [[output] for output in outputs] or [
            [] for _ in range(self.edges)
        ]
        for op, layers in self.single.items():
            column = tf.cast(weights[:, self.ops.index(op)], x.dtype)
            for edge, layer in enumerate(layers):
                terms[edge].append(column[edge] * layer(x))
        return [tf.add_n(of_edge) for of_edge in terms]

    def _shared(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is the same for all edges: normalised pools, and the state itself."""
        pools = {op: normalise(POOLS[op](x, self.strides)) for op in self.ops if op in POOLS}
        identities = {op: x for op in self.ops if op in IDENTITY_OPS and self.strides == 1}
        return {**pools, **identities}

    def _chunks(self, x: tf.Tensor) -> list[tuple[int, int]]:
        """Which edges are computed at a time."""
        batch, *rest = x.shape
        size = (batch or _UNKNOWN_BATCH) * x.dtype.size
        for length in rest:
            size *= length
        step = max(1, CHUNK_BYTES // size)
        return [(first, min(first + step, self.edges)) for first in range(0, self.edges, step)]

    def _convolutions(
        self,
        relu: tf.Tensor,
        halves: tuple[tf.Tensor, ...],
        scales: dict[str, tf.Tensor],
        first: int,
        last: int,
    ) -> list[tf.Tensor]:
        """The weighted outputs of operations with kernels, for edges `first` to `last`."""
        x, terms = read(relu, halves, last - first), []
        for op, variables in self.kernels.items():
            if not variables:
                continue
            kernels = [self._of_edges(variable, first, last) for variable in variables]
            y = convolve(op, kernels, x, self.strides, normalise)
            terms.append(normalise(y, tf.reshape(scales[op][first:last], (-1,))))
        return terms

    def _of_edges(self, variable: keras.Variable, first: int, last: int) -> tf.Tensor:
        """The part of a kernel that belongs to some of the edges."""
        kernel = tf.cast(variable.value, self.compute_dtype)
        axis = 2 if kernel.shape[3] == 1 and kernel.shape[0] > 1 else 3
        width = kernel.shape[axis] // self.edges
        if last - first == self.edges:
            return kernel
        begin, size = [0] * 4, list(kernel.shape)
        begin[axis], size[axis] = first * width, (last - first) * width
        return tf.slice(kernel, begin, size)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {"edges": self.edges, "ops": list(self.ops), "strides": self.strides}
        return {**super().get_config(), **config}


def _is_batched(op: str) -> bool:
    return op in CONVOLUTIONS or op in POOLS or op in _ALWAYS


def _mix(shared: tf.Tensor, scales: tf.Tensor) -> tf.Tensor:
    """Weighted sums of what all edges share, by one matrix product.

    Broadcasting and adding instead takes 2.1 ms for 0.4 (see `batched.py` for what of).

    Args:
        shared: (b, h, w, number·c), side by side.
        scales: (number, edges, c), equal along c.

    Returns:
        (b, h, w, edges·c).
    """
    number, edges, channels = scales.shape
    blocks = tf.transpose(tf.linalg.diag(scales), [0, 2, 1, 3])
    kernel = tf.reshape(blocks, (1, 1, number * channels, edges * channels))
    return tf.nn.conv2d(shared, tf.cast(kernel, shared.dtype), 1, "VALID")
