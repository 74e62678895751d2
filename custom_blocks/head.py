"""The classification head: class probabilities from whatever tensor comes in."""

from typing import Any

import autokeras as ak
import keras
import numpy as np

from automl_kit.compat import Analyser
from automl_kit.custom_blocks.auxiliary import AuxiliaryClassifier, AuxiliaryLoss
from automl_kit.custom_blocks.submodels import SubmodelLoss, are_submodels, mean_of_submodels
from automl_kit.errors import InputError

_REDUCTIONS: dict[str, tuple[type[keras.layers.Layer], ...]] = {
    # for tensors of 3, 4 and 5 axes, the batch included
    "average": (
        keras.layers.GlobalAveragePooling1D,
        keras.layers.GlobalAveragePooling2D,
        keras.layers.GlobalAveragePooling3D,
    ),
    "max": (
        keras.layers.GlobalMaxPooling1D,
        keras.layers.GlobalMaxPooling2D,
        keras.layers.GlobalMaxPooling3D,
    ),
    "flatten": (keras.layers.Flatten,) * 3,
}


class OneHotAnalyser(Analyser):  # type: ignore[misc]
    """Checks targets of shape (n, k): rows of class probabilities, usually one-hot.

    Args:
        name: The head's name, for messages.
        num_classes: The k expected; None for any k of at least 2.
    """

    def __init__(self, name: str, num_classes: int | None = None):
        super().__init__()
        self.name = name
        self.num_classes = num_classes

    def update(self, data: Any) -> None:
        """Checks one array of targets.

        Raises:
            InputError: The array is not (n, k) with k ≥ 2, not the k expected, or a row is no
                distribution over the classes.
        """
        super().update(data)
        expected = self.num_classes or "k ≥ 2"
        if (
            data.ndim != 2
            or data.shape[1] < 2
            or data.shape[1] != (self.num_classes or data.shape[1])
        ):
            raise InputError(
                f"The targets of head {self.name!r} have shape {data.shape}; expected one-hot rows "
                f"of shape (n, {expected}). Encode the labels as one column a class."
            )
        if (
            data.dtype.kind not in "fiub"
            or data.min() < 0
            or not np.allclose(data.sum(axis=1), 1.0, atol=1e-3)
        ):
            raise InputError(
                f"The targets of head {self.name!r} are no class probabilities: every row must be "
                "non-negative numbers that sum to 1. Encode the labels as one column a class."
            )
        self.num_classes = int(data.shape[1])

    def finalize(self) -> None:
        """Nothing is left to find out once every array was checked."""


@keras.utils.register_keras_serializable(package="automl_kit")
class ClassificationHead(ak.ClassificationHead):  # type: ignore[misc]
    """Softmax over k ≥ 2 classes, trained by categorical cross-entropy.

    Differs from AutoKeras's head in what its targets are: one-hot float32 of shape (n, k), k = 2
    included, passed on unchanged. AutoKeras makes one sigmoid column of two classes, labels into
    strings, and a NumPy integer the number of units, which Keras ≥ 3.13 refuses.

    Args:
        num_classes: k; None to take it from the targets.
        loss: A Keras loss; None for categorical cross-entropy.
        metrics: Keras metrics; None for accuracy.
        dropout: Share of the features dropped before the last layer; None to search it
            (hyperparameter "dropout").
        reduction: How a tensor of 3 to 5 axes becomes a vector: "average" or "max" (global
            pooling) or "flatten"; None to search it (hyperparameter "reduction").
        auxiliary_weight: Weight of the loss of a second classifier in training, where the head is
            given a map (n, h, w, c) beside its tensor: see `CellBlock`'s `auxiliary`.
        name: The head's name; the output layer has it too.
        shape: Shape of the targets without the batch, (k,); AutoKeras sets it.
        tunable: Whether the head's hyperparameters are searched.

    Raises:
        InputError: `reduction` is none of the three names.

    Example:
        >>> import autokeras as ak
        >>> from automl_kit.custom_blocks import ClassificationHead
        >>> node = ak.ImageInput()
        >>> node = ak.ConvBlock(num_blocks=2, num_layers=2)(ak.Normalization()(node))
        >>> output = ClassificationHead(dropout=0.25)(node)
    """

    def __init__(
        self,
        num_classes: int | None = None,
        loss: Any = None,
        metrics: Any = None,
        dropout: float | None = None,
        reduction: str | None = None,
        auxiliary_weight: float = 0.4,
        name: str | None = None,
        shape: tuple[int, ...] | None = None,
        tunable: bool = True,
    ):
        if reduction is not None and reduction not in _REDUCTIONS:
            raise InputError(
                f"reduction must be one of {', '.join(_REDUCTIONS)} or None. Received: {reduction}"
            )
        if not auxiliary_weight >= 0:
            raise InputError(f"auxiliary_weight must be 0 or more. Received: {auxiliary_weight}")
        self._own_loss = loss
        super().__init__(
            num_classes=num_classes,
            loss=loss,
            metrics=metrics,
            dropout=dropout,
            name=name,
            shape=shape,
            tunable=tunable,
        )
        self.reduction = reduction
        self.auxiliary_weight = auxiliary_weight

    def __call__(self, inputs: Any) -> Any:
        """Connects the head to a node, or to a node and that of a map for a second classifier."""
        given = len(keras.tree.flatten(inputs))
        if given > 2:
            raise InputError(
                f"Head {self.name!r} takes one tensor, and perhaps a map for an auxiliary "
                f"classifier; got {given} nodes. Merge them first."
            )
        if given == 2 and not isinstance(self.loss, AuxiliaryLoss):
            self.loss: Any = AuxiliaryLoss(self.loss, self.auxiliary_weight)
        return super().__call__(inputs)

    def infer_loss(self) -> Any:
        """The loss given, or categorical cross-entropy: two classes are two columns here."""
        return self._own_loss or keras.losses.CategoricalCrossentropy()

    def build(self, hp: Any, inputs: Any = None) -> Any:
        """Reduces to a vector, drops, and ends in Dense(k) and a softmax named after the head.

        The scores of a `FittedLayer` get the softmax alone. Of an `EnsembleBlock` each MLP gets a
        last layer of its own.
        """
        tensor, *maps = keras.tree.flatten(inputs)
        several = not maps and are_submodels(tensor)
        inner = self.loss.loss if isinstance(self.loss, SubmodelLoss) else self.loss
        self.loss = SubmodelLoss(inner) if several else inner
        if not maps and getattr(tensor._keras_history.operation, "gives_scores", False):
            return keras.layers.Softmax(name=self.name, dtype="float32")(tensor)
        if len(tensor.shape) > 2 and not several:
            tensor = self._reduce(hp, tensor)
        dropout = self.dropout
        if dropout is None:
            dropout = hp.Choice("dropout", [0.0, 0.25, 0.5], default=0.0)
        if dropout > 0:
            tensor = keras.layers.Dropout(dropout)(tensor)
        classes = int(self.shape[-1])
        if several:
            return mean_of_submodels(tensor, classes, self.name)
        tensor = keras.layers.Dense(classes)(tensor)
        if not maps:
            return keras.layers.Softmax(name=self.name, dtype="float32")(tensor)
        if len(maps[0].shape) != 4:
            raise InputError(
                f"Head {self.name!r} takes a map (n, h, w, c) for an auxiliary classifier beside "
                f"its tensor; got one of shape {tuple(maps[0].shape)}."
            )
        tensor = keras.layers.Softmax(dtype="float32")(tensor)
        return AuxiliaryClassifier(classes, name=self.name, dtype="float32")([tensor, *maps])

    def _reduce(self, hp: Any, tensor: Any) -> Any:
        reduction = self.reduction or hp.Choice("reduction", list(_REDUCTIONS), default="average")
        return _REDUCTIONS[reduction][len(tensor.shape) - 3]()(tensor)

    def get_analyser(self) -> OneHotAnalyser:
        """Checks one-hot targets."""
        return OneHotAnalyser(self.name, self.num_classes)

    def config_from_analyser(self, analyser: OneHotAnalyser) -> None:
        """Takes shape, type and number of classes of the targets."""
        self.data_shape = analyser.shape
        self.dtype = analyser.dtype
        self.batch_size = analyser.batch_size
        self.num_samples = analyser.num_samples
        self.num_classes = analyser.num_classes

    def get_hyper_preprocessors(self) -> list[Any]:
        """None: one-hot targets are what the loss takes."""
        return []

    def get_config(self) -> dict[str, Any]:
        """The head's configuration."""
        config = super().get_config()
        del config["multi_label"]
        shape = self.shape if self.shape is None else [int(size) for size in self.shape]
        if isinstance(self.loss, SubmodelLoss):  # That of the network built last.
            config["loss"] = keras.losses.serialize(self.loss.loss)
        return {
            **config,
            "shape": shape,
            "reduction": self.reduction,
            "auxiliary_weight": self.auxiliary_weight,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ClassificationHead":
        """Builds the head from `get_config()`."""
        head: ClassificationHead = super().from_config(dict(config))
        return head
