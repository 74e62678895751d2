"""Callbacks of a trial on a network that is really trained."""

import keras
import numpy as np
import pytest

from automl_kit.evaluation import resolve_objective
from automl_kit.evaluation.callbacks import (
    CheckFinite,
    KeepBestEpoch,
    NonFiniteError,
    ScoreEpoch,
    StopIfPruned,
    StopInTime,
)
from automl_kit.evaluation.objectives import MissingObjectiveError

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


class Count(keras.callbacks.Callback):
    """The batches that were seen, as pairs of epoch and number."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((self.epoch, batch))


@pytest.mark.parametrize(
    ("batches", "cut", "whole"),
    [(1, True, 0), (7, True, 0), (8, True, 1), (9, True, 1), (23, True, 2), (24, False, 3)],
)
def test_training_ends_after_the_batch_in_which_time_is_over_and_validates(batches, cut, whole):
    """Eight batches an epoch, three epochs; the last batch of all is no cut."""
    count = Count()
    stop = StopInTime(lambda elapsed: len(count.seen) >= batches)
    history = _fit(_network(), [count, stop]).history
    assert len(count.seen) == batches
    assert len(history["val_loss"]) == len({epoch for epoch, _ in count.seen})
    assert (stop.cut, stop.epoch) == (cut, whole)


def test_the_seconds_since_the_training_began_are_told(monkeypatch):
    told = []
    clock = iter(range(100, 200))
    monkeypatch.setattr("automl_kit.evaluation.callbacks.time.monotonic", lambda: next(clock))
    _fit(_network(), [StopInTime(lambda elapsed: told.append(elapsed) or False)], epochs=1)
    assert told == [1, 2, 3, 4, 5, 6, 7, 8]


def test_an_objective_that_is_not_logged_is_told_with_what_is():
    with pytest.raises(
        MissingObjectiveError, match=r"'val_accuracy' is not among .*: loss, val_los"
    ):
        _fit(_network(), [KeepBestEpoch(resolve_objective("accuracy"))])


def test_a_pruner_hears_of_epochs_and_ends_the_trainings():
    asked = []

    def gives_up(epochs, value):
        asked.append((epochs, value))
        return epochs == 2

    prune = StopIfPruned(gives_up, "val_loss")
    values = _fit(_network(), [prune], epochs=9).history["val_loss"]
    assert prune.cut
    assert len(values) == 2
    assert asked == [(1, values[0]), (2, values[1])]
    # Another training of the same trial ends there too, and nobody is asked.
    assert len(_fit(_network(), [prune], epochs=9).history["val_loss"]) == 2
    assert len(asked) == 2
    # After the last epoch there is nothing to stop.
    prune = StopIfPruned(gives_up, "val_loss")
    _fit(_network(), [prune], epochs=2)
    assert not prune.cut
    assert len(asked) == 4
