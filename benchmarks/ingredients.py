"""What each ingredient of a search for tables is worth: log-loss on test rows without it.

Run as

    python benchmarks/ingredients.py DATA oj creditcard heating kakadu car

Each set's first fold of `tables.py`. All first trials are run once, judged by folds, without a
time budget; the ensembles without some of them, of equal weights, of the best trial alone and
without temperature are made of the same trials, by the rules of `automl_kit.ending`. "no folds" is
a search of its own, whose trials are judged by a fifth of the rows.
"""

import argparse
import tempfile
import unittest.mock
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sets import SEED, print_environment
from sklearn.metrics import log_loss
from table_sets import Split, splits

import automl_kit as ak
from automl_kit.custom_blocks import TABLE_PRESETS
from automl_kit.data import to_raw
from automl_kit.ending.calibration import temperature
from automl_kit.ending.ensemble import Ensemble
from automl_kit.ending.selection import greedy_selection
from automl_kit.export import predict_in_batches

EQUAL = 5  # trials of an ensemble of equal weights, as `automl_kit.ending` has it
Values = dict[str, Any]
KINDS: dict[str, Callable[[Values], bool]] = {
    "trees": lambda values: values["table/architecture"] == "trees",
    "forests": lambda values: values.get("table/trees/kind") in ("forest", "extra"),
    "boosting": lambda values: values.get("table/trees/kind") == "boosting",
    "pairs of numbers": lambda values: bool(values.get("table/trees/pairs")),
    "linear models": lambda values: values["table/architecture"] == "linear",
    "MLPs": lambda values: values["table/architecture"] == "mlp",
    "TabM": lambda values: values["table/architecture"] == "ensemble",
    "networks": lambda values: values["table/architecture"] in ("mlp", "ensemble"),
}


def searched(split: Split, folder: str, **others: Any) -> tuple[Any, NDArray[Any]]:
    """A search of all first trials, and the classes of the rows that judged them."""
    task = ak.StructuredDataClassifier(
        max_trials=len(TABLE_PRESETS),
        seed=SEED,
        directory=folder,
        overwrite=True,
        verbose=0,
        **others,
    )
    run, judged = Ensemble.run, []

    def noted(ending: Ensemble, *arguments: Any) -> None:
        judged.append(ending.judged.ids())
        run(ending, *arguments)

    with unittest.mock.patch.object(Ensemble, "run", noted):
        task.fit(split.x_train, np.array(split.classes)[split.y_train])
    return task, judged[0]


def outputs_on(task: Any, x: pd.DataFrame) -> list[tuple[Values, NDArray[Any], NDArray[Any]]]:
    """Of each trial whose network is kept: hyperparameters, outputs out of fold and on new rows."""
    (network,) = (layer for layer in task.model_.layers if layer.name == "network")
    (encoded,) = keras.tree.flatten(network._inbound_nodes[-1].input_tensors)
    encoder = keras.Model(task.model_.input, encoded)
    rows = predict_in_batches(encoder, to_raw(x, task.schema_))
    trainer, found = task.tuner_.trainer, []
    for trial in task.tuner_.oracle.completed():
        held_out = trainer.checkpoints.held_out(trial.trial_id)
        if trainer.checkpoints.has_weights(trial.trial_id) and held_out is not None:
            outputs = trainer.load(trial).predict(rows, batch_size=512, verbose=0)
            found.append((trial.hyperparameters.values, held_out, outputs))
    return found


def variants(
    trials: list[tuple[Values, NDArray[Any], NDArray[Any]]], ids: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """Outputs on new rows with everything, and without one ingredient each."""

    def mixed(kept: list[int], equal: bool = False, heated: bool = True) -> NDArray[Any]:
        held_out = [trials[number][1] for number in kept]
        counts = np.ones(len(kept)) if equal else greedy_selection(held_out, ids)
        heat = temperature(np.average(held_out, axis=0, weights=counts), ids) if heated else 1.0
        mean = np.average([trials[number][2] for number in kept], axis=0, weights=counts)
        powers = np.clip(mean, 1e-7, 1.0) ** (1.0 / heat)
        outputs: NDArray[Any] = powers / powers.sum(axis=1, keepdims=True)
        return outputs

    every = list(range(len(trials)))
    found = {"all": mixed(every), "temperature": mixed(every, heated=False)}
    found["weights (equal, best 5)"] = mixed(every[:EQUAL], equal=True)
    found["ensemble (best trial)"] = mixed(every[:1])
    for name, without in KINDS.items():
        kept = [number for number in every if not without(trials[number][0])]
        if kept and len(kept) < len(every):
            found[name] = mixed(kept)
    return found


def loss_of(split: Split, outputs: NDArray[Any]) -> float:
    """The log-loss of outputs on the test rows; classes are in the order of their labels."""
    return float(log_loss(split.y_test, outputs, labels=range(len(split.classes))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+")
    arguments = parser.parse_args()
    print_environment("tensorflow", "keras", "scikit-learn")
    columns = {}
    for name in arguments.sets:
        split = next(iter(splits(name, arguments.data)))
        losses: dict[str, float] = {}
        with tempfile.TemporaryDirectory() as folder:
            task, ids = searched(split, folder)
            for variant, outputs in variants(outputs_on(task, split.x_test), ids).items():
                losses[variant] = loss_of(split, outputs)
            task, _ = searched(split, folder, evaluation="full", ending="ensemble")
            losses["folds"] = loss_of(split, task.predict_proba(split.x_test))
        columns[name] = losses
        print(name, {variant: round(loss, 4) for variant, loss in losses.items()}, flush=True)
    table = pd.DataFrame(columns)
    table["mean of what it is worth"] = table.sub(table.loc["all"], axis=1).mean(axis=1)
    print(f"\nLog-loss without …\n{table.round(4).to_string()}")


if __name__ == "__main__":
    main()
