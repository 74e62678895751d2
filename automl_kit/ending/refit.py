"""The final fit: the best hyperparameters, trained once more on all rows."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras_tuner.engine.trial import Trial
from numpy.typing import NDArray

from automl_kit import files
from automl_kit.errors import SearchError
from automl_kit.evaluation.build import NetworkTuner, weights_of
from automl_kit.evaluation.callbacks import CheckFinite, Deadline
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.training import ProgressCallback, TrainingData, train
from automl_kit.report import Progress
from automl_kit.search import failures


class FinalFitTuner(NetworkTuner):
    """The part of a tuner that makes the network the user gets.

    Attributes:
        goal: What the search optimises.
    """

    goal: Objective

    def best_trial(self) -> Trial:
        """The best completed trial.

        Raises:
            SearchError: If there is none.
        """
        best: Trial | None = self.oracle.best_trial()
        if best is None:
            raise SearchError(failures.explain(self.oracle))
        return best

    def get_best_model(self) -> keras.Model:
        """The network of the final fit, or of the best trial where there was none."""
        trial = self.best_trial()
        if not self._final_record()["refit"]:
            return self.load_model(trial)
        return self._restored(trial, self._final_weights)

    @property
    def _final_weights(self) -> Path:
        return Path(self.project_dir) / "final.weights.h5"

    def _final_record(self) -> dict[str, Any]:
        """What the final fit was made of; nothing where there was none for these trials."""
        path = Path(self.project_dir) / "final.json"
        record = files.read_json(path) if path.exists() else {}
        best = self.best_trial().trial_id
        return record if record.get("trial_id") == best else {"trial_id": best, "refit": False}

    def _finish(
        self,
        data: TrainingData,
        refit_data: tuple[Any, NDArray[Any]] | None,
        budget: Deadline,
        progress: Progress,
    ) -> None:
        """Trains the best hyperparameters on all rows, if they fit into the time left."""
        trial = self.best_trial()
        if refit_data is None or self._final_record()["refit"]:
            return
        full = data.on_everything(*refit_data)
        epochs = trial.best_step + 1
        share = epochs / (measured(trial, "epochs") or epochs) * len(full.y) / len(data.y)
        if share * (measured(trial, "seconds") or 0.0) > budget.remaining():
            progress.message(
                "No time is left to train the best model on all rows; it is kept as it is."
            )
            return
        progress.stage_begin(f"Training the best model on all rows, {epochs} epochs")
        if self._refit(trial, full, epochs, progress):
            record = {"trial_id": trial.trial_id, "epochs": epochs, "refit": True}
            files.write_json(Path(self.project_dir) / "final.json", record)

    def _refit(self, trial: Trial, full: TrainingData, epochs: int, progress: Progress) -> bool:
        seed = self._seed(trial, 1)
        try:
            model, full = self._build(trial.hyperparameters, full, full.epochs, seed)
            callbacks = [
                CheckFinite(self.goal),
                ProgressCallback(progress, epochs),
                *full.user_callbacks(),
            ]
            train(model, full, callbacks, epochs, seed=seed)
        except Exception as error:
            progress.message(
                f"Training on all rows failed ({failures.describe(error)}); "
                "the best trial's network is kept."
            )
            return False
        with files.atomic_path(self._final_weights) as path:
            weights_of(model).save_weights(path)
        return True


def measured(trial: Trial, name: str) -> float | None:
    """A figure of a trial, such as `seconds`, or None where it wasn't measured."""
    if not trial.metrics.exists(name):
        return None
    return float(trial.metrics.get_last_value(name))


def joined(data: TrainingData) -> tuple[Any, NDArray[Any]]:
    """Training rows followed by the held-out ones."""
    assert data.validation is not None
    both = keras.tree.map_structure(
        lambda train_rows, held_out: np.concatenate([train_rows, held_out]),
        (data.x, data.y),
        data.validation,
    )
    return both[0], both[1]
