"""Strategies at equal time on real sets: what `tuner="auto"` may choose by.

Run as

    python benchmarks/strategies.py DATA --results runs.jsonl --tuners greedy evolution random

where DATA holds `fashion_mnist/`, `reuters_corn/`, `debian_ja/` and `structured/`. Each search has
`--seconds` of one core and as many trials as end in it; seed and fold are the same number: 0, 1, ….
Each is a process of its own; a line of JSON is written for each, the same call goes on where it was
cut, and the table at the end is printed from the lines. Run it alone under `taskset -c 0`: budgets
are in seconds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sets import TABLES, Part, parts, print_environment

SETS = ("credit_g", "segment", "corn", "debian_ja", "fashion")
THREADS = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def part_of(data: Path, name: str, seed: int) -> Part:
    """Training and test rows: of tables the fold of the seed's number, else the given split."""
    if name in ("debian_en", "debian_ja"):
        train, test = (pd.read_csv(data / name / f"{half}.csv") for half in ("train", "test"))
        return Part(train["text"], train["section"], test["text"], test["section"])
    runs = parts(data, name)
    return runs[seed % len(runs)] if name in TABLES else runs[0]


def search(data: Path, name: str, tuner: str, seed: int, seconds: float) -> dict[str, Any]:
    """One search, and what its model is worth on the test rows."""
    from sklearn.metrics import accuracy_score, log_loss

    import automl_kit

    kinds = {"fashion": automl_kit.ImageClassifier, **dict.fromkeys(
        TABLES, automl_kit.StructuredDataClassifier)}  # fmt: skip
    part = part_of(data, name, seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        task = kinds.get(name, automl_kit.TextClassifier)(
            tuner=tuner, max_trials=10**6, time_budget=seconds, seed=seed, verbose=0,
            directory=folder,
        )  # fmt: skip
        task.fit(part.x_train, part.y_train)
        taken = time.monotonic() - started
        outputs = task.predict_proba(part.x_test)
        board = task.leaderboard()
    predicted = np.asarray(task.classes_)[outputs.argmax(axis=1)]
    return {
        "log_loss": float(log_loss(part.y_test, outputs, labels=list(task.classes_))),
        "accuracy": float(accuracy_score(part.y_test, predicted)),
        "held_out": float(board["score"].iloc[0]),
        "trials": int((board["status"] == "COMPLETED").sum()),
        "seconds": taken,
    }


def run(arguments: argparse.Namespace, name: str, tuner: str, seed: int) -> dict[str, Any]:
    """A search in a process of its own."""
    command = [
        sys.executable, __file__, str(arguments.data), "--one", name, tuner, str(seed),
        "--seconds", str(arguments.seconds),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **THREADS})
    lines = done.stdout.splitlines()
    try:
        found: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, json.JSONDecodeError):
        found = {"failed": done.stderr.strip()[-500:]}
    return {"set": name, "tuner": tuner, "seed": seed, "budget": arguments.seconds, **found}


def table(lines: list[dict[str, Any]]) -> str:
    """Means, that of the log-loss with its standard error; runs that failed are left out."""
    frame = pd.DataFrame([line for line in lines if "failed" not in line])
    if frame.empty:
        return "No run ended well; the lines say why."
    grouped = frame.groupby(["set", "budget", "tuner"], sort=False)
    figures = grouped[["log_loss", "accuracy", "trials", "seconds"]].mean()
    figures.insert(1, "± se", grouped["log_loss"].sem())
    figures.insert(0, "runs", grouped.size())
    return figures.round(4).to_string()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--tuners", nargs="+", default=["greedy", "evolution", "random"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--one", nargs=3, metavar=("SET", "TUNER", "SEED"), help="one search here")
    arguments = parser.parse_args()
    if arguments.one:
        name, tuner, seed = arguments.one
        found = search(arguments.data, name, tuner, int(seed), arguments.seconds)
        print(json.dumps(found))
        return
    if arguments.results is None:
        parser.error("give --results, a file of JSON lines to go on with")
    print_environment("automl-kit", "autokeras", "keras-tuner", "tensorflow", "keras")
    text = arguments.results.read_text() if arguments.results.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    done = {(line["set"], line["tuner"], line["seed"], line["budget"]) for line in lines}
    for seed in range(arguments.seeds):
        for name in arguments.sets:
            for tuner in arguments.tuners:
                if (name, tuner, seed, arguments.seconds) in done:
                    continue
                line = run(arguments, name, tuner, seed)
                lines.append(line)
                with arguments.results.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(line, flush=True)
    print(table(lines))


if __name__ == "__main__":
    main()
