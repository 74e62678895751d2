"""What a search optimises: any Keras or scikit-learn metric, by name."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import keras
import keras_tuner
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer, get_scorer_names

from automl_kit.compat import infer_metric_direction
from automl_kit.errors import InputError

Score = Callable[[NDArray[Any], NDArray[Any]], float]


class MissingObjectiveError(InputError):
    """What a search optimises isn't measured: no trial could be scored, so the search ends."""


@dataclass(frozen=True)
class Objective:
    """A figure of held-out data that a search maximises or minimises.

    Attributes:
        name: Its name in the logs of an epoch, such as `val_accuracy`.
        direction: `max` or `min`.
        score: Gives the figure from class ids (n,) and probabilities (n, k);
            None where Keras computes it by itself.
        of_second_class: Whether of two classes it looks at the second one only, as precision does.
    """

    name: str
    direction: str
    score: Score | None = None
    of_second_class: bool = False

    def for_tuner(self) -> keras_tuner.Objective:
        """The same as KerasTuner's value."""
        return keras_tuner.Objective(self.name, self.direction)

    def better(self, value: float, than: float) -> bool:
        """Whether `value` beats `than`; NaN beats nothing."""
        return value > than if self.direction == "max" else value < than


def resolve_objective(
    objective: str | keras_tuner.Objective, logged: Collection[str] = ()
) -> Objective:
    """Finds the metric that a name means.

    Names are looked up among what Keras logs (`val_loss`, `val_accuracy`), then
    scikit-learn's scorers (`balanced_accuracy`, `f1_macro`, `neg_log_loss`), then
    Keras's metrics (`AUC`, `TopKCategoricalAccuracy`). `val_` may be left out. Of two classes,
    `precision`, `recall`, `f1`, `roc_auc` and Keras's `Precision`, `Recall`, `AUC` and their like
    are those of the second class in `classes_`.

    Args:
        objective: A name, or KerasTuner's `Objective`, whose direction is then taken.
        logged: Beginnings of other names that the network logs, such as those of its heads; they
            are taken as they are, with the direction given or the one that KerasTuner infers.

    Raises:
        InputError: If there is no such metric, its direction isn't known, or the direction given
            contradicts it.

    Example:
        >>> resolve_objective("balanced_accuracy").direction
        'max'
    """
    if not isinstance(objective, str | keras_tuner.Objective):
        raise InputError(
            "objective must be the name of a metric or a keras_tuner.Objective, "
            f"got {objective!r}; pass for example objective='val_accuracy'."
        )
    given = objective.direction if isinstance(objective, keras_tuner.Objective) else None
    name = objective if isinstance(objective, str) else objective.name
    if name.startswith(tuple(logged)):
        return _logged(name, given)
    found = _find(name, given)
    check_direction(name, given, found.direction)
    return found


def check_direction(name: str, given: str | None, known: str | None) -> None:
    """Refuses a direction in which a metric gets worse.

    Raises:
        InputError: If both are known and differ.
    """
    if given is not None and known is not None and given != known:
        better = "higher" if known == "max" else "lower"
        raise InputError(
            f"{name!r} is better when it is {better}, but the objective's direction is {given!r}; "
            f"pass direction={known!r}, or the name alone."
        )


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


def _logged(name: str, given: str | None) -> Objective:
    """A figure that the network logs under its own name."""
    words = name.split("_")  # Of "val_head_auc" the metric is a part that nothing tells apart.
    known = next(
        filter(None, (known_direction("_".join(words[n:])) for n in range(len(words)))), None
    )
    check_direction(name, given, known)
    direction = given or known or infer_metric_direction(words[-1])
    if direction is None:
        raise _unknown_direction(name)
    return Objective(name, direction)


def _find(full_name: str, given: str | None) -> Objective:
    name = full_name.removeprefix("val_")
    if name in ("loss", "accuracy"):
        return Objective(f"val_{name}", "min" if name == "loss" else "max")
    if name in get_scorer_names():
        return Objective(f"val_{name}", "max", _scikit_learn_score(name), name in _SECOND_CLASS)
    try:
        metric = keras.metrics.get(name)
    except (ValueError, TypeError):  # TypeError: one that can't be made without arguments.
        metric = None
    if not isinstance(metric, keras.metrics.Metric):
        raise InputError(
            f"There is no metric called {full_name!r}; expected 'val_loss', 'val_accuracy', "
            "a scikit-learn scorer such as 'balanced_accuracy' (see "
            "sklearn.metrics.get_scorer_names()) or a Keras metric such as 'AUC'."
        )
    # KerasTuner would minimise what it doesn't know, F1Score too: the metric itself is asked.
    direction = {"up": "max", "down": "min"}.get(getattr(metric, "_direction", None) or "", given)
    if direction is None:
        raise _unknown_direction(full_name)
    return Objective(f"val_{name}", direction, _keras_score(metric), _is_of_one_class(metric))


def known_direction(name: str) -> str | None:
    """The direction in which a metric gets better, by the metric itself; None if unknown.

    Args:
        name: As Keras logs it or as the metric is called; `val_` may stand before it.

    Example:
        >>> known_direction("val_f1_score"), known_direction("my_figure")
        ('max', None)
    """
    short = re.sub(r"_\d+$", "", name.removeprefix("val_"))  # Keras numbers a second "auc".
    if short in ("loss", "accuracy", "acc"):
        return "min" if short == "loss" else "max"
    if short in get_scorer_names():
        return "max"
    try:
        metric = keras.metrics.get(short)
    except (ValueError, TypeError):
        return None
    return {"up": "max", "down": "min"}.get(getattr(metric, "_direction", None) or "")


def _unknown_direction(name: str) -> InputError:
    return InputError(
        f"It isn't known whether {name!r} is to be maximised or minimised; "
        f"pass keras_tuner.Objective({name!r}, direction='max')."
    )


_SECOND_CLASS = {"precision", "recall", "f1", "jaccard", "roc_auc", "average_precision"}


def _is_of_one_class(metric: keras.metrics.Metric) -> bool:
    """Whether it counts hits of one class: Keras's confusion metrics, thresholds and areas."""
    return type(metric).__module__.rsplit(".", 1)[-1] == "confusion_metrics"


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


def _keras_score(metric: keras.metrics.Metric) -> Score:
    def score(ids: NDArray[Any], probabilities: NDArray[Any]) -> float:
        probabilities = probabilities.astype("float32")
        targets = np.eye(probabilities.shape[1], dtype="float32")[ids]
        if _is_of_one_class(metric) and probabilities.shape[1] == 2:
            # Over both columns they would count each row twice: precision would be accuracy.
            targets, probabilities = targets[:, 1], probabilities[:, 1]
        metric.reset_state()
        metric.update_state(targets, probabilities)
        return float(np.mean(keras.ops.convert_to_numpy(metric.result())))

    return score
