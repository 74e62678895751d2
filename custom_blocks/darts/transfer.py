"""Weights of a plain network in the layout of a batched one."""

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts.batched_cell import DartsCell
from automl_kit.custom_blocks.darts.edges import edge_number, nodes_of_source
from automl_kit.custom_blocks.darts.plain_cell import PlainDartsCell
from automl_kit.errors import InputError


def copy_weights(plain: keras.Model, batched: keras.Model) -> None:
    """Gives a network of `DartsCell`s the weights of the same network of `PlainDartsCell`s.

    Args:
        plain: From `darts_supernet(…, plain=True)`, or made the same way.
        batched: The same network with `DartsCell` for each `PlainDartsCell`.

    Raises:
        InputError: If the networks' layers don't correspond.
    """
    if len(plain.layers) != len(batched.layers):
        raise InputError(
            f"Expected networks of the same layers; got {len(plain.layers)} and "
            f"{len(batched.layers)} of them."
        )
    for source, target in zip(plain.layers, batched.layers, strict=True):
        if isinstance(source, PlainDartsCell) and isinstance(target, DartsCell):
            copy_cell(source, target)
        else:
            target.set_weights(source.get_weights())


def copy_cell(plain: PlainDartsCell, batched: DartsCell) -> None:
    """The same for one cell; both are built and have the same arguments."""
    for source, target in zip(plain.preprocess, batched.preprocess, strict=True):
        target.set_weights(source.get_weights())
    for number, edges in enumerate(batched.sources):
        nodes = nodes_of_source(number, batched.nodes)
        mixed_ops = [plain.edges[edge_number(node, number)] for node in nodes]
        for position, op in enumerate(batched.ops):
            layers = [mixed.operations[position] for mixed in mixed_ops]
            by_edge = [[] if layer is None else layer.get_weights() for layer in layers]
            if op in edges.single:
                for weights, copy in zip(by_edge, edges.single[op], strict=True):
                    copy.set_weights(weights)
                continue
            for variable, parts in zip(edges.kernels[op], zip(*by_edge, strict=True), strict=True):
                variable.assign(_side_by_side(parts))


def _side_by_side(kernels: tuple[NDArray[np.floating], ...]) -> NDArray[np.floating]:
    """Depthwise kernels (k, k, c, 1) along their channels, pointwise ones along their outputs."""
    return np.concatenate(kernels, axis=2 if kernels[0].shape[0] > 1 else 3)
