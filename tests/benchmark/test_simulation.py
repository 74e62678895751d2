"""Searches on a table made up by a formula; no network was trained for it."""

import gc
import itertools
import weakref

import keras_tuner
import numpy as np
import pandas as pd
import pytest

from automl_kit.benchmark import (
    Budget,
    NasBenchTable,
    NotInTableError,
    chosen,
    oracle_method,
    regret_at,
    simulate,
)
from automl_kit.errors import InputError, SearchError

POINTS = {"conv": 3.0, "none": 0.0, "pool": 1.0}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rows = []
    for a, b, c in itertools.product(POINTS, repeat=3):
        score = 100 * POINTS[a] + 10 * POINTS[b] + POINTS[c]
        rows.append((f"|{a}~0|+|{b}~0|{c}~1|", score, 5.0 + POINTS[a], score / 2))
    path = tmp_path_factory.mktemp("table") / "made_up.csv"
    pd.DataFrame(rows, columns=["cell", "accuracy", "seconds", "test"]).to_csv(path, index=False)
    return NasBenchTable(path)


class Fixed(keras_tuner.Oracle):
    """Proposes rows of the table in a given order."""

    def __init__(self, table, rows):
        super().__init__(keras_tuner.Objective("score", "max"))
        self.table, self.rows = table, list(rows)

    def populate_space(self, trial_id):
        if not self.rows:
            return {"status": "STOPPED"}
        return {"status": "RUNNING", "values": self.table.values_of(self.rows.pop(0))}


def fixed(table, rows):
    return lambda space, evaluations, seed: Fixed(table, rows)


def random_oracle(objective, max_trials, seed, hyperparameters):
    return keras_tuner.oracles.RandomSearchOracle(
        objective, max_trials, seed=seed + 1, hyperparameters=hyperparameters
    )


def test_every_figure_follows_from_the_table(table):
    rows = [20, 3, 0, 26]
    frame = simulate(
        table, "accuracy", {"a": fixed(table, rows)}, [7], Budget(4, cost="seconds"), ["test"]
    )
    score = table.column("accuracy")[rows]
    assert frame["row"].tolist() == rows
    assert frame["score"].tolist() == score.tolist()
    assert frame["best"].tolist() == np.maximum.accumulate(score).tolist()
    assert frame["regret"].tolist() == (333.0 - np.maximum.accumulate(score)).tolist()
    assert frame["seconds"].tolist() == np.cumsum(table.column("seconds")[rows]).tolist()
    assert frame["evaluation"].tolist() == [1, 2, 3, 4]
    assert set(frame["method"]) == {"a"}
    assert set(frame["seed"]) == {7}
    assert set(frame["ended_by"]) == {"evaluations"}


def test_repeats_cost_no_time_and_what_does_not_end_in_time_is_not_counted(table):
    costs = table.column("seconds")
    rows = [0, 0, 0, 5, 0, 9]
    limit = costs[0] + costs[5] + costs[9] - 0.5
    budget = Budget(seconds=limit, cost="seconds")
    frame = simulate(table, "accuracy", {"a": fixed(table, rows)}, [0], budget)
    assert frame["row"].tolist() == rows[:-1]
    assert frame["seconds"].tolist() == [*[costs[0]] * 3, *[costs[0] + costs[5]] * 2]
    assert set(frame["ended_by"]) == {"seconds"}
    enough = Budget(seconds=limit + 0.5, cost="seconds")
    frame = simulate(table, "accuracy", {"a": fixed(table, rows)}, [0], enough)
    assert frame["row"].tolist() == rows


def test_time_that_is_used_up_to_the_second_ends_the_search(table):
    costs = table.column("seconds")
    budget = Budget(seconds=costs[0] + costs[5], cost="seconds")
    frame = simulate(table, "accuracy", {"a": fixed(table, [0, 5, 9])}, [0], budget)
    assert frame["row"].tolist() == [0, 5]
    assert set(frame["ended_by"]) == {"seconds"}


def test_free_repeats_do_not_go_on_for_ever(table):
    budget = Budget(seconds=20, cost="seconds")
    frame = simulate(table, "accuracy", {"a": fixed(table, [0] * 1000)}, [0], budget)
    assert len(frame) == 10 * int(20 // table.column("seconds").min())
    assert set(frame["ended_by"]) == {"evaluations"}


def test_an_exhausted_space_ends_the_search_and_is_told(table):
    frame = simulate(table, "accuracy", {"a": oracle_method(random_oracle)}, [0, 1], Budget(500))
    for _, run in frame.groupby("seed"):
        assert run["row"].is_unique
        assert len(run) <= len(table)
        assert set(run["ended_by"]) == {"search"}


def test_oracles_search_and_write_nothing(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second, other = (
        simulate(table, "accuracy", {"a": oracle_method(random_oracle)}, [seed], Budget(10))
        for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, second)
    assert first["row"].tolist() != other["row"].tolist()
    assert list(tmp_path.iterdir()) == []


def test_an_oracle_gets_the_objective_the_budget_and_the_figures(table):
    made = []

    def factory(objective, max_trials, seed, hyperparameters):
        made.append(random_oracle(objective, max_trials, seed, hyperparameters))
        return made[0]

    simulate(table, "accuracy", {"a": oracle_method(factory)}, [3], Budget(4), ["seconds"])
    oracle = made[0]
    assert (oracle.objective.name, oracle.objective.direction) == ("score", "max")
    assert (oracle.max_trials, oracle.seed) == (4, 4)
    for trial in oracle.trials.values():
        row = table.lookup(trial.hyperparameters.values)
        assert trial.score == table.column("accuracy")[row]
        assert trial.metrics.get_last_value("seconds") == table.column("seconds")[row]
        assert trial.metrics.metrics["seconds"].direction == "min"


def test_no_oracle_is_kept_in_memory(table):
    kept = []

    def factory(*arguments):
        oracle = random_oracle(*arguments)
        kept.append(weakref.ref(oracle))
        return oracle

    simulate(table, "accuracy", {"a": oracle_method(factory)}, range(3), Budget(3))
    gc.collect()
    assert [reference() for reference in kept] == [None] * 3


def test_an_oracle_that_waits_for_nothing_is_an_error(table):
    class Waiting(keras_tuner.Oracle):
        def populate_space(self, trial_id):
            return {"status": "IDLE"}

    def factory(objective, max_trials, seed, hyperparameters):
        return Waiting(objective, max_trials, hyperparameters=hyperparameters)

    with pytest.raises(SearchError, match="Waiting waits"):
        simulate(table, "accuracy", {"a": oracle_method(factory)}, [0], Budget(3))


def test_a_cell_that_is_not_in_the_table_is_an_error(table):
    class Wrong(Fixed):
        def populate_space(self, trial_id):
            wrong = {**self.table.values_of(0), "normal/node0/edge0/op": "unknown"}
            return {"status": "RUNNING", "values": wrong}

    with pytest.raises(NotInTableError, match="unknown"):
        simulate(table, "accuracy", {"a": lambda *_: Wrong(table, [])}, [0], Budget(3))
    with pytest.raises(NotInTableError, match="loss"):
        simulate(table, "loss", {"a": fixed(table, [0])}, [0], Budget(3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "number of evaluations or of seconds"),
        ({"evaluations": 0}, "evaluations must be above 0"),
        ({"seconds": -1.0, "cost": "seconds"}, "seconds must be above 0"),
        ({"seconds": float("nan"), "cost": "seconds"}, "seconds must be above 0"),
        ({"seconds": 5.0}, "cost="),
    ],
)
def test_budgets_that_are_none(arguments, message):
    with pytest.raises(InputError, match=message):
        Budget(**arguments)


def test_no_methods_or_seeds_give_an_empty_frame(table):
    frame = simulate(table, "accuracy", {"a": fixed(table, [0])}, [], Budget(3))
    assert len(frame) == 0
    assert "regret" in frame


# Summaries


def test_regret_is_that_of_the_best_so_far_over_seeds(table):
    rows = {0: [0, 13, 26], 1: [13, 0, 0]}
    frame = simulate(
        table, "accuracy", {"a": lambda space, n, seed: Fixed(table, rows[seed])}, [0, 1], Budget(3)
    )
    regret = 333.0 - table.column("accuracy")
    summary = regret_at(frame, [1, 3])
    after_three = [regret[[0, 13, 26]].min(), regret[[13, 0]].min()]
    expected = [[regret[0], regret[13]], after_three]
    assert summary["mean"].tolist() == [np.mean(pair) for pair in expected]
    assert summary["sd"].tolist() == [np.std(pair, ddof=1) for pair in expected]
    assert summary["runs"].tolist() == [2, 2]
    assert summary["ended"].tolist() == [0, 0]


def test_a_search_that_ended_by_itself_keeps_its_best_and_is_counted(table):
    frame = simulate(table, "accuracy", {"a": fixed(table, [5])}, [0, 1, 2], Budget(10))
    summary = regret_at(frame, [1, 10])
    assert summary["mean"].tolist() == [333.0 - table.column("accuracy")[5]] * 2
    assert summary["ended"].tolist() == [0, 3]


def test_beyond_the_budget_there_is_no_figure(table):
    frame = simulate(table, "accuracy", {"a": fixed(table, [5, 6])}, [0], Budget(2, cost="seconds"))
    assert np.isnan(regret_at(frame, [3])["mean"][0])
    assert np.isnan(regret_at(frame, [1000.0], "seconds")["mean"][0])
    assert np.isnan(regret_at(frame, [0.1], "seconds")["mean"][0])


def test_time_too_short_for_another_cell_changes_nothing(table):
    budget = Budget(seconds=12, cost="seconds")
    rows = range(9, 18)  # those of 5 seconds each
    frame = simulate(table, "accuracy", {"a": fixed(table, rows)}, [0], budget)
    assert regret_at(frame, [12.0], "seconds")["mean"][0] == frame["regret"].iloc[-1]


def test_the_chosen_cell_is_the_first_of_the_best(table):
    frame = simulate(table, "accuracy", {"a": fixed(table, [3, 26, 26, 4])}, [0, 1], Budget(4))
    ends = chosen(frame, table, ["test"])
    best = int(max([3, 26, 4], key=lambda row: table.column("accuracy")[row]))
    assert ends["row"].tolist() == [best] * 2
    assert ends["evaluation"].tolist() == [[3, 26, 26, 4].index(best) + 1] * 2
    assert ends["test"].tolist() == [table.column("test")[best]] * 2
