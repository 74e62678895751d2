"""What an oracle is told, whatever its strategy."""

from dataclasses import dataclass, field
from typing import Any

import keras_tuner

from automl_kit.errors import InputError


@dataclass(frozen=True)
class OracleSettings:
    """What an oracle is told, whatever its strategy.

    Attributes:
        objective: What trials are scored by.
        max_trials: Trials to run.
        seed: Seed of the proposals; None draws one.
        initial_hps: Hyperparameters to try first.
        hyperparameters: Hyperparameters known before the first network is built.
        tune_new_entries: Whether hyperparameters that aren't among those are searched.
        allow_new_entries: Whether there may be others than those.
        max_retries_per_trial: Times that a failed trial is run again.
        max_consecutive_failed_trials: Failures in a row that end the search; None for no limit.
        max_epochs: Epochs of a full training, where the tuner can train in parts.
        costs: Objectives beside the first one.
    """

    objective: keras_tuner.Objective
    max_trials: int
    seed: int | None = None
    initial_hps: list[dict[str, Any]] = field(default_factory=list)
    hyperparameters: keras_tuner.HyperParameters | None = None
    tune_new_entries: bool = True
    allow_new_entries: bool = True
    max_retries_per_trial: int = 0
    max_consecutive_failed_trials: int | None = None
    max_epochs: int | None = None
    costs: list[str | keras_tuner.Objective] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.max_trials < 1:
            raise InputError(f"max_trials must be at least 1. Received: {self.max_trials}")
        if self.hyperparameters is None and not (self.tune_new_entries and self.allow_new_entries):
            raise InputError(
                "tune_new_entries=False and allow_new_entries=False need the space to be given "
                "as hyperparameters=…; there is nothing to search otherwise."
            )


def check_at_least_one(**numbers: int) -> None:
    """Refuses numbers below 1.

    Raises:
        InputError: If one is, by its name.
    """
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{name} must be at least 1. Received: {number}")
