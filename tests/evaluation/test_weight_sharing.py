"""Cells judged by weights that they share, and the best trained alone."""

import dataclasses
import json
import pickle
import shutil

import keras
import numpy as np
import pytest

import automl_kit
from automl_kit.custom_blocks import cell_graph
from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.evaluation import WeightSharing, get_evaluation
from automl_kit.evaluation.sharing.shared_training import SharedTraining
from automl_kit.spaces import CellSpace
from automl_kit.tuners import Evolution, RandomSearch

SPACE = CellSpace(
    2, ("none", "skip_connect", "nor_conv_1x1"), edges=None, inputs=1, reduction=False,
    output="last",
)  # fmt: skip
HOW = WeightSharing(
    epochs=2, cells=1, channels=2, batch_size=8, finalists=2, calibration=8, judged=6
)
SMALL = [{"network/cells": 1, "network/channels": 4, "learning_rate": 0.01, "augment/flip": "none"}]


def images(n=32):
    y = np.arange(n) % 2
    x = np.random.default_rng(0).integers(0, 100, (n, 4, 4)) + 100 * y[:, None, None]
    return x.astype("uint8"), y


def classifier(folder, tuner="random", evaluation=HOW, **more):
    given = {"max_trials": 4, "epochs": 1, "seed": 3, "verbose": 0, "initial_hps": SMALL, **more}
    return automl_kit.ImageClassifier(
        graph=cell_graph(SPACE), tuner=tuner, evaluation=evaluation, directory=folder, **given
    )


@pytest.mark.parametrize("tuner", ["reinforce", Evolution.configured(population_size=2)])
def test_any_strategy_searches_by_it(tmp_path, tuner):
    one = dataclasses.replace(HOW, finalists=1, train="fair")
    board = classifier(tmp_path, tuner, one).fit(*images()).tuner_.leaderboard()
    assert board["status"].tolist() == ["COMPLETED", *["ESTIMATED"] * 3]
    assert board["estimate"].iloc[0] == board["estimate"].min()
    cells = board[[name for name in board if "/op" in name]]
    assert len(cells.drop_duplicates()) == 4
    # What the supernet doesn't know is the same in all trials.
    assert set(board["network/channels"]) == {4}
    assert set(board["learning_rate"]) == {0.01}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A search that nothing disturbed, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return classifier(folder, ending="average").fit(*images()), folder


def test_the_best_by_shared_weights_are_trained_alone(whole):
    tuner, board = whole[0].tuner_, whole[0].tuner_.leaderboard()
    assert board["status"].tolist() == ["COMPLETED"] * 2 + ["ESTIMATED"] * 2
    assert set(board["estimate"].iloc[:2]) == set(board["estimate"].nsmallest(2))
    assert (board["score"].iloc[2:] == board["estimate"].iloc[2:]).all()
    assert board["weight"].tolist() == [0.5, 0.5, 0, 0]  # The ensemble is of finalists.
    best = tuner.best_trial()
    assert best.score == board["score"].iloc[0] != board["estimate"].iloc[0]
    assert best.metrics.get_last_value("epochs") == 1
    assert tuner.trainer.checkpoints.held_out(best.trial_id).shape == (6, 2)


def test_a_search_goes_on_with_the_weights_that_judged_its_trials(whole, tmp_path, monkeypatch):
    shutil.copytree(whole[1], tmp_path / "parts")
    monkeypatch.setattr(SharedTraining, "run", None)  # Nothing is left to train there.
    parts = classifier(tmp_path / "parts", ending="average", max_trials=5).fit(*images())
    monkeypatch.undo()
    longer = classifier(tmp_path / "whole", ending="average", max_trials=5).fit(*images())
    first, second = (found.tuner_.leaderboard() for found in (longer, parts))
    first, second = (board.sort_values("trial")["estimate"] for board in (first, second))
    np.testing.assert_array_equal(first, second)


def test_weights_that_judged_trials_are_needed_to_go_on(whole, tmp_path):
    shutil.copytree(whole[1], tmp_path, dirs_exist_ok=True)
    state = tmp_path / "image_classifier" / "shared" / "shared.npz"
    state.write_bytes(state.read_bytes()[:100])
    with pytest.raises(ProjectError, match=r"shared\.npz is damaged"):
        classifier(tmp_path, ending="average").fit(*images())
    state.unlink()
    with pytest.raises(ProjectError, match="the shared weights that judged them are lost"):
        classifier(tmp_path, ending="average").fit(*images())


def test_the_weights_have_their_share_of_a_time_budget(tmp_path, monkeypatch):
    seen = []

    def spy(training, draw, seconds):
        seen.append(seconds)
        raise SearchError("enough")

    monkeypatch.setattr(SharedTraining, "run", spy)
    with pytest.raises(SearchError, match="enough"):
        classifier(tmp_path, time_budget=30).fit(*images())
    assert seen == [0.3 * 30]


def test_it_is_a_value_whose_every_setting_is_told():
    told = HOW.describe()
    assert json.loads(json.dumps(told)) == told
    assert set(told) == {"name", *(field.name for field in dataclasses.fields(WeightSharing))}
    assert pickle.loads(pickle.dumps(HOW)) == HOW
    assert get_evaluation("sharing") == WeightSharing()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"train": "often"}, "one of uniform, fair; got 'often'"),
        ({"epochs": 0}, "epochs to be a whole number from 1; got 0"),
        ({"momentum": 2}, "momentum from 0 to 1; got 2"),
        ({"share": 1.0}, "above 0 and below 1; got 1.0"),
        ({"finalists": 0}, "finalists to be a whole number from 1"),
    ],
)
def test_settings_that_cannot_be(wrong, told):
    with pytest.raises(InputError, match=told):
        WeightSharing(**wrong)


def test_graphs_without_cells_to_judge_are_refused_before_the_data_is_read(tmp_path):
    made = {"evaluation": HOW, "directory": tmp_path, "objective": "val_loss"}
    with pytest.raises(InputError, match="WeightSharing judges the cells of a CellBlock; the hyp"):
        RandomSearch(lambda hp: keras.Sequential(), **made)
    fixed = cell_graph(SPACE.sample(np.random.default_rng(0)))
    task = automl_kit.ImageClassifier(
        graph=fixed, evaluation=HOW, tuner="random", directory=tmp_path, verbose=0
    )
    with pytest.raises(InputError, match="the cells of network are fixed by its genotype"):
        task.fit(*images())
