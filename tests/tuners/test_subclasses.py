"""KerasTuner's hooks: what a subclass overrides is heard, of hypermodels and of graphs."""

import autokeras as ak
import keras
import numpy as np
import pytest

import automl_kit
from automl_kit.custom_blocks import ClassificationHead, TableInput
from automl_kit.evaluation.model_trainer import ResultError
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import Hypermodel, points
from automl_kit.tuners import Evolution, RandomSearch

X, Y = points(36)
HELD_OUT = {"validation_data": (X[24:], Y[24:]), "batch_size": 12, "verbose": 0}


class Heard(RandomSearch):
    """Notes which hooks are called, and passes on."""

    def __init__(self, *args, **kwargs):
        self.heard = []
        super().__init__(*args, **kwargs)

    def on_search_begin(self):
        self.heard.append("search begin")
        super().on_search_begin()

    def on_trial_begin(self, trial):
        self.heard.append(f"trial begin {trial.trial_id}")
        super().on_trial_begin(trial)

    def on_epoch_begin(self, trial, model, epoch, logs=None):
        assert isinstance(model, keras.Model)
        self.heard.append(f"epoch begin {epoch}")

    def on_batch_end(self, trial, model, batch, logs=None):
        self.heard.append(f"batch {batch}")

    def on_epoch_end(self, trial, model, epoch, logs=None):
        assert "val_loss" in logs
        self.heard.append(f"epoch end {epoch} of trial {trial.trial_id}")

    def on_trial_end(self, trial):
        self.heard.append(f"trial end {trial.trial_id} {trial.status}")
        super().on_trial_end(trial)

    def on_search_end(self):
        self.heard.append("search end")
        super().on_search_end()


def expected(trials):
    told = ["search begin"]
    for trial in range(trials):
        told.append(f"trial begin {trial}")
        for epoch in range(2):
            told += [f"epoch begin {epoch}", "batch 0", "batch 1"]
            told.append(f"epoch end {epoch} of trial {trial}")
        told.append(f"trial end {trial} COMPLETED")
    return [*told, "search end"]


def nodes(name="node"):
    entry = ak.Input(name=name)
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    return entry, ClassificationHead(name="head", dropout=0.0)(block(entry))[0]


def test_hooks_are_heard_in_a_search_of_a_hypermodel(tmp_path):
    tuner = Heard(Hypermodel(), "val_loss", 2, directory=tmp_path, seed=0)
    tuner.search(X[:24], Y[:24], epochs=2, **HELD_OUT)
    assert tuner.heard == expected(2)


def test_hooks_are_heard_in_a_search_of_a_graph(tmp_path):
    model = AutoModel(*nodes(), tuner=Heard, max_trials=1, directory=tmp_path, seed=0)
    assert type(model.tuner) is Heard
    model.fit(X[:24], Y[:24], epochs=2, **HELD_OUT)
    assert model.tuner.heard == expected(1)


class Shifted(Evolution):
    """Judges a trial as usual and adds 100 to its score."""

    seen: tuple = ()

    def run_trial(self, trial, *args, **kwargs):
        Shifted.seen = (*Shifted.seen, (trial.trial_id, len(args), sorted(kwargs)))
        result = super().run_trial(trial, *args, **kwargs)
        return {self.oracle.objective.name: result.score + 100}


def test_run_trial_is_heard_in_a_search_of_a_hypermodel(tmp_path):
    tuner = Shifted(Hypermodel(), "val_loss", 2, directory=tmp_path, seed=0)
    Shifted.seen = ()
    tuner.search(X[:24], Y[:24], epochs=1, **HELD_OUT)
    told = ["batch_size", "epochs", "validation_data", "verbose"]
    assert Shifted.seen == (("0", 2, told), ("1", 2, told))
    assert all(100 < trial.score < 110 for trial in tuner.oracle.trials.values())


def test_run_trial_is_heard_by_an_auto_model(tmp_path):
    model = AutoModel(*nodes(), tuner=Shifted, max_trials=1, directory=tmp_path, seed=0)
    model.fit(X[:24], Y[:24], epochs=1, **HELD_OUT)
    assert 100 < model.tuner.best_trial().score < 110


def test_run_trial_is_heard_by_a_task():
    entry = TableInput()
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0)
    graph = entry, ClassificationHead(dropout=0.0)(block(entry))
    task = automl_kit.StructuredDataClassifier(
        graph=graph, tuner=Shifted, max_trials=1, epochs=1, seed=0, verbose=0
    )
    task.fit(X, Y.argmax(axis=1))
    assert type(task.tuner_) is Shifted
    assert (task.leaderboard().score > 100).all()
    assert task.predict(X).shape == (36,)


@pytest.mark.parametrize(
    "give",
    [
        lambda x: x,
        np.float32,
        lambda x: {"default_objective": x, "other": 3},
        lambda x: [x - 1, x + 1],
    ],
)
def test_a_black_box_needs_no_hypermodel_and_may_return_what_keras_tuner_allows(tmp_path, give):
    class Parabola(Evolution):
        def run_trial(self, trial, *args, **kwargs):
            x = trial.hyperparameters.Float("x", -2.0, 2.0)
            return give(x * x)

    tuner = Parabola(max_trials=3, seed=0, directory=tmp_path)
    tuner.search()
    trials = tuner.oracle.trials.values()
    for trial in trials:
        assert trial.score == pytest.approx(trial.hyperparameters.get("x") ** 2, abs=1e-6)
    assert tuner.best_trial().score == min(trial.score for trial in trials)


def test_what_is_no_result_is_raised_as_keras_tuner_does(tmp_path):
    class Nothing(Evolution):
        def run_trial(self, trial, *args, **kwargs):
            trial.hyperparameters.Float("x", -2.0, 2.0)
            return "good" if trial.trial_id == "1" else 1.0

    tuner = Nothing(max_trials=2, seed=0, directory=tmp_path)
    with pytest.raises(ResultError, match=r"run_trial\(\) to be one of float.*Received: 'good'"):
        tuner.search()
    assert tuner.oracle.trials["0"].status == "COMPLETED"


def test_other_data_that_a_subclass_passes_on_is_what_is_trained_on(tmp_path):
    class Half(RandomSearch):
        def run_trial(self, trial, x, y, **kwargs):
            return super().run_trial(trial, x[::2], y[::2], **kwargs)

    rows = []

    class Rows(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            return Rows()

        def on_train_begin(self, logs=None):
            rows.append(self.params["steps"])

    tuner = Half(Hypermodel(), "val_loss", 1, directory=tmp_path, seed=0)
    tuner.search(X[:24], Y[:24], epochs=1, callbacks=[Rows()], **HELD_OUT)
    assert rows == [1]
