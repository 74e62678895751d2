"""The layers that the candidate operations of a supernet are put together of."""

from typing import Any, TypeAlias

import keras
import tensorflow as tf

from automl_kit.custom_blocks.darts.batched_edges import subsample
from automl_kit.custom_blocks.darts.normalise import normalise
from automl_kit.custom_blocks.operations import apply_operation
from automl_kit.errors import InputError

Policy: TypeAlias = keras.DTypePolicy | str | None
Layers = list[keras.layers.Layer]
Shape = tuple[int | None, ...]


def uniform(fan_in: int) -> keras.initializers.Initializer:
    """PyTorch's default for convolutions, which the paper's code starts from: ±1/√fan_in."""
    limit = max(fan_in, 1) ** -0.5
    return keras.initializers.RandomUniform(-limit, limit)


class Chain(keras.layers.Layer):  # type: ignore[misc]
    """Layers in a row: a `Sequential` without a functional model in it.

    A plain network of the paper's size has 800 of them and is made in 3.3 s instead of 5.9.
    """

    def __init__(self, layers: Layers, name: str | None = None):
        super().__init__(name=name, autocast=False)
        self.layers = layers

    def build(self, input_shape: Shape) -> None:
        """Builds the layers."""
        for layer in self.layers:
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Applies them."""
        for layer in self.layers:
            x = layer(x)
        return x

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The last one's."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape


@keras.saving.register_keras_serializable(package="automl_kit")
class EverySecond(keras.layers.Layer):  # type: ignore[misc]
    """Pixels 0, 2, 4, … of rows 0, 2, 4, …: (b, h, w, c) to (b, ceil(h/2), ceil(w/2), c)."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """See the class."""
        return x[:, ::2, ::2]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """See the class."""
        return _halved(input_shape)


@keras.saving.register_keras_serializable(package="automl_kit")
class FactorizedReduce(keras.layers.Layer):  # type: ignore[misc]
    """Halves the size: ReLU, two 1×1 convolutions one pixel apart, side by side; normalisation.

    Args:
        filters: Channels of the output; even, half from each convolution.

    Raises:
        InputError: If `filters` is odd.
    """

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(**kwargs)
        if filters % 2:
            raise InputError(
                "A reduction puts two halves side by side and needs an even number of channels; "
                f"got filters={filters}."
            )
        self.filters = filters

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the kernels, (1, 1, c, filters/2) each."""
        channels = input_shape[-1] or 0
        shape = (1, 1, channels, self.filters // 2)
        self.kernels = [
            self.add_weight(shape=shape, initializer=uniform(channels), name=name)
            for name in ("even", "odd")
        ]

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """(b, h, w, c) to (b, ceil(h/2), ceil(w/2), filters)."""
        x = tf.nn.relu(x)
        halves = [
            tf.nn.conv2d(subsample(x, offset), kernel.value, 1, "VALID")
            for offset, kernel in enumerate(self.kernels)
        ]
        return normalise(tf.concat(halves, -1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """See `call`."""
        return (*_halved(input_shape)[:3], self.filters)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "filters": self.filters}


def _halved(shape: Shape) -> Shape:
    batch, *size, channels = shape
    return (batch, *(None if n is None else -(-n // 2) for n in size), channels)


@keras.saving.register_keras_serializable(package="automl_kit")
class RegisteredOperation(keras.layers.Layer):  # type: ignore[misc]
    """An operation of `OPERATIONS` as one layer, built once the shape is known.

    Args:
        op: Its name.
        strides: 1 or 2.
    """

    def __init__(self, op: str, strides: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.op = op
        self.strides = strides

    def build(self, input_shape: Shape) -> None:
        """Builds its layers, without learnt scales and shifts: they would undo α."""
        image = keras.Input(input_shape[1:], dtype=self.compute_dtype)
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.dtype_policy)
        try:
            output = apply_operation(self.op, image, self.strides, affine=False)
        finally:
            keras.config.set_dtype_policy(policy)
        expected = _halved(input_shape) if self.strides == 2 else tuple(input_shape)
        if tuple(output.shape)[1:] != tuple(expected)[1:]:
            raise InputError(
                f"The operation {self.op!r} makes {tuple(output.shape)} of {tuple(input_shape)} "
                f"with stride {self.strides}; expected {tuple(expected)}."
            )
        self.network = keras.Model(image, output)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """(b, h, w, c) to (b, ceil(h/strides), ceil(w/strides), c)."""
        return self.network(x)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """See `call`."""
        return _halved(input_shape) if self.strides == 2 else tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "op": self.op, "strides": self.strides}
