"""Searches without any training: spaces, made-up scores, and an oracle that is driven by hand."""

import json
import math
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras_tuner

from automl_kit.compat import Trial
from automl_kit.spaces import CellSpace

Values = dict[str, Any]


def every_kind(hp: Any) -> None:
    """Declares a hyperparameter of every kind."""
    hp.Choice("word", ["red", "green", "blue"])
    hp.Choice("ordered", [16, 32, 64, 128])
    hp.Int("int", 3, 90)
    hp.Int("int_step", 2, 9, step=3)
    hp.Int("int_log", 1, 500, sampling="log")
    hp.Int("int_log_step", 2, 64, step=2, sampling="log")
    hp.Float("float", -1.0, 2.0)
    hp.Float("float_log", 1e-5, 1e-1, sampling="log")
    hp.Float("float_reverse", 1.0, 10.0, sampling="reverse_log")
    hp.Float("float_step", 0.0, 1.0, step=0.25)
    hp.Float("float_log_step", 0.001, 1.0, step=10, sampling="log")
    hp.Boolean("flag")
    hp.Fixed("fixed", 7)


GRIDS: dict[str, list[Any]] = {
    "word": ["red", "green", "blue"],
    "ordered": [16, 32, 64, 128],
    "int": list(range(3, 91)),
    "int_step": [2, 5, 8],
    "int_log": list(range(1, 501)),
    "int_log_step": [2, 4, 8, 16, 32, 64],
    "float_step": [0.0, 0.25, 0.5, 0.75, 1.0],
    "float_log_step": [0.001, 0.01, 0.1, 1.0],
    "flag": [False, True],
    "fixed": [7],
}
RANGES = {"float": (-1.0, 2.0), "float_log": (1e-5, 1e-1), "float_reverse": (1.0, 10.0)}


def conditional(hp: Any) -> None:
    """Declares eleven members: "depth" depends on "kind", and "act" on what "kind" brings."""
    hp.Choice("kind", ["a", "b", "c"])
    with hp.conditional_scope("kind", ["a"]):
        hp.Int("depth", 1, 2)
        hp.Boolean("deep")
        with hp.conditional_scope("deep", [True]):
            hp.Choice("act", ["relu", "tanh", "gelu"])
    with hp.conditional_scope("kind", ["b"]):
        hp.Int("depth", 10, 11)


CONDITIONAL: list[Values] = (
    [{"kind": "a", "depth": depth, "deep": False} for depth in (1, 2)]
    + [
        {"kind": "a", "depth": depth, "deep": True, "act": act}
        for depth in (1, 2)
        for act in ("relu", "tanh", "gelu")
    ]
    + [{"kind": "b", "depth": depth} for depth in (10, 11)]
    + [{"kind": "c"}]
)


def growing(hp: Any) -> None:
    """Declares a layer's hyperparameters, known once a network with that layer was built."""
    for layer in range(hp.Int("layers", 1, 4)):
        hp.Choice(f"units_{layer}", [8, 16, 32])
        hp.Float(f"rate_{layer}", 0.0, 0.5)


def key(values: Values) -> str:
    """What tells proposals apart."""
    return json.dumps(values, sort_keys=True)


NAMES = ("score", "trial", "seconds", "parameters", "status", "loss", "values", "cost")
"""Of figures and of a trial's parts; hyperparameters may be called so too."""


def figures(hp: Any) -> None:
    """Declares hyperparameters that are called as figures are."""
    for name in NAMES:
        hp.Choice(name, ["a", "b"])


INTERNAL = ("tuner/trial_id", "tuner/epochs", "tuner/initial_epoch", "tuner/bracket", "tuner/round")
"""What Hyperband tells tuners among the hyperparameters; for others they are names as any."""


def reserved(hp: Any) -> None:
    """Declares hyperparameters that are called as Hyperband's own."""
    for name in INTERNAL:
        hp.Int(name, 1, 3)


CELLS = CellSpace(2, ("none", "conv_3x3", "identity"), None, 1, False, output="last")


def cells(hp: Any) -> None:
    """Declares cells, of which many are the same network, below a block's name."""
    with hp.name_scope("block_1"):
        CELLS.declare(hp)


def noise(values: Values) -> float:
    """A score from 0 to 1 that follows from the values alone and looks random."""
    return zlib.crc32(key(values).encode()) / 2**32


def bowl(values: Values) -> float:
    """A smooth score of numbers, 0 at best."""
    return -sum((v - 3) ** 2 for v in values.values() if isinstance(v, int | float))


class Search:
    """An oracle in a project folder, with clients that report made-up scores.

    Args:
        make: Makes the oracle.
        folder: Folder of the project; one that has a project is gone on with.
        build: Declares hyperparameters, as a function that builds a model does.
        score: Gives the score of values; None is a failure.
        direction: Of the objective.
        on_disk: Whether anything is written, which takes longer than most proposals.
        settings: Of the oracle.
    """

    def __init__(
        self,
        make: Callable[..., Any],
        folder: Path,
        build: Callable[[Any], Any],
        score: Callable[[Values], float | None] = noise,
        direction: str = "max",
        max_trials: int = 50,
        seed: Any = 1,
        on_disk: bool = True,
        **settings: Any,
    ):
        self.folder, self.build, self.score = folder, build, score
        objective = keras_tuner.Objective("score", direction)
        self.oracle = make(objective=objective, max_trials=max_trials, seed=seed, **settings)
        self.oracle.verbose = 0
        self.oracle._set_project_dir(str(folder), "project")
        if not on_disk:
            self.oracle.save = lambda: None
            self.oracle._save_trial = lambda trial: None
        if self.state_file.exists():
            self.oracle.reload()
        else:
            hp = self.oracle.get_space()
            build(hp)
            self.oracle.update_space(hp)
            self.oracle.save()

    @property
    def state_file(self) -> Path:
        """The oracle's own file."""
        return self.folder / "project" / "oracle.json"

    def begin(self, client: str = "tuner0") -> Trial | None:
        """The next trial; None at the end of the search, or where there is nothing to do yet."""
        trial = self.oracle.create_trial(client)
        return trial if trial.status == "RUNNING" else None

    def end(self, trial: Trial) -> None:
        """Builds the network, and reports its score."""
        self.build(trial.hyperparameters)
        score = self.score(trial.hyperparameters.values)
        if score is None:
            trial.status = "FAILED"
        else:
            metrics = self.oracle.trials[trial.trial_id].metrics
            if not metrics.exists("cost"):
                metrics.register("cost", "min")
            cost = noise({"cost of": key(trial.hyperparameters.values)})
            self.oracle.update_trial(trial.trial_id, {"score": score, "cost": cost})
            trial.status = "COMPLETED"
        self.oracle.end_trial(trial)

    def run(self, number: int) -> list[Values]:
        """Runs trials; gives their values, fewer where the search ended."""
        found = []
        for _ in range(number):
            trial = self.begin()
            if trial is None:
                break
            found.append(dict(trial.hyperparameters.values))
            self.end(trial)
        return found


def failing(values: Values) -> float | None:
    """Every fourth member fails, every fifth has no number for a score."""
    if zlib.crc32(key(values).encode()) % 4 == 0:
        return None
    return math.nan if zlib.crc32(key(values).encode()) % 5 == 0 else noise(values)


in_memory = partial(Search, on_disk=False)
"""A search that writes nothing."""
