"""One cell of a genotype, exported as stock Keras layers."""

from typing import Any

import keras

from automl_kit.custom_blocks.cell_layers import factorized_reduction, relu_convolve, subsample
from automl_kit.custom_blocks.drop_path import DropPath
from automl_kit.custom_blocks.operations import apply_operation
from automl_kit.errors import InputError
from automl_kit.spaces import IDENTITY_OPS, ZERO_OPS, Edge, Genotype


def build_cell(
    states: list[Any],
    genotype: Genotype,
    *,
    channels: int,
    reduce: bool = False,
    drop_path: float = 0.0,
) -> Any:
    """Puts one cell behind the outputs of the cells before it.

    Args:
        states: The cell's inputs, as many as the genotype has, the newest last; earlier ones may
            be twice as fine.
        genotype: The cells, of which one is built.
        channels: Channels of a node.
        reduce: Whether it is the reduction cell, in which edges from the inputs have stride 2.
        drop_path: Share of the edges dropped in training.

    Returns:
        A Keras tensor: the nodes that are not zero concatenated, or the last node.

    Raises:
        InputError: The number of states is another, or the genotype has no reduction cell.
    """
    cell = genotype.reduction if reduce else genotype.normal
    if cell is None or len(states) != genotype.inputs:
        raise InputError(
            f"Expected {genotype.inputs} states for the cells {', '.join(genotype.cells())}; "
            f"got {len(states)} states for the {'reduction' if reduce else 'normal'} cell."
        )
    inputs: list[Any] = [_matched(state, states, channels) for state in states]
    nodes: list[Any] = []
    for edges in cell:
        outputs = []
        for edge in edges:
            source = (inputs + nodes)[edge.source]
            stride = 2 if reduce and edge.source < len(inputs) else 1
            # A node of nothing but "none" edges is None: what follows from it is zero as well.
            if source is not None and edge.op not in ZERO_OPS:
                outputs.append(_edge(edge, source, stride, drop_path))
        nodes.append(_joined(keras.layers.Add, outputs))
    if genotype.output == "last":
        result = nodes[-1]
    else:
        result = _joined(keras.layers.Concatenate, [node for node in nodes if node is not None])
    if result is None:
        return keras.layers.Rescaling(0.0)(subsample(inputs[-1], 2 if reduce else 1))
    return result


def _matched(state: Any, states: list[Any], channels: int) -> Any:
    """An input of a cell with the size of the newest one, and as many channels as a node."""
    halved = False
    while state.shape[1:3] != states[-1].shape[1:3]:
        state, halved = factorized_reduction(state, channels), True
    if halved or (len(states) == 1 and state.shape[-1] == channels):
        return state  # NAS-Bench-201's cells take their input as it is.
    return relu_convolve(state, channels, 1)


def _edge(edge: Edge, source: Any, stride: int, drop_path: float) -> Any:
    tensor = apply_operation(edge.op, source, stride)
    if not drop_path or (edge.op in IDENTITY_OPS and stride == 1):
        return tensor
    return DropPath(drop_path)(tensor)


def _joined(layer: type[keras.layers.Layer], tensors: list[Any]) -> Any:
    """One tensor of several; itself if it is alone, None if there is none."""
    return layer()(tensors) if len(tensors) > 1 else next(iter(tensors), None)
