"""The calls by which a search says what it does, and a listener that prints nothing.

`automl_kit.report` has the listeners that print.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SearchTold:
    """What is known of a search when it begins or goes on.

    Attributes:
        max_trials: Trials in all; None where the strategy itself ends the search.
        ended: How many of them ended in an earlier run.
        objective: Name of the score, such as "val_loss".
        direction: "min" or "max".
        seconds_left: Gives the seconds left of the time budget; None without one.
    """

    max_trials: int | None
    ended: int
    objective: str
    direction: str
    seconds_left: Callable[[], float] | None = None


@dataclass(frozen=True)
class TrialTold:
    """What is known of a trial when it ended.

    Attributes:
        status: "COMPLETED", "FAILED", "PARTIAL" where time was over before it was done, or "PRUNED"
            where a pruner stopped it.
        score: Its score; None where there is none.
        best: The best score of the whole trials so far; None before there is one.
        figures: Its other figures by name, such as "val_accuracy", "seconds", "parameters".
        reason: Why it failed or was cut; empty elsewhere.
    """

    status: str
    score: float | None
    best: float | None
    figures: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


class Progress:
    """Hears what a search does and prints nothing; the base of those that print."""

    @contextlib.contextmanager
    def search(self, told: SearchTold) -> Iterator[None]:
        """Surrounds a search, its stages and its ending included."""
        yield

    def trial_begin(self, number: int, values: Mapping[str, Any]) -> None:
        """A trial begins; numbers count from 1, `values` are its hyperparameters."""

    def epoch_share(self, share: float, epoch: int, epochs: int) -> None:
        """`share` (0 to 1) of a training is done, in epoch `epoch` of `epochs`."""

    def trial_end(self, told: TrialTold) -> None:
        """A trial ended."""

    def stage_begin(self, told: str) -> None:
        """Something other than a trial begins, such as the final training; `told` says what."""

    def message(self, text: str) -> None:
        """Something that the user should know."""
