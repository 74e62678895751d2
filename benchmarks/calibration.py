"""How well probabilities are calibrated on test rows, without and with an ensemble's temperature.

Run as `python benchmarks/calibration.py DATA segment soybean corn debian_en fashion --time-budget
60`, where DATA holds `structured/`, `reuters_corn/`, `debian_en/`, `debian_ja/` and
`fashion_mnist/`. The expected calibration error of the most probable class in 15 bins of equal
width (Guo et al., 2017, equation 3), with the 95 % interval of 1,000 bootstrap draws of the test
rows. A temperature of 1 means that rows were too few to know whether another helps, or that none
did; of images, whose best network is refitted, there is none.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from real_sets import PACKAGES
from sets import SEED, TABLES, Part, parts, print_environment

import automl_kit

BINS, DRAWS = 15, 1_000
TEXTS = ("debian_en", "debian_ja")


def calibration_error(outputs: NDArray[Any], right: NDArray[np.bool_]) -> float:
    """The mean distance of confidence and accuracy, by bins of confidence, (n, k) and (n,)."""
    sure = outputs.max(axis=1)
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    distances = np.abs(np.bincount(places, sure - right, minlength=BINS))
    return float(distances.sum() / len(right))


def told(outputs: NDArray[Any], ids: NDArray[np.intp]) -> str:
    """The error and its interval."""
    right = outputs.argmax(axis=1) == ids
    random = np.random.default_rng(SEED)
    draws = random.integers(len(ids), size=(DRAWS, len(ids)))
    errors = [calibration_error(outputs[rows], right[rows]) for rows in draws]
    low, high = np.percentile(errors, [2.5, 97.5])
    return f"{calibration_error(outputs, right):.4f} ({low:.4f} to {high:.4f})"


def part_of(data: Path, name: str) -> Part:
    """The set's training and test rows; of tables the first fold."""
    if name not in TEXTS:
        return parts(data, name)[0]
    train, test = (pd.read_csv(data / name / f"{kind}.csv") for kind in ("train", "test"))
    return Part(train["text"], train["section"], test["text"], test["section"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--time-budget", type=float, default=60)
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    kinds = {"fashion": automl_kit.ImageClassifier, "corn": automl_kit.TextClassifier}
    kinds |= dict.fromkeys(TEXTS, automl_kit.TextClassifier)
    kinds |= dict.fromkeys(TABLES, automl_kit.StructuredDataClassifier)
    for name in arguments.sets:
        part = part_of(arguments.data, name)
        with tempfile.TemporaryDirectory() as folder:
            task = kinds[name](
                time_budget=arguments.time_budget, max_trials=10**6, seed=SEED, verbose=0,
                directory=folder,
            )  # fmt: skip
            task.fit(part.x_train, part.y_train)
            note = next(Path(folder).glob("*/ensemble.json"), None)
            heat = 1.0 if note is None else json.loads(note.read_text())["temperature"]
        after = task.predict_proba(part.x_test).astype("float64")
        ids = task.problem_.encode(part.y_test)
        before = after**heat
        before /= before.sum(axis=1, keepdims=True)
        print(
            f"{name}: {len(ids)} rows, temperature {heat:.3f}: {told(before, ids)} without, "
            f"{told(after, ids)} with",
            flush=True,
        )


if __name__ == "__main__":
    main()
