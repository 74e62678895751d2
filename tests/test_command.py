"""The commands: one search in a process of its own, as a user starts it, the rest in this one."""

import os
import shlex
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from automl_kit import StructuredDataClassifier, command, image, structured, text
from automl_kit.data import Dataset, infer_schema, load_docstrings, load_table
from automl_kit.errors import InputError
from automl_kit.problems import Classification
from automl_kit.report.progress_lines import PlainProgress
from automl_kit.tuners import NOT_ON_TABLES, STRATEGIES, get_strategy

APPS = {"structured": structured.app, "text": text.app, "image": image.app}
FIT = ["fit", "train.csv", "--target", "kind", "--epochs", "3", "--seed", "0"]


def _python(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env={**os.environ, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Runs commands in this process, in an empty folder: exit status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(task, *arguments):
        monkeypatch.setattr(sys, "argv", [f"automl_kit.{task}", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            command.run(APPS[task])
        written = capsys.readouterr()
        return int(stop.value.code or 0), written.out, written.err

    run.folder = tmp_path
    return run


def _iris(folder):
    iris = load_table("iris")
    iris.x_train.assign(kind=iris.y_train).to_csv(folder / "train.csv", index=False)
    iris.x_test.assign(kind=iris.y_test).to_csv(folder / "test.csv", index=False)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A folder in which a search was run, and what its process said."""
    folder = tmp_path_factory.mktemp("fitted")
    _iris(folder)
    done = _python(
        "-m", "automl_kit.structured", *FIT, "--test", "test.csv", "--max-trials", "1",
        "--time-budget", "10m", cwd=folder,
    )  # fmt: skip
    return folder, done


def test_importing_the_commands_does_not_import_tensorflow(tmp_path):
    modules = "automl_kit, automl_kit.image, automl_kit.bench, automl_kit.tuners"
    code = f"import sys, {modules}; sys.exit('tensorflow' in sys.modules)"
    assert _python("-c", code, cwd=tmp_path).returncode == 0


def test_fit_says_what_it_does_and_what_to_do_next(fitted, here):
    folder, done = fitted
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("1 trial at most, judged by val_loss, lower is better  ")
    trial = " ".join(" ".join(lines).split())
    assert "Trial 1/1 MLP, 1×128 val_loss " in trial
    assert " min left" in trial
    assert all(len(line) <= 100 for line in lines)
    assert "Project: automl_kit_projects/structured_classifier" in lines
    assert "Model: model.keras" in lines
    figures = dict(line.split(": ") for line in lines if ": " in line)
    assert 0.5 < float(figures["accuracy"]) <= 1
    commands = [shlex.split(line) for line in lines[-2:]]
    os.chdir(folder)  # `here` goes back
    for words in commands:
        assert words[:3] == ["python", "-m", "automl_kit.structured"]
        status, out, errors = here("structured", *words[3:])
        assert (status, errors) == (0, "")
    assert f"accuracy: {figures['accuracy']}\n" in out  # of the last one, evaluate


def test_predict(fitted, here):
    folder, _ = fitted
    os.chdir(folder)
    status, out, _ = here("structured", "predict", "model.keras", "test.csv", "--out", "a/p.csv")
    table = pd.read_csv(folder / "a" / "p.csv")
    assert (status, out) == (0, f"Wrote {len(table)} predictions to a/p.csv\n")
    labels = ["setosa", "versicolor", "virginica"]
    assert list(table) == ["prediction", *(f"probability_{label}" for label in labels)]
    probabilities = table.iloc[:, 1:].to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert table.prediction.tolist() == [labels[n] for n in probabilities.argmax(axis=1)]


@pytest.mark.parametrize(
    ("task", "arguments", "told"),
    [
        ("structured", ["fit", "none.csv"], "none.csv"),
        ("structured", [*FIT, "--target", "nothing"], "'nothing'"),
        ("structured", [*FIT, "--max-trials", "0"], "max_trials"),
        ("structured", [*FIT, "--seed", "-1"], "seed"),
        ("structured", [*FIT, "--objective", "nonsense"], "'nonsense'"),
        ("structured", [*FIT, "--tuner", "nonsense"], "'evolution'"),
        ("structured", [*FIT, "--tuner", "darts"], "darts"),
        ("structured", [*FIT, "--time-budget", "soon"], "90s, 10m or 2h"),
        ("structured", [*FIT, "--out", "model.pdf"], ".pdf"),
        ("structured", [*FIT, "--directory", "train.csv"], "train.csv"),
        ("structured", ["predict", "none.keras", "train.csv"], "none.keras"),
        ("structured", ["predict", "train.csv", "train.csv"], "train.csv"),
        ("structured", ["predict", "model.keras", "none.csv"], "none.csv"),
        ("structured", ["predict", "model.keras", "test.csv", "--out", "test.csv/p"], "test.csv/p"),
        ("structured", ["evaluate", "model.keras", "test.csv", "--target", "no"], "'no'"),
        ("text", ["predict", "model.keras", "train.csv"], "python -m automl_kit.structured"),
        ("image", ["evaluate", "model.keras", "train.csv"], "python -m automl_kit.structured"),
    ],
)  # fmt: skip
def test_what_the_user_did_wrong_is_one_sentence(task, arguments, told, fitted, here):
    os.chdir(fitted[0])
    status, out, errors = here(task, *arguments)
    assert (status, out) == (2, "")
    assert errors.startswith("Error: ")
    assert errors.count("\n") == 1
    assert told in errors


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied", "a.csv"), "Permission denied: 'a.csv'"),
        (OSError(28, "No space left on device"), "No space left"),
        (MemoryError(), "There is not enough memory."),
        (InputError("in two\nlines"), "in two lines"),
    ],
)
def test_what_the_system_refuses_is_one_sentence_too(error, told, here, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(command, "_fitted", fail)
    status, out, errors = here("structured", "fit", "a.csv")
    assert (status, out, errors.count("\n")) == (2, "", 1)
    assert told in errors


@pytest.fixture
def interruptible():
    """A shell's background job ignores Ctrl-C, and Python then leaves it at that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_search_says_how_to_go_on_and_does(here, monkeypatch):
    trees = [
        {"table/architecture": "trees", "table/trees/kind": kind, "table/trees/trees": 50}
        for kind in ("forest", "extra")
    ]
    monkeypatch.setattr("automl_kit.tasks.structured.Tables.presets", {None: trees})
    _iris(here.folder)
    arguments = [*FIT, "--max-trials", "2"]
    trial_end = PlainProgress.trial_end

    def control_c(self, *told):
        trial_end(self, *told)
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(PlainProgress, "trial_end", control_c)
        status, out, errors = here("structured", *arguments)
    assert status == 130
    assert out.count("Trial 1/2") == 1
    folder = "automl_kit_projects/structured_classifier"
    assert errors == f"\nStopped. What was found is in {folder}; the same command goes on.\n"
    status, out, errors = here("structured", *arguments)
    assert (status, errors) == (0, "")
    assert out.startswith("Going on with a search of which 1 trial has ended.\n2 trials at most")
    assert "Trial 1/2" not in out
    assert "Trial 2/2" in out
    assert out.count("COMPLETED") == 2


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_before_the_search_promises_nothing(here, monkeypatch):
    monkeypatch.setattr(
        StructuredDataClassifier, "fit", lambda *_: signal.raise_signal(signal.SIGINT)
    )
    status, out, errors = here("structured", "fit", "train.csv")
    assert (status, out, errors) == (130, "", "\nStopped before the search began.\n")


def test_demo(here, monkeypatch):
    parts = load_docstrings()
    few = Dataset(parts.x_train[:240], parts.y_train[:240], parts.x_test[:120], parts.y_test[:120])
    monkeypatch.setattr("automl_kit.data.load_docstrings", lambda: few)
    status, out, errors = here("text", "demo", "--max-trials", "1", "--epochs", "1")
    assert (status, errors) == (0, "")
    figures = dict(line.split(": ") for line in out.splitlines() if ": " in line)
    assert float(figures["roc auc"]) > 0.6
    assert figures["Model"] == "model.keras"
    assert figures["model.keras on the first test row"]
    assert out.splitlines()[-1].startswith("  python -m automl_kit.text fit ")
    assert (here.folder / "model.keras").exists()


def test_images_in_folders(here):
    rng = np.random.default_rng(0)
    for label, top in [("dark", 80), ("light", 255)]:
        (here.folder / "images" / label).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(top - 60, top, (8, 8)).astype("uint8")
            Image.fromarray(pixels).save(here.folder / "images" / label / f"{number}.png")
    status, out, errors = here(
        "image", "fit", "images", "--max-trials", "1", "--epochs", "1", "--seed", "0"
    )
    assert (status, errors) == (0, "")
    assert "Trial 1/1  early-pooling network, 3 stages, width 32" in out
    assert out.endswith("  python -m automl_kit.image evaluate model.keras images\n")


@pytest.mark.parametrize("name", ["model.onnx", "model.tflite", "serving"])
def test_no_command_is_advised_that_could_not_read_the_model(name, here, monkeypatch):
    monkeypatch.setattr(command, "_fitted", lambda *_: None)
    monkeypatch.setattr(command, "_print_search", lambda *_: None)
    assert here("structured", "fit", "train.csv", "--out", name) == (0, "", "")


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


def test_the_help_names_every_strategy(here):
    status, out, _ = here("image", "fit", "--help")
    assert status == 0
    words = set(out.replace(",", " ").replace(".", " ").split())
    assert words.issuperset(STRATEGIES)
    described = {str(get_strategy(name).describe()) for name in STRATEGIES}
    assert len(described) == len(STRATEGIES)
    assert set(NOT_ON_TABLES) < set(STRATEGIES)


@pytest.mark.parametrize("module", ["structured", "bench"])
def test_help_is_readable_where_output_is_ascii(module, tmp_path):
    done = _python(
        "-m", f"automl_kit.{module}", "--help", cwd=tmp_path, PYTHONIOENCODING="ascii:strict"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    ("told", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), (" 2 h ", 7200)]
)
def test_lengths_of_time(told, seconds):
    assert command.parse_seconds(told) == seconds


@pytest.mark.parametrize("told", ["", "0s", "-1", "soon", "10 days", "1e3"])
def test_what_is_no_length_of_time_is_refused(told):
    with pytest.raises(InputError, match="90s, 10m or 2h"):
        command.parse_seconds(told)


def test_figures_are_of_what_is_predicted_at_the_threshold():
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    problem = Classification()
    problem.learn(["no", "yes"])
    problem.decide_at(0.2)
    model = SimpleNamespace(predict_proba=lambda x: np.array([[0.7, 0.3], [0.9, 0.1]]))
    figures = command._judged(model, problem, infer_schema(frame), frame, ["yes", "no"])
    assert figures["accuracy"] == figures["balanced_accuracy"] == 1.0
