"""The operations of one edge of a network of paths, of which a path computes one."""

from functools import partial
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
from automl_kit.custom_blocks.darts.supernet_layers import Shape, uniform
from automl_kit.custom_blocks.operations import apply_operation
from automl_kit.custom_blocks.paths.path_layers import (
    BATCH,
    PathNormalise,
    PathReduce,
    ReluConvNorm,
    Statistics,
)
from automl_kit.spaces import IDENTITY_OPS

_PLAIN = {"conv_3x3": 3, "conv_5x5": 5, "nor_conv_1x1": 1, "nor_conv_3x3": 3}


class SeparableOperation(keras.layers.Layer):  # type: ignore[misc]
    """A separable or dilated convolution, computed as the DARTS cell computes it.

    Args:
        op: Its name.
        strides: 1 or 2.
    """

    def __init__(self, op: str, strides: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.op, self.strides = op, strides
        rounds = 2 if CONVOLUTIONS[op][0] == "sep" else 1
        self.normalises = [PathNormalise() for _ in range(rounds)]

    def build(self, input_shape: Shape) -> None:
        """Makes the kernels."""
        self.kernels = [
            self.add_weight(shape=shape, initializer=uniform(fan_in), name=name)
            for name, shape, fan_in in kernel_shapes(self.op, input_shape[-1] or 0, 1, self.strides)
        ]
        for layer in self.normalises:
            layer.build(input_shape)

    def call(self, x: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """(b, h, w, c) to (b, ⌈h/strides⌉, ⌈w/strides⌉, c)."""
        relu = tf.nn.relu(x)
        source = read(relu, halves_of(relu, self.strides), 1)
        kernels = [kernel.value for kernel in self.kernels]
        inner = partial(self.normalises[0].call, by=by)
        y = convolve(self.op, kernels, source, self.strides, inner)
        return self.normalises[-1].call(y, by)


class OtherOperation(keras.layers.Layer):  # type: ignore[misc]
    """An operation by its layers in `OPERATIONS`, such as one that a user registered.

    Its normalisations keep the statistics of the last batch that they are found by.

    Args:
        op: Its name.
        strides: 1 or 2.
    """

    def __init__(self, op: str, strides: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.op, self.strides = op, strides

    def build(self, input_shape: Shape) -> None:
        """Builds its layers."""
        image = keras.Input(input_shape[1:])
        self.network = keras.Model(image, apply_operation(self.op, image, self.strides))
        for layer in self.network._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.0

    def call(self, x: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """(b, h, w, c) to (b, ⌈h/strides⌉, ⌈w/strides⌉, c)."""
        return self.network(x, training=not by.kept)


class PathEdge(keras.layers.Layer):  # type: ignore[misc]
    """All operations of one edge, of which it computes the one that a path chooses.

    Args:
        ops: Names of the operations.
        strides: 1 or 2.
    """

    def __init__(self, ops: tuple[str, ...], strides: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.ops, self.strides = tuple(ops), strides
        self.operations = {op: layer for op in ops if (layer := _layer(op, strides)) is not None}

    def build(self, input_shape: Shape) -> None:
        """Makes the weights of all operations."""
        for layer in self.operations.values():
            layer.build(input_shape)

    def call(self, x: tf.Tensor, choice: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """Computes one operation.

        Args:
            x: (b, h, w, c).
            choice: 0 for zeros, else 1 + the number of the operation; an int32 scalar.
            by: By what channels are normalised.

        Returns:
            (b, ⌈h/strides⌉, ⌈w/strides⌉, c).
        """
        branches = [partial(_zeros, x, self.strides)]
        branches += [partial(self.compute, op, x, by) for op in self.ops]
        return tf.switch_case(choice, branches)

    def compute(self, op: str, x: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """One operation by its name."""
        if op in self.operations:
            return self.operations[op].call(x, by)
        return POOLS[op](x, self.strides) if op in POOLS else tf.identity(x)


def _layer(op: str, strides: int) -> keras.layers.Layer | None:
    """The layer of an operation; None for those without weights."""
    if op in POOLS or (op in IDENTITY_OPS and strides == 1):
        return None
    if op in IDENTITY_OPS:
        return PathReduce()
    if op in CONVOLUTIONS:
        return SeparableOperation(op, strides)
    if op in _PLAIN:
        return ReluConvNorm(None, _PLAIN[op], strides)
    return OtherOperation(op, strides)


def _zeros(x: tf.Tensor, strides: int) -> tf.Tensor:
    if strides == 1:
        return tf.zeros_like(x)
    _, height, width, channels = x.shape
    return tf.zeros((tf.shape(x)[0], -(-height // 2), -(-width // 2), channels), x.dtype)
