"""The time that a search has taken, in all its runs together."""

import time
from collections.abc import Callable
from pathlib import Path

from automl_kit import files
from automl_kit.errors import ProjectError

_NAME = "clock.json"


class Clock:
    """Counts the seconds of a project's runs; a kill loses those since the last `save`.

    Args:
        folder: The project's.
        started: When this run began, by `time.monotonic`; now where it isn't given.
        at_least: Gives the seconds that the project is known to have taken otherwise, such as
            those of its trials.
    """

    def __init__(
        self,
        folder: Path,
        started: float | None = None,
        at_least: Callable[[], float] = lambda: 0.0,
    ):
        self._path = folder / _NAME
        self._started = time.monotonic() if started is None else started
        self._before = max(_read(self._path), at_least())

    def used(self) -> float:
        """Seconds of this run and of those before it."""
        return self._before + time.monotonic() - self._started

    def left(self, budget: float | None) -> float | None:
        """Seconds left of a budget, 0 where it is used up; None without one."""
        return None if budget is None else max(0.0, budget - self.used())

    def save(self) -> None:
        """Notes the seconds used so far."""
        files.write_json(self._path, {"seconds": self.used()})


def _read(path: Path) -> float:
    if not path.exists():
        return 0.0
    record = files.read_json(path)
    seconds = record.get("seconds") if isinstance(record, dict) else None
    if not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
        raise ProjectError(
            f"{path} is damaged: it should hold the seconds of the search. Remove it, or start "
            "over with overwrite=True."
        )
    return float(seconds)
