"""Peers of the oracles on a table of cells: published evolution, Optuna, KerasTuner, AutoKeras."""

from collections import deque
from typing import Any

import keras_tuner
import numpy as np

from automl_kit.benchmark import Method, oracle_method
from automl_kit.compat import AutoKerasGreedyOracle
from automl_kit.spaces import CellSpace

OBJECTIVE = keras_tuner.Objective("score", "max")


class Peer(keras_tuner.Oracle):
    """A strategy of others as an oracle; it ends when its budget does, repeats counted."""

    def __init__(self, space: CellSpace):
        hyperparameters = keras_tuner.HyperParameters()
        space.declare(hyperparameters)
        super().__init__(OBJECTIVE, max_trials=None, hyperparameters=hyperparameters)
        self.space = space

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next cell."""
        values = self.ask(trial_id)
        return {"status": "STOPPED"} if values is None else {"status": "RUNNING", "values": values}

    def ask(self, trial_id: str) -> dict[str, Any] | None:
        """The next cell as hyperparameters; None where there is none."""
        raise NotImplementedError

    def tell(self, trial_id: str, score: float) -> None:
        """Takes the score of a cell; higher is better."""
        raise NotImplementedError

    def score_trial(self, trial: Any) -> None:
        """Scores a trial that was completed."""
        super().score_trial(trial)
        self.tell(trial.trial_id, trial.score)


class AgingEvolution(Peer):
    """Aging evolution, algorithm 1 of Real et al. (2019), as run on NAS-Bench-201.

    A parent is the best of `tournament` drawn from the population with replacement; a child is
    its parent with one edge's operation drawn anew from the others; the oldest dies.

    Args:
        space: The cells.
        seed: Of all draws.
        population: P of the paper.
        tournament: S of the paper.
        repeats: Whether a cell may be proposed again; otherwise the child is changed once more.
    """

    def __init__(
        self, space: CellSpace, seed: int, population: int, tournament: int, repeats: bool
    ):
        super().__init__(space)
        self.tournament, self.repeats = tournament, repeats
        self.rng = np.random.default_rng(seed)
        self.size = population
        self.population: deque[tuple[float, Any]] = deque(maxlen=population)
        self.asked: dict[str, Any] = {}
        self.seen: set[Any] = set()

    def ask(self, trial_id: str) -> dict[str, Any] | None:
        """The next cell."""
        if not self.repeats and len(self.seen) >= self.space.size():
            return None
        cell = self._next()
        while not self.repeats and cell in self.seen:
            # A second change of the same cell leaves a neighbourhood that is used up.
            cell = self.space.mutate(cell, self.rng)
        self.seen.add(cell)
        self.asked[trial_id] = cell
        return dict(self.space.values(cell))

    def _next(self) -> Any:
        if len(self.population) < self.size:
            return self.space.sample(self.rng)
        drawn = self.rng.integers(len(self.population), size=self.tournament)
        _, parent = max((self.population[int(place)] for place in drawn), key=lambda m: m[0])
        return self.space.mutate(parent, self.rng)

    def tell(self, trial_id: str, score: float) -> None:
        """Lets the cell into the population; the oldest member leaves it."""
        self.population.append((score, self.asked.pop(trial_id)))


class OptunaOracle(Peer):
    """A sampler of Optuna with its defaults, by its ask and tell."""

    def __init__(self, space: CellSpace, sampler: Any):
        import optuna

        super().__init__(space)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.choices = {choice.name: list(choice.values) for choice in self.get_space().space}
        self.study = optuna.create_study(direction="maximize", sampler=sampler)
        self.asked: dict[str, Any] = {}

    def ask(self, trial_id: str) -> dict[str, Any] | None:
        """The sampler's next cell, which may be one that it proposed before."""
        trial = self.asked[trial_id] = self.study.ask()
        return {
            name: trial.suggest_categorical(name, values) for name, values in self.choices.items()
        }

    def tell(self, trial_id: str, score: float) -> None:
        """Tells the study."""
        self.study.tell(self.asked.pop(trial_id), score)


def aging(population: int, tournament: int, repeats: bool = True) -> Method:
    return lambda space, evaluations, seed: AgingEvolution(
        space, seed, population, tournament, repeats
    )


def optuna_tpe(space: CellSpace, evaluations: int, seed: int) -> OptunaOracle:
    try:
        import optuna
    except ImportError as error:
        raise SystemExit(
            'Optuna is not installed: pip install "automl-kit[benchmark]", or leave it out '
            "with --methods."
        ) from error
    return OptunaOracle(space, optuna.samplers.TPESampler(seed=seed))


def keras_tuner_random(objective: Any, max_trials: int, seed: int, hyperparameters: Any) -> Any:
    # KerasTuner reads 0 as no seed.
    return keras_tuner.oracles.RandomSearchOracle(
        objective, max_trials, seed=seed + 1, hyperparameters=hyperparameters
    )


def keras_tuner_bayesian(objective: Any, max_trials: int, seed: int, hyperparameters: Any) -> Any:
    return keras_tuner.oracles.BayesianOptimizationOracle(
        objective, max_trials, seed=seed + 1, hyperparameters=hyperparameters
    )


def autokeras_greedy(objective: Any, max_trials: int, seed: int, hyperparameters: Any) -> Any:
    np.random.seed(seed)  # It draws from NumPy's global generator too.
    return AutoKerasGreedyOracle(
        seed=seed + 1, objective=objective, max_trials=max_trials, hyperparameters=hyperparameters
    )


PEERS: dict[str, Method] = {
    "random (KerasTuner)": oracle_method(keras_tuner_random),
    "greedy (AutoKeras)": oracle_method(autokeras_greedy),
    "TPE (Optuna)": optuna_tpe,
    "aging P=50 S=10": aging(50, 10),
    "aging P=10 S=3": aging(10, 3),
    "aging P=20 S=5 no repeats": aging(20, 5, repeats=False),
    "aging P=20 S=10 no repeats": aging(20, 10, repeats=False),
}
BAYESIAN = "Bayesian (KerasTuner)"  # about two seconds a proposal at 50 trials
