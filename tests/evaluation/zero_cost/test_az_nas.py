"""AZ-NAS's scores: blocks are found, entropies and gains are those of known matrices."""

import keras
import numpy as np
import pytest
from keras import layers

from automl_kit.custom_blocks import build_cell_network
from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost import zero_cost_scores
from automl_kit.evaluation.zero_cost.az_nas import (
    BlockScores,
    backward_gain,
    block_scores,
    feature_entropy,
    he_normal,
)
from automl_kit.evaluation.zero_cost.probe import Probe
from automl_kit.spaces import DARTS, parse_arch

RNG = np.random.default_rng(2)


def test_scores_of_blocks_by_hand():
    scores = BlockScores((1.0, 1.5, 1.25), (1.0, 2.0))
    assert scores.expressivity == 3.75
    assert scores.progressivity == -0.25
    assert scores.trainability == pytest.approx(((2 - 1 - 1) + (2 - 2 - 0.5)) / 2, abs=1e-5)


def test_the_entropy_is_of_the_shares_of_eigenvalues():
    """Covariances diag(3, 1) and a single direction."""
    samples = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]) * [np.sqrt(6), np.sqrt(2)]
    by_hand = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    assert feature_entropy(samples) == pytest.approx(by_hand, rel=1e-6)
    assert feature_entropy(samples.reshape(2, 2, 1, 2) + 7) == pytest.approx(by_hand, rel=1e-6)
    assert feature_entropy(np.outer([1.0, 2.0, 4.0], [1.0, 1.0])) == pytest.approx(0, abs=1e-6)
    assert feature_entropy(np.ones((4, 3))) == 0


def test_the_gain_of_a_linear_block():
    """Of signs that are not correlated, the product's mean is the kernel itself."""
    given = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    kernel = np.array([[2.0, 0], [0, 0.5], [1.0, 0]])
    expected = np.linalg.norm(kernel, 2)
    assert backward_gain(given @ kernel.T, given) == pytest.approx(expected)


def test_places_of_a_larger_map_become_channels():
    given = RNG.choice([-1.0, 1.0], (5, 2, 2, 3))
    back = RNG.normal(size=(5, 4, 4, 2))
    corners = [back[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    stacked = np.concatenate(corners, axis=-1).reshape(-1, 8)
    product = stacked.T @ given.reshape(-1, 3) / 20
    assert backward_gain(back, given) == pytest.approx(np.linalg.norm(product, 2))
    odd = np.pad(back[:, :3, :3], ((0, 0), (0, 1), (0, 1), (0, 0)))
    assert backward_gain(back[:, :3, :3], given) == pytest.approx(backward_gain(odd, given))
    vectors = given[:, 0, 0]
    flat = back.reshape(5, -1).T @ vectors / 5
    assert backward_gain(back, vectors) == pytest.approx(np.linalg.norm(flat, 2))


def ends_of(model, x):
    return block_scores(Probe(model, x))


def test_blocks_of_a_chain_of_a_cell_network_and_of_cells_of_two_inputs():
    entry = keras.Input((5,))
    x = entry
    for width in (8, 8, 8):
        x = layers.Dense(width, "relu")(x)
    chain = keras.Model(entry, layers.Dense(2, "softmax")(x))
    assert len(ends_of(chain, RNG.normal(size=(9, 5))).entropies) == 3

    images = RNG.normal(size=(4, 8, 8, 1)).astype("float32")
    entry = keras.Input((8, 8, 1))
    cell = "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
    vector = build_cell_network(entry, parse_arch(cell), cells=3, channels=4)
    cells = keras.Model(entry, layers.Dense(2, "softmax")(vector))
    assert len(ends_of(cells, images).entropies) == 1 + 3 + 2  # stem, cells, units between them

    vector = build_cell_network(entry, DARTS.sample(RNG), cells=3, channels=4)
    darts = keras.Model(entry, layers.Dense(2, "softmax")(vector))
    assert len(ends_of(darts, images).entropies) >= 3
    found = zero_cost_scores(darts, images, scores=("expressivity", "progressivity"))
    assert np.isfinite(list(found.values())).all()


def test_weights_are_drawn_by_their_inputs_and_the_same_each_time():
    entry = keras.Input((8, 8, 32))
    x = layers.SeparableConv2D(64, 3)(layers.BatchNormalization(gamma_initializer="zeros")(entry))
    model = keras.Model(entry, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    drawn = {weight.path: np.asarray(value) for weight, value in he_normal(model)}
    assert len(drawn) == len(model.trainable_weights)
    for path, value in drawn.items():
        inputs = {"depthwise_kernel": 9, "pointwise_kernel": 32}.get(path.rsplit("/")[-1])
        if inputs is not None:
            assert value.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.15)
        elif value.ndim == 1:
            np.testing.assert_array_equal(value, "gamma" in path)
    again = [np.asarray(value) for _, value in he_normal(model)]
    for one, other in zip(drawn.values(), again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_of_one_block_has_no_such_scores():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(2)])
    with pytest.raises(InputError, match="this network has 1 in front of its last layer"):
        zero_cost_scores(model, np.eye(3), scores=("trainability",))
