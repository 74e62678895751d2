"""Layers of several networks of one architecture, side by side: the first axis is the network's.

Every tensor of such networks is (members, n, …), and every weight has a leading axis of members.
Multiplying matrices is what Keras's `EinsumDense` does; here is what it can't do.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops


class MemberLayer(keras.layers.Layer):  # type: ignore[misc]
    """A layer whose weights have a leading axis of members; input (members, n, …)."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As the input."""
        return input_shape

    def _spread(self, weight: Any, rank: int) -> Any:
        """A weight (members, d) as (members, 1, …, d), which spreads over rows."""
        shape = weight.shape
        return ops.reshape(weight, (shape[0], *(1,) * (rank - 2), shape[1]))

    def _scale(self, input_shape: Any, name: str, initializer: str, trainable: bool = True) -> Any:
        shape = (input_shape[0], input_shape[-1])
        return self.add_weight(shape=shape, initializer=initializer, name=name, trainable=trainable)


@keras.saving.register_keras_serializable(package="automl_kit")
class MemberLayerNormalization(MemberLayer):
    """Keras's `LayerNormalization` over the last axis, with a scale and a shift for each member.

    Args:
        epsilon: Added to the variance.
    """

    def __init__(self, epsilon: float = 1e-3, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        """Makes scale and shift."""
        self.gamma = self._scale(input_shape, "gamma", "ones")
        self.beta = self._scale(input_shape, "beta", "zeros")

    def call(self, inputs: Any) -> Any:
        """Same shape."""
        mean, variance = ops.moments(inputs, axes=-1, keepdims=True)
        rank = len(inputs.shape)
        normal = (inputs - mean) * ops.rsqrt(variance + self.epsilon)
        return normal * self._spread(self.gamma, rank) + self._spread(self.beta, rank)

    def stock_layers(self) -> list[keras.layers.Layer]:
        """Stock layers that do the same, one after the other."""
        plain = keras.layers.LayerNormalization(
            epsilon=self.epsilon, center=False, scale=False, name=self.name
        )
        return [
            plain,
            *affine(np.asarray(self.gamma), np.asarray(self.beta), self.input, self.name),
        ]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="automl_kit")
class MemberBatchNormalization(MemberLayer):
    """Keras's `BatchNormalization` over the last axis, for each member by itself.

    Args:
        momentum: Of the moving averages.
        epsilon: Added to the variance.
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-3, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape: Any) -> None:
        """Makes scale, shift and moving averages."""
        self.gamma = self._scale(input_shape, "gamma", "ones")
        self.beta = self._scale(input_shape, "beta", "zeros")
        self.moving_mean = self._scale(input_shape, "moving_mean", "zeros", trainable=False)
        self.moving_variance = self._scale(input_shape, "moving_variance", "ones", trainable=False)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Same shape."""
        rank = len(inputs.shape)
        mean, variance = self.moving_mean, self.moving_variance
        if training:
            mean, variance = ops.moments(inputs, axes=list(range(1, rank - 1)))
            for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        factor = self.gamma * ops.rsqrt(variance + self.epsilon)
        shift = self.beta - mean * factor
        return inputs * self._spread(factor, rank) + self._spread(shift, rank)

    def stock_layers(self) -> list[keras.layers.Layer]:
        """Stock layers that do what it does out of training."""
        variance = np.asarray(self.moving_variance) + self.epsilon
        factor = np.asarray(self.gamma) / np.sqrt(variance)
        shift = np.asarray(self.beta) - np.asarray(self.moving_mean) * factor
        return affine(factor, shift, self.input, self.name)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {"momentum": self.momentum, "epsilon": self.epsilon}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="automl_kit")
class MemberDropout(keras.layers.Layer):  # type: ignore[misc]
    """Keras's `Dropout`, whose rate is a variable and whose noise follows from seeds.

    So the compiled step of one network serves another one of another rate and seed, and what a
    member drops doesn't depend on who is trained beside it.

    Args:
        rate: Share dropped.
        noise_shape: As Keras's, the batch first and without members.
        members: How many networks; None for one, whose tensors have no axis of members.

    Attributes:
        rates: (members,) float32, or () for one network.
        seeds: (members, 2) int32, or (2,) for one network: of the next call. A training step sets
            it while it is traced; without, each call drops the same.
    """

    seeds: Any = None

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        members: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.rate, self.noise_shape, self.members = rate, noise_shape, members

    def build(self, input_shape: Any) -> None:
        """Makes the variable of the rate."""
        shape = () if self.members is None else (self.members,)
        rate = keras.initializers.Constant(self.rate)
        self.rates = self.add_weight(shape=shape, initializer=rate, trainable=False, name="rates")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Same shape."""
        if not training:
            return inputs
        rates, rank = tf.convert_to_tensor(self.rates.value), len(inputs.shape)
        if self.members is None:
            seeds = tf.zeros(2, tf.int32) if self.seeds is None else self.seeds
            drawn = _bytes(self._noise_shape(tf.shape(inputs)), seeds)
        else:
            seeds = tf.zeros((self.members, 2), tf.int32) if self.seeds is None else self.seeds
            shape = self._noise_shape(tf.shape(inputs)[1:])
            drawn = tf.stack([_bytes(shape, seeds[member]) for member in range(self.members)])
            rates = tf.reshape(rates, (-1, *(1,) * (rank - 1)))
        least = tf.round(rates * 256.0)
        scale = 256.0 / (256.0 - least)  # of what is kept: the rate in 256ths, as it is drawn
        kept = tf.where(drawn >= tf.cast(least, tf.uint8), scale, 0.0)
        return inputs * tf.cast(kept, inputs.dtype)

    def _noise_shape(self, shape: Any) -> Any:
        if self.noise_shape is None:
            return shape
        return tf.stack([shape[i] if n is None else n for i, n in enumerate(self.noise_shape)])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As the input."""
        return input_shape

    def stock_layers(self) -> list[keras.layers.Layer]:
        """None: out of training it does nothing."""
        return []

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {"rate": self.rate, "noise_shape": self.noise_shape, "members": self.members}
        return {**super().get_config(), **config}


def _bytes(shape: Any, seeds: Any) -> Any:
    """Random numbers from 0 to 255; four times as fast as as many floats."""
    count = tf.reduce_prod(shape)
    words = tf.random.stateless_uniform(
        [(count + 3) // 4], seeds, minval=None, maxval=None, dtype=tf.int32
    )
    return tf.reshape(tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:count], shape)


def affine(factor: Any, shift: Any, tensor: Any, name: str) -> list[keras.layers.Layer]:
    """Stock layers for x * factor + shift with a factor (members, d) for each member's columns.

    Args:
        factor: (members, d).
        shift: (members, d).
        tensor: What it is applied to, (members, n, …, d).
        name: Beginning of the layer's name.
    """
    between = "abcdefgh"[: len(tensor.shape) - 2]
    layer = keras.layers.EinsumDense(
        f"m{between}y,my->m{between}y",
        output_shape=tuple(tensor.shape[1:]),
        bias_axes="my",
        trainable=False,
        name=f"{name}_scale",
    )
    layer.build(tensor.shape)
    layer.set_weights([factor, np.reshape(shift, layer.bias.shape)])
    return [layer]
