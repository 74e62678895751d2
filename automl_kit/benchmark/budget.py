"""When a simulated search ends, and the clock that tells it."""

import math
from collections.abc import Hashable
from dataclasses import dataclass

from automl_kit.benchmark.figure_table import FigureTable
from automl_kit.errors import InputError
from automl_kit.evaluation.deadline import Deadline

_REPEATS = 10  # a search by time that repeats free cells for ever ends after so many times more


@dataclass(frozen=True)
class Budget:
    """When a search ends: after so many evaluations, or so much training, whichever is first.

    Args:
        evaluations: Rows evaluated, repeats counted.
        seconds: Simulated time of training. What would not end in time isn't counted; what was
            evaluated before costs nothing, as in Dong and Yang (2020).
        cost: The table's column of seconds; needed where `seconds` is given.

    Raises:
        InputError: If there is no limit, one isn't positive, or `cost` is missing.
    """

    evaluations: int | None = None
    seconds: float | None = None
    cost: str | None = None

    def __post_init__(self) -> None:
        if self.evaluations is None and self.seconds is None:
            raise InputError("A budget needs a number of evaluations or of seconds.")
        for name, limit in (("evaluations", self.evaluations), ("seconds", self.seconds)):
            if limit is not None and not limit > 0:
                raise InputError(f"{name} must be above 0. Received: {limit}")
        if self.seconds is not None and self.cost is None:
            raise InputError("A budget of seconds needs cost=…, the column of training seconds.")

    def limits(self, table: FigureTable) -> tuple[int, int]:
        """The most evaluations, as a strategy is told and as they are counted with repeats."""
        if self.evaluations is not None:
            return self.evaluations, self.evaluations
        assert self.seconds is not None
        assert self.cost is not None
        cheapest = float(table.column(self.cost).min())
        if cheapest <= 0:
            raise InputError(f"Column {self.cost!r} must be above 0 everywhere; got {cheapest}.")
        most = max(1, min(len(table), math.floor(self.seconds / cheapest)))
        return most, _REPEATS * most


class SimulatedClock(Deadline):
    """A deadline in the time of a table: it goes on by what trainings took, by nothing else.

    Args:
        seconds: The time there is; infinite for no limit.
        evaluations: The evaluations there are: after them no time is left.

    Attributes:
        spent: Seconds so far.
        taken: Evaluations so far.

    Example:
        >>> clock = SimulatedClock(10.0, evaluations=5)
        >>> clock.take("a", cost=6.0), clock.take("a", cost=6.0), clock.take("b", cost=6.0)
        (True, True, False)
        >>> clock.spent, clock.remaining()
        (6.0, 4.0)
    """

    def __init__(self, seconds: float, evaluations: int):
        super().__init__()
        self.seconds, self.evaluations = seconds, evaluations
        self.spent, self.taken = 0.0, 0
        self._known: set[Hashable] = set()

    def take(self, training: Hashable, cost: float) -> bool:
        """Lets the time of a training pass, none where it was done already.

        Returns:
            Whether it ends in time; otherwise nothing changes.
        """
        if training not in self._known:
            if self.spent + cost > self.seconds:
                return False
            self.spent += cost
            self._known.add(training)
        self.count()
        return True

    def count(self) -> None:
        """Counts an evaluation."""
        self.taken += 1

    @property
    def limited(self) -> bool:
        """Always, by the evaluations at least."""
        return True

    def remaining(self) -> float:
        """Seconds left; 0 when the evaluations are used up."""
        return self.seconds - self.spent if self.taken < self.evaluations else 0.0
