"""Training weights that all paths share."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks.paths import PathNetwork
from automl_kit.errors import ProjectError, SearchError
from automl_kit.evaluation.sharing.path_images import PathImages
from automl_kit.evaluation.sharing.shared_training import SharedTraining, drawing
from automl_kit.evaluation.sharing.shared_weights import SharedWeights
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings
from automl_kit.spaces import NAS_BENCH_201, CellSpace, parse_arch

SPACE = CellSpace(
    2, ("none", "skip_connect", "nor_conv_1x1"), edges=None, inputs=1, reduction=False,
    output="last",
)  # fmt: skip
SETTINGS = SharingSettings(epochs=3, batch_size=4, learning_rate=0.1, clip=1e9)


def data(rows=8):
    x = np.random.default_rng(0).normal(size=(rows, 4, 4, 1)).astype("float32")
    return PathImages(x=x, ids=np.arange(rows) % 2, scale=[2.0], offset=[1.0])


def weights(settings=SETTINGS, space=SPACE):
    keras.utils.set_random_seed(0)
    network = PathNetwork((4, 4, 1), 2, space, cells=1, channels=2)
    return SharedWeights(network, settings)


def batch(rows=6):
    images = data(rows)
    return tf.constant(images.pixels(np.arange(rows))), tf.constant(images.ids), tf.ones(rows)


def path_of(network, *ops):
    names = ("none", *network.paths.ops)
    return np.array([names.index(op) for op in ops], np.int32)


def test_images_are_standardised_in_the_order_asked_for():
    images = data()
    np.testing.assert_allclose(images.pixels(np.array([3, 1])), images.x[[3, 1]] * 2 + 1)
    seen = [ids for _, ids, _ in images.epoch([0], 3)]
    assert [len(ids) for ids in seen] == [3, 3]
    assert len(list(images.epoch([0], 100))) == 1
    few = images.at_most(4, seed=0)
    assert np.bincount(few.ids).tolist() == [2, 2]
    assert images.at_most(8, seed=0) is images


@pytest.fixture
def float64():
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.usefixtures("float64")
def test_the_gradient_is_that_of_difference_quotients():
    shared = weights()
    path = tf.constant(path_of(shared.network, "nor_conv_1x1", "skip_connect", "nor_conv_1x1"))
    given = (*batch(), path)
    *_, gradient = shared.gradient(*given)
    w = shared.state["w"].numpy()
    rng = np.random.default_rng(1)
    direction = rng.normal(size=w.size)
    losses = []
    for sign in (1, -1):
        shared.state["w"].assign(w + sign * 1e-5 * direction)
        losses.append(float(shared.gradient(*given)[0]))
    slope = (losses[0] - losses[1]) / 2e-5
    np.testing.assert_allclose(slope, float(np.dot(gradient, direction)), rtol=1e-5)


def test_what_is_not_on_the_path_stays_as_it_is():
    shared = weights()
    network = shared.network
    path = path_of(network, "nor_conv_1x1", "none", "skip_connect")
    shared.state["velocity"].assign(tf.ones_like(shared.state["velocity"]))
    before = shared.state["w"].numpy()
    shared.train(*batch(), tf.constant(path[None]), 0.1)
    moved = np.split(shared.state["w"].numpy() != before, np.cumsum(shared._sizes)[:-1])
    for (edge, op), changed in zip(network.places_of(), moved, strict=True):
        on = edge < 0 or path[edge] == op
        assert changed.all() if on else not changed.any()


def test_the_gradients_of_a_round_are_added_up():
    shared = weights()
    rounds = [drawing(shared.network.paths, SharingSettings(train="fair"))]
    paths = np.stack(rounds[0](np.random.default_rng(0)))
    assert paths.shape == (3, 3)  # As many as there are operations, "none" among them.
    given = batch()
    total = sum(np.array(shared.gradient(*given, tf.constant(path))[2]) for path in paths)
    w, rate = shared.state["w"].numpy(), 0.1
    shared.train(*given, tf.constant(paths), rate)
    on = np.array(shared._on(tf.constant(paths)))
    decayed = total + SETTINGS.weight_decay * w
    expected = np.where(on, w - rate * decayed, w)
    np.testing.assert_allclose(shared.state["w"].numpy(), expected, rtol=1e-4, atol=1e-6)


def test_a_kernel_on_two_paths_gets_both_gradients():
    shared = weights(space=NAS_BENCH_201)
    cells = (
        "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|",
        "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|avg_pool_3x3~0|none~1|skip_connect~2|",
    )
    paths = [tf.constant(shared.network.paths.path(parse_arch(cell))) for cell in cells]
    kernel = shared.network.cells[0].edges[0].operations["nor_conv_3x3"].convolution.kernel
    x, y, _ = batch()
    losses = [
        lambda path=path: keras.ops.mean(
            keras.losses.sparse_categorical_crossentropy(
                y, shared.network(x, path), from_logits=True
            )
        )
        for path in paths
    ]
    with tf.GradientTape(persistent=True) as tape:
        found = [loss() for loss in losses]
        both = found[0] + found[1]
    first, second, total = (np.array(tape.gradient(t, kernel.value)) for t in (*found, both))
    assert np.abs(first).max() > 1e-4 < np.abs(second).max()
    np.testing.assert_allclose(total, first + second, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("train", ["uniform", "fair"])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path, train):
    settings = SharingSettings(epochs=3, batch_size=4, train=train)

    def training(file):
        return SharedTraining(weights(settings), data(), 7, file, {"seed": 7})

    whole = training(tmp_path / "whole.npz")
    draw = drawing(whole.shared.network.paths, settings)
    assert whole.run(draw)
    part = training(tmp_path / "part.npz")
    part.epoch(draw, 3)
    part.save()
    again = training(tmp_path / "part.npz")
    assert again.run(draw)
    assert len(again.history) == 3
    for name, variable in whole.shared.state.items():
        np.testing.assert_array_equal(variable.numpy(), again.shared.state[name].numpy())
    other = SharedTraining(weights(settings), data(), 7, tmp_path / "part.npz", {"seed": 8})
    with pytest.raises(ProjectError, match="other identity"):
        other.run(draw)


def test_where_time_is_short_the_rate_falls_to_its_end():
    training = SharedTraining(weights(), data(), 0)
    draw = drawing(training.shared.network.paths, SETTINGS)
    assert not training.run(draw, seconds=0.0)
    assert training.history == []
    training.epoch(draw, 3)
    second = training.history[0].seconds
    assert training._fitting(1.5 * second) == 2
    assert training._fitting(99 * second) == 3
    assert (SETTINGS.rate_of(0), SETTINGS.rate_of(0.5), SETTINGS.rate_of(1)) == (0.1, 0.05, 0)


def test_a_loss_that_is_no_number_is_told():
    training = SharedTraining(weights(), data(), 0)
    training.images.x[:] = np.nan
    with pytest.raises(SearchError, match=r"smaller learning_rate than 0\.1"):
        training.run(drawing(training.shared.network.paths, SETTINGS))


@pytest.mark.compiled
def test_one_compiled_function_serves_every_path():
    shared = weights()
    paths = shared.network.paths
    for seed in range(4):
        path = tf.constant(paths.sample(np.random.default_rng(seed)))
        shared.gradient(*batch(), path)
    assert shared.gradient.experimental_get_tracing_count() == 1
