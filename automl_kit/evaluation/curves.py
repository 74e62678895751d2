"""What trials scored on their way: what pruners compare."""

from collections.abc import Iterator, Mapping, MutableMapping

Curve = Mapping[int, float]
"""Scores by step: by how many epochs, or folds, were done when it was measured."""


class Curves(Mapping[str, Curve]):
    """The curves of trials by id, in the order in which the trials began; higher is better.

    Args:
        direction: "max" or "min", of the objective.
        noted: Where the objective's own values are kept, by trial and step.

    Example:
        >>> curves = Curves("min")
        >>> curves.note("0", 1, 0.9), curves.note("0", 2, 0.7), curves.note("0", 3, 0.8)
        (None, None, None)
        >>> curves["0"]
        {1: -0.9, 2: -0.7, 3: -0.8}
        >>> curves.best_at("0", 3), curves.best_at("0", 4)
        (-0.7, None)
    """

    def __init__(
        self,
        direction: str = "max",
        noted: MutableMapping[str, dict[int, float]] | None = None,
    ):
        self._sign = 1 if direction == "max" else -1
        self._noted = {} if noted is None else noted

    def note(self, trial_id: str, step: int, value: float) -> None:
        """Notes the objective's value; later ones of a training that is done anew go."""
        before = self._noted.get(trial_id, {})
        kept = {number: old for number, old in before.items() if number < step}
        self._noted[trial_id] = {**kept, step: float(value)}

    def __getitem__(self, trial_id: str) -> Curve:
        return {step: self._sign * value for step, value in self._noted[trial_id].items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._noted)

    def __len__(self) -> int:
        return len(self._noted)

    def best_at(self, trial_id: str, step: int) -> float | None:
        """The best score until a step; None where the trial didn't come so far.

        Long trainings aren't judged after each epoch: the first judgement from the step on counts.
        """
        curve = self[trial_id]
        end = next((number for number in curve if number >= step), None)
        if end is None:
            return None
        return max(score for number, score in curve.items() if number <= end)
