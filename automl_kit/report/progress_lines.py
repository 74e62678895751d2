"""Progress of a search: a live line on a terminal, plain lines elsewhere, or silence."""

import contextlib
import math
import shutil
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from automl_kit.progress import Progress, SearchTold, TrialTold
from automl_kit.report import wording
from automl_kit.streams import Output, say

__all__ = ["LiveProgress", "PlainProgress", "Progress", "make_progress"]

WIDTH = 100  # columns, where there is no terminal that has fewer


class PlainProgress(Progress):
    """One line a trial, for log files and pipes.

    Args:
        write: Prints lines; standard output by default, as it is at the time.
        width: Columns of a line; by default those of the terminal, 100 at most.
    """

    def __init__(self, write: Callable[[str], None] = say, width: int | None = None):
        self._write = write
        self._width = width or _terminal_width()
        self._told: SearchTold | None = None
        self._trial = self._network = ""
        self._values: Mapping[str, Any] = {}
        self._best_values: Mapping[str, Any] = {}
        self._trial_started = 0.0

    @contextlib.contextmanager
    def search(self, told: SearchTold) -> Iterator[None]:
        """Says what trials are judged by, and so that a search goes on."""
        self._told = told
        if told.ended:
            ended = "1 trial has" if told.ended == 1 else f"{told.ended} trials have"
            self.message(f"Going on with a search of which {ended} ended.")
        self._say(
            f"{_trials(told.max_trials)} judged by {told.objective}, "
            f"{wording.better(told.direction)}",
            *self._left(),
        )
        yield

    def trial_begin(self, number: int, values: Mapping[str, Any]) -> None:
        """Starts the clock of a trial."""
        of = f"/{self._told.max_trials}" if self._told and self._told.max_trials else ""
        self._trial = f"Trial {number}{of}"
        self._values = dict(values)
        self._network = wording.network(values, self._best_values)
        self._trial_started = time.monotonic()

    def trial_end(self, told: TrialTold) -> None:
        """Prints the trial's line."""
        seconds = told.figures.get("seconds", time.monotonic() - self._trial_started)
        times = ", ".join([wording.duration(seconds), *self._left()])
        self._say(self._trial, self._network, *self._outcome(told), times)
        if _is_best(told):
            self._best_values = self._values

    def stage_begin(self, told: str) -> None:
        """Prints a line."""
        self.message(told)

    def message(self, text: str) -> None:
        """Prints a text, in as many lines as it needs."""
        for line in text.splitlines() or [""]:
            self._write("\n".join(_wrapped(line, self._width)))

    def _say(self, *parts: str) -> None:
        """Prints parts of a line, in as many lines as they need."""
        self._write("\n".join(_filled([part for part in parts if part], self._width)))

    def _outcome(self, told: TrialTold) -> list[str]:
        """The score and what stands beside it, or why there is none."""
        best = "no model yet" if told.best is None else f"best {wording.figure(told.best)}"
        name = self._told.objective if self._told else "score"
        if told.status in ("PARTIAL", "PRUNED"):
            return [told.reason or "cut before its end", best]
        if told.status == "FAILED" or told.score is None:
            return [f"failed: {told.reason}" if told.reason else "failed", best]
        score = f"{name} {wording.figure(told.score)}"
        beside = [f"{n} {wording.figure(v)}" for n, v in _accuracy(told.figures, name)]
        return [f"{score} (best)", *beside] if _is_best(told) else [score, *beside, best]

    def _left(self) -> list[str]:
        """How much of the time budget is left, where there is one."""
        if self._told is None or self._told.seconds_left is None:
            return []
        seconds = self._told.seconds_left()
        return [f"{wording.duration(seconds)} left"] if math.isfinite(seconds) else []


def _trials(number: int | None) -> str:
    """How many trials there may be; None where the strategy itself ends the search."""
    if number is None:
        return "Trials"
    return "1 trial at most," if number == 1 else f"{number} trials at most,"


class LiveProgress(PlainProgress):
    """The same lines, and under them a bar that moves with the batches.

    Args:
        console: Where to draw; standard output by default.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(file=Output(), highlight=False)  # type: ignore[arg-type]
        super().__init__(self._print, min(WIDTH, self.console.width))
        self._bars = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24 if self.console.width >= 80 else 8),
            TimeElapsedColumn(),
            TextColumn("{task.fields[told]}", markup=False),
            console=self.console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._best = ""

    @contextlib.contextmanager
    def search(self, told: SearchTold) -> Iterator[None]:
        """Shows the bar while the search runs."""
        with self._bars, super().search(told):
            yield

    def trial_begin(self, number: int, values: Mapping[str, Any]) -> None:
        """Starts a bar."""
        super().trial_begin(number, values)
        self._start(f"{self._trial}  {self._network}")

    def epoch_share(self, share: float, epoch: int, epochs: int) -> None:
        """Moves the bar."""
        if self._task is None:
            return
        parts = [f"epoch {epoch}/{epochs}", self._best, *self._left()]
        told = "  ".join(part for part in parts if part)
        self._bars.update(self._task, completed=share, told=told)

    def trial_end(self, told: TrialTold) -> None:
        """Replaces the bar by the trial's line."""
        self._best = "" if told.best is None else f"best {wording.figure(told.best)}"
        super().trial_end(told)

    def stage_begin(self, told: str) -> None:
        """Starts a bar for it."""
        super().stage_begin(told)
        self._start(told)

    def _start(self, description: str) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        short = textwrap.shorten(description, max(12, self.console.width - 50), placeholder="…")
        self._task = self._bars.add_task(short, total=1.0, told=self._best)

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, emoji=False, soft_wrap=True)


def make_progress(verbose: int) -> Progress:
    """Chooses how to tell: silence for 0, a live line on a terminal, plain lines elsewhere."""
    if not verbose:
        return Progress()
    return LiveProgress() if verbose == 1 and Output().isatty() else PlainProgress()


def _is_best(told: TrialTold) -> bool:
    return told.status == "COMPLETED" and told.score is not None and told.score == told.best


def _accuracy(figures: Mapping[str, float], objective: str) -> list[tuple[str, float]]:
    """The accuracy among a trial's figures, held-out rows' before that of training rows."""
    names = sorted(
        (name for name in figures if name.endswith("accuracy")),
        key=lambda name: (not name.startswith("val_"), name != "val_accuracy", name),
    )
    return [(names[0], figures[names[0]])] if names and names[0] != objective else []


def _terminal_width() -> int:
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) if Output().isatty() else WIDTH


def _filled(parts: list[str], width: int) -> list[str]:
    """Parts two spaces apart; a part that no longer fits begins a line of its own."""
    lines = [parts[0]]
    for part in parts[1:]:
        joined = f"{lines[-1]}  {part}"
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(f"    {part}")
    return [piece for line in lines for piece in _wrapped(line, width)]


def _wrapped(line: str, width: int) -> list[str]:
    """A line, broken between words where it is too long; paths and names stay whole."""
    if len(line) <= width:
        return [line]
    return textwrap.wrap(
        line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
