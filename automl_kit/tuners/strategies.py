"""The tuners that `autokeras.AutoModel(tuner=…)` takes, one class a strategy."""

from typing import Any

import keras_tuner

from automl_kit.errors import InputError
from automl_kit.tuners.oracles import (
    BayesianOracle,
    DurableOracle,
    GreedyOracle,
    HyperbandOracle,
    RandomOracle,
)
from automl_kit.tuners.search import SearchTuner


class Greedy(SearchTuner):
    """AutoKeras's greedy search: changes one group of the best trial's hyperparameters."""

    def make_oracle(
        self,
        objective: keras_tuner.Objective,
        max_trials: int,
        initial_values: list[dict[str, Any]],
    ) -> DurableOracle:
        """Makes the oracle; greedy search has its own list of first trials."""
        return GreedyOracle(objective=objective, max_trials=max_trials, initial_hps=initial_values)


class RandomSearch(SearchTuner):
    """Random search without repeats, the baseline."""

    def make_oracle(
        self,
        objective: keras_tuner.Objective,
        max_trials: int,
        initial_values: list[dict[str, Any]],
    ) -> DurableOracle:
        """Makes the oracle."""
        return RandomOracle(objective=objective, max_trials=max_trials)


class BayesianOptimization(SearchTuner):
    """A Gaussian process over the hyperparameters."""

    def make_oracle(
        self,
        objective: keras_tuner.Objective,
        max_trials: int,
        initial_values: list[dict[str, Any]],
    ) -> DurableOracle:
        """Makes the oracle.

        KerasTuner starts with three random trials a hyperparameter, so that within
        some tens of trials no model is ever asked; here a third of them are random.
        """
        first = max(len(initial_values), 3, max_trials // 3)
        return BayesianOracle(objective=objective, max_trials=max_trials, num_initial_points=first)


class Hyperband(SearchTuner):
    """Hyperband: many short trainings, of which the best go on. Not more than `max_trials`."""

    def make_oracle(
        self,
        objective: keras_tuner.Objective,
        max_trials: int,
        initial_values: list[dict[str, Any]],
    ) -> DurableOracle:
        """Makes the oracle; brackets are repeated until `max_trials` have run."""
        oracle = HyperbandOracle(
            objective=objective,
            max_epochs=self.max_epochs,
            hyperband_iterations=max(1, max_trials),
        )
        oracle.max_trials = max_trials
        return oracle


TUNERS: dict[str, type[SearchTuner]] = {
    "greedy": Greedy,
    "random": RandomSearch,
    "bayesian": BayesianOptimization,
    "hyperband": Hyperband,
}


def get_tuner_class(tuner: str | type[SearchTuner]) -> type[SearchTuner]:
    """Finds a tuner by its name; a class of ours is given back.

    Raises:
        InputError: If there is no such tuner.

    Example:
        >>> get_tuner_class("random").__name__
        'RandomSearch'
    """
    if isinstance(tuner, type) and issubclass(tuner, SearchTuner):
        return tuner
    if isinstance(tuner, str) and tuner in TUNERS:
        return TUNERS[tuner]
    names = ", ".join(repr(name) for name in TUNERS)
    raise InputError(
        f"There is no tuner {tuner!r}; expected one of {names}, "
        "or a subclass of automl_kit.tuners.SearchTuner."
    )
