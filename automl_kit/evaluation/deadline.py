"""When a search must end."""

import math
import time


class Deadline:
    """A moment that a search should not outlast.

    Args:
        seconds: From now on; None for no deadline.

    Example:
        >>> Deadline(0).passed(), Deadline().passed()
        (True, False)
    """

    def __init__(self, seconds: float | None = None):
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def limited(self) -> bool:
        """Whether there is a deadline at all."""
        return self._end is not None

    def remaining(self) -> float:
        """Seconds left, infinite without a deadline and never below 0."""
        return math.inf if self._end is None else max(0.0, self._end - time.monotonic())

    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0
