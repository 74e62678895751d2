"""The batched cell gives what the plain one gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks.darts import (
    TUTORIAL_OPS,
    ArchitectureParameters,
    copy_weights,
    darts_supernet,
    source_edges,
)
from automl_kit.errors import InputError

SMALL = {"filters": 4, "cells": 3, "nodes": 2, "stem_multiplier": 2}


def architecture_size(network):
    return sum(
        int(np.prod(variable.shape))
        for layer in network.layers
        if isinstance(layer, ArchitectureParameters)
        for variable in layer.parameters
    )


@pytest.mark.parametrize("plain", [False, True])
def test_the_papers_network_has_the_papers_number_of_weights(plain):
    network = darts_supernet((32, 32, 3), 10, plain=plain)
    assert architecture_size(network) == 2 * 14 * 8
    assert network.count_params() - architecture_size(network) == 1_930_618


def evaluated(network, x, y):
    """Outputs, loss and its gradients by the architecture, the stem and the classifier."""
    layers = [layer for layer in network.layers if isinstance(layer, ArchitectureParameters)]
    variables = [variable for layer in layers for variable in layer.parameters]
    variables += [network.get_layer("stem").kernel, network.get_layer("logits").kernel]
    with tf.GradientTape() as tape:
        outputs = network(x, training=True)
        losses = keras.losses.sparse_categorical_crossentropy(y, outputs, from_logits=True)
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    return [outputs, loss, *gradients]


def pair(size, **arguments):
    """A plain and a batched network of equal weights; α far from its start, where all is equal."""
    keras.utils.set_random_seed(0)
    plain, batched = (
        darts_supernet((size, size, 2), 3, plain=plain, **SMALL, **arguments)
        for plain in (True, False)
    )
    generator = np.random.default_rng(0)
    for layer in plain.layers:
        if isinstance(layer, ArchitectureParameters):
            for variable in layer.parameters:
                variable.assign(generator.standard_normal(variable.shape))
    copy_weights(plain, batched)
    return plain, batched


def compared(size, dtype, **arguments):
    """Largest difference of each of `evaluated`, in parts of its largest component."""
    generator = np.random.default_rng(1)
    x = generator.standard_normal((5, size, size, 2)).astype(dtype)
    y = generator.integers(0, 3, 5)
    plain, batched = (evaluated(network, x, y) for network in pair(size, **arguments))
    return [
        float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(plain, batched, strict=True)
    ]


CASES = [
    (8, {}),
    (9, {}),  # odd at each reduction: 9, 5, 3
    (8, {"partial": 2}),  # with edge weights
    (8, {"partial": 2, "edge_weights": False}),
    (8, {"ops": TUTORIAL_OPS}),
    (8, {"ops": ("skip_connect", "dil_conv_3x3")}),
]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("size", "arguments"), CASES)
def test_in_float64_to_1e_6(size, arguments):
    assert max(compared(size, "float64", **arguments)) < 1e-6


@pytest.mark.parametrize(("size", "arguments"), CASES[1:3])
def test_in_float32_to_a_hundredth(size, arguments):
    assert max(compared(size, "float32", **arguments)) < 0.01


@pytest.mark.usefixtures("float64")
def test_in_chunks_as_in_one_batch(monkeypatch):
    one_edge = 5 * 8 * 8 * 4 * 8  # rows, pixels, channels, bytes
    monkeypatch.setattr(source_edges, "CHUNK_BYTES", 2 * one_edge)
    assert max(compared(8, "float64")) < 1e-6


def test_networks_of_other_layers_are_refused():
    plain = darts_supernet((8, 8, 1), 2, plain=True, **SMALL)
    longer = darts_supernet((8, 8, 1), 2, **{**SMALL, "cells": 4})
    with pytest.raises(InputError, match="same layers"):
        copy_weights(plain, longer)
