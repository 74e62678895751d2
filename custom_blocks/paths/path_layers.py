"""What the operations of a network of paths are put together of."""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.edge_operations import halves_of, reduce_halves
from automl_kit.custom_blocks.darts.normalise import EPSILON, normalise
from automl_kit.custom_blocks.darts.supernet_layers import Shape, uniform
from automl_kit.errors import InputError


@dataclass(frozen=True)
class Statistics:
    """By what channels are normalised.

    Attributes:
        kept: Whether by the statistics kept; otherwise by the batch's.
        share: What share of the statistics kept is to come from this batch, a scalar; None where
            they are left. 1, 1/2, 1/3, … over some batches keeps their mean.
    """

    kept: bool = False
    share: tf.Tensor | None = None


BATCH = Statistics()
KEPT = Statistics(kept=True)


class PathNormalise(keras.layers.Layer):  # type: ignore[misc]
    """Normalisation whose statistics are found anew for the path that is judged.

    The weights behind it serve many paths, whose maps have other means: moving averages over all
    of them would suit none (Guo et al. 2020, "Single path one-shot", section 3.4).
    """

    def build(self, input_shape: Shape) -> None:
        """Makes scale, offset, and the statistics kept, (c,) each."""
        shape = (input_shape[-1],)
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self.offset = self.add_weight(shape=shape, initializer="zeros", name="offset")
        self.mean, self.variance = (
            self.add_weight(shape=shape, initializer=start, trainable=False, name=name)
            for name, start in (("mean", "zeros"), ("variance", "ones"))
        )

    def call(self, x: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """Normalises (b, h, w, c), scales and shifts."""
        scale, offset = self.scale.value, self.offset.value
        if by.kept:
            mean, variance = self.mean.value, self.variance.value
            return tf.nn.batch_normalization(x, mean, variance, offset, scale, EPSILON)
        if by.share is not None:
            for kept, found in zip(
                (self.mean, self.variance), tf.nn.moments(x, [0, 1, 2]), strict=True
            ):
                kept.assign(kept.value + tf.cast(by.share, x.dtype) * (found - kept.value))
        return normalise(x, scale, offset)


class PathConvolution(keras.layers.Layer):  # type: ignore[misc]
    """A convolution whose windows are centred on pixels 0, strides, 2·strides, …; no bias.

    Args:
        filters: Channels that it gives; None for as many as it reads.
        size: Of its window, odd.
        strides: 1 or more.
    """

    def __init__(self, filters: int | None, size: int, strides: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.filters, self.size, self.strides = filters, size, strides

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel."""
        channels = input_shape[-1] or 0
        self.filters = self.filters or channels
        self.kernel = self.add_weight(
            shape=(self.size, self.size, channels, self.filters),
            initializer=uniform(self.size**2 * channels),
            name="kernel",
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """(b, h, w, c) to (b, ⌈h/strides⌉, ⌈w/strides⌉, filters)."""
        padding = "SAME"
        if self.strides > 1 and self.size > 1:
            around = [self.size // 2] * 2
            x, padding = tf.pad(x, [[0, 0], around, around, [0, 0]]), "VALID"
        return tf.nn.conv2d(x, self.kernel.value, self.strides, padding)


class ReluConvNorm(keras.layers.Layer):  # type: ignore[misc]
    """ReLU, convolution, normalisation.

    Args:
        filters: Channels that it gives; None for as many as it reads.
        size: Of the convolution's window.
        strides: 1 or more.
        relu: Whether there is one.
    """

    def __init__(
        self, filters: int | None, size: int, strides: int = 1, relu: bool = True, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.relu = relu
        self.convolution = PathConvolution(filters, size, strides)
        self.normalise = PathNormalise()

    def build(self, input_shape: Shape) -> None:
        """Builds both."""
        self.convolution.build(input_shape)
        self.normalise.build((*input_shape[:-1], self.convolution.filters))

    def call(self, x: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """(b, h, w, c) to (b, ⌈h/strides⌉, ⌈w/strides⌉, filters)."""
        x = tf.nn.relu(x) if self.relu else x
        return self.normalise.call(self.convolution.call(x), by)


class PathReduce(keras.layers.Layer):  # type: ignore[misc]
    """Halves the size as `FactorizedReduce` does, with statistics found anew.

    Args:
        filters: Channels that it gives, an even number; None for as many as it reads.

    Raises:
        InputError: If they are odd.
    """

    def __init__(self, filters: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.filters = filters
        self.normalise = PathNormalise()

    def build(self, input_shape: Shape) -> None:
        """Makes the kernels, (1, 1, c, filters/2) each."""
        channels = input_shape[-1] or 0
        filters = self.filters or channels
        if filters % 2:
            raise InputError(
                "A reduction puts two halves side by side and needs an even number of channels; "
                f"got {filters}."
            )
        self.kernels = [
            self.add_weight(
                shape=(1, 1, channels, filters // 2), initializer=uniform(channels), name=name
            )
            for name in ("even", "odd")
        ]
        self.normalise.build((*input_shape[:-1], filters))

    def call(self, x: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """(b, h, w, c) to (b, ⌈h/2⌉, ⌈w/2⌉, filters)."""
        halves = halves_of(tf.nn.relu(x), 2)
        kernels = [kernel.value for kernel in self.kernels]
        return self.normalise.call(reduce_halves(halves, kernels, 1), by)


class ResidualReduction(keras.layers.Layer):  # type: ignore[misc]
    """`automl_kit.custom_blocks.cell_layers.residual_reduction` with statistics found anew.

    Args:
        filters: Channels that it gives.
    """

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.first, self.second = ReluConvNorm(filters, 3, strides=2), ReluConvNorm(filters, 3)
        self.shortcut = PathConvolution(filters, 1)

    def build(self, input_shape: Shape) -> None:
        """Builds its layers."""
        self.first.build(input_shape)
        self.second.build((*input_shape[:-1], self.shortcut.filters))
        self.shortcut.build(input_shape)

    def call(self, x: tf.Tensor, by: Statistics = BATCH) -> tf.Tensor:
        """(b, h, w, c) to (b, ⌈h/2⌉, ⌈w/2⌉, filters)."""
        pooled = self.shortcut.call(tf.nn.avg_pool2d(x, 2, 2, "SAME"))
        return self.second.call(self.first.call(x, by), by) + pooled
