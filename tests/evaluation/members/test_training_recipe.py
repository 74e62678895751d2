"""Recipes as numbers: a schedule's rates are Keras's own."""

import keras
import numpy as np
import pytest

from automl_kit.evaluation.members.training_recipe import recipe_of

SCHEDULES = keras.optimizers.schedules


@pytest.mark.parametrize(
    "rate",
    [
        0.003,
        SCHEDULES.CosineDecay(0.1, 20, alpha=0.1),
        SCHEDULES.CosineDecay(0.01, 20, warmup_target=0.1, warmup_steps=5),
        SCHEDULES.CosineDecay(0.01, 20, warmup_target=0.1, warmup_steps=1),
        SCHEDULES.CosineDecay(0.01, 20, warmup_steps=5),
        SCHEDULES.PolynomialDecay(0.1, 20, 0.01),
    ],
    ids=["number", "cosine", "warm-up", "short warm-up", "no target", "other"],
)
def test_rates_are_those_of_the_schedule(rate):
    x = keras.Input((2,))
    model = keras.Model(x, keras.layers.Dense(2)(x))
    model.compile(keras.optimizers.AdamW(rate), "mse")
    recipe = recipe_of(model, model.weights)
    expected = [float(rate(step)) if callable(rate) else rate for step in range(3, 30)]
    np.testing.assert_allclose(recipe.rates(np.arange(3, 30)), expected, rtol=1e-4, atol=1e-8)


def test_what_decays_and_how_is_read_from_the_optimizer():
    x = keras.Input((2,))
    model = keras.Model(x, keras.layers.LayerNormalization()(keras.layers.Dense(2)(x)))
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.2, clipnorm=3.0, beta_2=0.9)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma"])
    model.compile(optimizer, "mse")
    recipe = recipe_of(model, model.weights)
    assert recipe.decayed == (True, False, False, True)
    assert (recipe.decay, recipe.clipnorm, recipe.beta_2) == (0.2, 3.0, 0.9)
    model.compile("sgd", "mse")
    assert recipe_of(model, model.weights) is None
