"""`ImageClassifier` on Fashion-MNIST, small, whole and on other rows, and on digits; its peers.

Run as `python benchmarks/images.py DATA fashion --seconds 300 --peers`, where DATA holds
`fashion_mnist/`: the first 5,000 training and 1,000 test images, as in `sets.py`. With
`--rows 20000` it learns from the training rows 20,000 to 25,000 and is judged on 4,000 from
40,000 on: what defaults are chosen by; `--train 10000` for more of them. `whole` is all 60,000
and 10,000 images: `python benchmarks/images.py DATA whole --seconds 1800`. `digits` is
scikit-learn's, 80/20; `--seed` is of the split and of the search. Prints accuracy, log-loss,
seconds of `fit`, memory and the trials; with `--peers` also a support vector machine,
and of Fashion-MNIST a convolutional network as one writes it by hand.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

from peers import Contender, hand_written_cnn, judged, svc
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


def fashion(data: Path, rows: int | None, train: int) -> Part:
    """The published split's first rows, or other training rows."""
    if rows is None:
        return parts(data, "fashion")[0]
    x, y = fashion_arrays(data / "fashion_mnist", "train")
    learned, held = slice(rows, rows + train), slice(JUDGED_FROM, JUDGED_FROM + JUDGED)
    return Part(x[learned], y[learned], x[held], y[held])


def whole(data: Path) -> Part:
    """All images of the published split."""
    train, test = (fashion_arrays(data / "fashion_mnist", kind) for kind in ("train", "t10k"))
    return Part(*train, *test)


def report(name: str, figures: dict[str, float], seconds: float, processor: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak //= 1024**2 if sys.platform == "darwin" else 1024
    print(
        f"{name}: accuracy {figures['accuracy']:.4f}, log-loss {figures['log_loss']:.4f}"
        f", {seconds:.0f} s, {processor:.0f} processor seconds, at most {peak} MB so far",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("set", choices=["fashion", "whole", "digits"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--train", type=int, default=TRAIN)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    print_environment("automl-kit", "keras", "tensorflow", "scikit-learn")
    if arguments.set == "digits":
        part = digits(arguments.seed)
    elif arguments.set == "whole":
        part = whole(arguments.data)
    else:
        part = fashion(arguments.data, arguments.rows, arguments.train)
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
    print(f"{len(part.y_train)} rows to learn from, {len(part.y_test)} to be judged on")
    report(arguments.set, figures, seconds, processor)
    if arguments.peers:
        contenders: dict[str, Contender] = {"SVC (RBF)": svc}
        if arguments.set != "digits":  # It is written for images of 28×28.
            contenders["hand-written CNN"] = hand_written_cnn(10)
        for name, contender in contenders.items():
            started, cpu = time.monotonic(), time.process_time()
            figures = judged(part, contender(part))
            report(name, figures, time.monotonic() - started, time.process_time() - cpu)


if __name__ == "__main__":
    main()
