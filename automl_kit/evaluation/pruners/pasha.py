"""Successive halving whose longest trainings are no longer than the ranking needs."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from automl_kit.evaluation.curves import Curves
from automl_kit.evaluation.pruners.successive_halving import (
    at_rung,
    comes_to,
    falls_behind,
    rungs,
)
from automl_kit.evaluation.pruners.whole_numbers import check_whole

_PERCENTILE = 90  # of the distances that are noise, the paper's


@dataclass(frozen=True)
class PashaPruner:
    """Successive halving that trains longer only while rankings disagree; then the best go on.

    Bohdal et al. (2023), "PASHA: efficient HPO and NAS with progressive resource allocation",
    algorithm 1, with trials that are stopped at once as in `SuccessiveHalvingPruner`. No trial is
    trained beyond the top rung, at first the second one. The top rung is the next one as soon as
    the ranking of the trials in it differs from theirs in the rung below. The rankings are soft:
    scores within ε are equal (section 4.3). ε is the 90th percentile of the distances of those
    pairs of trials whose order changed twice along their curves, that is by noise; 0 where there
    are none. When all trials were tried the best ones are trained to their ends.

    Args:
        first: Epochs of the first rung.
        factor: How many times fewer trials, and more epochs, each rung has.
        finalists: How many of the best trials are trained to their ends.

    Raises:
        InputError: If a setting is no whole number, `first` or `finalists` is below 1, or `factor`
            below 2.

    Example:
        >>> PashaPruner().describe()
        {'name': 'pasha', 'first': 1, 'factor': 3, 'finalists': 1}
    """

    first: int = 1
    factor: int = 3
    finalists: int = 1
    steps: ClassVar[str] = "epochs"

    def __post_init__(self) -> None:
        check_whole("PashaPruner", 1, first=self.first, finalists=self.finalists)
        check_whole("PashaPruner", 2, factor=self.factor)

    def describe(self) -> dict[str, Any]:
        """Its name and settings."""
        settings = {"first": self.first, "factor": self.factor, "finalists": self.finalists}
        return {"name": "pasha", **settings}

    def stop(self, trial_id: str, step: int, curves: Curves) -> bool:
        """Whether the trial falls behind at a rung, or came to the top one; see `Pruner.stop`."""
        reached = [
            (place, epochs)
            for place, epochs in enumerate(rungs(self.first, self.factor, step))
            if comes_to(trial_id, step, epochs, curves)
        ]
        if not reached:
            return False
        if any(falls_behind(trial_id, epochs, self.factor, curves) for _, epochs in reached):
            return True
        return reached[-1][0] >= self.top(curves)

    def top(self, curves: Curves) -> int:
        """The number of the top rung, the first one being 0.

        It never falls: what the trials say that came first to a rung is not taken back.
        """
        top = 1
        while self._disagree(top, curves):
            top += 1
        return top

    def _disagree(self, top: int, curves: Curves) -> bool:
        """Whether trials in a rung were ever ranked otherwise than in the one below."""
        epochs = self.first * self.factor**top
        here, below = at_rung(epochs, curves), at_rung(epochs // self.factor, curves)
        came = list(here)
        for count in range(2, len(came) + 1):
            first = came[:count]
            noise = epsilon([curves[name] for name in first], epochs)
            now = sorted(first, key=lambda name: -here[name])
            then = sorted(first, key=lambda name: -below[name])
            if any(abs(below[a] - below[b]) > noise for a, b in zip(now, then, strict=True)):
                return True
        return False


def epsilon(curves: Sequence[Any], epochs: int) -> float:
    """How far apart scores are by noise alone.

    Args:
        curves: Scores by step of the trials in a rung.
        epochs: Of the rung; later steps don't count.

    Example:
        >>> epsilon([{1: 0.5, 2: 0.6, 3: 0.7}, {1: 0.4, 2: 0.7, 3: 0.6}], 3)
        0.09999999999999998
    """
    distances = []
    for one, other in itertools.combinations(curves, 2):
        shared = sorted(step for step in one if step in other and step <= epochs)
        signs = [np.sign(one[step] - other[step]) for step in shared]
        changes = [sign for sign, _ in itertools.groupby(sign for sign in signs if sign)]
        if len(changes) >= 3:
            distances.append(abs(one[shared[-1]] - other[shared[-1]]))
    return float(np.percentile(distances, _PERCENTILE)) if distances else 0.0
