"""A path computes what the stand-alone network of its genotype does, and nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from path_weights import copied

from automl_kit.custom_blocks import apply_operation
from automl_kit.custom_blocks.paths import KEPT, PathEdge, PathNetwork, Statistics
from automl_kit.errors import InputError
from automl_kit.spaces import DARTS, NAS_BENCH_201, CellSpace, parse_arch

SHAPE, CHANNELS = (6, 6, 2), 4
OPS = (
    "sep_conv_5x5", "dil_conv_3x3", "conv_3x3", "skip_connect", "max_pool_3x3", "avg_pool_3x3",
    "conv_7x1_1x7",
)  # fmt: skip
TWO_KINDS = CellSpace(2, DARTS.ops, edges=2, distinct_sources=True)
FREE = CellSpace(2, ("conv_3x3", "avg_pool_3x3", "identity"), edges=2, reduction=False)
CELL = "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"


def images(rows=5, shape=SHAPE):
    return np.random.default_rng(0).normal(size=(rows, *shape)).astype("float32")


def share_of_one():
    return Statistics(share=tf.constant(1.0))


def scrambled(variables):
    """Gives scales and offsets values that tell them apart; kernels have some already."""
    for number, variable in enumerate(variables):
        if len(variable.shape) == 1:
            variable.assign(np.random.default_rng(number).uniform(0.5, 1.5, variable.shape))


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("strides", [1, 2])
def test_an_operation_is_that_of_networks_trained_alone(op, strides):
    keras.utils.set_random_seed(1)
    x, entry = tf.constant(images(shape=(7, 6, 4))), keras.Input((7, 6, 4))
    alone = keras.Model(entry, apply_operation(op, entry, strides))
    edge = PathEdge((op,), strides)
    edge.build((None, 7, 6, 4))
    scrambled(edge.trainable_variables)
    _copy(edge, alone)
    found = edge.call(x, tf.constant(1), share_of_one())
    np.testing.assert_allclose(found, alone(x, training=True), atol=2e-5)
    for layer in alone._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # It keeps the statistics of the last batch alone, as ours did.
    alone(x, training=True)
    few = x[:2]
    found = edge.call(few, tf.constant(1), KEPT)
    np.testing.assert_allclose(found, alone(few, training=False), atol=2e-5)
    assert found.shape[1:] == edge.call(few, tf.constant(0)).shape[1:]
    assert not np.any(edge.call(few, tf.constant(0)))


def _copy(edge, alone):
    for kind in (4, 1):
        ours = [v for v in edge.trainable_variables if len(v.shape) == kind]
        theirs = [v for v in alone.trainable_variables if len(v.shape) == kind]
        for one, other in zip(ours, theirs, strict=True):
            other.assign(one.numpy().reshape(other.shape))


@pytest.mark.parametrize(
    ("space", "cells"),
    [(NAS_BENCH_201, 3), (TWO_KINDS, 3), (FREE, 2)],
    ids=["201", "two_kinds", "free"],
)
def test_a_path_is_the_network_of_its_genotype(space, cells):
    keras.utils.set_random_seed(2)
    network = PathNetwork(SHAPE, 3, space, cells=cells, channels=CHANNELS)
    scrambled(network.trainable_variables)
    rng, x = np.random.default_rng(4), images()
    genotype = parse_arch(CELL) if space is NAS_BENCH_201 else _reading_all(space, rng)
    path = network.paths.path(genotype)
    alone = copied(network, genotype, path, SHAPE, CHANNELS, 3)
    np.testing.assert_allclose(network(x, path), alone(x, training=True), atol=1e-4)
    assert network.count_of(path) == sum(int(np.prod(v.shape)) for v in alone.trainable_variables)


def _reading_all(space, rng):
    """A member whose cells read all inputs: the network leaves out layers of those it doesn't."""
    while True:
        genotype = space.sample(rng)
        read = [{e.source for node in cell for e in node} for cell in genotype.cells().values()]
        if all(set(range(space.inputs)) <= sources for sources in read):
            return genotype


def test_only_what_is_on_the_path_has_a_gradient():
    network = PathNetwork(SHAPE, 3, NAS_BENCH_201, cells=1, channels=CHANNELS)
    path = network.paths.path(parse_arch(CELL))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(images(), path) ** 2)
    gradients = tape.gradient(loss, [v.value for v in network.trainable_variables])
    places = network.places_of()
    assert sorted({int(edge) for edge, op in places if path[edge] == op and edge >= 0}) == [0, 3]
    for (edge, op), gradient in zip(places, gradients, strict=True):
        on = edge < 0 or path[edge] == op
        assert (gradient is not None) == on
        assert gradient is None or np.any(gradient)


def test_weights_of_the_supernet_and_the_sum_of_the_parts():
    """By hand: 4 channels; a 3×3 convolution has 9·16 weights and its normalisation 8."""
    network = PathNetwork((6, 6, 1), 2, NAS_BENCH_201, cells=1, channels=4)
    shared, per_edge = 9 * 4 + 8 + 8 + 4 * 2 + 2, (9 * 16 + 8) + (16 + 8)
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == shared + 6 * per_edge
    path = network.paths.path(parse_arch(CELL))
    assert network.count_of(path) == shared + (9 * 16 + 8) + (16 + 8)
    every = sum(network.count_of(_only(number, network)) - shared for number in range(6))
    assert every == 6 * (9 * 16 + 8)


def _only(number, network):
    """The path of one 3×3 convolution."""
    path = np.zeros(6, np.int32)
    path[number] = 1 + network.paths.ops.index("nor_conv_3x3")
    return path


def test_statistics_kept_are_the_mean_over_the_batches():
    keras.utils.set_random_seed(3)
    network = PathNetwork(SHAPE, 3, NAS_BENCH_201, cells=1, channels=CHANNELS)
    path, x = network.paths.path(parse_arch(CELL)), images(12)
    for number, batch in enumerate((x[:4], x[4:8], x[8:])):
        network(batch, path, by=Statistics(share=tf.constant(1 / (number + 1))))
    found = network.stem.normalise.mean.numpy(), network.stem.normalise.variance.numpy()
    maps = [network.stem.convolution.call(tf.constant(b)).numpy() for b in (x[:4], x[4:8], x[8:])]
    np.testing.assert_allclose(
        found[0], np.mean([m.mean((0, 1, 2)) for m in maps], 0), rtol=1e-3, atol=1e-6
    )
    np.testing.assert_allclose(found[1], np.mean([m.var((0, 1, 2)) for m in maps], 0), rtol=1e-3)
    # A single image is judged by them, and alike in any company.
    alone, beside = network(x[:1], path, by=KEPT), network(x, path, by=KEPT)
    np.testing.assert_allclose(alone[0], beside[0], atol=1e-5)


def test_statistics_of_a_path_leave_those_of_others():
    network = PathNetwork(SHAPE, 3, NAS_BENCH_201, cells=1, channels=CHANNELS)
    path = network.paths.path(parse_arch(CELL))
    network(images(), path, by=share_of_one())
    edges = network.cells[0].edges
    assert np.any(edges[0].operations["nor_conv_3x3"].normalise.mean.numpy())
    assert not np.any(edges[0].operations["nor_conv_1x1"].normalise.mean.numpy())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"cells": 0}, "cells must be a whole number from 1"),
        ({"channels": 1.5}, "channels must be"),
        ({"space": CellSpace(1, ("conv_3x3",), edges=1, inputs=3)}, "the space has 3"),
        ({"input_shape": (None, 6, 1)}, "images of a known size"),
    ],
)
def test_what_cannot_be_is_refused(changed, told):
    given = {"input_shape": SHAPE, "space": NAS_BENCH_201, "cells": 1, "channels": 4, **changed}
    with pytest.raises(InputError, match=told):
        PathNetwork(given.pop("input_shape"), 3, given.pop("space"), **given)


def test_a_reduction_of_odd_channels_is_refused():
    with pytest.raises(InputError, match="even number of channels; got 3"):
        PathEdge(("skip_connect",), 2).build((None, 6, 6, 3))
