"""The classifiers on real sets: Fashion-MNIST (part), Reuters corn, credit_g, soybean, segment.

Run as `python benchmarks/real_sets.py DATA corn segment …`, where DATA holds `fashion_mnist/`,
`reuters_corn/` and `structured/`. Tables: mean of 5 stratified folds.
"""

import importlib.metadata
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.model_selection import StratifiedKFold

import automl_kit
from automl_kit.data import load_fashion_mnist

SEED, FOLD_SEED = 0, 7


def fashion(data: Path) -> dict[str, float]:
    """The first 5,000 training and 1,000 test images, 5 trials of 10 epochs."""
    sets = load_fashion_mnist(data / "fashion_mnist")
    classifier = automl_kit.ImageClassifier(max_trials=5, epochs=10, seed=SEED, verbose=0)
    classifier.fit(sets.x_train[:5000], sets.y_train[:5000])
    return classifier.evaluate(sets.x_test[:1000], sets.y_test[:1000])


def corn(data: Path) -> dict[str, float]:
    """The given split, 3 trials of 10 epochs."""
    folder = data / "reuters_corn"
    classifier = automl_kit.TextClassifier(max_trials=3, epochs=10, seed=SEED, verbose=0)
    return classifier.fit(folder / "train.csv", "label").evaluate(folder / "test.csv", "label")


def table(data: Path, name: str) -> dict[str, float]:
    """5 stratified folds, 3 trials of 30 epochs each."""
    frame = pd.read_csv(data / "structured" / f"{name}.csv")
    labels = frame.pop("class")
    folds = StratifiedKFold(5, shuffle=True, random_state=FOLD_SEED).split(frame, labels)
    figures = []
    for train, test in folds:
        classifier = automl_kit.StructuredDataClassifier(
            max_trials=3, epochs=30, seed=SEED, verbose=0
        )
        classifier.fit(frame.iloc[train], labels.iloc[train])
        figures.append(classifier.evaluate(frame.iloc[test], labels.iloc[test]))
    means: dict[str, Any] = pd.DataFrame(figures).mean().to_dict()
    return means


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    packages = ("automl-kit", "autokeras", "keras-tuner", "keras", "tensorflow", "scikit-learn")
    versions = {name: importlib.metadata.version(name) for name in packages}
    print(platform.platform(), f"{os.cpu_count()} cores, seed {SEED}, fold seed {FOLD_SEED}")
    print(versions)
    data = Path(sys.argv[1])
    for name in sys.argv[2:]:
        started = time.monotonic()
        run = {"fashion": fashion, "corn": corn}.get(name)
        figures = run(data) if run else table(data, name)
        told = ", ".join(f"{figure} {value:.4f}" for figure, value in figures.items())
        print(f"{name}: {told}, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
