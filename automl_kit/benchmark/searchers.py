"""A search strategy as two functions, ask and tell, and KerasTuner's oracles as such ones."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from automl_kit import quiet
from automl_kit.errors import SearchError
from automl_kit.spaces import CellSpace

_SCORE = "score"


class Searcher(Protocol):
    """A search strategy as two functions, called in turn."""

    def ask(self) -> Mapping[str, Any] | None:
        """The next cell as hyperparameters, those of `CellSpace.declare`; None ends the search."""

    def tell(self, score: float, figures: Mapping[str, float]) -> None:
        """Takes the score of the cell that was asked last, higher is better, and its figures."""


Method = Callable[[CellSpace, int, int], Searcher]
"""Makes a searcher from the table's space, the most evaluations there will be, and a seed."""

OracleFactory = Callable[[Any, int, int, Any], Any]
"""(objective, max_trials, seed, hyperparameters) → `keras_tuner.Oracle`."""


def oracle_method(factory: OracleFactory) -> Method:
    """Makes a method of an oracle, KerasTuner's, AutoKeras's or one of ours.

    The cell is declared with `CellSpace.declare`; the objective is named "score" and is to be
    maximised. The oracle is the real one, but for its writing of files, which is left out.

    Args:
        factory: Makes the oracle from an objective, the most trials, a seed and hyperparameters.

    Example:
        >>> import keras_tuner
        >>> method = oracle_method(
        ...     lambda objective, max_trials, seed, hyperparameters:
        ...     keras_tuner.oracles.RandomSearchOracle(
        ...         objective, max_trials, seed=seed, hyperparameters=hyperparameters
        ...     )
        ... )
    """

    def make(space: CellSpace, evaluations: int, seed: int) -> Searcher:
        quiet.load_tensorflow()
        import keras_tuner

        hyperparameters = keras_tuner.HyperParameters()
        space.declare(hyperparameters)
        objective = keras_tuner.Objective(_SCORE, "max")
        return _OracleSearcher(factory(objective, evaluations, seed, hyperparameters))

    return make


class _OracleSearcher:
    """An oracle of KerasTuner, without its files."""

    def __init__(self, oracle: Any):
        self.oracle = oracle
        self.trial: Any = None
        oracle.save = lambda: None
        oracle._save_trial = lambda trial: None
        oracle.verbose = 0
        from keras_tuner.src.engine.oracle import LOCKS, THREADS

        self._kept = (LOCKS, THREADS)  # by KerasTuner for ever: a lock for each oracle, with it

    def ask(self) -> Mapping[str, Any] | None:
        self.trial = self.oracle.create_trial("simulation")
        if self.trial.status == "RUNNING":
            values: Mapping[str, Any] = self.trial.hyperparameters.values
            return values
        if self.trial.status == "IDLE":
            raise SearchError(
                f"{type(self.oracle).__name__} waits for a trial although none is running; "
                "it can't be simulated."
            )
        return None

    def tell(self, score: float, figures: Mapping[str, float]) -> None:
        for name in figures:
            if not self.trial.metrics.exists(name):
                self.trial.metrics.register(name, "min")
        self.oracle.update_trial(self.trial.trial_id, {_SCORE: score, **figures})
        self.trial.status = "COMPLETED"
        self.oracle.end_trial(self.trial)

    def __del__(self) -> None:
        for kept in self._kept:
            kept.pop(self.oracle, None)
