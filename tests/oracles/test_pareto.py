"""The Pareto oracle: its front, the checkpoints it needs, and what it refuses."""

import keras_tuner
import pytest

from automl_kit.errors import InputError
from automl_kit.oracles import ParetoOracle
from automl_kit.testing.searches import Search, in_memory


def _make(objective, *others, **settings):
    costs = others or (keras_tuner.Objective("size", "min"),)
    return ParetoOracle([objective, *costs], **settings)


def _square(hp):
    hp.Int("x", 0, 60)
    hp.Int("y", 0, 60)


def _oracle(tmp_path, direction="max", cost="min"):
    def make(objective, max_trials, seed):
        return ParetoOracle([objective, keras_tuner.Objective("size", cost)], max_trials, seed=seed)

    return Search(make, tmp_path, _square, direction=direction, max_trials=1000)


def _report(search, score, size, status="COMPLETED"):
    trial = search.begin()
    metrics = search.oracle.trials[trial.trial_id].metrics
    metrics.register("size", next(c.direction for c in search.oracle.costs))
    search.oracle.update_trial(trial.trial_id, {"score": score, "size": size})
    trial.status = status
    search.oracle.end_trial(trial)


POINTS = [(0.9, 90), (0.5, 10), (0.8, 95), (0.7, 30), (0.9, 80), (0.5, 10), (0.4, 20)]
FRONT = ["0004", "0003", "0001", "0005"]  # Best score first; equals are both on it.


def test_the_front_is_what_none_dominates(tmp_path):
    search = _oracle(tmp_path)
    for score, size in POINTS:
        _report(search, score, size)
    assert [t.trial_id for t in search.oracle.pareto_front()] == FRONT
    assert search.oracle.best_trial().trial_id == "0004"  # Not 0000: of equal score, larger.
    assert search.oracle.completed()[0].trial_id == "0004"


def test_directions_are_turned(tmp_path):
    search = _oracle(tmp_path, "min", "max")
    for score, size in POINTS:
        _report(search, -score, -size)
    assert [t.trial_id for t in search.oracle.pareto_front()] == FRONT


def test_the_front_is_the_same_after_a_reload(tmp_path):
    search = _oracle(tmp_path)
    for score, size in POINTS:
        _report(search, score, size)
    again = _oracle(tmp_path).oracle
    assert [t.trial_id for t in again.pareto_front()] == FRONT
    assert again.needed_checkpoints() == set(FRONT)


def test_needed_checkpoints_are_those_of_the_front_and_of_running_trials(tmp_path):
    search = _oracle(tmp_path)
    for score, size in POINTS[:3]:
        _report(search, score, size)
    assert search.oracle.needed_checkpoints() == {"0000", "0001"}
    search.begin()
    assert search.oracle.needed_checkpoints() == {"0000", "0001", "0003"}


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
@pytest.mark.parametrize("direction", ["max", "min"])
def test_the_best_is_always_on_the_front_and_its_checkpoint_needed(tmp_path, order, direction):
    sign = 1 if direction == "max" else -1
    points = [(0.9, 90), (0.9, 80), (0.9, float("nan"))]
    search = _oracle(tmp_path, direction)
    for place in order:
        _report(search, sign * points[place][0], points[place][1])
        best = search.oracle.best_trial()
        assert best.trial_id in search.oracle.needed_checkpoints()
        front = {trial.trial_id for trial in search.oracle.pareto_front()}
        assert front <= search.oracle.needed_checkpoints()
        assert best.trial_id in front or not front
    assert best.trial_id == f"{order.index(1):04d}"
    assert _oracle(tmp_path, direction).oracle.best_trial().trial_id == best.trial_id


def test_ties_are_broken_by_the_other_objectives_in_their_order(tmp_path):
    def make(objective, max_trials, seed):
        costs = [keras_tuner.Objective(name, "min") for name in ("size", "time")]
        return ParetoOracle([objective, *costs], max_trials, seed=seed)

    search = Search(make, tmp_path, _square, max_trials=1000)
    for size, time in [(30, 1), (20, 9), (20, 5), (25, 2)]:
        trial = search.begin()
        search.oracle.note_figures(trial.trial_id, {"size": size, "time": time})
        search.oracle.update_trial(trial.trial_id, {"score": 1.0})
        trial.status = "COMPLETED"
        search.oracle.end_trial(trial)
    assert search.oracle.best_trial().trial_id == "0002"
    assert [t.trial_id for t in search.oracle.pareto_front()] == ["0002", "0003", "0000"]


def test_a_cost_that_is_no_number_and_a_failure_are_not_on_the_front(tmp_path):
    search = _oracle(tmp_path)
    _report(search, 0.5, 10)
    _report(search, 0.9, float("nan"))
    _report(search, 0.9, 5, status="FAILED")
    assert [t.trial_id for t in search.oracle.pareto_front()] == ["0000"]
    for _ in range(12):
        _report(search, 0.9, float("nan"))
    assert len(search.oracle._population) == 1


def test_the_population_comes_to_the_true_front(tmp_path):
    def make(objective, max_trials, seed):
        return ParetoOracle([objective, "parameters"], max_trials, seed=seed, population_size=16)

    def run(folder, make):
        search = in_memory(make, folder, _square, max_trials=150)
        for _ in range(150):
            trial = search.begin()
            x, y = trial.hyperparameters.values["x"], trial.hyperparameters.values["y"]
            search.oracle.note_figures(trial.trial_id, {"parameters": x + y})
            search.oracle.update_trial(trial.trial_id, {"score": x - y})
            trial.status = "COMPLETED"
            search.oracle.end_trial(trial)
        return [t.hyperparameters.values["y"] for t in search.oracle.pareto_front()]

    def random(objective, max_trials, seed):
        return ParetoOracle([objective, "parameters"], max_trials, seed=seed, first_trials=10_000)

    found, by_chance = run(tmp_path / "ours", make), run(tmp_path / "random", random)
    # Every member with y = 0 is on the true front.
    assert found.count(0) > 2 * by_chance.count(0) + 5


@pytest.mark.parametrize("objectives", ["val_loss", ["val_loss"], []])
def test_one_objective_is_refused(objectives):
    with pytest.raises(InputError, match="two or more objectives"):
        ParetoOracle(objectives)


def test_what_was_not_measured_is_told(tmp_path):
    search = _oracle(tmp_path)
    trial = search.begin()
    search.oracle.update_trial(trial.trial_id, {"score": 1.0})
    trial.status = "COMPLETED"
    with pytest.raises(
        InputError, match=r"'size' was not measured in trial 0000.*There are: score"
    ):
        search.oracle.end_trial(trial)


def test_names_of_what_tuners_measure_are_minimised():
    oracle = ParetoOracle(["val_accuracy", "parameters", "latency", "val_loss"])
    assert [(c.name, c.direction) for c in oracle.costs] == [
        ("parameters", "min"), ("latency", "min"), ("val_loss", "min")
    ]  # fmt: skip
    assert [oracle.measures(n) for n in ("val_accuracy", "latency", "seconds")] == [
        True, True, False
    ]  # fmt: skip


def test_a_cost_that_is_no_number_does_not_end_a_screened_search(tmp_path):
    def make(objective, max_trials, seed):
        costs = [objective, keras_tuner.Objective("size", "min")]
        return ParetoOracle(costs, max_trials, seed=seed, first_trials=5)

    search = Search(make, tmp_path, _square)
    for number in range(9):
        _report(search, 0.1 * number, float("nan") if number == 2 else 50 - number)
    assert len(search.oracle.pareto_front()) == 1
