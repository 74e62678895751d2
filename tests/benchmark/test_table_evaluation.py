"""The table as an evaluation of tuners: no network is built. The table is made up by a formula."""

import itertools
import pickle

import keras_tuner
import pandas as pd
import pytest

from automl_kit.benchmark import NasBenchTable, NotInTableError, Table
from automl_kit.errors import ProjectError
from automl_kit.spaces import size_after_symmetries
from automl_kit.tuners import Evolution, RandomSearch, get_tuner

POINTS = {"conv": 3.0, "none": 0.0, "pool": 1.0}
OBJECTIVE = keras_tuner.Objective("accuracy", "max")
TRIALS = ("greedy", "random", "bayesian", "evolution", "local", "reinforce")


def made_up(folder, cells=27, bonus=0.0):
    rows = [
        (f"|{a}~0|+|{b}~0|{c}~1|", 100 * POINTS[a] + 10 * POINTS[b] + POINTS[c] + bonus, 5.0)
        for a, b, c in itertools.product(POINTS, repeat=3)
    ]
    path = folder / "made_up.csv"
    columns = ["cell", "accuracy", "seconds"]
    pd.DataFrame(rows[:cells], columns=columns).to_csv(path, index=False)
    return NasBenchTable(path)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return made_up(tmp_path_factory.mktemp("table"))


@pytest.mark.parametrize("name", TRIALS)
def test_any_tuner_searches_a_table(table, name, tmp_path):
    tuner = get_tuner(name)(
        table.space.declare, OBJECTIVE, max_trials=8, seed=3, directory=tmp_path,
        evaluation=Table(table, "accuracy", ("seconds",)),
    )  # fmt: skip
    tuner.search(verbose=0)
    trials = tuner.oracle.trials.values()
    assert len(trials) == 8
    for trial in trials:
        row = table.lookup(trial.hyperparameters.values)
        assert trial.score == table.column("accuracy")[row]
        assert trial.metrics.get_last_value("seconds") == 5.0
    assert tuner.best_trial().score == max(trial.score for trial in trials)


def test_a_search_goes_on_where_it_was_and_with_no_other_table(table, tmp_path):
    def tuner(evaluated, trials):
        return RandomSearch(
            table.space.declare, OBJECTIVE, max_trials=trials, seed=3, directory=tmp_path,
            evaluation=Table(evaluated, "accuracy"),
        )  # fmt: skip

    tuner(table, 3).search(verbose=0)
    again = tuner(table, 5)
    assert len(again.oracle.trials) == 3
    again.search(verbose=0)
    assert len(again.oracle.trials) == 5
    with pytest.raises(ProjectError, match="another search"):
        tuner(made_up(tmp_path, bonus=1.0), 5)


def test_a_cell_that_the_table_lacks_is_a_failed_trial(tmp_path):
    part = made_up(tmp_path, cells=20)
    # The first operation of a missing cell isn't lost: "conv" and "none" come first.
    tuner = Evolution(
        part.space.declare, OBJECTIVE, max_trials=27, seed=0, directory=tmp_path,
        evaluation=Table(part, "accuracy"),
    )  # fmt: skip
    tuner.search(verbose=0)
    states = [trial.status for trial in tuner.oracle.trials.values()]
    networks = size_after_symmetries(part.space, "function")
    assert len(states) == networks < 27
    assert states.count("COMPLETED") > 0
    assert states.count("FAILED") == networks - states.count("COMPLETED") > 0
    failed = next(t for t in tuner.oracle.trials.values() if t.status == "FAILED")
    assert "NotInTableError" in failed.message


def test_it_is_a_value(table, tmp_path):
    evaluation = Table(table, "accuracy", ("seconds",))
    again = pickle.loads(pickle.dumps(evaluation))
    assert again == evaluation
    assert hash(again) == hash(evaluation)
    assert again.describe() == evaluation.describe()
    others = [Table(table, "seconds"), Table(made_up(tmp_path, bonus=1.0), "accuracy")]
    described = [e.describe() for e in [evaluation, *others]]
    assert all(evaluation != other for other in others)
    assert len({repr(d) for d in described}) == 3


@pytest.mark.parametrize("arguments", [("loss",), ("accuracy", ("loss",))])
def test_columns_are_checked_when_it_is_made(table, arguments):
    with pytest.raises(NotInTableError, match="loss"):
        Table(table, *arguments)
