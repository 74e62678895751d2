"""The commands, most of them in processes of their own, as a user starts them."""

import os
import signal
import subprocess
import sys

import pandas as pd
import pytest

from automl_kit import command, image, structured, text
from automl_kit.data import load_table
from automl_kit.errors import InputError

APPS = {"structured": structured.app, "text": text.app, "image": image.app}


def _run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Runs commands in this process, in an empty folder: exit status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(task, *arguments):
        monkeypatch.setattr(sys, "argv", [f"automl_kit.{task}", *arguments])
        with pytest.raises(SystemExit) as stop:
            command.run(APPS[task])
        written = capsys.readouterr()
        return int(stop.value.code or 0), written.out, written.err

    run.folder = tmp_path
    return run


def _iris(path):
    iris = load_table("iris")
    iris.x_train.assign(kind=iris.y_train).to_csv(path, index=False)


def test_help_does_not_import_tensorflow(tmp_path):
    code = "import sys, automl_kit, automl_kit.image; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


def test_fit_predict_and_errors(tmp_path):
    _iris(tmp_path / "train.csv")
    fitted = _run(
        "automl_kit.structured", "fit", "train.csv", "--target", "kind", "--max-trials", "1",
        "--epochs", "5", "--seed", "0", cwd=tmp_path,
    )  # fmt: skip
    assert fitted.returncode == 0, fitted.stderr
    assert fitted.stderr == ""
    assert "Model: model.keras" in fitted.stdout
    predicted = _run("automl_kit.structured", "predict", "model.keras", "train.csv", cwd=tmp_path)
    assert predicted.returncode == 0, predicted.stderr
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert list(table) == [
        "prediction", "probability_setosa", "probability_versicolor", "probability_virginica",
    ]  # fmt: skip
    wrong = _run("automl_kit.structured", "fit", "none.csv", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "none.csv" in wrong.stderr
    other = _run("automl_kit.text", "predict", "model.keras", "train.csv", cwd=tmp_path)
    assert other.returncode == 2
    assert "automl_kit.structured" in other.stderr


def test_an_interrupted_search_says_how_to_go_on_and_does(here):
    _iris(here.folder / "train.csv")
    arguments = [
        "fit", "train.csv", "--target", "kind", "--max-trials", "2", "--epochs", "3", "--seed", "0",
    ]  # fmt: skip
    search = subprocess.Popen(
        [sys.executable, "-u", "-m", "automl_kit.structured", *arguments],
        cwd=here.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert search.stdout.readline().startswith("Trial 1/2")
    os.kill(search.pid, signal.SIGINT)
    _, told = search.communicate()
    assert search.returncode == 130
    folder = "automl_kit_projects/structured_classifier"
    assert told.split("\n") == [
        "",
        f"Stopped. What was found is in {folder}; the same command goes on.",
        "",
    ]
    status, out, errors = here("structured", *arguments)
    assert (status, errors) == (0, "")
    assert out.startswith("Going on with a search of which 1 trial has ended.\nTrial 2/2")
    assert out.count("COMPLETED") == 2


@pytest.mark.parametrize("task", ["structured", "text"])
def test_demo(task, here):
    status, out, errors = here(task, "demo", "--max-trials", "1", "--epochs", "1")
    assert (status, errors) == (0, "")
    figures = dict(line.split(": ") for line in out.splitlines() if ": " in line)
    assert float(figures["roc auc"]) > 0.6
    assert figures["Model"] == "model.keras"
    assert figures["model.keras on the first test row"]
    assert (here.folder / "model.keras").exists()


def test_a_class_of_one_row_is_refused_by_name_before_the_search(here):
    rows = "".join(f"{n},{'pq'[n % 2]}\n" for n in range(20))
    (here.folder / "lone.csv").write_text(f"a,label\n{rows}1,r\n")
    status, out, errors = here("structured", "fit", "lone.csv", "--target", "label")
    assert (status, out) == (2, "")
    assert errors.startswith("Error: 1 class has one row only: 'r'.")
    assert errors.count("\n") == 1


def test_a_warning_is_told_in_one_line(here):
    (here.folder / "t.csv").write_text("a,gap,label\n" + "1,,p\n2,,q\n" * 10 + "3,,r\n")
    status, _, errors = here("structured", "fit", "t.csv", "--target", "label")
    warning, error = errors.splitlines()
    assert status == 2
    assert warning == "Warning: 1 column(s) have no value at all and are not used: 'gap'."
    assert error.startswith("Error: ")


def test_the_help_names_every_tuner():
    from automl_kit.tuners.registry import TUNERS

    assert tuple(TUNERS) == command.IMAGE_TUNERS


@pytest.mark.parametrize(
    ("told", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), (" 2 h ", 7200)]
)
def test_lengths_of_time(told, seconds):
    assert command.parse_seconds(told) == seconds


@pytest.mark.parametrize("told", ["", "0s", "-1", "soon", "10 days", "1e3"])
def test_what_is_no_length_of_time_is_refused(told):
    with pytest.raises(InputError, match="90s, 10m or 2h"):
        command.parse_seconds(told)
