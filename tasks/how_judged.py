"""How a task judges its trials and ends, where the user doesn't say."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import keras

from automl_kit.evaluation import Evaluation, Folds, Pruner, get_evaluation, get_pruner
from automl_kit.tasks.examples import Examples
from automl_kit.tuners import Strategy

if TYPE_CHECKING:
    from automl_kit.tasks.estimator import Task


@dataclass(frozen=True)
class Judged:
    """How the trials of a fit are judged, and what becomes of them.

    Attributes:
        evaluation: How they are judged.
        pruner: Ends those that fall behind.
        ending: The name of the ending.
        apart: Whether held-out rows were given apart.
    """

    evaluation: Evaluation
    pruner: Pruner | None
    ending: str
    apart: bool

    @property
    def by_all(self) -> bool:
        """Whether each row judges, by a network that hasn't seen it."""
        return bool(getattr(self.evaluation, "judges_all_rows", False))

    def seen(self, examples: Examples) -> Examples:
        """The rows that the encoder is fitted on: where all of them judge, all of them.

        Encoders learn nothing of targets, so that no fold's are given away.
        """
        if self.apart or not self.by_all:
            return examples
        return replace(examples, training=len(examples.values))


def judged_by(
    task: "Task", strategy: Strategy, rows: int, apart: bool
) -> tuple[Evaluation, Pruner | None]:
    """What judges trials, and what ends those that fall behind.

    It is what was given; folds where they are cheap; else what the strategy has of its own; else
    one training, and nothing. Folds are cheap where the task's own networks are on vectors, trained
    side by side. With a graph of the user's that isn't known; a strategy that finds something
    before the trials, or trains in rungs, trains in its own way.

    Args:
        task: Whose arguments count.
        strategy: The search strategy.
        rows: How many there are, held-out ones included.
        apart: Whether held-out rows were given apart, so that trials are to be judged by them.

    Raises:
        InputError: If the pruner doesn't suit the evaluation.
    """
    if task.evaluation is not None:
        evaluation = get_evaluation(task.evaluation)
        return evaluation, get_pruner(task.pruner, evaluation)
    plain = task.graph is None and not apart and _is_compiled(task)
    own = all(stage.wanted is None for stage in strategy.stages) and strategy.name != "hyperband"
    if plain and own and rows <= task.modality.most_rows_for_folds:
        folds = Folds(task.modality.folds)
        return folds, get_pruner(task.pruner, folds)
    evaluation = strategy.evaluation_or(None)
    return evaluation, get_pruner(task.pruner, evaluation) or strategy.pruner


def _is_compiled(task: "Task") -> bool:
    """Whether nothing was given that Keras's own `fit` is needed for, a fold at a time."""
    loss = None if task.loss is None else keras.losses.get(task.loss)
    kinds = keras.losses.CategoricalCrossentropy, type(None)
    own = isinstance(loss, kinds) or loss is keras.losses.categorical_crossentropy
    return own and task.metrics is None and not task.callbacks


def ending_of(task: "Task", evaluation: Evaluation) -> str:
    """The ending given, or an ensemble where all rows judge; else a refit."""
    if task.ending is not None:
        return task.ending
    return "ensemble" if getattr(evaluation, "judges_all_rows", False) else "refit"
