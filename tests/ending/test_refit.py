"""The refit: the winner trained once more on all rows, if there is time."""

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import autokeras as ak
import keras
import numpy as np
import pytest

from automl_kit.custom_blocks import ClassificationHead
from automl_kit.ending.refit import Refit
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.deadline import Deadline
from automl_kit.progress import Progress
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import points

X, Y = points(60)
EPOCHS, SIZE = 4, 8
FITS: list = []


class Told(Progress):
    def __init__(self):
        self.messages, self.stages = [], []

    def message(self, text):
        self.messages.append(text)

    def stage_begin(self, told):
        self.stages.append(told)


class Steps(keras.callbacks.Callback):
    """Notes the rate of each step of each training, and on how many rows it was."""

    def __deepcopy__(self, memo):
        return Steps()

    def on_train_begin(self, logs=None):
        FITS.append([])

    def on_train_batch_begin(self, batch, logs=None):
        FITS[-1].append(float(self.model.optimizer.learning_rate))


@pytest.fixture
def rows(monkeypatch):
    """The numbers of rows that each training of a network is given: to train on, to judge by."""
    seen = []
    fit = keras.Model.fit

    def spied(self, x, y=None, validation_data=None, **more):
        held = None if validation_data is None else len(validation_data[0])
        seen.append((len(x), held, more["epochs"]))
        return fit(self, x, y, validation_data=validation_data, **more)

    monkeypatch.setattr(keras.Model, "fit", spied)
    FITS.clear()
    return seen


def nodes():
    entry = ak.Input(name="node")
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    return entry, ClassificationHead(name="head", dropout=0.0)(block(entry))[0]


def searched(folder, max_trials=1, progress=None, tuner="random", fit=None, **more):
    model = AutoModel(
        *nodes(), tuner=tuner, max_trials=max_trials, directory=folder, seed=0,
        initial_hps=[{"learning_rate": 3e-3}], **more,
    )  # fmt: skip
    given = {"epochs": EPOCHS, "batch_size": SIZE, "verbose": 0, "callbacks": [Steps()]}
    model.fit(X, Y, **{**given, **(fit or {})})
    return model


def record(model):
    return json.loads((Path(model.tuner.project_dir) / "final.json").read_text())


def schedule(peak, rows, epochs):
    """A warm-up of 5 % of the steps from a tenth of the peak, then a cosine to 0, by hand."""
    steps = math.ceil(rows / SIZE) * epochs
    warm = max(1, round(0.05 * steps))
    rates = []
    for step in range(steps):
        if step < warm:
            rates.append(peak / 10 + (peak - peak / 10) * step / warm)
        else:
            share = (step - warm) / (steps - warm)
            rates.append(peak * (1 + math.cos(math.pi * share)) / 2)
    return rates


def test_the_winner_is_trained_on_all_rows_for_its_best_epochs_by_the_planned_schedule(
    tmp_path, rows
):
    model = searched(tmp_path)
    best = model.tuner.best_trial()
    epochs = best.best_step + 1
    assert rows == [(48, 12, EPOCHS), (60, None, epochs)]
    np.testing.assert_allclose(FITS[0], schedule(3e-3, 48, EPOCHS), rtol=1e-4)
    # The rate falls as in the trial: over the planned epochs, though it may end earlier.
    planned = schedule(3e-3, 60, EPOCHS)
    np.testing.assert_allclose(FITS[1], planned[: 8 * epochs], rtol=1e-4)
    noted = record(model)
    assert [len(values) for values in noted.pop("curves").values()] == [epochs] * 2
    assert noted == {"trial_id": "0", "epochs": epochs, "refit": True}

    network, trial = model.tuner.get_best_model(), model.tuner.load_model(best)
    outputs = network.predict(X, verbose=0)
    assert np.abs(outputs - trial.predict(X, verbose=0)).max() > 1e-4
    np.testing.assert_allclose(model.predict(X, verbose=0), outputs, atol=1e-6)

    # The same call again trains nothing; one more trial that isn't better neither.
    again = searched(tmp_path)
    assert len(rows) == 2
    np.testing.assert_array_equal(again.tuner.get_best_model().predict(X, verbose=0), outputs)
    more = searched(tmp_path, max_trials=2)
    winner = more.tuner.best_trial().trial_id
    assert len(rows) == (3 if winner == "0" else 4)
    assert record(more)["trial_id"] == winner


def test_held_out_rows_given_apart_are_never_trained_on(tmp_path, rows):
    model = searched(tmp_path, fit={"validation_data": (X[:12] + 100, Y[:12])})
    assert rows == [(60, 12, EPOCHS)]
    assert not (Path(model.tuner.project_dir) / "final.json").exists()
    best = model.tuner.best_trial()
    network = model.tuner.get_best_model()
    loss = network.evaluate(X[:12] + 100, Y[:12], verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(best.score, rel=1e-3)


def test_folds_leave_rows_given_apart_out_too_and_a_refit_takes_all_others(tmp_path, rows):
    from automl_kit.evaluation import Folds

    held_out = {"validation_data": (X[:12], Y[:12])}
    searched(tmp_path / "apart", evaluation=Folds(2), fit={"epochs": 1, **held_out})
    assert [(train, held) for train, held, _ in rows] == [(30, 30)] * 2
    rows.clear()
    searched(tmp_path / "split", evaluation=Folds(2), fit={"epochs": 1})
    assert [(train, held) for train, held, _ in rows] == [(30, 30), (30, 30), (60, None)]


class Network:
    """What a trainer builds, for endings without networks."""

    objective = SimpleNamespace(name="val_loss")


def trial(best_step=1, epochs=4, seconds=8.0, **more):
    figures = {"epochs": epochs, "seconds": seconds, **more}
    metrics = SimpleNamespace(exists=figures.__contains__, get_last_value=figures.__getitem__)
    return SimpleNamespace(trial_id="0", best_step=best_step, metrics=metrics,
                           hyperparameters=SimpleNamespace(values={}))  # fmt: skip


def ending(folder, build=None):
    data = SimpleNamespace(train=range(40), epochs=4, on_everything=lambda rows: None)
    trainer = SimpleNamespace(build=build, objective=Network.objective)
    return Refit(folder, trainer, data, range(60))


def test_its_seconds_are_those_of_the_trials_epochs_and_rows(tmp_path):
    refit = ending(tmp_path)
    # 2 of 4 epochs of 8 s, with 60 in place of 40 rows.
    assert refit.seconds(trial()) == pytest.approx(8 * 2 / 4 * 60 / 40)
    assert refit.seconds(trial(), elapsed=3.0) == pytest.approx(6)
    assert refit.seconds(trial(), elapsed=10.0) == pytest.approx(15)
    assert refit.seconds(None) == 0
    assert Refit(tmp_path, refit.trainer, refit.data, None).seconds(trial()) == 0


def test_without_time_it_is_left_out_and_told(tmp_path):
    told = Told()
    run = Run(None, None, lambda *n: 0, Deadline(5), told)
    ending(tmp_path).run(trial(), run)
    assert told.messages == [
        "No time is left to train the best model on all rows; it is kept as it is."
    ]
    assert not told.stages
    assert not list(tmp_path.iterdir())


def test_the_trials_network_is_kept_where_it_fails(tmp_path):
    def fails(*_):
        raise MemoryError("no room for all rows")

    told = Told()
    run = Run(None, None, lambda *n: 0, Deadline(None), told)
    refit = ending(tmp_path, fails)
    refit.data.on_everything = lambda rows: SimpleNamespace(
        epochs=4, planned_epochs=lambda values: 4
    )
    refit.run(trial(), run)
    assert told.stages == ["Training the best model on all rows, 2 epochs"]
    assert told.messages == [
        "Training on all rows failed (out of memory: no room for all rows); the best trial's "
        "network is kept."
    ]
    assert not list(tmp_path.iterdir())


def test_after_a_failed_refit_the_model_is_the_trials(tmp_path, monkeypatch):
    monkeypatch.setattr(Refit, "_trained", lambda *_: (_ for _ in ()).throw(ValueError("odd")))
    model = searched(tmp_path)
    best = model.tuner.best_trial()
    expected = model.tuner.load_model(best).predict(X, verbose=0)
    np.testing.assert_array_equal(model.tuner.get_best_model().predict(X, verbose=0), expected)


def test_early_stopping_of_the_user_has_no_part_in_it():
    from automl_kit.evaluation.rows import Rows, TrainingData

    stop, steps = keras.callbacks.EarlyStopping("val_loss"), Steps()
    data = TrainingData(Rows(X, Y), Rows(X, Y), 4, 8, (stop, steps))
    full = data.on_everything(Rows(X, Y))
    assert full.held_out is None
    assert list(full.callbacks) == [steps]
    assert replace(full, epochs=9).epochs == 9
    assert copy.deepcopy(full.user_callbacks()) is not full.callbacks


def test_a_trial_that_was_shortened_is_trained_as_long_as_there_is_time(tmp_path):
    """Its best epoch was the fourth of five; of a plan of 10 that is the eighth."""
    asked = []

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])

    def retrain(network, data, run, seed, planned, epochs):
        assert network is model
        asked.append((len(data.rows), seed, planned, epochs))
        return SimpleNamespace(curves={"loss": [0.5, 0.4, 0.3]})

    told = Told()
    run = Run(None, None, lambda *n: 7, Deadline(None), told)
    refit = ending(tmp_path)
    refit.trainer.retrain, refit.trainer.build = retrain, lambda *_: model
    refit.data.on_everything = lambda rows: SimpleNamespace(
        rows=rows, planned_epochs=lambda values: 10
    )
    refit.run(trial(best_step=3, epochs=5, shortened=1.0), run)
    assert asked == [(60, 7, 8, 8)]
    assert told.stages == [
        "Training the best model on all rows, as many epochs as there is time for"
    ]
    noted = json.loads((tmp_path / "final.json").read_text())
    assert noted["epochs"] == 3
