"""Best and mean score of each generation of a search."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from automl_kit.compat import Trial, TrialStatus
from automl_kit.oracles.trial_figures import score_in_search


@dataclass(frozen=True)
class Generation:
    """Trials that ended one after the other, as many as a population has.

    Attributes:
        number: Its place, from 0.
        best: The best score in it; None where no trial has one.
        mean: The mean of the scores in it; None where no trial has one.
        trials: Ids of its trials, in the order in which they ended, failed ones included.
    """

    number: int
    best: float | None
    mean: float | None
    trials: tuple[str, ...]


def generations(ended: Sequence[Trial], size: int, sign: int) -> list[Generation]:
    """Cuts the trials of a search into generations; the last one may be under way.

    Args:
        ended: The trials in the order in which they ended.
        size: Trials a generation.
        sign: 1 where higher scores are better, -1 where lower ones are.
    """
    found = []
    for start in range(0, len(ended), size):
        trials = ended[start : start + size]
        scores = [
            score_in_search(trial)
            for trial in trials
            if trial.status == TrialStatus.COMPLETED and math.isfinite(trial.score)
        ]
        best = max(scores, key=lambda score: sign * score) if scores else None
        mean = math.fsum(scores) / len(scores) if scores else None
        ids = tuple(trial.trial_id for trial in trials)
        found.append(Generation(start // size, best, mean, ids))
    return found
