"""Fitting a network: what Keras does, without tracing a step twice."""

import keras
import numpy as np
import pytest

from automl_kit.evaluation.fit import fit
from automl_kit.evaluation.rows import Rows, TrainingData

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
IDS = (X[:, 0] > 0).astype(int)
ONE_HOT = np.eye(2, dtype="float32")[IDS]


def network(heads=1):
    """A network of one or two outputs, the same each time."""
    keras.utils.set_random_seed(0)
    entry = keras.Input((3,))
    inside = keras.layers.Dropout(0.5)(keras.layers.Dense(4, activation="relu")(entry))
    ends = [
        keras.layers.Dense(2, activation="softmax", name=f"end{n}")(inside) for n in range(heads)
    ]
    model = keras.Model(entry, ends)  # A list of one is what AutoKeras's graphs give.
    metrics = ["accuracy", keras.metrics.AUC(name="auc")]
    rates = keras.optimizers.schedules.CosineDecay(0.1, 20)
    model.compile(
        keras.optimizers.AdamW(rates),
        {f"end{n}": "categorical_crossentropy" for n in range(heads)},
        metrics=metrics if heads == 1 else [["accuracy"], ["accuracy"]],
    )
    keras.utils.set_random_seed(1)
    return model


def data(heads=1, weights=None):
    y = ONE_HOT if heads == 1 else [ONE_HOT] * heads
    return TrainingData(
        Rows(X, y, weights), Rows(X[:5], y[:5] if heads == 1 else [t[:5] for t in y]), 3, 8, ()
    )


@pytest.mark.compiled
@pytest.mark.parametrize("heads", [1, 2])
def test_a_step_is_traced_once(heads, monkeypatch):
    traced, original = [], keras.Model.train_step
    monkeypatch.setattr(
        keras.Model, "train_step", lambda self, rows: traced.append(1) or original(self, rows)
    )
    model = network(heads)
    fit(model, data(heads), [], 3)
    assert len(traced) == 1
    del traced[:]
    fit(model, data(heads), [], 3)
    assert not traced


@pytest.mark.compiled
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("weights", [None, np.linspace(0, 2, 20, dtype="float32")])
def test_what_is_trained_is_what_keras_trains(heads, weights):
    model, expected = network(heads), network(heads)
    given = data(heads, weights)
    curves = fit(model, given, [], 3)
    held_out = given.held_out
    weighed = weights if heads == 1 or weights is None else [weights] * heads
    history = expected.fit(
        X, given.train.y, sample_weight=weighed, batch_size=8, epochs=3, verbose=0,
        validation_data=(held_out.x, held_out.y), validation_batch_size=256,
    )  # fmt: skip
    assert curves.keys() == history.history.keys()
    for name, curve in curves.items():
        np.testing.assert_array_equal(curve, history.history[name])
    for found, kept in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(found, kept)
