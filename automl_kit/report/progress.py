"""Progress of a search: a live line on a terminal, plain lines elsewhere, or silence."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import (
    Progress as RichProgress,
)


class Progress:
    """Hears what a search does and says nothing; the base of those that talk."""

    @contextlib.contextmanager
    def search(self, max_trials: int, ended: int, time_budget: float | None) -> Iterator[None]:
        """Surrounds a search.

        Args:
            max_trials: Trials in all.
            ended: How many of them ended in an earlier run.
            time_budget: Seconds for the search, None without a limit.
        """
        yield

    def trial_begin(self, number: int, values: dict[str, Any]) -> None:
        """A trial begins; numbers count from 1."""

    def epoch_share(self, share: float, epoch: int, epochs: int) -> None:
        """`share` (0 to 1) of a training is done, in epoch `epoch` of `epochs`."""

    def trial_end(self, status: str, score: float | None, best: float | None, reason: str) -> None:
        """A trial ended; `best` is the best score so far, `reason` why it failed."""

    def stage_begin(self, told: str) -> None:
        """Something other than a trial begins, such as the final training; `told` says what."""

    def message(self, text: str) -> None:
        """Something that the user should know."""


class PlainProgress(Progress):
    """One line a trial, for log files and pipes."""

    def __init__(self, console: Console | None = None):
        # Rich looks the stream up when it prints, so that redirected output is followed.
        self.console = console or Console(soft_wrap=True, highlight=False)
        self._trial = ""
        self._started = self._trial_started = 0.0
        self._budget: float | None = None

    @contextlib.contextmanager
    def search(self, max_trials: int, ended: int, time_budget: float | None) -> Iterator[None]:
        """Remembers the totals; says so when a search goes on."""
        self._max_trials, self._budget = max_trials, time_budget
        self._started = time.monotonic()
        if ended:
            told = "1 trial has" if ended == 1 else f"{ended} trials have"
            self.message(f"Going on with a search of which {told} ended.")
        yield

    def trial_begin(self, number: int, values: dict[str, Any]) -> None:
        """Starts the clock of a trial."""
        self._trial = f"Trial {number}/{self._max_trials}"
        self._trial_started = time.monotonic()

    def trial_end(self, status: str, score: float | None, best: float | None, reason: str) -> None:
        """Prints the trial's line."""
        outcome = f"score {score:.4f}" if score is not None else f"failed: {reason}"
        told = f"best {best:.4f}" if best is not None else "no model yet"
        self.message(f"{self._trial}  {outcome}  {told}  {self._times()}")

    def stage_begin(self, told: str) -> None:
        """Prints a line."""
        self.message(told)

    def message(self, text: str) -> None:
        """Prints a line."""
        self.console.print(text, markup=False)

    def _times(self) -> str:
        used = time.monotonic() - self._started
        left = "" if self._budget is None else f", {max(0.0, self._budget - used):.0f} s left"
        return f"{time.monotonic() - self._trial_started:.1f} s (search {used:.0f} s{left})"


class LiveProgress(PlainProgress):
    """The same lines, and under them a bar that moves with the batches."""

    def __init__(self, console: Console | None = None):
        super().__init__(console)
        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[told]}"),
            console=self.console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._best = ""

    @contextlib.contextmanager
    def search(self, max_trials: int, ended: int, time_budget: float | None) -> Iterator[None]:
        """Shows the bar while the search runs."""
        with self._bars, super().search(max_trials, ended, time_budget):
            yield

    def trial_begin(self, number: int, values: dict[str, Any]) -> None:
        """Starts a bar."""
        super().trial_begin(number, values)
        self._start(self._trial)

    def epoch_share(self, share: float, epoch: int, epochs: int) -> None:
        """Moves the bar."""
        if self._task is None:
            return
        told = f"epoch {epoch}/{epochs}  {self._best}  {self._left()}"
        self._bars.update(self._task, completed=share, told=told)

    def trial_end(self, status: str, score: float | None, best: float | None, reason: str) -> None:
        """Replaces the bar by the trial's line."""
        self._best = f"best {best:.4f}" if best is not None else ""
        super().trial_end(status, score, best, reason)

    def stage_begin(self, told: str) -> None:
        """Starts a bar for it."""
        super().stage_begin(told)
        self._start(told)

    def _start(self, description: str) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(description, total=1.0, told=self._best)

    def _left(self) -> str:
        if self._budget is None:
            return ""
        left = max(0.0, self._budget - (time.monotonic() - self._started))
        return f"{left:.0f} s left"


def make_progress(verbose: int) -> Progress:
    """Chooses how to tell: silence for 0, a live line on a terminal, plain lines elsewhere."""
    if not verbose:
        return Progress()
    return LiveProgress() if verbose == 1 and sys.stdout.isatty() else PlainProgress()
