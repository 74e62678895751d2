"""Jacov, synflow and grad_norm against hand computations and difference quotients."""

import keras
import numpy as np
import pytest
from keras import layers

from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost import zero_cost_scores
from automl_kit.evaluation.zero_cost.gradients import input_gradients
from automl_kit.evaluation.zero_cost.probe import Probe

RNG = np.random.default_rng(1)


def score(name, model, x, y=None):
    return zero_cost_scores(model, x, y, (name,))[name]


def squares():
    """Σ x², whose slope at x is 2x."""
    entry = keras.Input((3,))
    squared = layers.Multiply()([entry, entry])
    return keras.Model(entry, layers.Dense(1, kernel_initializer="ones")(squared))


def test_jacov_of_two_rows_whose_slopes_are_known():
    x = np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 2.0]])
    np.testing.assert_allclose(input_gradients(Probe(squares(), x)), 2 * x)
    first, second = x[0] - 7 / 3, x[1] - 2
    r = (first @ second) / np.sqrt((first @ first) * (second @ second))
    by_hand = -sum(np.log(v + 1e-5) + 1 / (v + 1e-5) for v in (1 + r, 1 - r))
    assert score("jacov", squares(), x) == pytest.approx(by_hand, rel=1e-5)


def test_jacov_of_rows_with_nothing_in_common_is_the_highest():
    """Rows of a Hadamard matrix are not correlated: all eigenvalues are 1."""
    x = np.array([[1.0, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    entry = keras.Input((4,))
    squared = layers.Multiply()([entry, entry])
    model = keras.Model(entry, layers.Dense(1, kernel_initializer="ones")(squared))
    assert score("jacov", model, x) == pytest.approx(-3, abs=1e-4)


def test_gradients_by_inputs_are_difference_quotients():
    """Through a normalised batch, where the outputs of a row hang on all others."""
    keras.utils.set_random_seed(0)
    entry = keras.Input((3,))
    x = layers.BatchNormalization()(layers.Dense(5, "tanh")(entry))
    logits = layers.Dense(2)(layers.Activation("gelu")(x))
    model = keras.Model(entry, layers.Softmax()(logits))
    plain = keras.Model(entry, logits)
    rows = RNG.normal(size=(4, 3)).astype("float32")
    found = input_gradients(Probe(model, rows))
    step = 1e-2
    for place in np.ndindex(rows.shape):
        moved = np.zeros_like(rows)
        moved[place] = step
        up, down = (np.sum(plain(rows + sign * moved, training=True)) for sign in (1, -1))
        assert found[place] == pytest.approx((up - down) / (2 * step), abs=5e-3)


def test_whole_numbers_enter_by_what_is_looked_up():
    keras.utils.set_random_seed(0)
    tokens = keras.Input((4,), dtype="int32")
    vectors = layers.Embedding(9, 3)(tokens)
    model = keras.Model(
        tokens, layers.Dense(2)(layers.Flatten()(layers.Activation("tanh")(vectors)))
    )
    ids = RNG.integers(0, 9, (6, 4))
    table, kernel, _ = model.get_weights()
    slopes = (1 - np.tanh(table[ids].reshape(6, -1)) ** 2) * kernel.sum(axis=1)
    np.testing.assert_allclose(input_gradients(Probe(model, ids)), slopes, rtol=1e-4, atol=1e-6)
    for name in ("jacov", "synflow"):
        assert np.isfinite(score(name, model, ids))


def two_layers(*more):
    first, second = np.array([[1.0, -2.0], [3.0, 4.0]]), np.array([[-1.0], [2.0]])
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(2, use_bias=False), *more, layers.Dense(1, use_bias=False)]
    )
    model.layers[0].set_weights([first])
    model.layers[-1].set_weights([second])
    return model


def test_synflow_of_two_linear_layers():
    """(1, 1)·|W₁| = (4, 6), times |W₂| it is R = 16; each layer's flow is R."""
    rows = RNG.normal(size=(3, 2))
    assert score("synflow", two_layers(), rows) == pytest.approx(np.log(32))


def test_synflow_leaves_normalisation_out_and_passes_relu():
    norm = layers.BatchNormalization(beta_initializer="ones", gamma_initializer="zeros")
    model = two_layers(norm, layers.LayerNormalization(), layers.ReLU())
    assert score("synflow", model, np.ones((1, 2))) == pytest.approx(np.log(32))


def test_synflow_is_finite_where_float32_is_not():
    """40 layers of ones: R = 64⁴¹ = e¹⁷⁰."""
    ones = [layers.Dense(64, use_bias=False, kernel_initializer="ones") for _ in range(40)]
    model = keras.Sequential([keras.Input((64,)), *ones])
    by_hand = np.log(40) + 41 * np.log(64)
    assert score("synflow", model, np.ones((1, 64))) == pytest.approx(by_hand)


def test_grad_norm_of_a_softmax_by_hand():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, "softmax")])
    x, y = RNG.normal(size=(5, 3)).astype("float32"), np.eye(2)[[0, 1, 1, 0, 1]]
    slope = x.T @ (np.asarray(model(x)) - y) / 5
    assert score("grad_norm", model, x, y) == pytest.approx(np.linalg.norm(slope), rel=1e-4)


def test_grad_norm_is_made_of_difference_quotients():
    """Of each kernel by itself, of the loss that the network is compiled with."""
    keras.utils.set_random_seed(0)
    entry = keras.Input((2,))
    x = layers.BatchNormalization()(layers.Dense(3, "tanh")(entry))
    model = keras.Model(entry, layers.Dense(1)(x))
    model.compile("sgd", "mean_squared_error")
    rows, y = RNG.normal(size=(6, 2)).astype("float32"), RNG.normal(size=(6, 1))

    def loss():
        return float(np.mean((np.asarray(model(rows, training=True)) - y) ** 2))

    norms, step = [], 1e-2
    for kernel in (model.layers[1].kernel, model.layers[3].kernel):
        value, slopes = np.array(kernel), []
        for place in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = value.copy()
                moved[place] += sign * step
                kernel.assign(moved)
                ends.append(loss())
            slopes.append((ends[0] - ends[1]) / (2 * step))
            kernel.assign(value)
        norms.append(np.linalg.norm(slopes))
    assert score("grad_norm", model, rows, y) == pytest.approx(sum(norms), rel=1e-2)


def test_a_score_that_cannot_be_had_is_told():
    entry = keras.Input((3,))
    constant = keras.Model(entry, keras.ops.sign(entry) * 0)
    with pytest.raises(InputError, match="by the inputs that are finite and not the same"):
        score("jacov", constant, np.ones((4, 3)))
    with pytest.raises(InputError, match="it takes two rows"):
        score("jacov", squares(), np.ones((1, 3)))
    with pytest.raises(InputError, match="flow through its weights is 0"):
        score("synflow", keras.Sequential([keras.Input((3,)), layers.ReLU()]), np.ones((1, 3)))
    with pytest.raises(InputError, match="needs one output and its targets y"):
        score("grad_norm", squares(), np.ones((4, 3)))
