"""The table of all trials of a search."""

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from automl_kit.tuners import SearchTuner

FIRST_COLUMNS = ["trial", "score", "parameters", "seconds", "epochs", "status", "error"]


def leaderboard(tuner: "SearchTuner") -> pd.DataFrame:
    """Lists the trials of a search, best first, failed ones last.

    Args:
        tuner: The tuner that searches or has searched.

    Returns:
        One row a trial: `trial` (its id), `score` (of the objective), `parameters`
        (weights of the network), `seconds`, `epochs` (run), `status` (COMPLETED,
        FAILED or RUNNING), `error` (why it failed) and one column a hyperparameter.
    """
    oracle = tuner.oracle
    rank = {trial.trial_id: place for place, trial in enumerate(oracle.completed())}
    order = sorted(oracle.trials, key=lambda trial_id: (rank.get(trial_id, len(rank)), trial_id))
    rows = [_row(oracle.trials[trial_id]) for trial_id in order]
    frame = pd.DataFrame(rows, columns=None if rows else FIRST_COLUMNS)
    return frame.astype({"parameters": "Int64", "epochs": "Int64"})


def _row(trial: Any) -> dict[str, Any]:
    def figure(name: str) -> float | None:
        return trial.metrics.get_last_value(name) if trial.metrics.exists(name) else None

    return {
        "trial": trial.trial_id,
        "score": trial.score,
        "parameters": figure("parameters"),
        "seconds": figure("seconds"),
        "epochs": figure("epochs"),
        "status": trial.status,
        "error": (trial.message or "").split("\n", 1)[0],
        **trial.hyperparameters.values,
    }
