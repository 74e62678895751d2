"""The command on a table made up by a formula (nothing was trained)."""

import itertools
import os
import subprocess
import sys

import pandas as pd
import pytest

from automl_kit import bench, command
from automl_kit.benchmark import NasBenchTable
from automl_kit.spaces import size_after_symmetries

POINTS = {"conv": 3.0, "none": 0.0, "pool": 1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rows = []
    for number, (a, b, c) in enumerate(itertools.product(POINTS, repeat=3)):
        score = 90 - 10 * abs(POINTS[a] - 1) - 5 * POINTS[b] - POINTS[c]
        rows.append((number, f"|{a}~0|+|{b}~0|{c}~1|", score, 5.0 + POINTS[a], score - 1))
    columns = ["index", "cell", "accuracy", "seconds", "test"]
    folder = tmp_path_factory.mktemp("bench")
    pd.DataFrame(rows, columns=columns).to_csv(folder / "made_up.csv", index=False)
    return folder


def _bench(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "automl_kit.bench", *arguments],
        cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_help_does_not_import_tensorflow(folder):
    code = "import sys, automl_kit.bench; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == 0
    done = _bench("--help", cwd=folder)
    assert done.returncode == 0
    assert "--tuner" in done.stdout


@pytest.fixture
def here(folder, monkeypatch, capsys):
    """Runs the command in this process: exit status, output, errors."""
    monkeypatch.chdir(folder)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["automl_kit.bench", *arguments])
        with pytest.raises(SystemExit) as stop:
            command.run(bench.app)
        written = capsys.readouterr()
        return int(stop.value.code or 0), written.out, written.err

    return run


def test_by_evaluations(folder, here):
    status, out, errors = here(
        "made_up.csv", "--tuner", "local", "--tuner", "random", "--seeds", "3", "--test", "test",
        "--evaluations", "60", "--out", "out/results.csv", "--plot", "regret.svg",
    )  # fmt: skip
    assert (status, errors) == (0, "")
    assert "Regret of accuracy, mean ± sd of 3 searches" in out
    local = next(line for line in out.splitlines() if line.startswith("│ local"))
    # All networks are tried, then there is nothing left. Which of the cells that are the same
    # network was tried, and has its own figure here, is chance.
    assert local.endswith("3 of 3 │")
    frame = pd.read_csv(folder / "out" / "results.csv")
    assert set(frame["method"]) == {"local", "random"}
    assert sorted(frame["seed"].unique()) == [0, 1, 2]
    local = frame[frame["method"] == "local"]
    networks = NasBenchTable(folder / "made_up.csv").space
    networks = size_after_symmetries(networks, "function")
    assert networks < 27
    assert (local.groupby("seed")["row"].nunique() == networks).all()
    assert (frame["regret"] == 90.0 - frame["best"]).all()
    assert (folder / "regret.svg").read_text().count("<svg") == 1
    tested = out[out.index("test of the chosen row") :]
    assert "89.00" in tested


def test_by_time(folder, here):
    status, out, errors = here(
        "made_up.csv", "--tuner", "random", "--seeds", "2", "--metric", "test", "--seconds", "60",
        "--cost", "seconds", "--out", "timed.csv",
    )  # fmt: skip
    assert status == 0, errors
    assert "60 s" in out
    frame = pd.read_csv(folder / "timed.csv")
    assert frame["seconds"].max() <= 60
    assert frame.groupby("seed")["seconds"].max().min() > 60 - 2 * 8
    assert set(frame["ended_by"]) == {"seconds"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "none.csv"),
        (["made_up.csv", "--tuner", "pareto"], "no single score"),
        (["made_up.csv", "--tuner", "hyperband"], "trains in parts"),
        (["made_up.csv", "--tuner", "random", "--tuner", "darts"], "trains a supernet"),
        (["made_up.csv", "--tuner", "annealing"], "annealing"),
        (["made_up.csv", "--metric", "loss"], "loss"),
        (["made_up.csv", "--seconds", "100"], "cost"),
        (["made_up.csv", "--evaluations", "0"], "evaluations"),
        (["made_up.csv", "--seconds", "1", "--cost", "seconds"], "cheapest"),
        (["made_up.csv", "--plot", "regret.pdf"], "regret.pdf"),
    ],
)
def test_what_the_user_did_wrong_is_one_sentence(arguments, message, here):
    status, out, errors = here(*arguments)
    assert (status, out) == (2, "")
    assert errors.count("\n") == 1
    assert message in errors


def test_figures_are_readable_where_output_is_ascii(folder):
    done = _bench(
        "made_up.csv", "--tuner", "random", "--seeds", "2", "--evaluations", "5",
        cwd=folder, PYTHONIOENCODING="ascii:strict",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "Regret of accuracy, mean +- sd of 2 searches" in done.stdout


def _run_here(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["automl_kit.bench", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        command.run(bench.app)
    return stop.value.code, *capsys.readouterr()


@pytest.fixture
def grid(tmp_path):
    rows = [
        (depth, kind, abs(depth - 4) / 100 + (kind == "b") / 50 + 0.01, 5.0)
        for depth, kind in itertools.product((1, 2, 4, 8, 16), "abc")
    ]
    frame = pd.DataFrame(rows, columns=["depth", "kind", "loss", "seconds"])
    for epoch in (1, 2):
        frame[f"loss@{epoch}"] = frame["loss"] + 2 - epoch
    frame.to_csv(tmp_path / "grid.csv", index=False)
    return tmp_path / "grid.csv"


@pytest.mark.parametrize(
    "named",
    [["--hyperparameters", "depth,kind"], ["--cost", "seconds"]],
)
def test_any_table_is_a_benchmark(grid, named, monkeypatch, capsys, tmp_path):
    """Regret is that of the least loss; seeds begin where they are told to."""
    options = ["--metric", "loss", "--minimize", "--seeds", 3, "--first-seed", 70, "--tuner"]
    code, out, errors = _run_here(
        [grid, *options, "local", "--evaluations", 15, *named, "--out", tmp_path / "out.csv"],
        monkeypatch, capsys,
    )  # fmt: skip
    assert (code, errors) == (0, "")
    assert "Regret of loss, mean ± sd of 3 searches" in out
    frame = pd.read_csv(tmp_path / "out.csv")
    assert sorted(frame["seed"].unique()) == [70, 71, 72]
    assert (frame.groupby("seed")["row"].nunique() == 15).all()
    assert (frame["regret"] == frame["best"] - 0.01).all()


def test_strategies_that_train_in_parts_need_curves(grid, monkeypatch, capsys):
    options = ["--hyperparameters", "depth,kind", "--minimize", "--tuner", "hyperband"]
    code, out, errors = _run_here(
        [grid, *options, "--metric", "loss", "--seeds", 2, "--evaluations", 10], monkeypatch, capsys
    )
    assert (code, errors) == (0, "")
    assert "hyperband" in out
    code, out, errors = _run_here([grid, *options, "--metric", "seconds"], monkeypatch, capsys)
    assert (code, out) == (2, "")
    assert "trains in parts, and the metric has no curve" in errors


def test_a_table_that_lacks_a_part_of_its_space_is_told(grid, monkeypatch, capsys):
    pd.read_csv(grid).iloc[1:].to_csv(grid, index=False)
    options = ["--metric", "loss", "--cost", "seconds", "--seeds", 1, "--evaluations", 15]
    code, out, _ = _run_here([grid, *options, "--tuner", "random"], monkeypatch, capsys)
    assert code == 0
    assert "The table holds 93% of the space; what it lacks counts as a trial that failed." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no columns of figures left"),
        (["--metric", "gain"], "no column 'gain'"),
        (["--hyperparameters", "depth,width"], "no column 'width'"),
    ],
)
def test_a_table_whose_columns_are_not_clear_is_refused(
    tmp_path, arguments, message, monkeypatch, capsys
):
    (tmp_path / "plain.csv").write_text("depth,loss\n1,2\n2,3\n")
    code, out, errors = _run_here([tmp_path / "plain.csv", *arguments], monkeypatch, capsys)
    assert (code, out) == (2, "")
    assert message in errors
