"""What a strategy should learn of a trial that a pruner stopped, and which pruner saves most.

Run as `python benchmarks/pruned_trials.py`; `--rows other` takes the other half of the digits,
`--first-seed` other seeds. A table of curves is made first, in a few minutes: small networks on
scikit-learn's digits, the log-loss of held-out rows after each of 27 epochs for all 160 members of
a space. Then searches by real oracles are replayed on it until so many epochs are used up, with
each pruner, where a stopped trial either counts as failed, or with its best score so far. Prints
the mean regret of the final loss of the best whole trial, with its standard error, and the trials
begun.
"""

import argparse
import itertools
import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pandas as pd
from keras_tuner import errors as tuner_errors
from sets import print_environment
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from automl_kit.evaluation import (
    MedianPruner,
    PashaPruner,
    Pruner,
    Result,
    Run,
    SuccessiveHalvingPruner,
)
from automl_kit.evaluation.curves import Curves
from automl_kit.oracles import EvolutionOracle, LocalSearchOracle, RandomOracle
from automl_kit.oracles.trial_figures import is_whole
from automl_kit.search.finalists import judge_finalists
from automl_kit.search.loop import run_trials

EPOCHS = 27
SPACE: dict[str, list[Any]] = {
    "width": [4, 8, 16, 64], "layers": [1, 2], "rate": [1e-4, 1e-3, 3e-3, 1e-2, 3e-2],
    "decay": [1e-5, 1.0], "batch": [16, 128],
}  # fmt: skip
ORACLES = {"random": RandomOracle, "evolution": EvolutionOracle, "local": LocalSearchOracle}
PRUNERS: dict[str, Pruner | None] = {
    "none": None,
    "median": MedianPruner(),
    "median, 3 to start, 1 warm": MedianPruner(startup=3, warmup=1),
    "asha": SuccessiveHalvingPruner(),
    "asha, factor 4": SuccessiveHalvingPruner(factor=4),
    "asha, from epoch 3": SuccessiveHalvingPruner(first=3),
    "pasha": PashaPruner(),
    "pasha, 3 finalists": PashaPruner(finalists=3),
}


def table(rows: str) -> dict[tuple[Any, ...], list[float]]:
    """The curve of each member."""
    x, y = load_digits(return_X_y=True)
    half = np.arange(len(x)) % 2 == (0 if rows == "first" else 1)
    split = train_test_split(x[half] / 16, y[half], test_size=0.4, random_state=0)
    file = Path(tempfile.gettempdir()) / f"digits_curves_{rows}.npz"
    members = list(itertools.product(*SPACE.values()))
    if file.exists():
        return dict(zip(members, np.load(file)["curves"].tolist(), strict=True))
    curves = [_curve(dict(zip(SPACE, member, strict=True)), *split) for member in members]
    np.savez(file, curves=curves)
    return dict(zip(members, curves, strict=True))


def _curve(values: dict[str, Any], x: Any, x_held: Any, y: Any, y_held: Any) -> list[float]:
    network = MLPClassifier(
        [values["width"]] * values["layers"], learning_rate_init=values["rate"],
        alpha=values["decay"], batch_size=values["batch"], max_iter=1, random_state=0,
    )  # fmt: skip
    curve = []
    for _ in range(EPOCHS):
        network.partial_fit(x, y, classes=range(10))
        own = network.predict_proba(x_held)[np.arange(len(y_held)), y_held]
        curve.append(float(-np.log(np.clip(own, 1e-7, 1)).mean()))
    return curve


class Search:
    """One search on the table, without files."""

    def __init__(self, kind: Any, curves: Any, pruner: Pruner | None, fails: bool, seed: int):
        space = keras_tuner.HyperParameters()
        for name, options in SPACE.items():
            space.Choice(name, options)
        objective = keras_tuner.Objective("loss", "min")
        size = len(curves)
        self.oracle = kind(objective, size, seed=seed, hyperparameters=space)
        self.oracle.save = lambda: None
        self.oracle._save_trial = lambda trial: None
        self.curves, self.fails, self.epochs = curves, fails, 0
        self.pruner = pruner
        self.run = Run(
            None, None, lambda *_: 0, pruner=pruner, curves=Curves("min", self.oracle.curves)
        )

    def searched(self, budget: int) -> float:
        """The loss of the best whole trial when the epochs are used up."""
        run_trials(self.oracle, self.judged, self.run, self, enough=lambda: self.epochs >= budget)
        if self.pruner is not None and self.pruner.finalists:
            self.run.pruner = None
            judge_finalists(self.oracle, self.judged, self.run, self.pruner.finalists)
        whole = [t.score for t in self.oracle.completed() if is_whole(t)]
        return min(whole) if whole else np.nan

    def judged(self, trial: Any) -> Result:
        """The trial's curve, as far as the pruner lets it."""
        curve = self.curves[tuple(trial.hyperparameters.values[name] for name in SPACE)]
        done = max(self.oracle.curves.get(trial.trial_id, {0: 0}))
        for epoch in range(done, EPOCHS):
            self.epochs += 1
            if self.run.gives_up(trial.trial_id, epoch + 1, curve[epoch]):
                if self.fails:
                    raise tuner_errors.FailedTrialError("stopped")
                return Result(min(curve[: epoch + 1]), epoch, partial=True, pruned=True)
        return Result(min(curve), EPOCHS - 1)  # The best epoch's weights are kept.

    def pre_create_trial(self) -> None:
        """Nothing."""

    def on_trial_begin(self, trial: Any) -> None:
        """Nothing."""

    def on_trial_end(self, trial: Any) -> None:
        """Ends it."""
        self.oracle.end_trial(trial)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", choices=["first", "other"], default="first")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--trainings", type=int, nargs="+", default=[10, 25])
    parser.add_argument("--oracles", nargs="+", choices=[*ORACLES], default=[*ORACLES])
    parser.add_argument("--pruners", nargs="+", choices=[*PRUNERS], default=[*PRUNERS])
    arguments = parser.parse_args()
    print_environment("automl-kit", "scikit-learn", "keras-tuner")
    warnings.simplefilter("ignore")
    curves = table(arguments.rows)
    best = min(min(curve) for curve in curves.values())
    rows = []
    for (oracle, kind), (name, pruner) in itertools.product(ORACLES.items(), PRUNERS.items()):
        if oracle not in arguments.oracles or name not in arguments.pruners:
            continue
        for fails in [False, True] if pruner is not None and oracle != "random" else [False]:
            for trainings in arguments.trainings:
                found = []
                for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
                    search = Search(kind, curves, pruner, fails, seed)
                    regret = search.searched(trainings * EPOCHS) - best
                    found.append((regret, len(search.oracle.trials), search.epochs))
                regret, trials, epochs = np.array(found).T
                told = "failed" if fails else "its score"
                error = regret.std(ddof=1) / np.sqrt(len(regret))
                figures = [regret.mean(), error, trials.mean(), epochs.mean()]
                rows.append([oracle, name, told, trainings, *figures])
                print(*rows[-1][:4], *np.round(figures, 4), flush=True)
    names = ["oracle", "pruner", "stopped counts", "trainings", "regret", "±", "trials", "epochs"]
    print(pd.DataFrame(rows, columns=names).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
