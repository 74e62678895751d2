"""The commands in processes of their own, as a user starts them."""

import subprocess
import sys

import pandas as pd

from automl_kit.data import load_table


def _run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_help_does_not_import_tensorflow(tmp_path):
    code = "import sys, automl_kit, automl_kit.image; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


def test_fit_predict_and_errors(tmp_path):
    iris = load_table("iris")
    frame = iris.x_train.assign(kind=iris.y_train)
    frame.to_csv(tmp_path / "train.csv", index=False)
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
