"""A stage in front of a search's trials: what it is given, and what it pins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from automl_kit.progress import Progress


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """What a stage works with.

    Attributes:
        graph: The AutoKeras graph whose hyperparameters it pins.
        x: Training inputs as the graph takes them, (n, …); no held-out row is among them.
        ids: Class ids of these rows, (n,).
        classes: How many classes there are.
        seed: Of everything random.
        folder: The project's; a stage keeps its state in a folder of its own name in it.
        trials_begun: Whether there are trials of what the stage found already.
        class_weight: Weight of each class id in the loss; None for 1.
        seconds: What it may take of the time budget in all runs together; None for no limit.
        progress: Hears of steps and epochs.
    """

    graph: Any
    x: NDArray[Any]
    ids: NDArray[np.integer]
    classes: int
    seed: int
    folder: Path
    trials_begun: bool = False
    class_weight: Mapping[int, float] | None = None
    seconds: float | None = None
    progress: Progress = field(default_factory=Progress)


@dataclass(frozen=True)
class Pinned:
    """What a stage found.

    Attributes:
        values: Hyperparameters, name to value, that every trial after it has.
        seconds: What it took in all runs together.
        complete: Whether it ended by itself, and not because its time was over.
        found: What the stage has to show beside the values, such as a genotype; by name.
        first: Hyperparameters that the trials begin with, after those that were given.
    """

    values: Mapping[str, Any]
    seconds: float
    complete: bool
    found: Mapping[str, Any] = field(default_factory=dict)
    first: Sequence[Mapping[str, Any]] = ()


class Stage(Protocol):
    """Runs before the trials and decides some hyperparameters for all of them.

    A stage is a value: two that describe themselves alike do the same, and it can be pickled.

    A task without a graph of the user's builds one that has what the stage wants, such as "cells".
    """

    @property
    def share(self) -> float:
        """The share of a time budget that it may take."""

    @property
    def wanted(self) -> str | None:
        """What it decides on, as a modality names it; None where any graph will do."""

    def describe(self) -> dict[str, Any]:
        """Name and settings, as JSON values: part of a project's identity."""

    def check(self, graph: Any) -> None:
        """Looks at what is to be searched, before any data is read.

        Raises:
            InputError: If the stage has nothing to decide there.
        """

    def run(self, run: StageRun) -> Pinned:
        """Finds the values, goes on after a kill, or reads what an earlier call found."""
