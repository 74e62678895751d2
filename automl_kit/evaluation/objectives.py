"""What a search optimises: any Keras or scikit-learn metric, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import keras_tuner
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer, get_scorer_names

from automl_kit.errors import InputError

Score = Callable[[NDArray[Any], NDArray[Any]], float]


@dataclass(frozen=True)
class Objective:
    """A figure of held-out data that a search maximises or minimises.

    Attributes:
        name: Its name in the logs of an epoch, such as `val_accuracy`.
        direction: `max` or `min`.
        score: Gives the figure from class ids (n,) and probabilities (n, k);
            None where Keras computes it by itself.
    """

    name: str
    direction: str
    score: Score | None = None

    def for_tuner(self) -> keras_tuner.Objective:
        """The same as KerasTuner's value."""
        return keras_tuner.Objective(self.name, self.direction)

    def better(self, value: float, than: float) -> bool:
        """Whether `value` beats `than`; NaN beats nothing."""
        return value > than if self.direction == "max" else value < than


def resolve_objective(objective: str | keras_tuner.Objective) -> Objective:
    """Finds the metric that a name means.

    Names are looked up among what Keras logs (`val_loss`, `val_accuracy`), then
    scikit-learn's scorers (`balanced_accuracy`, `f1_macro`, `neg_log_loss`), then
    Keras's metrics (`AUC`, `TopKCategoricalAccuracy`). `val_` may be left out.

    Args:
        objective: A name, or KerasTuner's `Objective`, whose direction is then taken.

    Raises:
        InputError: If there is no such metric, or its direction isn't known.

    Example:
        >>> resolve_objective("balanced_accuracy").direction
        'max'
    """
    if isinstance(objective, keras_tuner.Objective):
        found = _find(objective.name, objective.direction)
    elif isinstance(objective, str):
        found = _find(objective, None)
    else:
        raise InputError(
            "objective must be the name of a metric or a keras_tuner.Objective, "
            f"got {objective!r}; pass for example objective='val_accuracy'."
        )
    return found


def split_objectives(objective: Any) -> tuple[Any, list[Any]]:
    """The objective that scores trials, and those beside it where a list of them was given.

    Raises:
        InputError: If the list is empty.
    """
    if not isinstance(objective, list | tuple):
        return objective, []
    if not objective:
        raise InputError("objective is an empty list; pass for example ['val_loss', 'parameters'].")
    return objective[0], list(objective[1:])


def _find(full_name: str, direction: str | None) -> Objective:
    name = full_name.removeprefix("val_")
    if name in ("loss", "accuracy"):
        return Objective(f"val_{name}", direction or ("min" if name == "loss" else "max"))
    if name in get_scorer_names():
        return Objective(f"val_{name}", "max", _scikit_learn_score(name))
    try:
        metric = keras.metrics.get(name)
    except ValueError:
        metric = None
    if metric is None:
        raise InputError(
            f"There is no metric called {full_name!r}; expected 'val_loss', 'val_accuracy', "
            "a scikit-learn scorer such as 'balanced_accuracy' (see "
            "sklearn.metrics.get_scorer_names()) or a Keras metric such as 'AUC'."
        )
    direction = direction or _keras_direction(metric)
    if direction is None:
        raise InputError(
            f"It isn't known whether {full_name!r} is to be maximised or minimised; "
            f"pass keras_tuner.Objective({full_name!r}, direction='max')."
        )
    return Objective(f"val_{name}", direction, _keras_score(metric))


def _keras_direction(metric: Any) -> str | None:
    """Asks the metric itself; KerasTuner would minimise what it doesn't know, F1Score too."""
    if not isinstance(metric, keras.metrics.Metric):
        return "min"  # A bare function is a loss, such as categorical_crossentropy.
    return {"up": "max", "down": "min"}.get(getattr(metric, "_direction", None) or "")


class _Predicted(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that has predicted already, so that scikit-learn's scorers can judge it."""

    def __init__(self, probabilities: NDArray[Any]):
        self.probabilities = probabilities
        self.classes_ = np.arange(probabilities.shape[1])

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, X: Any) -> NDArray[Any]:
        return self.probabilities

    def predict(self, X: Any) -> NDArray[Any]:
        ids: NDArray[Any] = self.probabilities.argmax(axis=1)
        return ids


def _scikit_learn_score(name: str) -> Score:
    def score(ids: NDArray[Any], probabilities: NDArray[Any]) -> float:
        multi = name == "roc_auc" and probabilities.shape[1] > 2
        scorer = get_scorer("roc_auc_ovr" if multi else name)
        rows = probabilities.astype("float64")
        rows /= rows.sum(axis=1, keepdims=True)
        try:
            return float(scorer(_Predicted(rows), None, ids))
        except ValueError as error:
            raise InputError(
                f"The objective {name!r} can't judge this task with {rows.shape[1]} classes: "
                f"{error} Choose another one, for example 'balanced_accuracy'."
            ) from error

    return score


def _keras_score(metric: Any) -> Score:
    def score(ids: NDArray[Any], probabilities: NDArray[Any]) -> float:
        probabilities = probabilities.astype("float32")
        targets = np.eye(probabilities.shape[1], dtype="float32")[ids]
        if not isinstance(metric, keras.metrics.Metric):
            return float(np.mean(keras.ops.convert_to_numpy(metric(targets, probabilities))))
        metric.reset_state()
        metric.update_state(targets, probabilities)
        return float(np.mean(keras.ops.convert_to_numpy(metric.result())))

    return score
