"""Which trials' weights may still be asked for, and who hears of a training."""

from collections.abc import Callable
from typing import Any

from automl_kit import compat
from automl_kit.ending.ensemble import CANDIDATES
from automl_kit.evaluation.objectives import Objective
from automl_kit.oracles.trial_figures import is_whole
from automl_kit.search.finalists import finalists

_HOOKS = ("on_epoch_begin", "on_epoch_end", "on_batch_begin", "on_batch_end")


class WantedWeights:
    """Knows whose weights the ending may ask for.

    Args:
        oracle: Of the search.
        objective: By which networks are compared.
        joins: Whether the search ends in a mean of several trials' networks.
        finalists: How many of the best trials are gone on with where a pruner stopped them.
    """

    def __init__(self, oracle: Any, objective: Objective, joins: bool, finalists: int = 0):
        self.oracle, self.objective, self.joins = oracle, objective, joins
        self.finalists = finalists

    def may_be(self, trial_id: str, score: float) -> bool:
        """Whether those of a trial with this score may be."""
        last = self.oracle.best_trial()
        if self.joins:
            last = next(iter(self.oracle.completed()[CANDIDATES - 1 :]), None)
        better = last is None or not is_whole(last) or self.objective.better(score, last.score)
        return better or trial_id in self.ids()

    def ids(self) -> set[str]:
        """The trials that ended."""
        needed: set[str] = self.oracle.needed_checkpoints() | self.stopped()
        best = self.oracle.completed()[:CANDIDATES] if self.joins else []
        return needed | {trial.trial_id for trial in best}

    def stopped(self) -> set[str]:
        """The trials that a pruner stopped and that may be gone on with."""
        return {trial.trial_id for trial in finalists(self.oracle, self.finalists)}


def hooks_of(tuner: Any, kind: type) -> Callable[[Any], Any] | None:
    """Makes the callback that calls a tuner's own hooks, for a trial; None where it has none.

    Args:
        tuner: The tuner.
        kind: The class whose hooks do nothing.
    """
    if all(getattr(type(tuner), name) is getattr(kind, name) for name in _HOOKS):
        return None
    return lambda trial: compat.TunerCallback(tuner, trial)
