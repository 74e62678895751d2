"""The signed-rank test, fold by fold."""

import statistics
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.stats import wilcoxon

from automl_kit.errors import InputError
from automl_kit.evaluation.curves import Curves
from automl_kit.evaluation.pruners.whole_numbers import check_whole


@dataclass(frozen=True)
class WilcoxonPruner:
    """Stops a trial that is worse than the best one on the same folds, by the signed-rank test.

    Wilcoxon (1945), "Individual comparisons by ranking methods": the differences of the scores on
    the folds done so far, one-sided; ties count half on either side. The best trial is that of the
    best mean score among those with the most folds. With `p=0.1` no trial can be stopped before
    its fourth fold: of three the least p is 1/8.

    For trials judged by folds that are trained one after the other, as trees, linear models and
    networks that Keras's own `fit` trains are. Networks whose folds are trained side by side are
    done with all of them at once, so that there is nothing left to stop.

    Args:
        p: Below which probability of the test a trial is stopped.
        start: Folds before which no trial is stopped.

    Raises:
        InputError: If `p` isn't between 0 and 1, or `start` no whole number from 2.

    Example:
        >>> curves = Curves("max")
        >>> for fold, (best, worse) in enumerate([(5, 4), (6, 4), (7, 4), (8, 4)], 1):
        ...     curves.note("0", fold, best)
        ...     curves.note("1", fold, worse)
        >>> WilcoxonPruner().stop("1", 4, curves), WilcoxonPruner(p=0.05).stop("1", 4, curves)
        (True, False)
    """

    p: float = 0.1
    start: int = 2
    steps: ClassVar[str] = "folds"
    finalists: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not 0 < self.p < 1:
            raise InputError(f"p of WilcoxonPruner must be between 0 and 1. Received: {self.p!r}")
        check_whole("WilcoxonPruner", 2, start=self.start)

    def describe(self) -> dict[str, Any]:
        """Its name and settings."""
        return {"name": "wilcoxon", "p": self.p, "start": self.start}

    def stop(self, trial_id: str, step: int, curves: Curves) -> bool:
        """Whether the trial is worse than the best one; see `Pruner.stop`."""
        others = [curve for name, curve in curves.items() if name != trial_id]
        if step < self.start or not others:
            return False
        best = max(others, key=lambda curve: (len(curve), statistics.fmean(curve.values())))
        own = curves[trial_id]
        shared = [fold for fold in own if fold in best]
        behind = np.array([own[fold] - best[fold] for fold in shared])
        if len(shared) < self.start or behind.mean() >= 0:
            return False
        test = wilcoxon(behind, alternative="less", zero_method="zsplit")
        return bool(test.pvalue < self.p)
