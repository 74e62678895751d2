"""Naswot of codes that are known."""

import keras
import numpy as np
import pytest
from keras import layers

from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost import zero_cost_scores
from automl_kit.evaluation.zero_cost.relu_codes import agreements, log_determinant

ROWS = np.array([[1.0, -1.0], [-2.0, 3.0], [0.5, 0.5]])  # codes 10, 01, 11


def naswot(model, x=ROWS):
    return zero_cost_scores(model, x, scores=("naswot",))["naswot"]


@pytest.mark.parametrize(
    "relu",
    [
        layers.ReLU(),
        layers.Activation("relu"),
        layers.Dense(2, "relu", use_bias=False, kernel_initializer="identity"),
        keras.ops.relu,
        keras.Sequential([keras.Input((2,)), layers.ReLU()]),
    ],
    ids=["layer", "activation", "of a layer", "operation", "nested"],
)
def test_naswot_of_three_codes(relu):
    """K = [[2, 0, 1], [0, 2, 1], [1, 1, 2]], whose determinant is 4."""
    entry = keras.Input((2,))
    model = keras.Model(entry, layers.Dense(1)(relu(entry)))
    assert naswot(model) == pytest.approx(np.log(4))


def test_layers_are_summed():
    codes = np.array([[True, False], [False, True], [True, True]])
    kernel = agreements([codes, codes[:, :1]])
    np.testing.assert_array_equal(kernel, [[3, 0, 2], [0, 3, 1], [2, 1, 3]])
    by_hand = 3 * (9 - 1) + 2 * (0 - 6)
    assert log_determinant(kernel) == pytest.approx(np.log(by_hand))


def test_no_relu_and_rows_that_are_alike_are_told():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2, "tanh")])
    with pytest.raises(InputError, match="there is no ReLU among its layers"):
        naswot(model)
    model = keras.Sequential([keras.Input((2,)), layers.ReLU()])
    with pytest.raises(InputError, match="don't tell 2 rows apart"):
        naswot(model, ROWS[[0, 0]])
