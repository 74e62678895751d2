"""Drop path: whole edges of single images are left out in training, more in later epochs."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="automl_kit")
class DropPath(keras.layers.Layer):  # type: ignore[misc]
    """Drops a whole map of an image, and divides those that it keeps by their share.

    Larsson et al. (2017), "FractalNet"; grown over the epochs as in Zoph et al. (2018), section
    A.7, and DARTS's training code. Without the callback `GrowDropPath` the rate is whole from the
    start. Out of training it does nothing; an export has a stock `Dropout` in its place.

    Args:
        rate: Share dropped once it is grown, from 0 to below 1.
        seed: Of what is dropped; None for Keras's random one.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks import DropPath
        >>> DropPath(0.2)(keras.ops.ones((2, 4, 4, 3)), training=False).shape
        TensorShape([2, 4, 4, 3])
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        """Makes `grown`, by which the rate is multiplied, 1 where nobody sets it.

        A variable, since a number would be fixed when the training step is compiled.
        """
        self.grown = self.add_weight(
            shape=(), initializer="ones", trainable=False, autocast=False, name="grown"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """(n, h, w, c) to the same shape."""
        if not training or not self.rate:
            return inputs
        keep = 1 - self.rate * keras.ops.convert_to_tensor(self.grown)
        shape = (keras.ops.shape(inputs)[0], 1, 1, 1)
        kept = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator) < keep
        return inputs * keras.ops.cast(keras.ops.cast(kept, "float32") / keep, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As the input."""
        return input_shape

    def stock(self) -> keras.layers.Dropout:
        """The stock layer that does the same at the rate that is grown to."""
        return keras.layers.Dropout(
            self.rate, noise_shape=(None, 1, 1, 1), name=self.name, dtype=self.dtype_policy
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


class GrowDropPath(keras.callbacks.Callback):  # type: ignore[misc]
    """Grows the rate of every `DropPath` of a network linearly from 0, epoch by epoch.

    In epoch e of E (e from 0) it is e / E of the whole, as in DARTS's training code. It follows
    from the epoch's number alone, so that a training that goes on after a stop is the same.

    Args:
        epochs: E, all epochs of the training.
    """

    def __init__(self, epochs: int):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Sets the rate."""
        for layer in self.model._flatten_layers():
            if isinstance(layer, DropPath):
                layer.grown.assign(min(1.0, epoch / self.epochs))
