"""Which trials of a search are the best: whole trainings before stopped ones and estimates."""

from collections.abc import Mapping
from typing import Any

import keras_tuner

from automl_kit.compat import Trial, TrialStatus
from automl_kit.oracles.state import OracleState
from automl_kit.oracles.trial_figures import (
    ESTIMATE,
    JUDGED_AGAIN,
    is_whole,
    note_figures,
    score_in_search,
)


class Standings(OracleState):
    """An oracle that knows its best trials."""

    _best: Trial | None = None

    @property
    def sign(self) -> int:
        """1 where higher scores are better, -1 where lower ones are."""
        return 1 if self.objective.direction == "max" else -1

    def best_trial(self) -> Trial | None:
        """The best completed trial, the first one among equals; None before there is one.

        Whole trainings come before those that a pruner stopped, and before estimates.
        """
        return self._best

    def completed(self) -> list[Trial]:
        """The completed trials, best first; failed ones are never among them."""
        trials = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        return sorted(trials, key=self._rank)

    def get_best_trials(self, num_trials: int = 1) -> list[Trial]:
        """The best trials, best first; as in KerasTuner others follow if those are too few."""
        if num_trials == 1 and self._best is not None:
            return [self._best]
        others = [t for t in self.trials.values() if t.status != TrialStatus.COMPLETED]
        return [*self.completed(), *others][:num_trials]

    def needed_checkpoints(self) -> set[str]:
        """Ids of the trials whose weights may still be asked for: that of the best one."""
        return set() if self._best is None else {self._best.trial_id}

    def pareto_front(self) -> list[Trial]:
        """The trials that no other one beats in all objectives; of one objective the best."""
        return [] if self._best is None else [self._best]

    def measures(self, figure: str) -> bool:
        """Whether a figure is one of the objectives."""
        return bool(self.objective.name == figure)

    def note_figures(self, trial_id: str, figures: dict[str, float]) -> None:
        """Notes what a trial cost among its metrics; smaller is better."""
        note_figures(self.trials[trial_id], figures)

    def _rank(self, trial: Trial) -> tuple[Any, ...]:
        # Among equals the first one: only its checkpoint was kept.
        return not is_whole(trial), -self.sign * trial.score, *in_order(trial.trial_id)

    def _note_best(self, trial: Trial) -> None:
        if trial.status != TrialStatus.COMPLETED:
            return
        if self._best is None or self._rank(trial) < self._rank(self._best):
            self._best = trial

    @keras_tuner.synchronized  # type: ignore[untyped-decorator]
    def end_trial(self, trial: Trial) -> None:
        """Ends a trial, as KerasTuner does."""
        super().end_trial(trial)
        self._note_best(self.trials[trial.trial_id])

    @keras_tuner.synchronized  # type: ignore[untyped-decorator]
    def judge_again(
        self,
        trial_id: str,
        score: float,
        epoch: int,
        logs: Mapping[str, float],
        figures: Mapping[str, float],
        reason: str = "",
    ) -> None:
        """Notes what a whole training of a trial came to, that was stopped or estimated before.

        Its estimate stays among its figures: it is what the other trials' can be compared with.

        Args:
            trial_id: A completed trial.
            score: Of the objective.
            epoch: The best one, from 0.
            logs: What was measured then, by name.
            figures: What it cost, by name.
            reason: Why it didn't come to its end; empty where it did.
        """
        trial = self.trials[trial_id]
        estimated = trial.metrics.exists(ESTIMATE)
        again = {ESTIMATE: score_in_search(trial), JUDGED_AGAIN: 1.0} if estimated else {}
        trial.metrics = type(trial.metrics)()
        note_figures(trial, {**figures, **again})
        trial.score, trial.best_step, trial.message = score, epoch, reason or None
        self.update_trial(trial_id, {self.objective.name: score, **logs}, step=epoch)
        self._note_all()

    def fail_again(self, trial_id: str, reason: str) -> None:
        """Notes that a whole training of a trial failed that was stopped or estimated before."""
        trial = self.trials[trial_id]
        trial.status, trial.message = TrialStatus.FAILED, reason
        self._save_trial(trial)
        self._note_all()

    def _forget_best(self) -> None:
        self._best = None

    def _settle(self) -> None:
        super()._settle()
        self._note_all()

    def _note_all(self) -> None:
        """Finds the best trial anew."""
        self._forget_best()
        for trial in self.trials.values():
            self._note_best(trial)


def in_order(trial_id: str) -> tuple[int, str]:
    """What sorts numbers of trials, and names that users gave to trials, as they were begun."""
    digits = trial_id.lstrip("0")  # As wide as max_trials was when the trial was begun.
    return len(digits), digits
