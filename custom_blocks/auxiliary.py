"""The auxiliary classifier: a second one on an earlier map, that only training knows of.

Szegedy et al. (2015), "Going deeper with convolutions", section 5; Liu et al. (2019), appendix
A.1: gradients reach the lower cells by a shorter way.
"""

from typing import Any

import keras

from automl_kit.custom_blocks.cell_layers import kernel_initializer, normalize

_LOGITS = "_automl_kit_auxiliary"


def auxiliary_logits(tensor: Any, classes: int) -> Any:
    """The paper's auxiliary head for maps of 8×8, its windows cut to smaller ones.

    Args:
        tensor: A Keras tensor (n, h, w, c).
        classes: How many there are.

    Returns:
        Logits (n, classes).
    """
    tensor = keras.layers.ReLU()(tensor)
    window = tuple(min(5, side) for side in tensor.shape[1:3])
    tensor = keras.layers.AveragePooling2D(window, strides=3)(tensor)
    for channels, size in (
        (128, (1, 1)),
        (768, tuple(min(2, side) for side in tensor.shape[1:3])),
    ):
        tensor = keras.layers.Conv2D(
            channels, size, use_bias=False, kernel_initializer=kernel_initializer()
        )(tensor)
        tensor = keras.layers.ReLU()(normalize(tensor))
    return keras.layers.Dense(classes)(keras.layers.GlobalAveragePooling2D()(tensor))


@keras.saving.register_keras_serializable(package="automl_kit")
class AuxiliaryClassifier(keras.layers.Layer):  # type: ignore[misc]
    """Passes a network's probabilities on, with those of a second classifier in training.

    Call it with a list of the probabilities (n, k) and an earlier map (n, h, w, c); it gives the
    probabilities as they are. In training the second classifier's go along on the tensor, as Keras
    lets a softmax's logits go along, for `AuxiliaryLoss` to find them: the network keeps one
    output, its metrics and its validation loss are of that alone, and `without_auxiliary` cuts
    the second classifier off.

    Args:
        classes: k.
    """

    def __init__(self, classes: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.classes = classes

    def build(self, input_shapes: list[tuple[int | None, ...]]) -> None:
        """Makes the second classifier."""
        image = keras.Input(input_shapes[1][1:])
        self.network = keras.Model(image, auxiliary_logits(image, self.classes))

    def call(self, inputs: list[Any], training: bool = False) -> Any:
        """See the class."""
        probabilities, tensor = inputs
        if training:
            other = keras.activations.softmax(self.network(tensor, training=True))
            setattr(probabilities, _LOGITS, other)
        return probabilities

    def compute_output_spec(self, inputs: list[Any], training: bool = False) -> Any:
        """As the probabilities."""
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "classes": self.classes}


@keras.saving.register_keras_serializable(package="automl_kit")
class AuxiliaryLoss(keras.losses.Loss):  # type: ignore[misc]
    """A loss, and in training so much of the same loss of an `AuxiliaryClassifier`.

    Args:
        loss: A Keras loss of targets and probabilities.
        weight: Of the auxiliary classifier's; 0.4 in the papers.
        name: As for any loss.
    """

    def __init__(self, loss: Any, weight: float = 0.4, name: str = "auxiliary_loss"):
        super().__init__(name=name)
        self.loss = keras.losses.get(loss)
        self.weight = weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of each row."""
        other = getattr(y_pred, _LOGITS, None)
        losses = self._of_rows(y_true, y_pred)
        return losses if other is None else losses + self.weight * self._of_rows(y_true, other)

    def _of_rows(self, y_true: Any, y_pred: Any) -> Any:
        loss = self.loss.call if isinstance(self.loss, keras.losses.Loss) else self.loss
        return loss(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        loss = keras.losses.serialize(self.loss)
        return {"loss": loss, "weight": self.weight, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "AuxiliaryLoss":
        """Builds the loss from `get_config()`."""
        return cls(**{**config, "loss": keras.losses.deserialize(config["loss"])})


def without_auxiliary(tensor: Any) -> Any:
    """The tensor that an `AuxiliaryClassifier` passes on; any other one is itself.

    Args:
        tensor: An output of a functional Keras model.

    Example:
        `keras.Model(network.inputs, [without_auxiliary(output) for output in network.outputs])`
        is the network without second classifiers.
    """
    layer = tensor._keras_history.operation
    return layer.input[0] if isinstance(layer, AuxiliaryClassifier) else tensor
