"""Searches with trainings of a moment: rows, hypermodels, a graph, an evaluation without any."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks import CellBlock, ClassificationHead, ImageInput
from automl_kit.evaluation.base import Result, Run
from automl_kit.spaces import CellSpace
from automl_kit.testing.searches import conditional, growing, noise

CELLS = CellSpace(nodes=1, ops=("skip_connect", "avg_pool_3x3"))
"""Cells without any weights of their own, of a kind that DARTS can search too."""


def points(rows: int = 48, classes: int = 3) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of four numbers around their class's centre, (n, 4), and one-hot targets (n, k).

    Example:
        >>> x, y = points(6)
        >>> x.shape, y.argmax(axis=1).tolist()
        ((6, 4), [0, 1, 2, 0, 1, 2])
    """
    generator = np.random.default_rng(0)
    ids = np.arange(rows) % classes
    x = generator.normal(size=(rows, 4)) + 2 * np.eye(4)[ids]
    return x.astype("float32"), np.eye(classes, dtype="float32")[ids]


def pictures(rows: int = 24) -> tuple[NDArray[Any], NDArray[Any]]:
    """Dark and bright images (n, 4, 4, 1) of bytes, and one-hot targets (n, 2)."""
    generator = np.random.default_rng(0)
    ids = np.arange(rows) % 2
    x = generator.integers(0, 100, (rows, 4, 4, 1)) + 100 * ids[:, None, None, None]
    return x.astype("uint8"), np.eye(2, dtype="float32")[ids]


def numbers(hp: Any) -> None:
    """Declares a whole number, a rate and a switch."""
    hp.Int("units", 1, 6)
    hp.Float("rate", 1e-2, 1.0, sampling="log")
    hp.Boolean("bias")


SPACES: dict[str, Callable[[Any], None]] = {
    "numbers": numbers,
    "conditional": conditional,
    "growing": growing,
}
"""The spaces of hypermodels, by name; the space of cells is that of `cell_nodes`."""


@dataclass(frozen=True)
class Hypermodel:
    """Builds a linear softmax model, and declares hyperparameters, of which "rate" is its.

    Attributes:
        declare: Declares them.
        classes: Outputs of the model.
    """

    declare: Callable[[Any], None] = numbers
    classes: int = 3

    def __call__(self, hp: Any) -> keras.Model:
        """The model, compiled to log its accuracy."""
        self.declare(hp)
        rate = float(hp.values.get("rate", 0.1))
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(self.classes, "softmax", name="last")]
        )
        loss = "categorical_crossentropy"
        # A graph takes longer to trace than a few batches do: 2 s a training against 0.1.
        model.compile(keras.optimizers.SGD(rate), loss, metrics=["accuracy"], run_eagerly=True)
        return model


def cell_nodes() -> tuple[Any, Any]:
    """Input and output node of a graph with a `CellBlock`: two cells of two channels."""
    entry = ImageInput(name="image")
    block = CellBlock(CELLS, cells=2, channels=2, drop_path=0.0, name="network")
    return entry, ClassificationHead(name="label", dropout=0.0)(block(entry))[0]


@dataclass(frozen=True)
class Formula:
    """An evaluation without training: the score follows from the hyperparameters alone.

    Attributes:
        declare: What a network would declare as it is built; None for nothing new.

    Example:
        >>> Formula().describe()
        {'name': 'formula'}
    """

    declare: Callable[[Any], None] | None = None

    def describe(self) -> dict[str, Any]:
        """Its name."""
        return {"name": "formula"}

    def prepare(self, run: Run) -> None:
        """Nothing is done before the trials."""

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Scores the values; what KerasTuner tells tuners by them plays no part."""
        if self.declare is not None:
            self.declare(trial.hyperparameters)
        values = trial.hyperparameters.values
        own = {name: value for name, value in values.items() if not name.startswith("tuner/")}
        trainer: Any = run.trainer
        name: str = trainer.objective.name
        score = noise(own)
        figures = {"parameters": float(len(str(own))), "seconds": 0.01, "epochs": 1.0}
        return Result(score, curve=[score], logs={name: score}, figures=figures)


@dataclass(frozen=True)
class Guess(Formula):
    """An evaluation whose scores are estimates, with curves that a pruner sees; `Formula` is whole.

    Attributes:
        finalists: How many of the best trials are judged whole.
    """

    finalists: int = 2

    @property
    def whole(self) -> Formula:
        """What judges the finalists."""
        return Formula(self.declare)

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Falls to 1 above the whole score in four epochs."""
        result = self.whole.evaluate(trial, run)
        for epoch in range(1, 5):
            loss = result.score + 5.0 - epoch
            if run.gives_up(trial.trial_id, epoch, loss):
                break
        logs, figures = dict.fromkeys(result.logs, loss), {**result.figures, "epochs": epoch}
        cut = epoch < 4
        return replace(
            result, score=loss, logs=logs, figures=figures, estimate=True, partial=cut, pruned=cut
        )
