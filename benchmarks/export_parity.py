"""Exported files opened where only TensorFlow is installed: their largest difference to the fit.

Run as `python benchmarks/export_parity.py DATA --python PATH`, where DATA holds `fashion_mnist/`,
`reuters_corn/` and `structured/`, and PATH is the Python of an environment made by
`python3 -m venv plain && plain/bin/pip install tensorflow`. One model a task (two tables) is
fitted and exported as .keras; `export_parity_reader.py` answers the raw test rows there by
plain `keras.models.load_model`, and measures the file. The test rows of tables get missing and
unseen values besides. `--max-trials 10` makes ensembles, `--ending best` their best member alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from real_sets import PACKAGES
from sets import SEED, TABLES, Part, parts, print_environment

import automl_kit

LARGEST = 1e-5  # of all differences of probabilities


def spoiled(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with unseen categories in every fifth and gaps in every seventh, in turn."""
    frame = frame.copy()
    for number, name in enumerate(frame):
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame.iloc[number % 5 :: 5, number] = "never seen"
        elif pd.api.types.is_integer_dtype(frame[name]):
            frame[name] = frame[name].astype(float)
        frame.iloc[number % 7 :: 7, number] = None
    return frame


def write_rows(x: Any, path: Path) -> None:
    """Raw rows as a reader without pandas and without automl_kit takes them."""
    if isinstance(x, np.ndarray):
        np.save(path.with_suffix(".npy"), x)
        return
    columns = x if isinstance(x, pd.DataFrame) else x.to_frame("text")
    rows = {
        name: columns[name].astype(object).where(columns[name].notna(), None) for name in columns
    }
    path.write_text(json.dumps({name: values.tolist() for name, values in rows.items()}))


def export(name: str, part: Part, folder: Path, arguments: argparse.Namespace) -> None:
    """Fits and exports, and writes test rows and the fitted object's probabilities."""
    classifiers = {"fashion": automl_kit.ImageClassifier, "corn": automl_kit.TextClassifier}
    classifier = classifiers.get(name, automl_kit.StructuredDataClassifier)(
        tuner=arguments.tuner, max_trials=arguments.max_trials, epochs=arguments.epochs,
        ending=arguments.ending, seed=SEED, verbose=0,
    )  # fmt: skip
    classifier.fit(part.x_train, part.y_train)
    print(f"{name}: test accuracy {classifier.score(part.x_test, part.y_test):.4f}", flush=True)
    if hasattr(classifier, "genotype_"):
        print(f"cells: {classifier.genotype_.to_json()}", flush=True)
    classifier.export_model(folder / f"{name}.keras")
    tests = {name: spoiled(part.x_test) if name in TABLES else part.x_test}
    if name == "fashion":
        tests["fashion_doubled"] = part.x_test[:100].repeat(2, axis=1).repeat(2, axis=2)
    for case, x in tests.items():
        write_rows(x, folder / f"{case}.json")
        np.save(folder / f"{case}.expected.npy", classifier.predict_proba(x))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--max-trials", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="of a trial; by default the task's")
    parser.add_argument("--ending", help="by default the task's, of tables and texts an ensemble")
    parser.add_argument("--tuner", default="greedy", help="darts, with --sets fashion")
    sets = ("soybean", "credit_g", "segment", "corn", "fashion")
    parser.add_argument("--sets", nargs="+", choices=sets, default=sets)
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    reader = Path(__file__).with_name("export_parity_reader.py")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.sets:
            part = parts(arguments.data, name)[0]
            export(name, part, Path(folder), arguments)
        # Isolated (-I): neither this checkout nor PYTHONPATH can be imported from.
        command = [str(arguments.python), "-I", str(reader), folder]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"The reader failed:\n{done.stderr[-2000:]}")
    report = json.loads(done.stdout.splitlines()[-1])
    print("read with", report["versions"])
    for case, (rows, difference, spread) in report["differences"].items():
        print(
            f"{case}: {rows} rows, largest difference of probabilities {difference:.2g} "
            f"(between rows they differ by up to {spread:.2g})"
        )
    for name, told in report["files"].items():
        print(
            f"{name}.keras: {told['MB']:.2f} MB, {told['1']:.2f} ms a row, "
            f"{told['10000']:.0f} ms for 10,000 rows"
        )
    for name, classes in report["layers"].items():
        print(f"{name}.keras: {', '.join(classes)}")
    if not all(difference <= LARGEST for _, difference, _ in report["differences"].values()):
        sys.exit(f"A difference is larger than {LARGEST}.")


if __name__ == "__main__":
    main()
