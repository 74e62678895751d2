"""Boards of simulated searches: regret by strategy, and what the chosen rows are worth."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from automl_kit.report.regret_summary import regret_at
from automl_kit.streams import Output, say


def print_regret(frame: pd.DataFrame, metric: str, budgets: Sequence[float], by_time: bool) -> None:
    """Prints the regret of each strategy after budgets, mean ± sd over its searches.

    Args:
        frame: What `automl_kit.benchmark.simulate` gives.
        metric: The column that was searched.
        budgets: Numbers of evaluations or of seconds.
        by_time: Whether they are seconds.
    """
    from rich.table import Table

    summary = regret_at(frame, budgets, "seconds" if by_time else "evaluation")
    unit = "s" if by_time else "evaluations"
    runs = int(summary["runs"].max())
    board = Table(title=f"Regret of {metric}, mean ± sd of {runs} searches")
    board.add_column("strategy")
    for budget in budgets:
        board.add_column(f"{budget:,.0f} {unit}", justify="right")
    board.add_column("ended by itself", justify="right")
    notes = []
    digits = _digits(summary["mean"])
    for method, rows in summary.groupby("method", sort=False):
        figures = [_told(*pair, digits) for pair in zip(rows["mean"], rows["sd"], strict=True)]
        board.add_row(str(method), *figures, f"{rows['ended'].iloc[-1]} of {runs}")
        nothing = int(rows["nothing"].iloc[0])
        if nothing:
            notes.append(
                f"{method}: {nothing} of {runs} searches ended before a first training ended, "
                "so that there is no mean over all."
            )
    _print(board)
    for note in notes:
        say(note)


def print_test(ends: pd.DataFrame, column: str, largest: float) -> None:
    """Prints another figure of the rows that searches end with.

    Args:
        ends: What `automl_kit.benchmark.chosen` gives, with the column.
        column: The figure.
        largest: The largest one of the table.
    """
    from rich.table import Table

    digits = _digits(ends[column])
    board = Table(title=f"{column} of the chosen row (largest: {largest:.{digits}f})")
    board.add_column("strategy")
    board.add_column("mean ± sd", justify="right")
    for method, figures in ends.groupby("method", sort=False)[column]:
        told = _told(figures.mean(skipna=False), figures.std(skipna=False), digits)
        board.add_row(str(method), told)
    _print(board)


def _digits(figures: "pd.Series[float]") -> int:
    """Decimals that tell the largest figure by three digits at least; two are the least."""
    largest = float(figures.abs().max())
    if not (math.isfinite(largest) and largest > 0):
        return 2
    return max(2, 2 - math.floor(math.log10(largest)))


def _told(mean: float, sd: float, digits: int) -> str:
    """A figure; of one search there is no deviation, of searches too short no mean."""
    if not math.isfinite(mean):
        return "–"
    return f"{mean:.{digits}f} ± {sd:.{digits}f}" if math.isfinite(sd) else f"{mean:.{digits}f}"


def _print(board: Any) -> None:
    from rich.console import Console

    stream: Any = Output()
    # A file or a pipe has no width; columns must not be cut there.
    Console(file=stream, width=None if stream.isatty() else 160).print(board)
