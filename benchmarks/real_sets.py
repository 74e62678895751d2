"""Our classifiers on real sets: Fashion-MNIST (part), Reuters corn, credit_g, soybean, segment.

Run as `python benchmarks/real_sets.py DATA corn segment …`, where DATA holds `fashion_mnist/`,
`reuters_corn/` and `structured/`; `--quick` to see that it runs. Tables: mean of 5 stratified
folds. Fashion-MNIST: 5 trials of 10 epochs; corn: 3 of 10; tables: 3 of 30.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
from sets import SEED, SETS, TABLES, Part, parts, print_environment

import automl_kit

PACKAGES = ("automl-kit", "autokeras", "keras-tuner", "keras", "tensorflow", "scikit-learn")


def evaluate_ours(name: str, part: Part, quick: bool = False) -> dict[str, float]:
    """Fits the set's classifier and judges it on the test rows."""
    classifiers = {"fashion": automl_kit.ImageClassifier, "corn": automl_kit.TextClassifier}
    classifier = classifiers.get(name, automl_kit.StructuredDataClassifier)(
        max_trials=1 if quick else 5 if name == "fashion" else 3,
        epochs=1 if quick else 30 if name in TABLES else 10,
        seed=SEED,
        verbose=0,
    )
    classifier.fit(part.x_train, part.y_train)
    return classifier.evaluate(part.x_test, part.y_test, return_dict=True)


def told(figures: list[dict[str, float]], seconds: float) -> str:
    """The mean of each figure, and the seconds a run."""
    means = pd.DataFrame(figures).mean()
    line = ", ".join(f"{figure} {value:.4f}" for figure, value in means.items())
    return f"{line}, {seconds / len(figures):.1f} s a run of {len(figures)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+", choices=SETS)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    for name in arguments.sets:
        runs = parts(arguments.data, name, arguments.quick)
        started = time.monotonic()
        figures = [evaluate_ours(name, run, arguments.quick) for run in runs]
        print(f"{name}: {told(figures, time.monotonic() - started)}", flush=True)


if __name__ == "__main__":
    main()
