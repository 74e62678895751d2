"""Trials that the time budget cut: noted, gone on with, and no rivals of whole ones."""

from typing import Any

from automl_kit.compat import Trial, TrialStatus


def note_partial(oracle: Any, trial_id: str, score: float, epoch: int, reason: str) -> None:
    """Notes what a trial reached before time was over; it stays under way.

    A later call finds it among those that didn't end, and runs it again.
    """
    trial = oracle.trials[trial_id]
    trial.score, trial.best_step, trial.message = score, epoch, reason
    oracle._save_trial(trial)


def best_partial(oracle: Any) -> Trial | None:
    """The best of the trials that were cut; None where there is none."""
    cut = [
        trial
        for trial in oracle.trials.values()
        if trial.status == TrialStatus.RUNNING and trial.score is not None
    ]
    sign = 1 if oracle.objective.direction == "max" else -1
    return max(cut, key=lambda trial: sign * trial.score, default=None)
