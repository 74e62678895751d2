"""Classification: each row has one of two or more classes."""

from numbers import Real
from typing import Any, ClassVar

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight

from automl_kit.custom_blocks import AuxiliaryLoss, ClassificationHead
from automl_kit.custom_blocks.affine import affine
from automl_kit.data import LabelEncoder
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation.keras_figures import keras_figures
from automl_kit.evaluation.metrics import classification_metrics
from automl_kit.evaluation.objectives import Objective


class Classification:
    """One class a row.

    Attributes:
        labels: Numbers the classes.
        threshold: Of two classes, the probability above which the second one is predicted.

    Example:
        >>> problem = Classification()
        >>> problem.learn(["no", "yes", "no"]).tolist(), problem.columns
        ([0, 1, 0], 2)
        >>> problem.decode(np.array([[0.2, 0.8]])).tolist()
        ['yes']
    """

    name: ClassVar[str] = "classification"
    estimator: ClassVar[str] = "classifier"

    def __init__(self, labels: LabelEncoder | None = None, threshold: float = 0.5):
        self.labels = labels or LabelEncoder()
        self.threshold = threshold

    @property
    def columns(self) -> int:
        """One output a class."""
        return len(self.labels.classes_)

    def learn(self, y: Any) -> NDArray[Any]:
        """Learns the classes; gives each row's class id.

        Raises:
            InputError: If a label is missing, or there is one class only.
        """
        return self.labels.fit(y).encode(y)

    def encode(self, y: Any) -> NDArray[Any]:
        """Class ids of other labels.

        Raises:
            InputError: If one was not among those learned.
        """
        return self.labels.encode(y)

    def targets(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """One-hot rows."""
        targets = np.zeros((len(values), self.columns), "float32")
        targets[np.arange(len(values)), values] = 1
        return targets

    def decide_at(self, threshold: float) -> None:
        """Sets the threshold of two classes."""
        self.threshold = threshold

    def predicted(self, outputs: NDArray[Any]) -> NDArray[np.intp]:
        """The class of the largest probability of each row, (n,); of two see `threshold`."""
        outputs = np.nan_to_num(outputs)
        if self.threshold == 0.5 or outputs.shape[1] != 2:
            return np.asarray(outputs.argmax(axis=1))
        return (outputs[:, 1] > self.threshold).astype(np.intp)

    def decode(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """The label of the class predicted for each row."""
        empty = np.isnan(outputs).any(axis=1)
        labels = self.labels.decode(self.predicted(outputs))
        if not empty.any():
            return labels
        labels = labels if labels.ndim > 1 else labels.astype(object)
        labels[empty] = np.nan if labels.ndim > 1 else None
        return labels

    def strata(self, values: NDArray[Any]) -> NDArray[np.integer]:
        """The class ids."""
        return values

    def check_split(self, values: NDArray[Any]) -> None:
        """Warns of classes of one row, which nothing can validate."""
        self.labels.warn_of_lone_classes(values, stacklevel=5)

    def notes(self, objective: Objective) -> list[str]:
        """Which class a metric of one class is about."""
        if not objective.of_second_class or self.columns != 2:
            return []
        return [f"{objective.name} is that of the class {self.labels.classes_.tolist()[1]!r}."]

    def weights(self, given: Any, values: NDArray[Any]) -> dict[int, float] | None:
        """Weights by class id from weights by label, or "balanced" as scikit-learn has it.

        Raises:
            InputError: If a label is unknown or a weight is no number above 0.
        """
        if given is None:
            return None
        if isinstance(given, str):
            if given != "balanced":
                raise InputError(f"class_weight must be 'balanced' or a dictionary, got {given!r}.")
            present = np.unique(values)
            balanced = compute_class_weight("balanced", classes=present, y=values)
            return {int(label): float(w) for label, w in zip(present, balanced, strict=True)}
        weights = dict.fromkeys(range(self.columns), 1.0)
        for label, weight in given.items():
            if not isinstance(weight, Real) or not float(weight) > 0:
                raise InputError(
                    f"class_weight of {label!r} must be a number above 0, got {weight!r}."
                )
            weights[int(self.labels.encode([label])[0])] = float(weight)
        return weights

    def head(self, name: str, dropout: float | None = None) -> ClassificationHead:
        """A softmax over the classes."""
        return ClassificationHead(name=name, dropout=dropout)

    def settle(self, head: Any, loss: Any, metrics: Any) -> None:
        """Gives a head the user's loss and metrics; None leaves its own."""
        if loss is not None:
            second = isinstance(head.loss, AuxiliaryLoss)
            head.loss = AuxiliaryLoss(loss, head.auxiliary_weight) if second else loss
        if metrics is not None:
            head.metrics = metrics

    def finish(self, output: Any) -> Any:
        """Probabilities (n, k); of one sigmoid, (n, 2)."""
        if output.shape[1] > 1:
            return keras.layers.Identity(name="probabilities", dtype="float32")(output)
        # p -> [1 - p, p] as one affine map.
        both = keras.layers.Concatenate(dtype="float32", name="probabilities.both")(
            [output, output]
        )
        name = keras.layers.Identity(name="probabilities", dtype="float32")
        return name(affine(both, [-1.0, 1.0], [1.0, 0.0]))

    def compile(self, model: keras.Model) -> None:
        """For class ids (n,) as targets."""
        loss = keras.losses.SparseCategoricalCrossentropy()
        model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])

    def metrics(
        self, values: NDArray[Any], outputs: NDArray[Any], loss: Any = None, metrics: Any = None
    ) -> dict[str, float]:
        """Loss and metrics as Keras logs them, then balanced accuracy, ROC-AUC and log-loss."""
        figures = classification_metrics(values, outputs, self.predicted(outputs))
        if loss is None and metrics is None:
            logged = {"loss": figures["log_loss"], "accuracy": figures["accuracy"]}
        else:
            logged = keras_figures(self.targets(values), outputs, loss, metrics)
        return {**logged, **{name: figures[name] for name in figures if name not in logged}}

    def to_json(self) -> dict[str, Any]:
        """Name, classes and threshold."""
        told = {"problem": self.name, "labels": self.labels.to_json()}
        return told if self.threshold == 0.5 else {**told, "threshold": self.threshold}

    @classmethod
    def from_json(cls, d: dict[str, Any]) -> "Classification":
        """Reads what `to_json` gave.

        Raises:
            ProjectError: If the classes or the threshold can't be used.
        """
        if not isinstance(d, dict):
            raise ProjectError(f"The stored problem can't be used: {d!r:.200}.")
        threshold = d.get("threshold", 0.5)
        if isinstance(threshold, bool) or not isinstance(threshold, float | int):
            raise ProjectError(f"The stored threshold is no number: {threshold!r:.200}.")
        if not 0 < threshold < 1:
            raise ProjectError(f"The stored threshold isn't between 0 and 1: {threshold!r:.200}.")
        return cls(LabelEncoder.from_json(d.get("labels")), float(threshold))
