"""With all weight on the edges and operations of a genotype, a DARTS cell is its discrete cell.

Pools are left out: the search normalises them, the discrete network doesn't, as in the paper.
"""

import re

import keras
import numpy as np
import pytest

from automl_kit.custom_blocks import build_cell
from automl_kit.custom_blocks.darts import DartsCell, PlainDartsCell
from automl_kit.custom_blocks.darts.edges import edge_number
from automl_kit.custom_blocks.darts.transfer import copy_cell
from automl_kit.custom_blocks.separable import TrainingSeparableConv2D
from automl_kit.spaces import DARTS_OPS, Edge, Genotype

CHANNELS, SIZE = 4, 6
NODES = (
    (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1)),
    (Edge("dil_conv_5x5", 0), Edge("sep_conv_5x5", 2)),
    (Edge("dil_conv_3x3", 1), Edge("skip_connect", 3)),
)


def one_hot():
    weights = np.zeros((9, len(DARTS_OPS)), "float32")
    for node, edges in enumerate(NODES):
        for edge in edges:
            weights[edge_number(node, edge.source), DARTS_OPS.index(edge.op)] = 1
    return weights


def by_creation(model, kind):
    """The model's layers of a class, in the order in which they were made."""
    found = [layer for layer in model.layers if type(layer) is kind]
    return sorted(found, key=lambda layer: int(re.sub(r"\D", "", layer.name.split("2d")[1]) or 0))


def kernels(cell):
    """The kernels of a plain cell that count: of its inputs' layers, then edge by edge."""
    layers = list(cell.preprocess)
    for node, edges in enumerate(NODES):
        for edge in edges:
            mixed = cell.edges[edge_number(node, edge.source)]
            layers.append(mixed.operations[DARTS_OPS.index(edge.op)])
    return [w.numpy() for layer in layers for w in layer.trainable_weights]


def discrete(plain, reduction):
    keras.backend.clear_session()  # layers' names count from 0
    inputs = [keras.Input((SIZE, SIZE, CHANNELS)) for _ in range(2)]
    genotype = Genotype(NODES, NODES)
    model = keras.Model(inputs, build_cell(inputs, genotype, channels=CHANNELS, reduce=reduction))
    pairs, single, rest = [], [], iter(kernels(plain))
    for kernel in rest:
        if kernel.shape[0] > 1:  # a depthwise kernel, whose pointwise one follows it
            pairs.append([kernel, next(rest)])
        else:
            single.append([kernel])
    for kind, ours in ((TrainingSeparableConv2D, pairs), (keras.layers.Conv2D, single)):
        for layer, arrays in zip(by_creation(model, kind), ours, strict=True):
            shapes = [w.shape for w in layer.weights]
            layer.set_weights([a.reshape(s) for a, s in zip(arrays, shapes, strict=True)])
    return model


@pytest.mark.parametrize("reduction", [False, True])
def test_the_discrete_cell_is_the_cell_with_all_weight_on_it(reduction):
    generator = np.random.default_rng(0)
    states = [generator.standard_normal((3, SIZE, SIZE, CHANNELS)).astype("float32")] * 2
    states[1] = states[1][::-1].copy()
    plain = PlainDartsCell(CHANNELS, len(NODES), DARTS_OPS, reduction)
    batched = DartsCell(CHANNELS, len(NODES), DARTS_OPS, reduction)
    expected = np.array(plain([*states, one_hot()]))
    batched([*states, one_hot()])
    copy_cell(plain, batched)
    found = np.array(discrete(plain, reduction)(states, training=True))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(np.array(batched([*states, one_hot()])), expected, atol=1e-5)
