"""The gradients and updates of one step of the bi-level search."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks.darts import darts_supernet
from automl_kit.search.stages.darts.darts_settings import DartsSettings
from automl_kit.search.stages.darts.search_step import SearchStep
from automl_kit.search.stages.darts.supernet_loss import SupernetLoss

RATE = 0.1


@pytest.fixture(autouse=True)
def in_float64() -> Iterator[None]:
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy("float32")


def make_step(ops=("none", "skip_connect", "avg_pool_3x3", "sep_conv_3x3"), **settings):
    keras.utils.set_random_seed(0)
    network = darts_supernet((6, 6, 1), 3, filters=2, cells=3, nodes=1, ops=ops)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    step = SearchStep(SupernetLoss(network, loss), DartsSettings(**settings))
    generator = np.random.default_rng(0)
    step.state["alpha"].assign(generator.standard_normal(step.state["alpha"].shape))
    return step


def batch(seed):
    generator = np.random.default_rng(seed)
    return tf.constant(generator.standard_normal((8, 6, 6, 1))), tf.constant(np.arange(8) % 3)


def scalar(value):
    return tf.constant(value, "float64")


def loss_at(step, w, alpha, batch):
    return float(step.supernet.value(tf.constant(w), tf.constant(alpha), batch)[0])


def test_first_order_gradient_is_a_difference_quotient():
    step, valid = make_step(), batch(1)
    _, _, gradient = step.alpha_gradient(batch(0), valid, scalar(RATE))
    w, alpha = step.state["w"].numpy(), step.state["alpha"].numpy()
    direction = np.random.default_rng(2).standard_normal(alpha.shape)
    above, below = (loss_at(step, w, alpha + move * direction, valid) for move in (1e-5, -1e-5))
    assert np.sum(gradient * direction) == pytest.approx((above - below) / 2e-5, rel=1e-5)


def test_second_order_gradient_is_that_of_the_unrolled_loss():
    """Eq. 7: d/dα of the validation loss after a step of training that α has a part in."""
    step = make_step(("none", "sep_conv_3x3"), order=2, radius=1e-5)
    train, valid = batch(0), batch(1)
    momentum = np.random.default_rng(3).standard_normal(step.state["w"].shape) * 0.01
    step.state["velocity"].assign(momentum)
    _, _, gradient = step.alpha_gradient(train, valid, scalar(RATE))
    w, alpha = step.state["w"].numpy(), step.state["alpha"].numpy()

    def unrolled_loss(alpha):
        gradient = step.supernet.by_weights(tf.constant(w), tf.constant(alpha), train)[3]
        unrolled = w - RATE * (0.9 * momentum + gradient + 3e-4 * w)
        return loss_at(step, unrolled, alpha, valid)

    quotients = np.zeros_like(alpha)
    for place in range(len(alpha)):
        move = np.zeros_like(alpha)
        move[place] = 1e-5
        quotients[place] = (unrolled_loss(alpha + move) - unrolled_loss(alpha - move)) / 2e-5
    first_order = step.supernet.by_alphas(tf.constant(w), tf.constant(alpha), valid)[2].numpy()
    error = np.linalg.norm(gradient - quotients)
    assert error < 1e-4 * np.linalg.norm(quotients)
    # The second-order part was not too small to be seen.
    assert error < 1e-4 * np.linalg.norm(first_order - quotients)


def test_weights_move_by_clipped_gradient_decay_and_momentum():
    step, train = make_step(clip=0.05), batch(0)
    w, alpha = step.state["w"].numpy(), step.state["alpha"].numpy()
    velocity = np.zeros_like(w)
    for _ in range(2):
        gradient = step.supernet.by_weights(tf.constant(w), tf.constant(alpha), train)[3].numpy()
        assert np.linalg.norm(gradient) > 0.05
        gradient *= 0.05 / np.linalg.norm(gradient)
        velocity = 0.9 * velocity + gradient + 3e-4 * w
        w = w - RATE * velocity
        step.weights(train, scalar(RATE))
        np.testing.assert_allclose(step.state["w"], w, atol=1e-12)
    np.testing.assert_array_equal(step.state["alpha"], alpha)


def test_alpha_moves_as_keras_adam_moves_it():
    step, train, valid = make_step(alpha_learning_rate=0.01), batch(0), batch(1)
    adam = keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.999, epsilon=1e-8)
    variable = keras.Variable(step.state["alpha"].numpy())
    for _ in range(3):
        gradient = step.supernet.by_alphas(step.state["w"], step.state["alpha"], valid)[2]
        adam.apply_gradients([(gradient + 1e-3 * variable.value, variable)])
        step.both(train, valid, scalar(RATE), scalar(0.0))
        np.testing.assert_allclose(
            step.state["alpha"], variable.numpy(), atol=2e-6
        )  # ε is elsewhere in Keras


def test_the_architecture_moves_before_the_weights():
    """The weights' step is taken at the new α."""
    step, train, valid = make_step(alpha_learning_rate=1.0), batch(0), batch(1)
    w = step.state["w"].numpy()
    loss, _, valid_loss, _ = step.both(train, valid, scalar(RATE), scalar(0.0))
    alpha = step.state["alpha"].numpy()
    assert loss_at(step, w, alpha, train) == pytest.approx(float(loss))
    assert loss_at(step, w, alpha, valid) != pytest.approx(float(valid_loss))


def test_beta_decay_adds_the_gradient_of_logsumexp():
    step = make_step()
    alpha = step.state["alpha"].numpy()
    rows = alpha.reshape(-1, 4)  # two kinds of cell, two edges each, four operations

    def term(alpha):
        return 50 * np.mean(np.log(np.exp(alpha.reshape(rows.shape)).sum(axis=1)))

    gradient = step._decay_gradient(scalar(50.0)).numpy()
    direction = np.random.default_rng(2).standard_normal(alpha.shape)
    quotient = (term(alpha + 1e-6 * direction) - term(alpha - 1e-6 * direction)) / 2e-6
    assert np.sum(gradient * direction) == pytest.approx(quotient, rel=1e-6)


def test_compiled_steps_give_what_eager_ones_give():
    results = []
    for eager in (True, False):
        tf.config.run_functions_eagerly(eager)
        step = make_step(ops=("none", "skip_connect"), order=2)
        step.both(batch(0), batch(1), scalar(RATE), scalar(1.0))
        results.append({name: variable.numpy() for name, variable in step.state.items()})
    for name, value in results[0].items():
        np.testing.assert_allclose(results[1][name], value, rtol=1e-6, atol=1e-12)
