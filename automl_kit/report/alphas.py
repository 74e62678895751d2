"""A plot of what a DARTS search prefers: each edge's mixing weights over the epochs."""

import math
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts.edges import sources_of_node
from automl_kit.errors import InputError
from automl_kit.report.figures import check_plot, save_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ACROSS = 7  # panels in a row: two rows for the 14 edges of the paper's cells
# Inches. Across: a panel, the operations' names, the colour bar. Down: an operation, what stands
# between two rows of panels, a kind's headings, the title.
_PANEL, _NAMES, _SCALE = 1.35, 1.0, 0.9
_OP, _BETWEEN, _HEADING, _TITLE = 0.16, 0.3, 0.5, 0.3


class EpochAlphas(Protocol):
    """What is read of an epoch; an `automl_kit.search.stages.darts.DartsEpoch` has it."""

    @property
    def epoch(self) -> int:
        """Its number, from 0."""

    @property
    def alphas(self) -> Mapping[str, NDArray[np.floating]]:
        """α by kind of cell, (edges, ops) each."""


def plot_alphas(
    history: Sequence[EpochAlphas],
    path: str | os.PathLike[str],
    ops: Sequence[str],
    title: str = "",
) -> Path:
    """Draws the mixing weights softmax(α) as heat maps over the epochs, a panel an edge.

    In a panel epochs go to the right, counted from 1 as in the log, and an operation is a row.
    An edge is named by the states that it joins: 0 and 1 are the cell's inputs, 2 is its first
    node. All panels share one scale of colours, from 0 to the largest weight; the line across it
    is the weight where no operation is preferred.

    Args:
        history: Epochs in their order, such as `DartsSearch.history`.
        path: Where to; the suffix says whether an SVG or a PNG is written. An existing file is
            replaced.
        ops: Names of the operations, in the order of α's columns.
        title: Above the plot.

    Returns:
        The path.

    Raises:
        InputError: The suffix is another, matplotlib isn't installed, there is no epoch, epochs
            are out of order, or α isn't that of one search with these operations.
        ProjectError: The file can't be written.

    Example:
        >>> import tempfile
        >>> from types import SimpleNamespace
        >>> from automl_kit.report import plot_alphas
        >>> history = [
        ...     SimpleNamespace(epoch=n, alphas={"normal": np.array([[0.0, n], [0.0, -n]])})
        ...     for n in range(3)
        ... ]
        >>> path = plot_alphas(history, tempfile.mkdtemp() + "/alphas.svg", ["none", "sep_conv"])
        >>> path.read_text().count("<svg")
        1
    """
    path = Path(path).expanduser()
    check_plot(path)
    weights = mixing_weights(history, ops)
    epochs = [record.epoch + 1 for record in history]
    save_plot(_figure(weights, epochs, ops, title), path)
    return path


def mixing_weights(
    history: Sequence[EpochAlphas], ops: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """How much each operation counts on each edge: softmax(α), Liu, H. et al. (2019), eq. 2.

    The weights of whole edges in PC-DARTS aren't part of a history, hence not of these.

    Returns:
        By kind of cell, (epochs, edges, ops); the last axis sums to 1.

    Raises:
        InputError: There is no epoch, or α isn't that of one search with these operations.

    Example:
        >>> from types import SimpleNamespace
        >>> epoch = SimpleNamespace(epoch=0, alphas={"normal": np.log([[1.0, 3.0], [1.0, 1.0]])})
        >>> mixing_weights([epoch], ["none", "skip_connect"])["normal"].round(2).tolist()
        [[[0.25, 0.75], [0.5, 0.5]]]
    """
    _check(history, ops)
    return {
        kind: _softmax(np.stack([e.alphas[kind] for e in history])) for kind in history[0].alphas
    }


def edge_names(edges: int) -> list[str]:
    """The edges of a cell with two inputs, in the order of α's rows.

    Raises:
        InputError: No cell has so many.

    Example:
        >>> edge_names(5)
        ['0→2', '1→2', '0→3', '1→3', '2→3']
    """
    names: list[str] = []
    node = 0
    while len(names) < edges:
        names += [f"{source}→{node + 2}" for source in range(sources_of_node(node))]
        node += 1
    if len(names) != edges:
        raise InputError(f"A cell has 2, 5, 9, 14, … edges (rows of α). Received: {edges}")
    return names


def _check(history: Sequence[EpochAlphas], ops: Sequence[str]) -> None:
    if not history or not history[0].alphas:
        raise InputError("The history has no α to draw: not one epoch has ended.")
    first = {kind: np.shape(alpha) for kind, alpha in history[0].alphas.items()}
    for kind, shape in first.items():
        if len(shape) != 2 or shape[1] != len(ops) or shape[0] == 0:
            raise InputError(
                f"Expected α of shape (edges, {len(ops)}) with ops={list(ops)}. Received: the "
                f"{kind} cell's has shape {shape}."
            )
    for record in history:
        shapes = {kind: np.shape(alpha) for kind, alpha in record.alphas.items()}
        if shapes != first:
            raise InputError(
                f"The history must be one search's. α has the shapes {first} at first and "
                f"{shapes} in epoch {record.epoch}."
            )
    for record in history:
        if not all(np.isfinite(alpha).all() for alpha in record.alphas.values()):
            raise InputError(f"α isn't finite everywhere in epoch {record.epoch}.")
    for before, after in pairwise(record.epoch for record in history):
        if after <= before:
            raise InputError(f"Epochs must ascend. Received: {after} after {before}.")


def _softmax(alpha: NDArray[np.floating]) -> NDArray[np.float64]:
    powers = np.exp(alpha - alpha.max(axis=-1, keepdims=True), dtype="float64")
    weights: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return weights


def _figure(
    weights: dict[str, NDArray[np.float64]], epochs: list[int], ops: Sequence[str], title: str
) -> "Figure":
    from matplotlib.figure import Figure  # a figure of its own: no window, no global state

    most = max(kind.shape[1] for kind in weights.values())
    across = math.ceil(most / math.ceil(most / _ACROSS))  # rows as even as they can be
    down = [math.ceil(kind.shape[1] / across) for kind in weights.values()]
    heights = [_HEADING + rows * (_OP * len(ops) + _BETWEEN) for rows in down]
    widths = [_NAMES + across * _PANEL, _SCALE]
    figure = Figure(figsize=(sum(widths), sum(heights) + _TITLE), layout="constrained")
    if title:
        figure.suptitle(title)
    halves: Any = figure.subfigures(1, 2, width_ratios=widths)
    panels, scale = halves
    parts = panels.subfigures(len(weights), 1, height_ratios=heights, squeeze=False)[:, 0]
    top = max(float(kind.max()) for kind in weights.values())
    for part, rows, (kind, of_kind) in zip(parts, down, weights.items(), strict=True):
        part.suptitle(f"{kind} cell", fontsize="medium")
        grid = part.subplots(rows, across, sharex=True, sharey=True, squeeze=False)
        mesh = _draw(grid, of_kind, epochs, ops, top)
    bar = figure.colorbar(mesh, cax=scale.add_subplot())
    bar.set_label("softmax(α)", fontsize="small")
    bar.ax.tick_params(labelsize="x-small")
    bar.ax.axhline(1 / len(ops), color="tab:red")
    return figure


def _draw(
    grid: NDArray[Any],
    weights: NDArray[np.float64],
    epochs: list[int],
    ops: Sequence[str],
    top: float,
) -> Any:
    """Fills the panels of a kind of cell, (rows, across) of them, and gives one's colours."""
    names = edge_names(weights.shape[1])
    bounds = _bounds(epochs), np.arange(len(ops) + 1) - 0.5
    for axes, name, edge in zip(grid.flat, names, weights.swapaxes(0, 1), strict=False):
        # An SVG of ten thousand rectangles would be slow to show.
        mesh = axes.pcolormesh(*bounds, edge.T, vmin=0.0, vmax=top, rasterized=True)
        axes.set_title(name, fontsize="small", pad=3)
        axes.tick_params(labelsize="x-small", length=2)
    axes = grid[0, 0]  # all others share its ticks
    axes.set_xticks(sorted({epochs[0], epochs[len(epochs) // 2], epochs[-1]}))
    axes.set_yticks(range(len(ops)), ops)
    axes.invert_yaxis()
    grid[-1, 0].set_xlabel("epoch", fontsize="x-small")
    for place in range(len(names), grid.size):  # the last row's rest; what is above ends a column
        grid.flat[place].remove()
        grid.flat[place - grid.shape[1]].tick_params(labelbottom=True)
    return mesh


def _bounds(epochs: list[int]) -> list[float]:
    """Where each epoch begins on the axis, and where the last one ends (epochs + 1,)."""
    between = [(before + after) / 2 for before, after in pairwise(epochs)]
    return [epochs[0] - 0.5, *between, epochs[-1] + 0.5]
