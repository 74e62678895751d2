"""How fast a training goes through its plan: faster where time is short.

A network whose learning rate has come to its end is better than one that time cut on the way. So
the plan is brought to its end in the epochs that there is time for.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Pace:
    """Spreads what is left of a plan over as many epochs as there is time for.

    Where there is time for all of it, a step is a step of the plan, in exact numbers.

    Args:
        planned: Epochs of the plan.
        steps: Steps an epoch.
        done: Epochs of the plan that are behind.

    Attributes:
        stride: Steps of the plan that a step stands for.

    Example:
        >>> pace = Pace(20, steps=3)
        >>> pace.fit(epoch_seconds=2.0, seconds=11.0)
        >>> pace.left, pace.stride
        (5, 4.0)
        >>> pace.advance(3)
        >>> pace.left, pace.done, pace.places(2).tolist()
        (4, 4.0, [12.0, 16.0])
    """

    def __init__(self, planned: int, steps: int, done: float = 0.0):
        self._planned, self._steps = planned * steps, steps
        self._from, self._at, self._step = done * steps, 0, 0
        self._spread(self._whole(0))

    @property
    def left(self) -> int:
        """Epochs to go, the one under way included."""
        return -(-(self._end - self._step) // self._steps)

    @property
    def done(self) -> float:
        """Epochs of the plan that are behind."""
        return float(self.places(1)[0]) / self._steps

    def places(self, count: int) -> NDArray[Any]:
        """The steps of the plan that the next steps stand for, (count,)."""
        return self._from + self.stride * (self._step - self._at + np.arange(count))

    def advance(self, steps: int) -> None:
        """Notes that so many steps were done."""
        self._step += steps

    def fit(self, epoch_seconds: float, seconds: float) -> None:
        """Chooses the epochs to go, at least the one under way.

        Args:
            epoch_seconds: What an epoch takes.
            seconds: What there is from now on.
        """
        behind = self._step % self._steps
        self._from, self._at = float(self.places(1)[0]), self._step
        most, fit = self._whole(behind), behind / self._steps + seconds / max(epoch_seconds, 1e-9)
        self._spread(most if fit >= most else max(1, int(fit)), behind)

    def _whole(self, behind: int) -> int:
        """Epochs that what is left takes where there is time for all of it."""
        return math.ceil((self._planned - self._from + behind) / self._steps - 1e-9)

    def _spread(self, epochs: int, behind: int = 0) -> None:
        self._end = self._step - behind + epochs * self._steps
        self.stride = (self._planned - self._from) / max(1, self._end - self._step)
