"""The first trials of texts one by one, and the mean of the linear ones.

Run as `python benchmarks/text_presets.py DATA debian_ja debian_en reuters_corn`, where each set is
a folder of DATA with `train.csv` and `test.csv`: texts, then labels. A preset is a search of one
trial, trained on `train.csv` and judged on `test.csv`; the first six, or `--presets 0 1`.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sets import SEED, print_environment
from sklearn.metrics import accuracy_score, f1_score, log_loss

from automl_kit import TextClassifier
from automl_kit.custom_blocks import presets_for_texts
from automl_kit.tasks.encoders.text import fit_encoder

PACKAGES = ("automl-kit", "keras", "tensorflow", "scikit-learn")


def read(folder: Path, part: str) -> tuple[list[str], NDArray[np.str_]]:
    """Texts and labels of a part of a set."""
    table = pd.read_csv(folder / f"{part}.csv", dtype=str, keep_default_na=False)
    return table.iloc[:, 0].tolist(), table.iloc[:, 1].to_numpy(dtype=str)


def told(
    name: str, classes: NDArray[np.str_], labels: NDArray[np.str_], p: NDArray[np.float64]
) -> str:
    """Accuracy, log-loss, and of two classes the F1 of the rarer one."""
    answers = classes[p.argmax(axis=1)]
    told = f"{name}: accuracy {accuracy_score(labels, answers):.3f}"
    told += f", log-loss {log_loss(labels, p, labels=classes):.3f}"
    if len(classes) == 2:
        rare = min(classes, key=labels.tolist().count)
        told += f", F1 of {rare} {f1_score(labels, answers, pos_label=rare):.3f}"
    return told


def run(data: Path, name: str, presets: list[int]) -> None:
    """Prints a line a preset, and one for the mean."""
    (x, y), (x_test, y_test) = read(data / name, "train"), read(data / name, "test")
    linear = []
    _, layout = fit_encoder(np.array(x, dtype=object), letters=True)
    for number in presets:
        preset = presets_for_texts(layout)[number]
        started = time.monotonic()
        found = TextClassifier(
            max_trials=1, tuner="random", initial_hps=[preset], seed=SEED, verbose=0
        ).fit(x, y)
        seconds = time.monotonic() - started
        p = np.asarray(found.predict_proba(x_test), "float64")
        p /= p.sum(axis=1, keepdims=True)
        kind = preset["text/architecture"]
        line = told(f"{name}, preset {number} ({kind})", found.classes_, y_test, p)
        print(f"{line}, {seconds:.0f} s", flush=True)
        if kind == "linear":
            linear.append(p)
    if len(linear) > 1:
        mean = np.mean(linear, axis=0)
        print(told(f"{name}, mean of the linear ones", found.classes_, y_test, mean), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--presets", type=int, nargs="+", default=[0, 1, 2, 3, 4, 5])
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    for name in arguments.sets:
        run(arguments.data, name, arguments.presets)


if __name__ == "__main__":
    main()
