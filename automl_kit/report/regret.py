"""A plot of regret: how far the best so far is from the best there is, by method."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl_kit.errors import InputError
from automl_kit.report.figures import check_plot, save_plot
from automl_kit.report.regret_summary import Axis, regret_at

_POINTS = 400  # of a line; more can't be seen
_LABELS = {"evaluation": "evaluations", "seconds": "simulated seconds of training"}


def plot_regret(
    frame: pd.DataFrame,
    path: str | os.PathLike[str],
    axis: Axis = "evaluation",
    title: str = "",
) -> Path:
    """Draws the mean regret of each method over its seeds, with a band of one standard error.

    The scale of regret is logarithmic: a line ends where every seed has found the best. Where
    searches ended by themselves, the legend says how many; they keep the best they found. A
    method of which a search evaluated nothing has no mean, hence no line; the legend says so.

    Args:
        frame: What `automl_kit.benchmark.simulate` gives.
        path: Where to; the suffix says whether an SVG or a PNG is written. An existing file is
            replaced.
        axis: "evaluation" or "seconds".
        title: Above the plot.

    Returns:
        The path.

    Raises:
        InputError: The suffix is another, matplotlib isn't installed, or nothing was evaluated.
        ProjectError: The file can't be written.
    """
    path = Path(path).expanduser()
    check_plot(path)
    at = frame.loc[frame["evaluation"] > 0, axis].to_numpy(float)
    if not np.isfinite(at).any():
        raise InputError(f"There are no {_LABELS[axis]} to draw the regret against.")
    from matplotlib.figure import Figure  # a figure of its own: no window, no global state

    grid = np.unique(np.round(np.linspace(at.min(), at.max(), _POINTS), 6))
    if axis == "evaluation":
        grid = np.unique(np.round(grid))
    summary = regret_at(frame, [float(budget) for budget in grid], axis)
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    floor = _floor(summary)
    for method, line in summary.groupby("method", sort=False):
        _draw(axes, str(method), line, floor)
    axes.set_yscale("log")
    if not (summary["mean"] > 0).any():
        axes.set_ylim(floor, 1.0)  # nothing above 0: there is no scale to choose
    axes.set(xlabel=_LABELS[axis], ylabel="regret", title=title)
    axes.grid(visible=True, which="major", alpha=0.3)
    figure.legend(loc="outside right upper")  # inside it would hide lines
    save_plot(figure, path)
    return path


def _floor(summary: pd.DataFrame) -> float:
    """The lowest regret that is drawn: nothing below it can be told on a logarithmic scale."""
    positive = summary["mean"][summary["mean"] > 0]
    return float(positive.min()) / 2 if len(positive) else 1e-3


def _draw(axes: Any, method: str, line: pd.DataFrame, floor: float) -> None:
    mean = line["mean"].where(line["mean"] > 0).to_numpy(float)
    error = (line["sd"] / np.sqrt(line["runs"])).fillna(0.0).to_numpy(float)
    at = line["budget"].to_numpy(float)
    # Between two evaluations the best stays what it was.
    axes.plot(at, mean, drawstyle="steps-post", label=_label(method, line))
    axes.fill_between(
        at, np.maximum(mean - error, floor), mean + error, step="post", alpha=0.2, linewidth=0
    )


def _label(method: str, line: pd.DataFrame) -> str:
    """The method, and how many of its searches weren't run to the end of the line."""
    runs = int(line["runs"].max())
    for column, what in (("nothing", "evaluated nothing"), ("ended", "ended early")):
        searches = int(line[column].max())
        if searches:
            return f"{method} ({searches} of {runs} {what})"
    return method
