"""From a user's graph, or the task's own, to input and output nodes of one AutoModel."""

import copy
from collections.abc import Callable
from typing import Any

import autokeras as ak
import keras

from automl_kit import compat
from automl_kit.custom_blocks import ClassificationHead
from automl_kit.errors import InputError

GraphLike = tuple[Any, Any] | Callable[[], tuple[Any, Any]]


def nodes_of(graph: GraphLike) -> tuple[Any, Any]:
    """The input and the output node of a user's graph, in a copy that can be changed.

    Args:
        graph: A pair of nodes, or a function without arguments that gives one. The
            output may be what a block's call returned, a list of one node.

    Returns:
        The two nodes. AutoKeras's classification head is replaced by ours, which
        takes one-hot targets for two classes too.

    Raises:
        InputError: If it isn't a graph of one input and one classification head.
    """
    pair = graph() if callable(graph) else copy.deepcopy(graph)
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise InputError(
            "graph must be a pair (input node, output node) or a function that returns one, "
            f"got {type(pair).__name__}."
        )
    ends = [keras.tree.flatten(part) for part in pair]
    if any(len(end) != 1 for end in ends):
        raise InputError(
            f"A task's graph has one input and one output, got {len(ends[0])} and {len(ends[1])}; "
            "for several of them use automl_kit.AutoModel."
        )
    entry, output = ends[0][0], ends[1][0]
    if not isinstance(entry, ak.Input) or not getattr(output, "in_blocks", None):
        raise InputError(
            "graph must start with an AutoKeras input node and end with what a classification "
            f"head returned, got {type(entry).__name__} and {type(output).__name__}."
        )
    return entry, _with_our_head(output)


def _with_our_head(output: Any) -> Any:
    head = output.in_blocks[0]
    if isinstance(head, ClassificationHead):
        return output
    if not isinstance(head, ak.ClassificationHead):
        raise InputError(
            f"The graph ends in {type(head).__name__}, but a classifier's must end in a "
            "ClassificationHead."
        )
    if head.multi_label:
        raise InputError("multi_label=True isn't supported: each row has one class here.")
    ours = ClassificationHead(
        num_classes=head.num_classes,
        # AutoKeras's head has lost its user's loss by now, and holds one that it inferred.
        loss=getattr(head, "own_loss", None),
        dropout=head.dropout,
        metrics=head.metrics,
        name=head.name,
    )
    for node in head.inputs:
        node.out_blocks.remove(head)
    return ours(head.inputs)[0]


def check_input(entry: Any, allowed: tuple[type, ...], advice: str) -> None:
    """Refuses an input node whose own preprocessing the exported model would lose.

    Raises:
        InputError: If the node's class is none of `allowed`.
    """
    if type(entry) not in allowed:
        names = ", ".join(kind.__name__ for kind in allowed)
        raise InputError(
            f"This task's graph can't start with {type(entry).__name__}; expected {names}. {advice}"
        )


def space_of(entry: Any, output: Any) -> dict[str, Any]:
    """The search space as a JSON value."""
    return compat.space_of_graph(compat.Graph(inputs=entry, outputs=output))
