"""Awkward tables through every file and every exported format: the largest differences.

Run as `python benchmarks/table_round_trip.py --python PATH`, where PATH is the Python of an
environment made by `python3 -m venv plain && plain/bin/pip install tensorflow`, and the extra
`onnx` is installed here. A model is fitted on each table of `awkward_tables.py`, one trial of
three epochs. Then the same rows are predicted as CSV, Parquet and JSON lines, by the command,
and row by row; and what the exported files answer there, where only TensorFlow is, is compared
with the fitted object. Columns that a file makes another kind of are named; what is refused, or
can't be written by pandas, is told by its first sentence.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from awkward_tables import TABLES, labelled
from bad_inputs import answer
from real_sets import PACKAGES
from sets import SEED, print_environment

import automl_kit
from automl_kit.data import as_frame, infer_schema, to_raw
from automl_kit.export.to_onnx import run_onnx

FILES: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "jsonl": lambda frame, path: frame.to_json(
        path, orient="records", lines=True, date_format="iso", date_unit="us", double_precision=15
    ),
}
EXPORTS = {"keras": "m.keras", "saved_model": "m", "litert": "m.tflite", "onnx": "m.onnx"}


def told(error: BaseException | str) -> str:
    """The first sentence of an error."""
    return " ".join(str(error).split()).split(". ")[0][:200]


def kinds_of(x: Any) -> dict[str, str]:
    """Kinds of the columns, as training on them would find."""
    schema = infer_schema(as_frame(x))
    return {column.name: f"{column.kind} {column.width}" for column in schema.columns}


def through_files(frame: pd.DataFrame, labels: pd.Series, model: Any, expected: Any) -> None:
    """Prints what the fitted model answers to files of the same rows, and the command too."""
    for suffix, write in FILES.items():
        path = Path(f"rows.{suffix}")
        try:
            write(frame, path)
        except Exception as error:
            print(f"  {suffix}: pandas can't write it ({told(error)})")
            continue
        try:
            difference = np.abs(model.predict_proba(path) - expected).max()
            line = f"largest difference {difference:.2g}"
        except automl_kit.AutoMLKitError as error:
            line = f"refused: {told(error)}"
        line += f"; command: {by_command(path, model, expected)}"
        try:
            mine, theirs = kinds_of(frame), kinds_of(path)
            other = [f"{n}: {mine.get(n)} → {theirs.get(n)}" for n in {**mine, **theirs}
                     if mine.get(n) != theirs.get(n)]  # fmt: skip
            line += f"; learned anew otherwise: {', '.join(other)}" if other else ""
        except automl_kit.AutoMLKitError as error:
            line += f"; can't be learned from: {told(error)}"
        print(f"  {suffix}: {line}")


def by_command(path: Path, model: Any, expected: Any) -> str:
    status, errors = answer("structured", ["predict", "m.keras", str(path), "--out", "p.csv"])
    if status:
        return f"status {status}, {told(errors)}"
    found = pd.read_csv("p.csv")
    names = [f"probability_{label}" for label in model.classes_]
    return f"{np.abs(found[names].to_numpy() - expected).max():.2g}"


def one_by_one(frame: pd.DataFrame, model: Any, expected: Any) -> str:
    """Rows as frames of one row, and as records of a JSON service."""
    rows = [0, 7, 33]
    alone = [model.predict_proba(frame.iloc[[row]])[0] for row in rows]
    return f"{np.abs(np.array(alone) - expected[rows]).max():.2g}"


def feed(raw: dict[str, Any], path: Path) -> None:
    """Inputs of the exported model for a reader without pandas: NaN is null."""
    rows = {
        name: {"dtype": "string" if v.dtype == object else v.dtype.name,
               "values": [None if x != x else x for x in v.ravel().tolist()]}
        for name, v in raw.items()
    }  # fmt: skip
    path.write_text(json.dumps(rows))


def exports(model: Any, frame: pd.DataFrame, expected: Any, python: Path) -> None:
    """Prints how exported files answer where only TensorFlow is installed."""
    raw = to_raw(as_frame(frame, model.schema_), model.schema_)
    feed(raw, Path("feed.json"))
    refused = {}
    for name, file in EXPORTS.items():
        try:
            if name != "keras":
                model.export_model(file)
        except automl_kit.AutoMLKitError as error:
            refused[name] = told(error)
    reader = Path(__file__).with_name("table_round_trip_reader.py").resolve()
    command = [str(python), "-I", str(reader), *(f for n, f in EXPORTS.items() if n not in refused)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  the reader failed: {done.stderr[-600:]}")
        return
    answers = json.loads(done.stdout.splitlines()[-1])
    if "onnx" not in refused:
        answers["m.onnx"] = run_onnx(Path("m.onnx"), raw).tolist()
    for name, file in EXPORTS.items():
        got = answers.get(file)
        line = (
            f"refused: {refused[name]}" if name in refused
            else f"largest difference {np.abs(np.array(got) - expected).max():.2g}"
        )  # fmt: skip
        print(f"  {name}: {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    for name in arguments.tables:
        frame = TABLES[name]()
        labels = labelled(frame)
        model = automl_kit.StructuredDataClassifier(max_trials=1, epochs=3, seed=SEED, verbose=0)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            os.chdir(folder)
            warnings.simplefilter("ignore")
            print(f"{name}: {frame.shape[1]} columns", flush=True)
            try:
                model.fit(frame, labels)
            except automl_kit.AutoMLKitError as error:
                print(f"  refused: {error}", flush=True)
                continue
            model.export_model("m.keras")
            expected = model.predict_proba(frame)
            spread = np.ptp(expected, axis=0).max()
            print(f"  rows differ by up to {spread:.2g}; one by one: "
                  f"{one_by_one(frame, model, expected)}")  # fmt: skip
            through_files(frame, labels, model, expected)
            exports(model, frame, expected, arguments.python.absolute())
            sys.stdout.flush()
            os.chdir("/")


if __name__ == "__main__":
    main()
