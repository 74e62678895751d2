"""Searches that end before a first evaluation: every summary tells of them.

Their means must not be those of the other searches. The table is made up by a formula.
"""

import sys

import keras_tuner
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from automl_kit import bench, command
from automl_kit.benchmark import Budget, NasBenchTable, chosen, regret_at, simulate
from automl_kit.errors import InputError
from automl_kit.report import plot_regret

CELLS = pd.DataFrame(
    {
        "cell": [f"|{op}~0|" for op in ("none", "pool", "conv")],
        "accuracy": [10.0, 40.0, 90.0],
        "seconds": [2.0, 4.0, 50.0],
        "test": [11.0, 39.0, 88.0],
    }
)
SECONDS = Budget(seconds=10, cost="seconds")
SHORT = {0: [0, 1], 1: [2]}  # seed 1 begins with the cell that takes longer than all the time


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("empty") / "made_up.csv"
    CELLS.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def table(path):
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


def searched(table, rows, budget=SECONDS):
    """The searches of a method, by their seeds."""
    return simulate(
        table, "accuracy", {"a": lambda _, n, seed: Fixed(table, rows[seed])}, rows, budget
    )


def test_a_search_that_evaluates_nothing_has_a_row_without_figures(table):
    frame = searched(table, SHORT)
    assert frame["seed"].tolist() == [0, 0, 1]
    assert frame["evaluation"].tolist() == [1, 2, 0]
    assert frame["seconds"].tolist() == [2.0, 6.0, 0.0]
    assert frame["ended_by"].tolist() == ["search", "search", "seconds"]
    assert frame.loc[2, ["score", "best", "regret", "row"]].isna().all()
    assert frame["row"].tolist()[:2] == [0, 1]
    assert frame.dtypes.equals(searched(table, {0: [0, 1]}).dtypes)


def test_one_that_ends_by_itself_at_once_has_one_too(table):
    frame = searched(table, {0: []}, Budget(5))
    assert frame["evaluation"].tolist() == [0]
    assert frame["ended_by"].tolist() == ["search"]
    assert frame["seconds"].isna().all()
    summary = regret_at(frame, [1])
    assert summary[["runs", "ended", "nothing"]].iloc[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(("axis", "budgets"), [("evaluation", [1, 2]), ("seconds", [5.0, 10.0])])
def test_the_mean_is_not_that_of_the_other_searches(table, axis, budgets):
    summary = regret_at(searched(table, SHORT), budgets, axis)
    assert summary["mean"].isna().all()
    assert summary["sd"].isna().all()
    assert summary["runs"].tolist() == [2, 2]
    assert summary["nothing"].tolist() == [1, 1]
    alone = regret_at(searched(table, {0: SHORT[0]}), budgets, axis)
    assert alone["mean"].tolist() == [80.0, 50.0]
    assert alone["nothing"].tolist() == [0, 0]


def test_no_cell_is_chosen_and_nobody_else_is_lost(table):
    ends = chosen(searched(table, SHORT), table, ["test"])
    assert ends["seed"].tolist() == [0, 1]
    assert ends["evaluation"].tolist() == [2, 0]
    np.testing.assert_array_equal(ends["score"], [40.0, np.nan])
    np.testing.assert_array_equal(ends["test"], [39.0, np.nan])
    assert ends["row"].isna().tolist() == [False, True]


def test_figures_read_back_from_a_csv_are_summarised_alike(table, tmp_path):
    frame = searched(table, SHORT)
    frame.to_csv(tmp_path / "results.csv", index=False)
    again = pd.read_csv(tmp_path / "results.csv")
    pd.testing.assert_frame_equal(regret_at(again, [1, 2]), regret_at(frame, [1, 2]))
    pd.testing.assert_frame_equal(
        chosen(again, table, ["test"]), chosen(frame, table, ["test"]), check_dtype=False
    )


def test_a_plot_has_no_line_and_says_why(table, tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(
        Figure, "savefig", lambda self, path, **_: (figures.append(self), path.touch())
    )
    whole = searched(table, {0: [0, 1], 1: [1, 0]}).assign(method="b")
    frame = pd.concat([searched(table, SHORT), whole], ignore_index=True)
    plot_regret(frame, tmp_path / "regret.svg", "seconds")
    (axes,) = figures[0].axes
    short, good = axes.get_lines()
    assert short.get_label() == "a (1 of 2 evaluated nothing)"
    assert np.isnan(short.get_ydata()).all()
    assert good.get_xdata()[0] == 2.0  # the scale begins with the first evaluation
    assert good.get_ydata()[-1] == 50.0


def test_without_any_evaluation_there_is_no_plot(table, tmp_path):
    with pytest.raises(InputError, match="no evaluations"):
        plot_regret(searched(table, {0: [2], 1: [2]}), tmp_path / "regret.svg")


def test_the_command_tells_of_them(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = [
        str(path), "--tuner", "random", "--seeds", "8", "--seconds", "10", "--cost", "seconds",
        "--test", "test", "--out", "results.csv",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["automl_kit.bench", *arguments])
    with pytest.raises(SystemExit) as stop:
        command.run(bench.app)
    out, errors = capsys.readouterr()
    assert (stop.value.code or 0, errors) == (0, "")
    frame = pd.read_csv(tmp_path / "results.csv")
    assert frame["seed"].nunique() == 8
    empty, evaluated = (frame["evaluation"] == 0).sum(), (frame["evaluation"] > 0).sum()
    assert 0 < empty < 8
    assert f"random: {empty} of 8 searches ended before a first training ended" in out
    assert f"Wrote {evaluated} evaluations" in out
    rows = [line for line in out.splitlines() if line.startswith("│ random")]
    assert len(rows) == 2
    for row in rows:
        assert "–" in row
        assert not any(character in row.split("│")[2] for character in "0123456789")
