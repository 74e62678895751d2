"""Several classifiers in one network, each with a loss of its own; their mean predicts.

Gorishniy et al. (2025), "TabM: advancing tabular deep learning with parameter-efficient
ensembling", section 3.2: the loss is the mean of the submodels' losses, not that of their mean, so
that each learns to be right by itself, and the mean gains from what they differ in.
"""

from typing import Any

import keras

_ALONE = "_automl_kit_submodels"


@keras.saving.register_keras_serializable(package="automl_kit")
class Submodels(keras.layers.Layer):  # type: ignore[misc]
    """Tells a head that a tensor (n, k, d) is k vectors of k submodels; passes it on as it is."""

    def call(self, inputs: Any) -> Any:
        """The same."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As the input."""
        return input_shape

    def stock_layers(self) -> list[keras.layers.Layer]:
        """None."""
        return []


def are_submodels(tensor: Any) -> bool:
    """Whether a Keras tensor is that of `Submodels`."""
    return isinstance(tensor._keras_history.operation, Submodels)


def mean_of_submodels(tensor: Any, classes: int, name: str) -> Any:
    """A last layer for each submodel, and the mean of their probabilities.

    Args:
        tensor: A Keras tensor (n, k, d).
        classes: How many there are.
        name: Of the output layer.
    """
    logits = keras.layers.EinsumDense(
        "nkd,kdc->nkc", output_shape=(tensor.shape[1], classes), bias_axes="kc"
    )(tensor)
    return MeanOfSubmodels(name=name, dtype="float32")(logits)


@keras.saving.register_keras_serializable(package="automl_kit")
class MeanOfSubmodels(keras.layers.Layer):  # type: ignore[misc]
    """The mean of several classifiers' probabilities: logits (…, n, k, c) to (…, n, c).

    In training the probabilities of each go along on the tensor, as Keras lets a softmax's logits
    go along, for `SubmodelLoss` to find them.

    Example:
        >>> import keras
        >>> from automl_kit.custom_blocks.submodels import MeanOfSubmodels
        >>> logits = keras.ops.log([[[0.2, 0.8], [0.6, 0.4]]])
        >>> MeanOfSubmodels()(logits).numpy().round(3).tolist()
        [[0.4000000059604645, 0.6000000238418579]]
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """See the class."""
        each = keras.ops.softmax(inputs, axis=-1)
        mean = keras.ops.mean(each, axis=-2)
        if training:
            setattr(mean, _ALONE, each)
        return mean

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        """As the logits, without the axis of submodels."""
        return keras.KerasTensor((*inputs.shape[:-2], inputs.shape[-1]), inputs.dtype)

    def stock(self) -> keras.Model:
        """The same of Keras's operations."""
        entry = keras.Input(batch_shape=self.input.shape)
        each = keras.ops.softmax(entry, axis=-1)
        return keras.Model(entry, keras.ops.mean(each, axis=-2), name=self.name)


@keras.saving.register_keras_serializable(package="automl_kit")
class SubmodelLoss(keras.losses.Loss):  # type: ignore[misc]
    """In training the mean of the submodels' losses; else the loss of their mean.

    Args:
        loss: A Keras loss of targets and probabilities.
        name: As for any loss.
    """

    def __init__(self, loss: Any, name: str = "submodel_loss"):
        super().__init__(name=name)
        self.loss = keras.losses.get(loss)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of each row: targets and probabilities (…, n, c) to (…, n)."""
        loss = self.loss.call if isinstance(self.loss, keras.losses.Loss) else self.loss
        each = getattr(y_pred, _ALONE, None)
        if each is None:
            return loss(y_true, y_pred)
        targets = keras.ops.broadcast_to(keras.ops.expand_dims(y_true, -2), keras.ops.shape(each))
        return keras.ops.mean(loss(targets, each), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"loss": keras.losses.serialize(self.loss), "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SubmodelLoss":
        """Builds the loss from `get_config()`."""
        return cls(**{**config, "loss": keras.losses.deserialize(config["loss"])})
