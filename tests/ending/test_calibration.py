"""Temperatures: found where rows are enough and they help, and put into the network."""

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss

from automl_kit.ending.calibration import temperature, tempered

RANDOM = np.random.default_rng(0)


def drawn(rows, classes, heat):
    """Probabilities that are right at a temperature, and classes drawn by them."""
    logs = RANDOM.normal(size=(rows, classes)) * 2
    right = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    ids = np.array([RANDOM.choice(classes, p=row) for row in right])
    shown = np.exp(logs * heat)
    return shown / shown.sum(axis=1, keepdims=True), ids


@pytest.mark.parametrize("heat", [0.6, 1.8])
@pytest.mark.parametrize(("rows", "classes"), [(4000, 2), (2000, 5)])
def test_the_temperature_that_was_is_found(rows, classes, heat):
    outputs, ids = drawn(rows, classes, heat)
    assert temperature(outputs, ids) == pytest.approx(heat, rel=0.12)


@pytest.mark.parametrize(("rows", "classes"), [(2999, 2), (499, 5)])
def test_too_few_rows_say_nothing(rows, classes):
    assert temperature(*drawn(rows, classes, 3.0)) == 1.0


def test_what_does_not_help_the_other_half_is_not_taken():
    outputs, ids = drawn(2000, 3, 1.0)
    outputs[::2] = outputs[::2] ** 3 / (outputs[::2] ** 3).sum(axis=1, keepdims=True)
    outputs[1::2] = outputs[1::2] ** 0.4 / (outputs[1::2] ** 0.4).sum(axis=1, keepdims=True)
    assert temperature(outputs, ids) == 1.0


def test_weights_of_rows_count():
    (sure, ids), (unsure, more) = drawn(2000, 3, 2.0), drawn(2000, 3, 0.5)
    outputs, every = np.concatenate([sure, unsure]), np.concatenate([ids, more])
    order = RANDOM.permutation(4000)
    weights = np.where(order < 2000, 1.0, 1e-6)
    assert temperature(outputs[order], every[order], weights) == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("listed", [False, True])
def test_the_network_gives_probabilities_at_the_temperature(listed):
    x = keras.Input((4,), name="rows")
    output = keras.layers.Dense(3, activation="softmax")(x)
    network = keras.Model([x], [output]) if listed else keras.Model(x, output)
    rows = RANDOM.normal(size=(9, 4)).astype("float32")
    before = np.asarray(network(rows), "float64").reshape(9, 3)
    hot = np.asarray(tempered(network, 2.5)(rows))
    expected = before ** (1 / 2.5) / (before ** (1 / 2.5)).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(hot, expected, atol=1e-6)
    assert tempered(network, 1.0) is network


def test_a_temperature_lowers_the_loss_on_other_rows():
    outputs, ids = drawn(8000, 4, 2.0)
    found = temperature(outputs[:4000], ids[:4000])
    hot = outputs[4000:] ** (1 / found)
    hot /= hot.sum(axis=1, keepdims=True)
    assert log_loss(ids[4000:], hot) < log_loss(ids[4000:], outputs[4000:]) - 0.05
