"""How often each n-gram is in a text, in stock Keras layers."""

from typing import Any

import numpy as np
from keras import ops


def present(nodes: Any) -> tuple[Any, Any]:
    """The nodes of each row once, and 1 for each, 0 where there is none.

    Args:
        nodes: int32 (n, d), 0 for none.
    """
    nodes = ops.sort(nodes, axis=1)
    return nodes, ops.cast(ops.logical_and(nodes > 0, _is_new(nodes)), "float32")


def distinct(nodes: Any) -> tuple[Any, Any]:
    """The nodes of each row once, and 1 + log of how often each is there, 0 for no node.

    Args:
        nodes: int32 (n, d), 0 for none.
    """
    nodes = ops.sort(nodes, axis=1)
    width = nodes.shape[1]
    new = _is_new(nodes)
    starts = ops.sort(ops.where(new, np.arange(width, dtype="int32")[None], width), axis=1)
    ends = ops.pad(starts[:, 1:], [[0, 0], [0, 1]], constant_values=width)
    nodes = ops.take_along_axis(nodes, ops.minimum(starts, width - 1), axis=1)
    count = ops.cast(ends - starts, "float32")
    there = ops.logical_and(nodes > 0, count > 0)
    return nodes, ops.where(there, 1 + ops.log(ops.maximum(count, 1.0)), 0.0)


def _is_new(nodes: Any) -> Any:
    """Where a sorted row has another node than the place before."""
    before = ops.pad(nodes[:, :-1], [[0, 0], [1, 0]], constant_values=-1)
    return ops.not_equal(nodes, before)
