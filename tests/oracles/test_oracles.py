"""What a kill between two writes leaves is settled, and the best trial is one of the completed."""

import json

import keras_tuner
import pytest

from automl_kit.errors import ProjectError
from automl_kit.oracles import GreedyOracle, RandomOracle


def _oracle(folder, kind=RandomOracle, seed=0, first=()):
    objective = keras_tuner.Objective("score", "max")
    oracle = kind(objective, 10, seed=seed, initial_hps=list(first))
    oracle._set_project_dir(str(folder), "project")
    space = keras_tuner.HyperParameters()
    space.Int("depth", 1, 50)
    space.Float("rate", 0.0, 1.0, default=0.25)
    oracle.update_space(space)
    return oracle


def _run(oracle, score, status="COMPLETED"):
    trial = oracle.create_trial("tuner0")
    if status == "COMPLETED":
        oracle.update_trial(trial.trial_id, {"score": score})
    trial.status = status
    oracle.end_trial(trial)
    return trial


@pytest.mark.parametrize("kind", [RandomOracle, GreedyOracle])
def test_a_resumed_search_proposes_what_the_whole_one_does(tmp_path, kind):
    whole = _oracle(tmp_path / "whole", kind)
    expected = [_run(whole, n % 3).hyperparameters.values for n in range(6)]
    found = [_run(_oracle(tmp_path / "cut", kind), 0).hyperparameters.values]
    for n in range(1, 6):
        resumed = _oracle(tmp_path / "cut", kind)
        resumed.reload()
        found.append(_run(resumed, n % 3).hyperparameters.values)
    assert found == expected


@pytest.mark.parametrize("kind", [RandomOracle, GreedyOracle])
def test_proposals_differ_from_each_other_and_from_the_defaults(tmp_path, kind):
    oracle = _oracle(tmp_path, kind)
    depths = {_run(oracle, n).hyperparameters.values["depth"] for n in range(8)}
    assert len(depths) > 3


def test_zero_is_a_seed(tmp_path):
    first, second, other = (
        _run(_oracle(tmp_path / str(n), seed=seed), 0).hyperparameters.values
        for n, seed in enumerate([0, 0, 1])
    )
    assert first == second != other


def test_initial_values_come_first_and_what_they_leave_out_is_the_default(tmp_path):
    oracle = _oracle(tmp_path, first=[{"depth": 7}])
    assert _run(oracle, 0).hyperparameters.values == {"depth": 7, "rate": 0.25}


def test_failed_trials_go_on_and_never_win(tmp_path):
    oracle = _oracle(tmp_path)
    for _ in range(5):
        _run(oracle, None, "FAILED")
    assert oracle.completed() == []
    best = _run(oracle, 0.1)
    assert [t.trial_id for t in oracle.completed()] == [best.trial_id]


def test_among_equals_the_first_is_best_after_a_reload_too(tmp_path):
    oracle = _oracle(tmp_path)
    first = _run(oracle, 1.0)
    _run(oracle, 1.0)
    again = _oracle(tmp_path)
    again.reload()
    assert again.completed()[0].trial_id == first.trial_id
    assert again.needed_checkpoints() == {first.trial_id}


def test_a_trial_completed_on_disk_but_not_in_the_oracle_is_kept(tmp_path):
    oracle = _oracle(tmp_path)
    _run(oracle, 1.0)
    before = (tmp_path / "project" / "oracle.json").read_text()
    trial = oracle.create_trial("tuner0")
    running = (tmp_path / "project" / "oracle.json").read_text()
    oracle.update_trial(trial.trial_id, {"score": 2.0})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    for state in (before, running):  # killed before the oracle's last, or last two, writes
        (tmp_path / "project" / "oracle.json").write_text(state)
        again = _oracle(tmp_path)
        again.reload()
        assert [t.score for t in again.completed()] == [2.0, 1.0]
        assert again._retry_queue == []
        assert len(again.end_order) == 2


def test_a_running_trial_is_queued_once_and_counted_once(tmp_path):
    oracle = _oracle(tmp_path)
    trial = oracle.create_trial("tuner0")
    again = _oracle(tmp_path)
    again.reload()
    again.reload()
    repeated = again.create_trial("tuner0")
    assert repeated.trial_id == trial.trial_id
    assert repeated.hyperparameters.values == trial.hyperparameters.values
    assert len(again.trials) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"ongoing_trials": 3})])
def test_damaged_state_is_told(tmp_path, text):
    oracle = _oracle(tmp_path)
    _run(oracle, 1.0)
    (tmp_path / "project" / "oracle.json").write_text(text)
    with pytest.raises(ProjectError, match="damaged"):
        _oracle(tmp_path).reload()
