"""Our classifiers and their peers on the same splits, one after another in one run.

Run as `python benchmarks/peers.py DATA fashion corn credit_g … --autokeras-python PATH`, where
DATA holds `fashion_mnist/`, `reuters_corn/` and `structured/`, and PATH is the Python of an
environment with AutoKeras 3.0.0 and a Keras it works with:

    python3 -m venv ak
    ak/bin/pip install autokeras==3.0.0 keras==3.12.0 tensorflow tensorboard pandas scikit-learn

Without PATH AutoKeras is left out; `--quick` to see that all of it runs. Figures are means over
the set's runs: the given split, or 5 stratified folds of a table. Seconds include predicting.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from one_hot import one_hot
from real_sets import PACKAGES, evaluate_ours, told
from scipy.special import softmax
from sets import SEED, SETS, Part, parts, print_environment
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from automl_kit.evaluation import classification_metrics

Contender = Callable[[Part], np.ndarray]  # a part to probabilities, (n, k)


def hand_written_cnn(epochs: int) -> Contender:
    """Two convolutions and a dense layer, as in Keras's first examples."""

    def run(part: Part) -> np.ndarray:
        keras.utils.set_random_seed(SEED)
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                keras.layers.Rescaling(1 / 255),
                keras.layers.Conv2D(32, 3, activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Conv2D(64, 3, activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Flatten(),
                keras.layers.Dropout(0.25),
                keras.layers.Dense(128, activation="relu"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(part.x_train[..., None], part.y_train, epochs=epochs, batch_size=32, verbose=0)
        return model.predict(part.x_test[..., None], verbose=0)

    return run


def svc(part: Part) -> np.ndarray:
    """Kernel machine on pixels. Its columns are votes, so that its log-loss says nothing."""
    flat = [pixels.reshape(len(pixels), -1) / 255 for pixels in (part.x_train, part.x_test)]
    scores = SVC(C=10).fit(flat[0], part.y_train).decision_function(flat[1])
    return softmax(scores, axis=1)


def sklearn_model(make: Callable[[], Any]) -> Contender:
    return lambda part: make().fit(part.x_train, part.y_train).predict_proba(part.x_test)


def peers_of(name: str, quick: bool) -> dict[str, Contender]:
    """The contenders besides ours and AutoKeras."""
    if name == "fashion":
        return {"hand-written CNN": hand_written_cnn(1 if quick else 10), "SVC (RBF)": svc}
    if name == "corn":
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        linear = LogisticRegression(C=100, class_weight="balanced", max_iter=1000)
        return {"TF-IDF, logistic regression": sklearn_model(lambda: make_pipeline(words, linear))}
    forest = RandomForestClassifier(300, random_state=SEED)
    return {
        "logistic regression": sklearn_model(lambda: one_hot(LogisticRegression(max_iter=1000))),
        "random forest": sklearn_model(lambda: one_hot(forest)),
    }


def autokeras(python: Path, data: Path, name: str, quick: bool) -> Iterator[tuple[Any, float]]:
    """Runs AutoKeras in its own environment; gives probabilities and seconds of each part."""
    script = Path(__file__).with_name("peers_autokeras.py")
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python), str(script), str(data), name, folder]
        done = subprocess.run(
            [*command, *["--quick"] * quick], cwd=folder, capture_output=True, text=True
        )
        print(done.stdout.splitlines()[0] if done.stdout else "", flush=True)
        if done.returncode:
            sys.exit(f"AutoKeras failed on {name}:\n{done.stderr[-2000:]}")
        for file in sorted(Path(folder).glob("part*.npz")):
            result = np.load(file)
            yield result["probabilities"], float(result["seconds"])


def judged(part: Part, probabilities: np.ndarray) -> dict[str, float]:
    ids = np.searchsorted(np.unique(part.y_train), part.y_test)
    return classification_metrics(ids, probabilities)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+", choices=SETS)
    parser.add_argument("--autokeras-python", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data, quick = arguments.data.resolve(), arguments.quick
    print_environment(*PACKAGES)
    for name in arguments.sets:
        runs = parts(data, name, quick)
        started = time.monotonic()
        figures = [evaluate_ours(name, run, quick) for run in runs]
        print(f"{name}, automl_kit: {told(figures, time.monotonic() - started)}", flush=True)
        for peer, contender in peers_of(name, quick).items():
            started = time.monotonic()
            figures = [judged(run, contender(run)) for run in runs]
            print(f"{name}, {peer}: {told(figures, time.monotonic() - started)}", flush=True)
        if arguments.autokeras_python:
            results = list(autokeras(arguments.autokeras_python, data, name, quick))
            figures = [judged(run, p) for run, (p, _) in zip(runs, results, strict=True)]
            seconds = sum(seconds for _, seconds in results)
            print(f"{name}, AutoKeras 3.0: {told(figures, seconds)}", flush=True)


if __name__ == "__main__":
    main()
