"""Training networks by compiled programs, where that is possible."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks import GrowDropPath
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.judging import can_judge
from automl_kit.evaluation.members.conversions import NotStackableError
from automl_kit.evaluation.members.course import Course
from automl_kit.evaluation.members.data import MemberData
from automl_kit.evaluation.members.parts import Parts, cut, uncut
from automl_kit.evaluation.members.program import Program
from automl_kit.evaluation.members.programs import Programs
from automl_kit.evaluation.members.training import Plan, Training
from automl_kit.evaluation.members.training_recipe import AdamW, recipe_of
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.rows import Rows, TrainingData

PATIENCE = 10  # epochs without anything better, as AutoKeras has it
PATIENCE_STEPS = 300  # or so many steps, where epochs are short
_MOST_BYTES = 1 << 29  # of rows in memory
_MOST_FRONT = 1 << 27  # of what the front makes of them


@dataclass(frozen=True)
class Fit:
    """A network that a program can train.

    Attributes:
        model: Built and compiled.
        parts: Its front and back.
        program: What trains copies of the back.
        recipe: How.
        rows: All rows, and which of them each member is trained on and judged by.
    """

    model: keras.Model
    parts: Parts
    program: Program
    recipe: AdamW
    rows: Rows
    train: list[NDArray[np.intp]]
    held: list[NDArray[np.intp]]

    def training(
        self,
        trial_id: str,
        data: TrainingData,
        epochs: tuple[int, int],
        seeds: list[int],
        objective: Objective,
        run: Run,
    ) -> Training:
        """The training, ready to begin.

        Args:
            trial_id: The trial, for the pruner; empty where nobody asks it.
            data: Whose batch size counts.
            epochs: The first one, from 0, and where it ends.
            seeds: One a member.
            objective: What counts.
            run: The search.
        """
        begun = time.monotonic()
        members = MemberData.of(self.parts.front, self.rows, self.train, self.held)
        dropouts = [x.rate for x in self.parts.back.layers if type(x) is keras.layers.Dropout]
        patience: int | None = max(PATIENCE, -(-PATIENCE_STEPS // members.steps(data.batch_size)))
        # Muon's steps are as long as their rate says, so that much is learned when it falls: what
        # is best on a few held-out rows before is noise.
        if any(self.recipe.muon):
            patience = None
        plan = Plan(
            self.recipe.rates, self.recipe.decay, dropouts, epochs[1], data.batch_size, seeds,
            objective, epochs[0], patience,
        )  # fmt: skip
        grow = GrowDropPath(epochs[1])
        grow.set_model(self.program.stack.network)

        def allowed(whole: float) -> float:
            # A longer plan is ended by its patience as a rule, nobody knows when.
            if patience is not None and epochs[1] - epochs[0] > 2 * patience:
                return math.inf
            return run.allowed(time.monotonic() - begun, whole)

        def pruned(epoch: int, score: float) -> bool:
            return trial_id != "" and run.gives_up(trial_id, epoch + 1, score)

        return Training(
            self.program, members, plan, lambda: run.time_is_over(time.monotonic() - begun),
            allowed, run.progress.epoch_share, pruned, grow.on_epoch_begin,
        )  # fmt: skip

    def keep(self, weights: list[NDArray[Any]], member: int = 0) -> None:
        """Puts one member's weights into the network."""
        for variable, value in zip(self.parts.back.weights, weights, strict=True):
            variable.assign(np.reshape(value[member], variable.shape))


class Fits:
    """Finds out which networks programs can train.

    Args:
        objective: What counts.
        heard: Whether somebody wants to hear of epochs and batches as Keras's callbacks do.
    """

    def __init__(self, objective: Objective, heard: Callable[[], bool] = lambda: False):
        self.objective, self.heard = objective, heard
        self._programs = Programs()

    def of(
        self,
        model: keras.Model,
        data: TrainingData,
        rows: Rows,
        train: list[NDArray[np.intp]],
        held: list[NDArray[np.intp]],
        members: int | None = None,
    ) -> Fit | None:
        """A compiled network with its program; None where Keras's own `fit` must train it.

        Args:
            model: Built and compiled.
            data: Whose callbacks count.
            rows: All rows.
            train: Which of them each member is trained on.
            held: Which of them it is judged by.
            members: How many networks; None for one alone.
        """
        if not self._can_be(model, data, rows):
            return None
        parts = cut(model)
        if _bytes(parts.front.outputs, len(rows)) > max(
            _MOST_FRONT, _bytes(model.inputs, len(rows))
        ):
            parts = uncut(model)
        recipe = recipe_of(model, parts.back.weights)
        if recipe is None:
            return None
        try:
            program = self._programs.get(parts.back, recipe, model, members)
        except NotStackableError:
            return None
        if program is None:
            return None
        return Fit(model, parts, program, recipe, rows, train, held)

    def _can_be(self, model: keras.Model, data: TrainingData, rows: Rows) -> bool:
        arrays = [*keras.tree.flatten(rows.x), *keras.tree.flatten(rows.y)]
        if any(type(array) is not np.ndarray for array in arrays):
            return False
        if len(model.outputs) != 1 or data.callbacks or self.heard():
            return False
        y = arrays[-1]
        classes = y.ndim == 2 and y.shape[1] > 1 and rows.ids() is not None
        small = sum(array.nbytes for array in arrays) <= _MOST_BYTES
        return classes and small and can_judge(model, self.objective)


def begin(fit: Fit, weights: list[NDArray[Any]], training: Training, seed: int) -> None:
    """Puts the members' first weights into the program."""
    members = len(training.plan.seeds)
    dropout = np.tile(np.asarray(training.plan.dropout, "float32"), (members, 1))
    fit.program.begin(weights, dropout, seed)


def own_weights(fit: Fit) -> list[NDArray[Any]]:
    """The weights of the network as those of the only member."""
    return [np.array(weight.value)[None] for weight in fit.parts.back.weights]


def _bytes(tensors: list[Any], rows: int) -> int:
    return rows * sum(4 * int(np.prod([size or 1 for size in t.shape[1:]])) for t in tensors)


__all__ = ["Course", "Fit", "Fits", "begin", "own_weights"]
