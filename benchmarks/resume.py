"""Killed and resumed: do the proposals equal those of a search that was left alone?

Run as `python benchmarks/resume.py --kills 5`. In both worlds, `autokeras.AutoModel(tuner=…)`
and `Evolution(build_model)` called as `keras_tuner.RandomSearch` is, a search of 12 trials on
scikit-learn's digits is killed (SIGKILL) at random moments and started again until it ends;
its hyperparameters and scores, trial by trial, are compared with those of one left alone.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from real_sets import PACKAGES
from sets import SEED, print_environment

TRIALS = 12


def build_model(hp: Any) -> Any:
    """A small convolutional network."""
    import keras

    kernel = hp.Choice("kernel", [1, 3, 5])
    layers = [
        keras.layers.Conv2D(hp.Int("width", 4, 16), kernel, activation="relu")
        for _ in range(hp.Int("layers", 1, 2))
    ]
    head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10, activation="softmax")]
    model = keras.Sequential([keras.Input((8, 8, 1)), *layers, *head])
    rate = hp.Float("rate", 1e-4, 1e-1, sampling="log")
    loss = "categorical_crossentropy"
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
    return model


def work(world: str, tuner: str, folder: str) -> None:
    """One search, in a process of its own."""
    from automl_kit import quiet

    quiet.load_tensorflow()
    import autokeras
    import numpy as np
    from sklearn.datasets import load_digits

    from automl_kit.custom_blocks import ClassificationHead, ConvolutionBlock
    from automl_kit.tuners import get_tuner

    images, ids = load_digits(return_X_y=True)
    x = images.reshape(-1, 8, 8, 1).astype("float32")[:600] / 16
    y = np.eye(10, dtype="float32")[ids[:600]]
    held = (x[400:], y[400:])
    strategy: Any = get_tuner(tuner)
    if world == "keras":
        search = strategy(
            build_model, objective="val_accuracy", max_trials=TRIALS, seed=SEED, directory=folder,
            project_name="search",
        )  # fmt: skip
        search.search(x[:400], y[:400], validation_data=held, epochs=2, verbose=0)
        return
    entry = autokeras.Input()
    node = autokeras.Flatten()(ConvolutionBlock(name="convolution")(entry))
    model = autokeras.AutoModel(
        entry, ClassificationHead(name="label")(node), tuner=strategy, objective="val_accuracy",
        max_trials=TRIALS, seed=SEED, directory=folder, project_name="search",
    )  # fmt: skip
    model.fit(x[:400], y[:400], validation_data=held, epochs=2, verbose=0)


def trials(folder: Path) -> list[Any]:
    """Hyperparameters and scores of a search, in order."""
    files = sorted((folder / "search").glob("trial_*/trial.json"))
    states = [json.loads(file.read_text()) for file in files]
    return [(s["hyperparameters"]["values"], s["score"], s["status"]) for s in states]


def start(world: str, tuner: str, folder: Path, kill_after: float | None) -> bool:
    """Runs a search; gives whether it ended before it was killed."""
    command = [sys.executable, __file__, "--work", world, tuner, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    if process.returncode:
        sys.exit(f"{command} ended with status {process.returncode}")
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--tuners", nargs="+", default=["evolution"])
    parser.add_argument("--work", nargs=3, metavar=("WORLD", "TUNER", "FOLDER"))
    arguments = parser.parse_args()
    if arguments.work:
        work(*arguments.work)
        return
    print_environment(*PACKAGES)
    moments = random.Random(SEED)
    for tuner in arguments.tuners:
        for world in ("keras", "autokeras"):
            with tempfile.TemporaryDirectory() as name:
                alone, killed = Path(name) / "alone", Path(name) / "killed"
                started = time.monotonic()
                start(world, tuner, alone, None)
                seconds = time.monotonic() - started
                kills = 0
                while kills < arguments.kills:
                    kills += 1
                    if start(world, tuner, killed, moments.uniform(0.3, 0.8) * seconds):
                        kills -= 1
                        break
                start(world, tuner, killed, None)
                expected, found = trials(alone), trials(killed)
                print(
                    f"{tuner}, {world}: {len(found)} trials, {kills} kills; hyperparameters "
                    f"{'equal' if [t[0] for t in found] == [t[0] for t in expected] else 'DIFFER'}"
                    f", scores {'equal' if found == expected else 'DIFFER'}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
