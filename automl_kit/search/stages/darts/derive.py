"""From mixing weights to a cell: the paper's rule for what is kept."""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts.edges import count_edges, edge_number, sources_of_node
from automl_kit.errors import InputError
from automl_kit.search.stages.darts.darts_settings import DartsSettings
from automl_kit.spaces import IDENTITY_OPS, ZERO_OPS, Cell, Edge


def derive_cell(
    weights: NDArray[np.floating],
    ops: Sequence[str],
    edges: int = 2,
    max_skips: int | None = None,
) -> Cell:
    """Keeps for each node the edges whose best operation weighs most, with that operation.

    Liu, H. et al. (2019), section 2.4. Zeros ("none") are never kept, as their weight can be of
    any size without changing the network's output. Where more skip connections would be kept than
    `max_skips`, the lightest of them is taken out of the choice, and so on (Chen et al. 2019,
    "P-DARTS", section 3.3).

    Args:
        weights: (edges, ops): softmax of α, times the edges' weights if there are any.
        ops: Names of the columns.
        edges: Edges kept for each node; all where there are no more.
        max_skips: Most skip connections; None for any number.

    Returns:
        A tuple of edges a node, ordered by source.

    Raises:
        InputError: If the weights don't belong to a cell of two inputs with these operations.

    Example:
        >>> weights = np.array([[0.1, 0.9], [0.6, 0.4]])
        >>> derive_cell(weights, ["none", "sep_conv_3x3"], edges=1)
        ((Edge(op='sep_conv_3x3', source=0),),)
    """
    nodes = _count_nodes(len(weights))
    if nodes is None or np.shape(weights) != (len(weights), len(ops)):
        raise InputError(
            "Expected weights of 2, 5, 9, 14, … edges (1, 2, 3, 4, … nodes) and of "
            f"{len(ops)} operations; got shape {np.shape(weights)}."
        )
    left = np.array(weights, "float64")
    left[:, [op in ZERO_OPS for op in ops]] = -np.inf
    while True:
        kept = [_best_edges(left, node, edges) for node in range(nodes)]
        skips = [row for rows in kept for row in rows if ops[left[row].argmax()] in IDENTITY_OPS]
        if max_skips is None or len(skips) <= max_skips:
            break
        lightest = min(skips, key=lambda row: float(left[row].max()))
        left[lightest, [op in IDENTITY_OPS for op in ops]] = -np.inf
    if not np.isfinite(left[[row for rows in kept for row in rows]].max(axis=1)).all():
        raise InputError(f"No operation is left to keep; expected others than {sorted(ops)}.")
    return tuple(
        tuple(Edge(ops[left[row].argmax()], row - edge_number(node, 0)) for row in rows)
        for node, rows in enumerate(kept)
    )


def count_skips(cell: Cell) -> int:
    """How many edges of a cell are skip connections."""
    return sum(edge.op in IDENTITY_OPS for node in cell for edge in node)


def _best_edges(weights: NDArray[np.float64], node: int, edges: int) -> list[int]:
    rows = range(edge_number(node, 0), edge_number(node, 0) + sources_of_node(node))
    return sorted(sorted(rows, key=lambda row: -weights[row].max())[:edges])


def _count_nodes(edges: int) -> int | None:
    return next((nodes for nodes in range(1, edges + 1) if count_edges(nodes) == edges), None)


def warn_of_collapse(cell: Cell, settings: DartsSettings) -> None:
    """Warns where most edges of a normal cell are skip connections.

    Args:
        cell: As the search wants it, without a cap.
        settings: What there is still to set against it.
    """
    skips, edges = count_skips(cell), sum(len(node) for node in cell)
    if edges < 2 or 2 * skips <= edges:
        return
    advice = {
        "set beta_decay=50": settings.beta_decay == 0,
        "let α rest at first with warmup_epochs": settings.warmup_epochs == 0,
        "cap them with max_skips=2": settings.max_skips is None,
        "search for fewer epochs": True,
    }
    kept = "" if settings.max_skips is None else f", of which {settings.max_skips} are kept"
    warnings.warn(
        f"The search collapsed: {skips} of {edges} edges of the normal cell are skip "
        f"connections{kept}. In DartsSettings "
        f"{', or '.join(name for name, unset in advice.items() if unset)}.",
        UserWarning,
        stacklevel=3,
    )
