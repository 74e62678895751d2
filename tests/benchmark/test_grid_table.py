"""Tables of any hyperparameters, and curves. The tables here are made up by formulas."""

import itertools

import keras_tuner
import numpy as np
import pandas as pd
import pytest

from automl_kit.bench import tuner_oracle
from automl_kit.benchmark import (
    Budget,
    GridTable,
    NasBenchTable,
    NotInTableError,
    Table,
    oracle_method,
    read_benchmark,
    simulate,
)
from automl_kit.errors import InputError
from automl_kit.evaluation.base import Run
from automl_kit.oracles.rung import Rung

DEPTHS, KINDS, RATES = (1, 2, 4, 8), ("a", "b", "c"), (0.01, 0.1, 1.0)


def grid(folder, drop=()):
    """Losses of all combinations after three epochs; the least one is that of (4, "b", 0.1)."""
    rows = []
    for depth, kind, rate in itertools.product(DEPTHS, KINDS, RATES):
        loss = abs(depth - 4) + 2 * (kind != "b") + abs(np.log10(rate) + 1) + 0.5
        rows.append((depth, kind, rate, loss + 2, loss + 1, loss, 6.0))
    columns = ["depth", "kind", "rate", "loss@1", "loss@2", "loss@3", "seconds"]
    frame = pd.DataFrame(rows, columns=columns).drop(index=list(drop))
    frame.to_csv(folder / "grid.csv", index=False)
    return folder / "grid.csv"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return GridTable(grid(tmp_path_factory.mktemp("grid")), figures=["seconds"])


def test_numbers_are_ordered_and_words_are_choices(table):
    hp = keras_tuner.HyperParameters()
    assert table.space.declare(hp) == {"depth": 1, "kind": "a", "rate": 0.01}
    assert [(one.name, one.values, bool(one.ordered)) for one in hp.space] == [
        ("depth", list(DEPTHS), True), ("kind", list(KINDS), False), ("rate", list(RATES), True),
    ]  # fmt: skip
    assert (len(table), table.space.size(), table.share) == (36, 36, 1.0)


def test_figures_and_curves_are_those_of_the_file(table):
    row = table.lookup({"depth": 4, "kind": "b", "rate": 0.1, "other": 3})
    assert table.values_of(row) == {"depth": 4, "kind": "b", "rate": 0.1}
    assert table.columns == ("seconds", "loss")
    assert table.curve(row, "loss").tolist() == [2.5, 1.5, 0.5]
    assert table.epochs("loss") == 3
    assert table.column("loss")[row] == table.best("loss", "min") == 0.5
    with pytest.raises(NotInTableError, match="no curve 'seconds'; it has loss"):
        table.curve(row, "seconds")
    with pytest.raises(NotInTableError, match="from 0 to 35"):
        table.curve(36, "loss")


def test_named_hyperparameters_leave_the_rest_as_figures(tmp_path):
    path = grid(tmp_path)
    named = read_benchmark(path, ["depth", "kind", "rate"])
    assert named.columns == ("seconds", "loss")
    assert named == GridTable(path, figures=["loss", "seconds"])
    cells = tmp_path / "cells.csv"
    cells.write_text("cell,accuracy\n|none~0|,10.0\n|nor_conv_3x3~0|,90.0\n")
    assert isinstance(read_benchmark(cells), NasBenchTable)
    assert read_benchmark(cells, ["cell"]).space.options == {
        "cell": ["|none~0|", "|nor_conv_3x3~0|"]
    }


@pytest.mark.parametrize("name", ["evolution", "local", "random"])
def test_the_least_value_is_found_where_small_is_good(table, name):
    frame = simulate(
        table, "loss", {name: oracle_method(tuner_oracle(name))}, [0], Budget(36, cost="seconds"),
        direction="min",
    )  # fmt: skip
    assert frame["row"].is_unique
    assert frame["score"].min() == 0.5
    assert frame["best"].tolist() == np.minimum.accumulate(frame["score"]).tolist()
    assert frame["regret"].tolist() == (frame["best"] - 0.5).tolist()
    assert frame["seconds"].iloc[-1] == 6.0 * 36


def test_what_a_table_lacks_is_a_failed_trial_that_takes_no_time(tmp_path):
    table = GridTable(grid(tmp_path, drop=[0, 5, 7]), figures=["seconds"])
    assert table.share == 33 / 36
    frame = simulate(
        table, "loss", {"a": oracle_method(tuner_oracle("random"))}, [3],
        Budget(36, cost="seconds"), direction="min",
    )  # fmt: skip
    assert len(frame) == 36
    assert frame["row"].isna().sum() == frame["score"].isna().sum() == 3
    assert frame["seconds"].iloc[-1] == 6.0 * 33
    assert frame["regret"].iloc[-1] == 0.0


class Behind:
    """Ends a training after its second epoch unless it is better than all before."""

    steps, finalists = "epochs", 0

    def stop(self, trial_id, step, curves):
        others = [curve[2] for name, curve in curves.items() if name != trial_id]
        return step == 2 and bool(others) and curves[trial_id][2] < max(others)


def test_a_pruner_ends_trainings_along_their_curves(table):
    budget = Budget(20, cost="seconds")
    frame = simulate(
        table, "loss", {"a": oracle_method(tuner_oracle("random"))}, [2], budget,
        direction="min", pruner=Behind(),
    )  # fmt: skip
    curves = np.array([table.curve(int(row), "loss") for row in frame["row"]])
    second = np.minimum.accumulate(curves[:, 1])
    whole = np.append(True, curves[1:, 1] <= second[:-1])
    assert 1 < whole.sum() < 20
    assert frame["epochs"].tolist() == np.where(whole, 3.0, 2.0).tolist()
    assert frame["score"].tolist() == np.where(whole, curves[:, 2], curves[:, 1]).tolist()
    assert frame["seconds"].iloc[-1] == pytest.approx(frame["epochs"].sum() * 2.0)
    best = np.minimum.accumulate(np.where(whole, curves[:, 2], np.inf))
    assert frame["best"].tolist() == best.tolist()
    with pytest.raises(InputError, match="'seconds' has none: expected columns seconds@1"):
        simulate(table, "seconds", {}, [0], budget, pruner=Behind())


def test_a_part_of_a_training_has_what_the_curve_says_there(table):
    class Trial:
        trial_id = "0"
        hyperparameters = keras_tuner.HyperParameters()

    Trial.hyperparameters.values = {"depth": 4, "kind": "b", "rate": 0.1}
    run = Run(None, None, lambda *_: 0, rung=lambda values: Rung(2, 1, None))
    result = Table(table, "loss", ("seconds",), "min").evaluate(Trial, run)
    assert (result.score, result.epoch, list(result.curve)) == (-1.5, 1, [-2.5, -1.5])
    assert result.figures == {"epochs": 1.0}
    with pytest.raises(InputError, match="'seconds' has no curve"):
        Table(table, "seconds").evaluate(Trial, run)


def test_hyperband_trains_in_parts_and_pays_for_those(table):
    method = oracle_method(tuner_oracle("hyperband", table.epochs("loss")))
    budget = Budget(30, cost="seconds")
    frame = simulate(table, "loss", {"a": method}, [0], budget, direction="min")
    assert set(frame["epochs"]) == {1.0, 2.0, 3.0}
    assert frame["seconds"].iloc[-1] == pytest.approx(2.0 * frame["epochs"].sum())
    first = frame["epochs"].iloc[0]
    assert (first, np.isnan(frame["best"].iloc[0])) == (1.0, True)
    with pytest.raises(InputError, match="trains in parts"):
        tuner_oracle("hyperband")


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("a,b\n1,2\n", {}, "no columns of figures left"),
        ("a,b\n1,2\n", {"figures": ["a", "b"]}, "no columns of hyperparameters left"),
        ("a,b\n1,2\n", {"hyperparameters": ["c"]}, "no column 'c'; it has a, b"),
        ("a,b\n1,2\n", {"figures": ["c"]}, "no column 'c'"),
        ("a,b\n1,2\n1,3\n", {"figures": ["b"]}, "line 3: these hyperparameters are in .*line 2"),
        ("a,c,b\n1,x,2\n,y,3\n", {"figures": ["b"]}, "line 3: the hyperparameter 'a' has no value"),
        ("a,b\n1,2\n2,x\n", {"figures": ["b"]}, "line 3: expected a finite number in column 'b'"),
        ("a,b@1,b@3\n1,2,3\n", {}, "columns up to b@3, but no b@2"),
        (
            "a,c,d\n" + "".join(f"{n},{n},{n}\n" for n in range(11)), {"figures": ["d"]},
            "11 of 121 combinations of a, c",
        ),
    ],
)  # fmt: skip
def test_what_is_no_table_of_hyperparameters(text, arguments, message, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        GridTable(path, **arguments)
