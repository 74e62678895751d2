"""Callbacks of a trial on a network that is really trained."""

import keras
import numpy as np
import pytest

from automl_kit.evaluation import resolve_objective
from automl_kit.evaluation.callbacks import (
    CheckFinite,
    Deadline,
    KeepBestEpoch,
    NonFiniteError,
    ScoreEpoch,
    StopAtDeadline,
)

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(64, 3)).astype("float32")
IDS = (X[:, 0] > 0).astype(int)
Y = np.eye(2, dtype="float32")[IDS]


def _network(rate=0.1):
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    network.compile(keras.optimizers.SGD(rate), "categorical_crossentropy")
    return network


def _fit(network, callbacks, epochs=3, y=Y):
    return network.fit(
        X, y, validation_data=(X, y), epochs=epochs, batch_size=8, callbacks=callbacks, verbose=0
    )


def test_the_best_epoch_comes_back():
    goal = resolve_objective("balanced_accuracy")
    best = KeepBestEpoch(goal)
    network = _network()
    history = _fit(network, [ScoreEpoch(goal, X, IDS, 64), best]).history
    values = history["val_balanced_accuracy"]
    assert best.epoch == int(np.argmax(values))
    best.restore()
    assert goal.score(IDS, network.predict(X, verbose=0)) == pytest.approx(max(values))


def test_a_loss_that_is_no_number_fails_the_trial():
    with pytest.raises(NonFiniteError, match="epoch 1"):
        _fit(_network(), [CheckFinite(resolve_objective("val_loss"))], y=Y * np.nan)


def test_a_deadline_that_passed_ends_training_after_one_batch_with_a_validation():
    seen = []

    class Count(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    history = _fit(_network(), [StopAtDeadline(Deadline(0)), Count()], epochs=99).history
    assert seen == [0]
    assert len(history["val_loss"]) == 1
