"""The median rule."""

import statistics
from dataclasses import dataclass
from typing import Any, ClassVar

from automl_kit.evaluation.curves import Curves
from automl_kit.evaluation.pruners.whole_numbers import check_whole


@dataclass(frozen=True)
class MedianPruner:
    """Stops a trial whose best score so far is worse than the median of the others' means so far.

    Golovin et al. (2017), "Google Vizier: a service for black-box optimization", section 3.5.1:
    compared are the trial's best score up to a step, and the median, over the other trials that
    came so far, of each one's mean score up to that step. The mean is a lower bar than a trial's
    best, so that the rule stops few trials in error.

    Args:
        startup: Other trials that must have come to a step before a trial is stopped there.
        warmup: Epochs in which no trial is stopped.

    Raises:
        InputError: If a setting is no whole number, `startup` is below 1, or `warmup` below 0.

    Example:
        >>> curves = Curves("max")
        >>> for trial, score in enumerate([0.5, 0.7, 0.6, 0.65]):
        ...     curves.note(str(trial), 1, score)
        >>> rule = MedianPruner(startup=2)
        >>> rule.stop("3", 1, curves), rule.stop("2", 1, curves)
        (False, True)
    """

    startup: int = 5
    warmup: int = 0
    steps: ClassVar[str] = "epochs"
    finalists: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_whole("MedianPruner", 1, startup=self.startup)
        check_whole("MedianPruner", 0, warmup=self.warmup)

    def describe(self) -> dict[str, Any]:
        """Its name and settings."""
        return {"name": "median", "startup": self.startup, "warmup": self.warmup}

    def stop(self, trial_id: str, step: int, curves: Curves) -> bool:
        """Whether the trial's best is below the median; see `Pruner.stop`."""
        if step <= self.warmup:
            return False
        means = [
            statistics.fmean(score for number, score in curve.items() if number <= step)
            for name, curve in curves.items()
            if name != trial_id and curve and max(curve) >= step and min(curve) <= step
        ]
        if len(means) < self.startup:
            return False
        best = curves.best_at(trial_id, step)
        return best is not None and best < statistics.median(means)
