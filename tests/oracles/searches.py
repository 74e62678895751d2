"""Searches without any training: spaces, made-up scores, and an oracle that is driven by hand."""

import json
import math
import zlib

import keras_tuner

INTERNAL = "tuner/"  # Hyperband's own entries


def every_kind(hp):
    """A hyperparameter of every kind."""
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


GRIDS = {
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


def conditional(hp):
    """Eleven members: "depth" is 1 or 2 under "a" and 10 or 11 under "b"; "act" is nested."""
    hp.Choice("kind", ["a", "b", "c"])
    with hp.conditional_scope("kind", ["a"]):
        hp.Int("depth", 1, 2)
        hp.Boolean("deep")
        with hp.conditional_scope("deep", [True]):
            hp.Choice("act", ["relu", "tanh", "gelu"])
    with hp.conditional_scope("kind", ["b"]):
        hp.Int("depth", 10, 11)


CONDITIONAL = (
    [{"kind": "a", "depth": depth, "deep": False} for depth in (1, 2)]
    + [
        {"kind": "a", "depth": depth, "deep": True, "act": act}
        for depth in (1, 2)
        for act in ("relu", "tanh", "gelu")
    ]
    + [{"kind": "b", "depth": depth} for depth in (10, 11)]
    + [{"kind": "c"}]
)


def growing(hp):
    """Hyperparameters of a layer are known once a network with that layer was built."""
    for layer in range(hp.Int("layers", 1, 4)):
        hp.Choice(f"units_{layer}", [8, 16, 32])
        hp.Float(f"rate_{layer}", 0.0, 0.5)


def key(values):
    """What tells proposals apart."""
    return json.dumps(
        {k: v for k, v in values.items() if not k.startswith(INTERNAL)}, sort_keys=True
    )


def noise(values):
    """A score from 0 to 1 that follows from the values alone and looks random."""
    return zlib.crc32(key(values).encode()) / 2**32


def bowl(values):
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
        make,
        folder,
        build,
        score=noise,
        direction="max",
        max_trials=1000,
        seed=1,
        on_disk=True,
        **settings,
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
    def state_file(self):
        return self.folder / "project" / "oracle.json"

    def begin(self, client="tuner0"):
        """The next trial; None at the end of the search, or where there is nothing to do yet."""
        trial = self.oracle.create_trial(client)
        return trial if trial.status == "RUNNING" else None

    def end(self, trial):
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

    def run(self, number):
        """Runs trials; gives their values, fewer where the search ended."""
        found = []
        for _ in range(number):
            trial = self.begin()
            if trial is None:
                break
            found.append(dict(trial.hyperparameters.values))
            self.end(trial)
        return found


def failing(values):
    """Every fourth member fails, every fifth has no number for a score."""
    if zlib.crc32(key(values).encode()) % 4 == 0:
        return None
    return math.nan if zlib.crc32(key(values).encode()) % 5 == 0 else noise(values)


def in_memory(*arguments, **settings):
    """A search that writes nothing."""
    return Search(*arguments, on_disk=False, **settings)
