"""Asynchronous successive halving as a stopping rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from automl_kit.evaluation.curves import Curves
from automl_kit.evaluation.pruners.whole_numbers import check_whole


@dataclass(frozen=True)
class SuccessiveHalvingPruner:
    """Stops a trial at a rung where it isn't among the best of those that came there.

    Li et al. (2020), "A system for massively parallel hyperparameter tuning" (ASHA), algorithm 2,
    in the form in which trials are stopped at once and not promoted later: rungs are at `first`,
    `first` · `factor`, `first` · `factor`² … epochs, and a trial goes on from a rung if it is among
    the best ⌊n / `factor`⌋ of the n trials that came there, itself included. While n is below
    `factor` all go on.

    Args:
        first: Epochs of the first rung.
        factor: How many times fewer trials, and more epochs, each rung has.

    Raises:
        InputError: If a setting is no whole number, `first` is below 1, or `factor` below 2.

    Example:
        >>> curves = Curves("max")
        >>> for trial, score in enumerate([0.5, 0.7, 0.6, 0.8]):
        ...     curves.note(str(trial), 1, score)
        >>> rule = SuccessiveHalvingPruner(factor=3)
        >>> rule.stop("3", 1, curves), rule.stop("2", 1, curves), rule.stop("2", 2, curves)
        (False, True, False)
    """

    first: int = 1
    factor: int = 3
    steps: ClassVar[str] = "epochs"
    finalists: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_whole("SuccessiveHalvingPruner", 1, first=self.first)
        check_whole("SuccessiveHalvingPruner", 2, factor=self.factor)

    def describe(self) -> dict[str, Any]:
        """Its name and settings."""
        return {"name": "asha", "first": self.first, "factor": self.factor}

    def stop(self, trial_id: str, step: int, curves: Curves) -> bool:
        """Whether the trial came to a rung and is not among its best; see `Pruner.stop`."""
        return any(
            falls_behind(trial_id, epochs, self.factor, curves)
            for epochs in rungs(self.first, self.factor, step)
            if comes_to(trial_id, step, epochs, curves)
        )


def rungs(first: int, factor: int, last: int) -> Iterator[int]:
    """The epochs of the rungs up to an epoch.

    Example:
        >>> list(rungs(1, 3, 20))
        [1, 3, 9]
    """
    epochs = first
    while epochs <= last:
        yield epochs
        epochs *= factor


def comes_to(trial_id: str, step: int, epochs: int, curves: Curves) -> bool:
    """Whether a step of a trial is its first one at a rung or behind it."""
    earlier = [number for number in curves[trial_id] if number < step]
    return step >= epochs and all(number < epochs for number in earlier)


def at_rung(epochs: int, curves: Curves) -> dict[str, float]:
    """The scores at a rung of the trials that came there, by id."""
    found = {name: curves.best_at(name, epochs) for name in curves}
    return {name: score for name, score in found.items() if score is not None}


def falls_behind(trial_id: str, epochs: int, factor: int, curves: Curves) -> bool:
    """Whether a trial is not among the best at a rung; of equals all are."""
    there = at_rung(epochs, curves)
    if len(there) < factor:
        return False
    better = sum(score > there[trial_id] for score in there.values())
    return better >= len(there) // factor
