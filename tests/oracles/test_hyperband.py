"""Hyperband: which trials go on, what the winner is, and what a kill leaves."""

import shutil

import pytest

from automl_kit.errors import InputError
from automl_kit.oracles import HyperbandOracle
from automl_kit.testing.searches import Search, noise


def _number(hp):
    hp.Float("x", 0.0, 1.0)


def _x(values):
    return values["x"]


def _search(folder, score=_x, direction="max", max_trials=None, **settings):
    def make(objective, max_trials, **given):
        return HyperbandOracle(objective, max_trials, max_epochs=9, factor=3, **settings, **given)

    return Search(make, folder, _number, score, direction, max_trials)


def _rungs(search):
    rungs = [
        search.oracle.rung(trial.hyperparameters.values) for trial in search.oracle.trials.values()
    ]
    return [(rung.first_epoch, rung.epochs) for rung in rungs]


ONE = [(0, 1)] * 9 + [(1, 3)] * 3 + [(3, 9)] + [(0, 3)] * 5 + [(3, 9)] * 2 + [(0, 9)] * 3


@pytest.mark.parametrize("iterations", [None, 1, 2])
def test_iterations_say_how_many_trials_there_are(tmp_path, iterations):
    search = _search(tmp_path, hyperband_iterations=iterations)
    search.run(100)
    assert _rungs(search) == ONE * (iterations or 1)
    assert search.oracle.create_trial("another").status == "STOPPED"


def test_max_trials_ends_a_search_and_brings_as_many_iterations_as_it_takes(tmp_path):
    search = _search(tmp_path, max_trials=30)
    assert len(search.run(100)) == 30
    assert _rungs(search) == (ONE * 2)[:30]


def test_the_best_of_a_rung_go_on_with_what_they_learned(tmp_path):
    search = _search(tmp_path)
    proposals = search.run(13)
    first = sorted(range(9), key=lambda n: -proposals[n]["x"])[:3]
    trials = list(search.oracle.trials.values())
    continued = [search.oracle.rung(trial.hyperparameters.values).continued for trial in trials]
    assert continued[:9] == [None] * 9
    assert continued[9:12] == [trials[n].trial_id for n in first]
    assert continued[12] == trials[9].trial_id
    assert proposals[12]["x"] == max(values["x"] for values in proposals)


@pytest.mark.parametrize("direction", ["max", "min"])
def test_the_winner_is_the_best_of_those_trained_longest(tmp_path, direction):
    sign = 1 if direction == "max" else -1

    def overfitted(values):  # The longer a training, the worse the score.
        return sign * (values["x"] - values["tuner/epochs"])

    search = _search(tmp_path, overfitted, direction)
    for number in range(13):
        search.run(1)
        best = search.oracle.best_trial()
        longest = max(epochs for _, epochs in _rungs(search))
        assert search.oracle.rung(best.hyperparameters.values).epochs == longest, number
        assert best.trial_id in search.oracle.needed_checkpoints()
    assert best.trial_id == search.oracle.completed()[0].trial_id
    again = _search(tmp_path, overfitted, direction).oracle
    assert again.best_trial().trial_id == best.trial_id
    assert again.get_best_trials(1)[0].trial_id == best.trial_id


def test_what_is_continued_keeps_its_checkpoint(tmp_path):
    search = _search(tmp_path)
    for _ in range(22):
        trial = search.begin()
        continued = search.oracle.rung(trial.hyperparameters.values).continued
        for oracle in (search.oracle, _search(tmp_path).oracle):  # Also after a kill.
            needed = oracle.needed_checkpoints()
            assert continued is None or continued in needed
            assert trial.trial_id in needed
        search.end(trial)


@pytest.mark.parametrize("fails", [1, 5, 8])
def test_a_failed_trial_leaves_its_place_to_another(tmp_path, fails):
    scores = iter([None] * fails + [noise({"n": n}) for n in range(100)])
    search = _search(tmp_path, lambda _: next(scores))
    search.run(100)
    later = [rung for rung in _rungs(search) if rung == (1, 3)]
    assert len(later) == min(3, 9 - fails)
    assert _rungs(search)[-3:] == [(0, 9)] * 3


@pytest.mark.parametrize("cut", [4, 10, 12, 14, 19])
def test_brackets_follow_from_the_trials_alone(tmp_path, cut):
    whole = _search(tmp_path / "whole").run(100)
    search = _search(tmp_path / "cut")
    proposals = search.run(cut)
    shutil.copy(search.state_file, early := tmp_path / "early.json")
    proposals += search.run(1)
    shutil.copy(early, search.state_file)  # The trial's file was written, the oracle's wasn't.
    assert proposals + _search(tmp_path / "cut").run(100) == whole


def test_workers_at_once_fill_the_same_brackets(tmp_path):
    search = _search(tmp_path)
    running = []
    for number in range(60):
        trial = search.begin(f"tuner{number}")
        if trial is not None:
            running.append(trial)
        if len(running) > 3 or (trial is None and running):
            search.end(running.pop(0))
    for trial in running:
        search.end(trial)
    search.run(40)
    assert sorted(_rungs(search)) == sorted(ONE)


@pytest.mark.parametrize("wrong", [{"factor": 1}, {"max_epochs": 0}, {"hyperband_iterations": -1}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        HyperbandOracle("val_loss", **wrong)
