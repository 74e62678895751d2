"""The refit: the best hyperparameters, trained once more on all rows."""

import math
from pathlib import Path
from typing import Any

import keras

from automl_kit import files
from automl_kit.compat import Trial
from automl_kit.custom_blocks import GrowDropPath
from automl_kit.errors import SearchError
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.callbacks import CheckFinite, TellProgress
from automl_kit.evaluation.checkpoints import save_weights
from automl_kit.evaluation.failures import describe
from automl_kit.evaluation.fit import fit
from automl_kit.evaluation.graph_trainer import GraphTrainer
from automl_kit.evaluation.rows import Rows, TrainingData

_WORTH = 0.8  # of a shortened trial's epochs, on all rows


class Refit:
    """Trains the network that the user gets, if it fits into the time left.

    Args:
        folder: The project's.
        trainer: Builds networks.
        data: What trials are trained on.
        rows: What the refit is trained on; None for no refit.
    """

    def __init__(self, folder: Path, trainer: GraphTrainer, data: TrainingData, rows: Rows | None):
        self.folder, self.trainer, self.data, self.rows = folder, trainer, data, rows

    @property
    def more(self) -> float:
        """How often longer it takes than a trial of as many epochs."""
        return 0.0 if self.rows is None else len(self.rows) / max(1, len(self.data.train))

    def seconds(self, trial: Trial | None, elapsed: float = 0.0) -> float:
        """What it will take for a trial, by what that took; at least as long as `elapsed` says.

        Args:
            trial: The best one; None where there is none yet.
            elapsed: Seconds of another trial that may become the best.
        """
        if self.rows is None or trial is None:
            return 0.0
        epochs = (int(trial.best_step) + 1) / (measured(trial, "epochs") or math.inf)
        return self.more * max(epochs * (measured(trial, "seconds") or 0.0), elapsed)

    def run(self, trial: Trial, run: Run, given: bool = True) -> None:
        """Trains and saves the network, unless it was done for this trial already.

        Where there is no time or the training fails, the trial's own network is kept; that is
        told.

        Args:
            trial: The trial.
            run: The search.
            given: Whether somebody chose the trial's hyperparameters. Where nobody did and no trial
                was trained, those of the training are arbitrary, and their defaults are taken.

        Raises:
            SearchError: If the trial has no network of its own, since its evaluation trains none.
        """
        if self.rows is None or refitted(self.folder, trial.trial_id):
            return
        needed = self.seconds(trial) * (_WORTH if is_shortened(trial) else 1.0)
        if needed > run.deadline.remaining():
            _kept(
                trial, run, "No time is left to train the best model on all rows",
                "it is kept as it is",
            )  # fmt: skip
            return
        run.progress.stage_begin(f"Training the best model on all rows, {self._told(trial)}")
        try:
            hp = trial.hyperparameters
            if not given and is_untrained(trial):
                hp = trained_by_default(hp)
            model, curves = self._trained(trial, hp, self.rows, run)
        except Exception as error:
            _kept(
                trial, run, f"Training on all rows failed ({describe(error)})",
                "the best trial's network is kept",
            )  # fmt: skip
            return
        save_weights(model, weights_file(self.folder))
        epochs = max(map(len, curves.values()), default=trial.best_step + 1)
        record = {"trial_id": trial.trial_id, "epochs": epochs, "refit": True, "curves": curves}
        files.write_json(_record_file(self.folder), record)

    def _told(self, trial: Trial) -> str:
        """How many epochs it trains."""
        if is_shortened(trial):
            return "as many epochs as there is time for"
        epochs = trial.best_step + 1
        if is_untrained(trial):
            epochs = self.data.planned_epochs(trial.hyperparameters.values)
        return "1 epoch" if epochs == 1 else f"{epochs} epochs"

    def _trained(
        self, trial: Trial, hp: Any, rows: Rows, run: Run
    ) -> tuple[keras.Model, dict[str, list[float]]]:
        full, seed = self.data.on_everything(rows), run.seed_for(int(trial.trial_id), 2)
        epochs, values = trial.best_step + 1, hp.values
        rung = run.rung(values)
        planned = full.planned_epochs(values) if rung is None else rung.epochs
        if is_shortened(trial):  # Its best epoch is one of a shorter training's.
            epochs = max(1, round(planned * epochs / (measured(trial, "epochs") or epochs)))
            planned = epochs
        elif is_untrained(trial):  # Nobody knows its best epoch: it has the whole plan.
            epochs = planned
        model = self.trainer.build(hp, full, planned, seed)
        found = self.trainer.retrain(model, full, run, seed, planned, epochs)
        if found is not None:
            return model, found.curves
        goal = self.trainer.objective
        callbacks: list[Any] = [
            CheckFinite(goal),
            TellProgress(run.progress, epochs),
            GrowDropPath(planned),
        ]
        return model, fit(model, full, [*callbacks, *full.user_callbacks()], epochs)


def weights_file(folder: Path) -> Path:
    """Where the refitted network's weights are."""
    return folder / "final.weights.h5"


def _record_file(folder: Path) -> Path:
    return folder / "final.json"


def refitted(folder: Path, trial_id: str) -> bool:
    """Whether the network of this trial was refitted."""
    path = _record_file(folder)
    record = files.read_json(path) if path.exists() else {}
    same = record.get("trial_id") == trial_id and bool(record.get("refit"))
    return same and weights_file(folder).exists()


def refit_curves(folder: Path) -> dict[str, list[float]]:
    """What Keras logged after each epoch of the refit."""
    return dict(files.read_json(_record_file(folder)).get("curves", {}))


def is_shortened(trial: Trial | None) -> bool:
    """Whether there was no time for all epochs of a trial's plan; see `Run.allowed`."""
    return trial is not None and measured(trial, "shortened") is not None


def is_untrained(trial: Trial) -> bool:
    """Whether a trial was judged without a training."""
    return measured(trial, "epochs") == 0


def trained_by_default(hp: Any) -> Any:
    """Hyperparameters of the same network, those of a graph's training at their defaults.

    An evaluation that trains nothing doesn't judge how a network is trained: of trials of one
    network one is as good as another to it, and what a strategy drew for them is arbitrary.

    Args:
        hp: A trial's of a graph, whose own hyperparameters, such as "learning_rate", are those
            that stand below no block's name.
    """
    found = hp.copy()
    found.values.update({p.name: p.default for p in hp.space if "/" not in p.name})
    return found


def _kept(trial: Trial, run: Run, what: str, otherwise: str) -> None:
    """Tells that there is no refit.

    Raises:
        SearchError: If there is no network instead.
    """
    if is_untrained(trial):
        raise SearchError(
            f"{what}, and no trial was trained. Call again with a larger time_budget, or another "
            "evaluation; the trials are kept with the project."
        )
    run.progress.message(f"{what}; {otherwise}.")


def measured(trial: Trial, name: str) -> float | None:
    """A figure of a trial, such as `seconds`, or None where it wasn't measured."""
    if not trial.metrics.exists(name):
        return None
    return float(trial.metrics.get_last_value(name))
