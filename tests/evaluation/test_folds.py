"""Folds: what they are by hand, and what becomes of their networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.data import stratified_folds
from automl_kit.errors import InputError
from automl_kit.evaluation import Folds, Result, Run, get_evaluation
from automl_kit.evaluation.model_trainer import FitCall
from automl_kit.evaluation.rows import Rows, TrainingData
from automl_kit.testing.trainings import Hypermodel, points
from automl_kit.tuners import RandomSearch

X, Y = points(30)
IDS = Y.argmax(axis=1)


def test_a_trial_is_its_folds_trained_one_by_one(tmp_path):
    """Each by a plain Keras fit of the same rows under the same seed."""
    weights = np.linspace(0.5, 2, 30).astype("float32")
    tuner = RandomSearch(Hypermodel(), "val_loss", 1, seed=0, directory=tmp_path,
                         evaluation=Folds(2))  # fmt: skip
    tuner.search(X, Y, sample_weight=weights, epochs=2, batch_size=8, verbose=0)
    trial = tuner.best_trial()
    losses, models = [], []
    for part, held in enumerate(stratified_folds(IDS, 2, tuner.oracle.seed_for(0, 3))):
        train = np.setdiff1d(np.arange(30), held)
        seed = tuner.oracle.seed_for(0, 1, 0, part)
        keras.utils.set_random_seed(seed)
        model = Hypermodel()(trial.hyperparameters.copy())
        keras.utils.set_random_seed(seed)
        history = model.fit(
            X[train], Y[train], sample_weight=weights[train], epochs=2, batch_size=8, verbose=0,
            validation_data=(X[held], Y[held], weights[held]),
        ).history["val_loss"]  # fmt: skip
        assert history[1] < history[0]  # So that its best epoch is what it ends with.
        losses.append(history[1])
        models.append(model)
    assert trial.score == pytest.approx(np.mean(losses), rel=1e-4)
    assert trial.metrics.get_last_value("epochs") == 4
    outputs = np.mean([model.predict(X, verbose=0) for model in models], axis=0)
    np.testing.assert_allclose(tuner.load_model(trial).predict(X, verbose=0), outputs, atol=1e-4)


class Network:
    """Stands for a trainer: a fold's output on a row is the row's number and the fold's."""

    def train(self, trial, data, run, part=None):
        rows = data.held_out.x[:, 0]
        held = np.stack([rows, np.full(len(rows), part)], axis=1)
        cut = part == trial
        return Result(
            score=float(part + 1), epoch=part, curve=[1.0],
            logs={"val_loss": part + 1.0, f"{part}": 1},
            figures={"seconds": 2.0, "epochs": 3.0, "parameters": 10.0}, held_out=held, partial=cut,
            reason="time was over" if cut else "",
        )  # fmt: skip


def run_of(apart=False):
    rows = np.arange(30.0)[:, None]
    train, held = Rows(rows[:20], Y[:20]), Rows(rows[20:], Y[20:])
    data = TrainingData(train, held, 3, 8, apart=apart)
    return Run(Network(), data, lambda *numbers: 7)


def test_every_rows_output_is_that_of_the_network_that_has_not_seen_it():
    run = run_of()
    result = Folds(3).evaluate(None, run)
    assert result.held_out[:, 0].tolist() == list(range(30))
    folds = run.data.folds(3, 7)
    for part, (data, places) in enumerate(folds):
        assert (result.held_out[places, 1] == part).all()
        assert sorted([*data.train.x[:, 0], *data.held_out.x[:, 0]]) == list(range(30))
        assert np.bincount(data.held_out.y.argmax(axis=1)).tolist() in (
            [3, 3, 4],
            [4, 3, 3],
            [3, 4, 3],
        )
    assert result.score == 2
    assert result.epoch == 1
    assert result.logs == {"val_loss": 2}
    assert result.figures == {"seconds": 6, "epochs": 9, "parameters": 10}
    assert not result.partial


def test_rows_given_apart_are_in_no_fold():
    result = Folds(2).evaluate(None, run_of(apart=True))
    assert result.held_out[:, 0].tolist() == list(range(20))


def test_a_fold_that_is_cut_ends_the_trial():
    result = Folds(3).evaluate(1, run_of())
    assert result.partial
    assert result.held_out is None
    assert result.score == 1.5
    assert result.reason == "fold 2: time was over"


@pytest.mark.parametrize(
    ("args", "kwargs", "came"),
    [
        ((tf.data.Dataset.from_tensors((X, Y)),), {}, "_TensorDataset"),
        ((), {"x": X}, "None"),
        ((), {}, "None"),
        ((tf.constant(X), Y), {}, "EagerTensor"),
    ],
)
def test_what_can_not_be_cut_is_refused_in_a_sentence(args, kwargs, came):
    with pytest.raises(InputError, match=rf"Folds are cut of x and y given as NumPy.*{came}"):
        FitCall(args, kwargs).folds(2, 0)


def test_a_search_of_a_dataset_by_folds_says_why_no_trial_was_completed(tmp_path):
    from automl_kit.errors import SearchError

    data = tf.data.Dataset.from_tensors((X, Y))
    tuner = RandomSearch(Hypermodel(), "val_loss", 1, directory=tmp_path, evaluation="folds")
    with pytest.raises(SearchError, match="Folds are cut of x and y given as NumPy arrays"):
        tuner.search(data, epochs=1, verbose=0)


def test_the_arguments_of_fit_go_with_each_fold():
    weights = np.arange(30.0)
    given = {"epochs": 3, "sample_weight": weights, "validation_data": (X + 100, Y)}
    for call, places in FitCall((X,), {"y": Y, **given}).folds(3, 0):
        assert call.kwargs["epochs"] == 3
        rest = np.setdiff1d(np.arange(30), places)
        np.testing.assert_array_equal(call.kwargs["x"], X[rest])
        np.testing.assert_array_equal(call.kwargs["sample_weight"], weights[rest])
        x, y, held_weights = call.kwargs["validation_data"]
        np.testing.assert_array_equal(x, X[places])
        np.testing.assert_array_equal(y, Y[places])
        np.testing.assert_array_equal(held_weights, weights[places])


@pytest.mark.parametrize("number", [1, 0, True, 2.0, "2"])
def test_a_number_of_folds_that_can_not_be_is_refused(number):
    with pytest.raises(InputError, match="whole number of folds from 2"):
        Folds(number)


def test_evaluations_by_name_and_as_they_are():
    assert get_evaluation("folds") == Folds()
    own = Folds(3)
    assert get_evaluation(own) is own
    for wrong in ("fold", Folds, None, 5):
        with pytest.raises(InputError, match=r"no evaluation .*'full', 'folds'"):
            get_evaluation(wrong)
