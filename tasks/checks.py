"""Arguments of the tasks: checked before any data is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.ending import check_ending
from automl_kit.errors import InputError
from automl_kit.evaluation import get_evaluation, get_pruner
from automl_kit.tuners import Strategy, get_tuner

if TYPE_CHECKING:
    from automl_kit.tasks.estimator import Task


@dataclass(frozen=True)
class Arguments:
    """How a search trains, from the constructor and from `fit`, whose arguments win."""

    epochs: int | None
    batch_size: int | None
    callbacks: list[Any]
    validation_split: float
    verbose: int

    @classmethod
    def of(
        cls,
        task: "Task",
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
        check_constructor(task)
        epochs = _first(epochs, task.epochs)
        batch_size = _first(batch_size, task.batch_size)
        split = _first(validation_split, task.validation_split)
        whole_number("epochs", epochs, 1, optional=True)
        whole_number("batch_size", batch_size, 1, optional=True)
        if not isinstance(split, Real) or not 0 < float(split) < 1:
            raise InputError(
                f"validation_split must be a share between 0 and 1, got {split!r}; "
                "held-out rows are what trials are judged by."
            )
        return cls(
            epochs,
            batch_size,
            list(_first(callbacks, task.callbacks, ())),
            float(split),
            int(_first(verbose, task.verbose)),
        )


def check_constructor(task: "Task") -> None:
    """Checks the arguments that only the constructor has.

    Raises:
        InputError: If one of them is out of its range.
    """
    if task.multi_label:
        raise InputError(
            "multi_label=True isn't supported: each row has one class here. An AutoModel with "
            "automl_kit.ClassificationHead(multi_label=True) takes several."
        )
    if task.ending is not None:
        check_ending(task.ending)
    if task.evaluation is not None:
        get_evaluation(task.evaluation)
    get_pruner(task.pruner)
    whole_number("max_trials", task.max_trials, 1)
    whole_number("max_model_size", task.max_model_size, 1, optional=True)
    whole_number("seed", task.seed, 0, optional=True)
    budget = task.time_budget
    if budget is not None and (not isinstance(budget, Real) or not budget > 0):
        raise InputError(f"time_budget must be a number of seconds above 0, got {budget!r}.")
    starts = task.initial_hps
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


def _first(*values: Any) -> Any:
    """The first value that was given."""
    return next((value for value in values if value is not None), None)


def one_of(X: Any, x: Any) -> Any:
    """The data, under scikit-learn's name or under AutoKeras's.

    Raises:
        InputError: If there are none, or both.
    """
    if (X is None) == (x is None):
        raise InputError(
            f"Expected the data as X, or as x in AutoKeras's way; got "
            f"{'neither' if X is None else 'both'}."
        )
    return x if X is None else X


def class_count(expected: int | None, problem: Any) -> None:
    """Checks the number of classes against `num_classes`.

    Raises:
        InputError: If they differ.
    """
    if expected is not None and expected != problem.columns:
        raise InputError(
            f"num_classes is {expected}, but y has {problem.columns} classes; leave num_classes "
            "out, or check the labels."
        )


def sample_weights(given: Any, rows: int) -> NDArray[np.float32] | None:
    """The user's weights of rows as an array (n,).

    Raises:
        InputError: If there isn't one number from 0 for each row, or all are 0.
    """
    if given is None:
        return None
    weights = np.asarray(given, dtype="float32")
    if weights.ndim == 0:
        weights = np.full(rows, weights)
    if weights.shape != (rows,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise InputError(
            f"sample_weight must be {rows} numbers from 0, one a row; got shape {weights.shape}."
        )
    if not weights.any():
        raise InputError("sample_weight is zero for every row; at least one row must count.")
    return weights


def wanted_by(strategy: Strategy, modality: Any, graph: Any) -> str | None:
    """What the strategy's stage decides on, where the modality's own graph must have it.

    Raises:
        InputError: If the modality has no such graph.
    """
    wanted = next((stage.wanted for stage in strategy.stages), None)
    if graph is None and wanted not in modality.presets:
        raise InputError(
            f"The strategy {strategy.name!r} finds {wanted}, and there are none in networks for "
            f"{modality.name} data; choose another one, such as 'evolution', or give a graph."
        )
    return wanted if graph is None else None


def with_epochs(tuner: Any, epochs: int) -> Any:
    """The tuner, its longest training being the task's, where it has rungs and nobody set them."""
    found = get_tuner(tuner)
    strategy = found if isinstance(found, Strategy) else found.strategy
    if not strategy.has_setting("max_epochs") or "max_epochs" in strategy.settings:
        return found
    return strategy.configured(max_epochs=epochs)


def weights_told(given: Any) -> Any:
    """Weights of classes as a JSON value: equal weights are told alike, however written."""
    if not isinstance(given, dict):
        return given
    return sorted([str(label), float(weight)] for label, weight in given.items())


def keras_told(given: Any) -> Any:
    """A Keras loss as a JSON value."""
    return given if given is None or isinstance(given, str) else getattr(given, "name", str(given))
