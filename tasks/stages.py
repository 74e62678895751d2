"""What a task does for a strategy around its trials."""

from pathlib import Path
from typing import Any, ClassVar

from automl_kit.errors import InputError
from automl_kit.tasks.examples import Examples
from automl_kit.tuners import Darts, Strategy


class Stages:
    """The part of a classifier that a strategy with a stage in front of its trials changes.

    Attributes:
        task: What kind of data it is for.
        presets: Hyperparameters of the first trials of the task's own graph.
    """

    task: ClassVar[str]
    presets: ClassVar[list[dict[str, Any]]]
    time_budget: float | None

    def _check_tuner(self, tuner_class: type[Strategy]) -> None:
        """Looks at the strategy before anything else is done.

        Raises:
            InputError: If the task has no use for it.
        """
        if issubclass(tuner_class, Darts):
            raise InputError(
                f"The tuner 'darts' finds cells for images; choose another one for {self.task} "
                "data, such as 'evolution'."
            )

    def _use(self, tuner_class: type[Strategy]) -> None:
        """Prepares for the strategy, once the data is read."""

    def _presets(self) -> list[dict[str, Any]]:
        """Hyperparameters of the first trials, where the user gave neither them nor a graph."""
        return self.presets

    def _before_trials(
        self, tuner_class: type[Strategy], x: Any, examples: Examples, folder: Path, verbose: int
    ) -> tuple[type[Strategy], float | None]:
        """Does what a strategy does first; gives that of the trials, and their time budget."""
        return tuner_class, self.time_budget
