"""What trials cost and how they were judged, among their metrics."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl_kit.compat import Trial

PRUNED = "pruned"  # 1 where a pruner stopped the trial
ESTIMATE = "estimate"  # the score by something cheaper than a whole training
JUDGED_AGAIN = "judged_again"  # 1 where a trial with an estimate was then trained whole


def note_figures(trial: "Trial", figures: Mapping[str, float]) -> None:
    """Notes what a trial cost; smaller is better.

    Args:
        trial: A trial of an oracle, KerasTuner's too.
        figures: By name, such as "seconds".
    """
    for name, value in figures.items():
        if not trial.metrics.exists(name):  # A trial that is run again has them.
            trial.metrics.register(name, "min")
        trial.metrics.update(name, value)


def measured(trial: "Trial", name: str) -> float | None:
    """A figure of a trial, such as `seconds`, or None where it wasn't measured."""
    if not trial.metrics.exists(name):
        return None
    return float(trial.metrics.get_last_value(name))


def is_whole(trial: "Trial") -> bool:
    """Whether a trial's score is that of a whole training, and not an estimate or a part's."""
    estimated = trial.metrics.exists(ESTIMATE) and not trial.metrics.exists(JUDGED_AGAIN)
    return not estimated and not trial.metrics.exists(PRUNED)


def score_in_search(trial: "Trial") -> float:
    """The score that can be compared with the other trials' of the search.

    Where trials are judged by estimates it is the estimate, of those too that were trained whole.
    """
    estimate = measured(trial, ESTIMATE)
    return float(trial.score) if estimate is None else estimate
