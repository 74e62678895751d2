"""Searches that start from an earlier project."""

import json
import shutil

import autokeras as ak
import keras
import numpy as np
import pytest

from automl_kit.custom_blocks import ClassificationHead
from automl_kit.errors import ProjectError
from automl_kit.evaluation.build import weights_of
from automl_kit.evaluation.warm_start import warm_start
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import Formula, Hypermodel, points
from automl_kit.tuners import Evolution, RandomSearch

X, Y = points(24)


def numbers(hp):
    hp.Int("units", 1, 6)
    hp.Float("rate", 1e-2, 1.0, sampling="log")
    hp.Boolean("bias")


def other(hp):
    hp.Choice("units", ["few", "many"])
    hp.Float("rate", 0.0, 2.0)
    hp.Boolean("bias")
    hp.Choice("more", [1, 2], default=2)


def searched(folder, declare=numbers, trials=8, tuner=RandomSearch, **more):
    found = tuner(
        Hypermodel(declare), objective="val_loss", max_trials=trials, seed=3, directory=folder,
        evaluation=Formula(), **more,
    )  # fmt: skip
    found.search(X, Y, verbose=0)
    return found


def values(trial):
    return trial.hyperparameters.values


def test_the_best_trials_come_first_in_what_the_new_space_has(tmp_path):
    earlier = searched(tmp_path / "a")
    best = [values(trial) for trial in earlier.oracle.completed()[:3]]
    mine = {"units": 2, "rate": 0.5, "bias": True}
    new = searched(
        tmp_path / "b", trials=5, tuner=Evolution, start_from=earlier.project_dir,
        initial_hps=[mine],
    )  # fmt: skip
    trials = list(new.oracle.trials.values())
    assert [values(trial) for trial in trials[:3]] == best
    assert values(trials[3]) == mine

    new = searched(tmp_path / "c", other, 3, start_from=earlier.project_dir)
    for trial, past in zip(new.oracle.trials.values(), best, strict=True):
        told = values(trial)
        assert set(told) == {"units", "rate", "bias", "more"}
        assert told["rate"] == past["rate"]
        assert told["bias"] == past["bias"]
        assert (told["units"], told["more"]) == ("few", 2)


def test_the_new_project_goes_on_without_the_old_one(tmp_path):
    folder = searched(tmp_path / "a").project_dir
    whole = searched(tmp_path / "whole", trials=5, start_from=folder)
    searched(tmp_path / "parts", trials=2, start_from=folder)
    shutil.rmtree(folder)
    parts = searched(tmp_path / "parts", trials=5, start_from=folder)
    told = [[values(trial) for trial in t.oracle.trials.values()] for t in (whole, parts)]
    assert told[0] == told[1]
    with pytest.raises(ProjectError, match=r"start_from was .*is null"):
        searched(tmp_path / "parts", trials=5)


def test_what_is_no_project_or_damaged_is_told(tmp_path):
    with pytest.raises(ProjectError, match="There is no project in"):
        searched(tmp_path / "b", start_from=tmp_path / "nothing")
    from pathlib import Path

    folder = Path(searched(tmp_path / "a", trials=2).project_dir)
    file = folder / "trial_0" / "trial.json"
    state = json.loads(file.read_text())
    state["hyperparameters"]["values"]["units"] = {"a": "b"}
    file.write_text(json.dumps(state))
    with pytest.raises(ProjectError, match="no plain values"):
        searched(tmp_path / "c", start_from=folder)
    file.write_text("{}")
    with pytest.raises(ProjectError, match="can't be read"):
        searched(tmp_path / "d", start_from=folder)


# Weights


def network(units=5, classes=3, seed=0, normalize=False):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    node = keras.Input((4,))
    tensor = node
    if normalize:
        layer = keras.layers.Normalization()
        layer.adapt(X * (1 + seed))
        tensor = layer(node)
    hidden = keras.layers.Dense(units, activation="relu")(tensor)
    hidden = keras.layers.Dense(units)(hidden)
    return keras.Model(node, keras.layers.Dense(classes, name="head")(hidden))


def saved(model, folder):
    path = folder / "old.weights.h5"
    weights_of(model).save_weights(path)
    return path


def test_layers_that_agree_take_over_their_weights(tmp_path):
    old, new = network(seed=1), network(classes=2, seed=2)
    head = new.layers[-1].get_weights()
    assert warm_start(new, saved(old, tmp_path)) == 2
    for mine, theirs in zip(new.layers[1:-1], old.layers[1:-1], strict=True):
        for one, another in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(one, another)
    for one, another in zip(new.layers[-1].get_weights(), head, strict=True):
        np.testing.assert_array_equal(one, another)


def test_what_was_learned_from_data_stays(tmp_path):
    old, new = network(seed=1, normalize=True), network(seed=2, normalize=True)
    mean = new.layers[1].get_weights()
    assert warm_start(new, saved(old, tmp_path)) >= 3
    for one, another in zip(new.layers[1].get_weights(), mean, strict=True):
        np.testing.assert_array_equal(one, another)


def test_a_file_that_can_not_be_read_changes_nothing(tmp_path):
    new = network(seed=2)
    before = new.get_weights()
    (tmp_path / "bad.h5").write_bytes(b"nothing")
    assert warm_start(new, tmp_path / "bad.h5") == 0
    assert warm_start(new, tmp_path / "missing.h5") == 0
    old = network(seed=1)
    old.layers[1].set_weights([np.full((4, 5), np.nan), np.zeros(5)])
    assert warm_start(new, saved(old, tmp_path)) == 2  # all but the layer with NaN
    np.testing.assert_array_equal(new.get_weights()[0], before[0])


def trained(folder, epochs, start_from=None):
    entry = ak.Input(name="node")
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    output = ClassificationHead(name="head", dropout=0.0)(block(entry))[0]
    model = AutoModel(
        entry, output, tuner="random", max_trials=1, directory=folder, seed=0, ending="best",
        start_from=start_from,
    )  # fmt: skip
    model.search(
        X[:16], Y[:16], validation_data=(X[16:], Y[16:]), epochs=epochs, batch_size=8, verbose=0
    )
    return model.tuner


def test_a_network_starts_where_the_earlier_one_ended(tmp_path):
    earlier = trained(tmp_path / "a", 20)
    new = trained(tmp_path / "b", 1, earlier.project_dir)
    # One epoch of a warm start is nearer to 20 epochs than one of a cold start.
    cold = trained(tmp_path / "c", 1)
    best = earlier.best_trial().score
    assert abs(new.best_trial().score - best) < 0.2 * abs(cold.best_trial().score - best)
