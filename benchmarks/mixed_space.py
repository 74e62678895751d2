"""A Keras network on a real table: evolution against random and Bayesian search, equal trials.

Run as `python benchmarks/mixed_space.py DATA`, where DATA holds `structured/segment.csv`. The
space has choices, numbers on linear and logarithmic scales, switches, and hyperparameters that
depend on others. A trial trains 8 epochs on 600 rows and is scored by its log-loss on 300
others; 600 more rows tell what the chosen network is worth. All methods are called as
`keras_tuner.RandomSearch` is; random and Bayesian search are KerasTuner's own. Its Bayesian
search begins with three random trials a hyperparameter, 39 here, and is random search until then;
"bayesian_third" asks its model after a third of the trials.
"""

import argparse
import functools
import os
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

METHODS = ("evolution", "random", "bayesian", "bayesian_third", "local", "reinforce")


def read(data: Path) -> list[Any]:
    """Standardised rows and class ids: training, held out, test."""
    frame = pd.read_csv(data / "structured" / "segment.csv")
    ids = frame.pop("class").astype("category").cat.codes.to_numpy()
    order = np.random.default_rng(0).permutation(len(ids))
    x = frame.to_numpy("float32")[order]
    x = (x - x[:600].mean(0)) / (x[:600].std(0) + 1e-6)
    y = ids[order].astype("int64")
    return [(x[a:b], y[a:b]) for a, b in ((0, 600), (600, 900), (900, 1500))]


def build_model(hp: Any) -> Any:
    """The space: 13 hyperparameters, 5 of which depend on others."""
    import keras

    model = keras.Sequential([keras.Input((19,))])
    activation = hp.Choice("activation", ["relu", "tanh", "gelu", "sigmoid"])
    normalize = hp.Boolean("normalize")
    layers = hp.Int("layers", 1, 3)
    for layer in range(3):
        with hp.conditional_scope("layers", list(range(layer + 1, 4))):
            units = hp.Int(f"units{layer}", 8, 128, sampling="log")
        if layer < layers:
            model.add(keras.layers.Dense(units))
            if normalize:
                model.add(keras.layers.BatchNormalization())
            model.add(keras.layers.Activation(activation))
    model.add(keras.layers.Dropout(hp.Float("dropout", 0.0, 0.6, step=0.1)))
    model.add(keras.layers.Dense(7, activation="softmax"))
    rate = hp.Float("rate", 1e-4, 1e-1, sampling="log")
    decay = hp.Float("decay", 1e-6, 1e-1, sampling="log")
    kind = hp.Choice("optimizer", ["adam", "sgd"])
    with hp.conditional_scope("optimizer", ["sgd"]):
        momentum = hp.Float("momentum", 0.0, 0.99)
    with hp.conditional_scope("optimizer", ["adam"]):
        beta = hp.Choice("beta", [0.8, 0.9, 0.99])
    if kind == "sgd":
        optimizer = keras.optimizers.SGD(rate, momentum, weight_decay=decay)
    else:
        optimizer = keras.optimizers.AdamW(rate, beta_1=beta, weight_decay=decay)
    smoothing = hp.Float("smoothing", 0.0, 0.3, step=0.05)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    entropy = keras.metrics.CategoricalCrossentropy(name="entropy")
    model.compile(optimizer, loss, metrics=[entropy], jit_compile=False)
    return model


def search(job: tuple[str, int, int, Path]) -> dict[str, Any]:
    """One search; gives the best score after each trial, and the test log-loss at the end."""
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    method, seed, trials, data = job
    from automl_kit import quiet

    quiet.load_tensorflow()
    import keras
    import keras_tuner

    from automl_kit.tuners import get_tuner

    keras.utils.set_random_seed(seed)
    bayesian = keras_tuner.BayesianOptimization
    peers = {
        "random": keras_tuner.RandomSearch,
        "bayesian": bayesian,
        "bayesian_third": functools.partial(bayesian, num_initial_points=trials // 3),
    }
    kind: Any = peers.get(method) or get_tuner(method)
    targets = np.eye(7, dtype="float32")
    (x, y), (x_held, y_held), (x_test, y_test) = read(data)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, quiet.silenced():
        tuner = kind(
            build_model,
            objective=keras_tuner.Objective("val_entropy", "min"),
            max_trials=trials,
            seed=seed + 1,  # KerasTuner takes 0 for none.
            directory=folder,
        )
        held = (x_held, targets[y_held])
        tuner.search(x, targets[y], validation_data=held, epochs=8, batch_size=32, verbose=0)
        scores = [tuner.oracle.trials[t].score for t in tuner.oracle.start_order]
        model = tuner.get_best_models()[0]
        test = model.evaluate(x_test, targets[y_test], batch_size=600, verbose=0, return_dict=True)
    filled = [np.inf if score is None else score for score in scores]
    best = np.minimum.accumulate(filled)
    seconds = time.monotonic() - started
    figures = {f"after {n}": best[n - 1] for n in (10, 20, 30, 40) if n <= len(best)}
    return {"method": method, "seed": seed, **figures, "test": test["entropy"], "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--methods", nargs="+", default=list(METHODS[:4]), choices=METHODS)
    arguments = parser.parse_args()
    from real_sets import PACKAGES
    from sets import print_environment

    print_environment(*PACKAGES)
    print(f"seeds 0 to {arguments.seeds - 1}, {arguments.trials} trials each", flush=True)
    jobs = [
        (method, seed, arguments.trials, arguments.data)
        for seed in range(arguments.seeds)
        for method in arguments.methods
    ]
    with get_context("spawn").Pool(arguments.processes, maxtasksperchild=4) as pool:
        rows = list(pool.imap_unordered(search, jobs))
    table = pd.DataFrame(rows).drop(columns="seed").groupby("method")
    told = table.agg(["mean", "std"]).round(4)
    print("held-out log-loss of the best trial, and test log-loss of its network:")
    print(told.to_string())


if __name__ == "__main__":
    main()
