"""The plain evaluation: one network, trained to its end, judged by the held-out rows."""

from dataclasses import dataclass
from typing import Any

from automl_kit.evaluation.base import Result, Run


@dataclass(frozen=True)
class FullTraining:
    """Trains a trial's network once on all training rows.

    Example:
        >>> FullTraining().describe()
        {'name': 'full'}
    """

    def describe(self) -> dict[str, Any]:
        """Its name; it has no settings."""
        return {"name": "full"}

    def prepare(self, run: Run) -> None:
        """Nothing is done before the trials."""

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Trains the network; its best epoch counts."""
        return run.train(trial, run.data)
