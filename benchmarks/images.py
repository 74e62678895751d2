"""`ImageClassifier` on other rows than the published split, beside it, and on digits.

Run as `python benchmarks/images.py DATA fashion --seconds 300`, where DATA holds
`fashion_mnist/`: the first 5,000 training and 1,000 test images, as in `sets.py`. With
`--rows 20000` it learns from the training rows 20,000 to 25,000 and is judged on 4,000 from
40,000 on: what defaults are chosen by. `digits` is scikit-learn's, 80/20; `--seed` is of the
split and of the search. Prints accuracy, log-loss, seconds, processor seconds and the trials.
"""

import argparse
import time
from pathlib import Path

from sets import Part, fashion_arrays, parts, print_environment
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import automl_kit

TRAIN, JUDGED, JUDGED_FROM = 5_000, 4_000, 40_000


def digits(seed: int) -> Part:
    """80 % of the digits to learn from."""
    x, y = load_digits(return_X_y=True)
    images = x.reshape(-1, 8, 8).astype("uint8")
    split = train_test_split(images, y, test_size=0.2, random_state=seed, stratify=y)
    return Part(split[0], split[2], split[1], split[3])


def fashion(data: Path, rows: int | None) -> Part:
    """The published split's first rows, or other training rows."""
    if rows is None:
        return parts(data, "fashion")[0]
    x, y = fashion_arrays(data / "fashion_mnist", "train")
    learned, judged = slice(rows, rows + TRAIN), slice(JUDGED_FROM, JUDGED_FROM + JUDGED)
    return Part(x[learned], y[learned], x[judged], y[judged])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("set", choices=["fashion", "digits"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print_environment("automl-kit", "keras", "tensorflow")
    part = (
        digits(arguments.seed)
        if arguments.set == "digits"
        else fashion(arguments.data, arguments.rows)
    )
    started, cpu = time.monotonic(), time.process_time()
    classifier = automl_kit.ImageClassifier(
        max_trials=arguments.trials,
        time_budget=arguments.seconds,
        seed=arguments.seed,
        verbose=0,
    )
    classifier.fit(part.x_train, part.y_train, epochs=arguments.epochs)
    seconds, processor = time.monotonic() - started, time.process_time() - cpu
    figures = classifier.evaluate(part.x_test, part.y_test, return_dict=True)
    print(classifier.leaderboard().to_string())
    print(
        f"{arguments.set}: accuracy {figures['accuracy']:.4f}, log-loss {figures['log_loss']:.4f}"
        f" of {len(part.y_test)} rows, {seconds:.0f} s, {processor:.0f} processor seconds",
        flush=True,
    )


if __name__ == "__main__":
    main()
