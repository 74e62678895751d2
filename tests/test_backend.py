"""Keras on another backend: told in a sentence, wherever the choice comes from."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from automl_kit import InputError, backend
from automl_kit.backend import BackendError, check_backend

PROGRAM = """
import sys, automl_kit, automl_kit.report, automl_kit.spaces
try:
    {statement}
except automl_kit.InputError as error:
    assert isinstance(error, ImportError)
    print(error)
    sys.exit("keras" in sys.modules)
"""


@pytest.fixture
def unset(monkeypatch, tmp_path):
    """No setting and no Keras; gives the folder of Keras's settings."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delitem(sys.modules, "keras")
    return tmp_path


def _python(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments], env={**os.environ, **environment}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["jax", "torch", "numpy", "no such thing"])
def test_by_the_environment(name, unset, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.raises(BackendError, match=f"'{name}' by the environment variable KERAS_BACKEND"):
        check_backend()


def test_by_keras_json_which_the_environment_overrides(unset, monkeypatch):
    (unset / "keras.json").write_text('{"backend": "jax", "floatx": "float32"}')
    with pytest.raises(InputError, match=r"'jax' by the file .*keras\.json") as told:
        check_backend()
    assert 'write "backend": "tensorflow" into that file' in str(told.value)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    check_backend()


@pytest.mark.parametrize("content", [None, "", '{"half', "[]", "{}", '{"backend": "tensorflow"}'])
def test_settings_that_keras_reads_as_tensorflow_are_none_of_ours(content, unset, monkeypatch):
    if content is not None:
        (unset / "keras.json").write_text(content)
    check_backend()
    monkeypatch.setenv("KERAS_BACKEND", "")  # as if it were not set
    check_backend()


def test_keras_that_was_imported_before_counts_and_not_what_is_set_now(unset, monkeypatch):
    imported = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "torch"))
    monkeypatch.setitem(sys.modules, "keras", imported)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(BackendError, match="'torch' by the code that imported it first"):
        check_backend()
    imported.backend.backend = lambda: "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    check_backend()


def test_the_folder_of_settings_is_keras_own(monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    from keras.src.backend import config

    assert str(backend._settings_file()) == config._config_path


@pytest.mark.parametrize(
    "statement",
    [
        "automl_kit.StructuredDataClassifier",
        "from automl_kit import load_model",
        "from automl_kit.tuners import Evolution",
        "from automl_kit.custom_blocks import CellBlock",
        "import automl_kit.tuners; automl_kit.tuners.DartsSearch",
    ],
)
def test_the_first_name_that_needs_tensorflow_tells(statement):
    done = _python("-c", PROGRAM.format(statement=statement), KERAS_BACKEND="jax")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("automl_kit needs Keras's TensorFlow backend")


@pytest.mark.parametrize("module", ["structured", "bench"])
def test_a_command_says_it_in_one_line_with_status_2(module, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("cell,label\n|a~0|,1\n|b~0|,2\n")
    arguments = [table] if module == "bench" else ["fit", table, "--directory", tmp_path]
    done = _python("-m", f"automl_kit.{module}", *arguments, KERAS_BACKEND="torch")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "KERAS_BACKEND=tensorflow" in done.stderr
