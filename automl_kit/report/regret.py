"""A plot of regret: how far the best so far is from the best there is, by method."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl_kit import files
from automl_kit.errors import InputError
from automl_kit.evaluation.summaries import Axis, regret_at

_POINTS = 400  # of a line; more can't be seen
_FORMATS = (".svg", ".png")
_LABELS = {"evaluation": "evaluations", "seconds": "simulated seconds of training"}


def plot_regret(
    frame: pd.DataFrame,
    path: str | os.PathLike[str],
    axis: Axis = "evaluation",
    title: str = "",
) -> Path:
    """Draws the mean regret of each method over its seeds, with a band of one standard error.

    The scale of regret is logarithmic: a line ends where every seed has found the best. Where
    searches ended by themselves, the legend says how many; they keep the best they found.

    Args:
        frame: What `automl_kit.evaluation.simulate` gives.
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
    path = Path(path)
    check_plot(path)
    at = frame[axis].to_numpy(float)
    if not np.isfinite(at).any():
        raise InputError(f"There are no {_LABELS[axis]} to draw the regret against.")
    from matplotlib import rc_context
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
    # Without a date and with fixed ids equal figures give equal files.
    with rc_context({"svg.hashsalt": "automl_kit"}), files.atomic_path(path) as temporary:
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
        figure.savefig(temporary, dpi=150, metadata=metadata)
    return path


def check_plot(path: str | os.PathLike[str]) -> None:
    """Checks that a plot can be written, before the searches are run.

    Raises:
        InputError: The suffix is neither .svg nor .png, or matplotlib isn't installed.
    """
    if Path(path).suffix.lower() not in _FORMATS:
        raise InputError(f"A plot is drawn into a .svg or a .png file. Received: {str(path)!r}")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError('A plot needs matplotlib: pip install "automl-kit[plot]".') from error


def _floor(summary: pd.DataFrame) -> float:
    """The lowest regret that is drawn: nothing below it can be told on a logarithmic scale."""
    positive = summary["mean"][summary["mean"] > 0]
    return float(positive.min()) / 2 if len(positive) else 1e-3


def _draw(axes: Any, method: str, line: pd.DataFrame, floor: float) -> None:
    mean = line["mean"].where(line["mean"] > 0).to_numpy(float)
    error = (line["sd"] / np.sqrt(line["runs"])).fillna(0.0).to_numpy(float)
    runs, ended = int(line["runs"].max()), int(line["ended"].max())
    label = f"{method} ({ended} of {runs} ended early)" if ended else method
    at = line["budget"].to_numpy(float)
    # Between two evaluations the best stays what it was.
    axes.plot(at, mean, drawstyle="steps-post", label=label)
    axes.fill_between(
        at, np.maximum(mean - error, floor), mean + error, step="post", alpha=0.2, linewidth=0
    )
