"""Arguments of the classifiers: checked before any data is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight

from automl_kit.data import LabelEncoder
from automl_kit.errors import InputError

if TYPE_CHECKING:
    from automl_kit.tasks.base import TaskClassifier


@dataclass(frozen=True)
class Arguments:
    """How a search trains, from the constructor and from `fit`, whose arguments win."""

    epochs: int
    batch_size: int | None
    callbacks: list[Any]
    validation_split: float
    verbose: int

    @classmethod
    def of(
        cls,
        classifier: "TaskClassifier",
        epochs: int | None,
        batch_size: int | None,
        callbacks: list[Any] | None,
        validation_split: float | None,
        verbose: int | None,
    ) -> "Arguments":
        """Collects and checks the arguments.

        Raises:
            InputError: If one of them is out of its range.
        """
        check_constructor(classifier)
        epochs = _first(epochs, classifier.epochs, classifier.default_epochs)
        batch_size = _first(batch_size, classifier.batch_size)
        split = _first(validation_split, classifier.validation_split)
        whole_number("epochs", epochs, 1)
        whole_number("batch_size", batch_size, 1, optional=True)
        if not isinstance(split, Real) or not 0 < float(split) < 1:
            raise InputError(
                f"validation_split must be a share between 0 and 1, got {split!r}; "
                "held-out rows are what trials are judged by."
            )
        return cls(
            epochs,
            batch_size,
            list(_first(callbacks, classifier.callbacks, ())),
            float(split),
            int(_first(verbose, classifier.verbose)),
        )


def check_constructor(classifier: "TaskClassifier") -> None:
    """Checks the arguments that only the constructor has.

    Raises:
        InputError: If one of them is out of its range.
    """
    whole_number("max_trials", classifier.max_trials, 1)
    whole_number("max_model_size", classifier.max_model_size, 1, optional=True)
    whole_number("seed", classifier.seed, 0, optional=True)
    budget = classifier.time_budget
    if budget is not None and (not isinstance(budget, Real) or not budget > 0):
        raise InputError(f"time_budget must be a number of seconds above 0, got {budget!r}.")
    starts = classifier.initial_hps
    if starts is not None and not (
        isinstance(starts, Sequence) and all(isinstance(values, dict) for values in starts)
    ):
        raise InputError(
            "initial_hps must be a list of dictionaries, hyperparameter name to value, "
            f"got {starts!r}."
        )


def whole_number(name: str, value: Any, lowest: int, optional: bool = False) -> None:
    """Checks an integer argument.

    Raises:
        InputError: If it isn't a whole number of at least `lowest`.
    """
    if value is None and optional:
        return
    if not isinstance(value, Integral) or isinstance(value, bool) or value < lowest:
        raise InputError(f"{name} must be a whole number of at least {lowest}, got {value!r}.")


def is_pair(validation_data: Any) -> None:
    """Checks that held-out data came as a pair.

    Raises:
        InputError: If not.
    """
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        raise InputError(
            f"validation_data must be a pair (X, y), got {type(validation_data).__name__}."
        )


def class_weights(
    given: dict[Any, float] | str | None, encoder: LabelEncoder, ids: NDArray[np.integer]
) -> dict[int, float] | None:
    """Weights by class id from weights by label, or "balanced" as scikit-learn has it.

    Raises:
        InputError: If a label is unknown or a weight is no number above 0.
    """
    if given is None:
        return None
    if isinstance(given, str):
        if given != "balanced":
            raise InputError(f"class_weight must be 'balanced' or a dictionary, got {given!r}.")
        present = np.unique(ids)
        balanced = compute_class_weight("balanced", classes=present, y=ids)
        return {int(label): float(w) for label, w in zip(present, balanced, strict=True)}
    weights = dict.fromkeys(range(len(encoder.classes_)), 1.0)
    for label, weight in given.items():
        if not isinstance(weight, Real) or not weight > 0:
            raise InputError(f"class_weight of {label!r} must be a number above 0, got {weight!r}.")
        weights[int(encoder.encode([label])[0])] = float(weight)
    return weights


def _first(*values: Any) -> Any:
    """The first value that was given."""
    return next((value for value in values if value is not None), None)
