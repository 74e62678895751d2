"""The loop around a search: trials, their failures, their time, their traces on disk."""

import time
import traceback
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
from keras_tuner import errors as tuner_errors
from keras_tuner.engine.trial import Trial, TrialStatus
from numpy.typing import NDArray

from automl_kit import compat, files
from automl_kit.ending.refit import FinalFitTuner, joined, measured
from automl_kit.errors import SearchError
from automl_kit.evaluation.build import weights_of
from automl_kit.evaluation.callbacks import (
    CheckFinite,
    Deadline,
    KeepBestEpoch,
    ScoreEpoch,
    StopAtDeadline,
)
from automl_kit.evaluation.latency import latency
from automl_kit.evaluation.objectives import resolve_objective, split_objectives
from automl_kit.evaluation.training import ProgressCallback, TrainingData, train
from automl_kit.oracles import DurableOracle, OracleSettings
from automl_kit.report import Progress, make_progress
from automl_kit.search import failures

compat.apply()

DEFAULT_EPOCHS = 100
PATIENCE = 10  # AutoKeras's, in epochs


class SearchTuner(FinalFitTuner):
    """A tuner for `autokeras.AutoModel(tuner=…)` that loses nothing and ends in time.

    A `Strategy` is joined with it and gives it its oracle.

    Args:
        hypermodel: The AutoKeras graph.
        objective: A metric's name or a KerasTuner objective, see `resolve_objective`; for
            `Pareto` a list, of which the first one scores trials.
        max_trials: Trials to run, those of an earlier run in the same folder counted.
        initial_hps: Hyperparameters to try first, each a dictionary name → value.
        seed: Seed of proposals and trainings; None draws one.
        directory: Folder of projects.
        project_name: This project's folder in it.
        overwrite: Whether to remove what is there; otherwise the search goes on.
        max_model_size: The most weights that a network may have.
        max_epochs: Epochs of a full training, which Hyperband divides.

    Raises:
        InputError: If the objective is unknown.
        ProjectError: If the project in the folder is damaged or can't be written.
    """

    def __init__(
        self,
        hypermodel: Any,
        objective: str | keras_tuner.Objective | list[Any] = "val_loss",
        max_trials: int = 10,
        initial_hps: list[dict[str, Any]] | None = None,
        seed: int | None = None,
        directory: str | Path | None = None,
        project_name: str | None = None,
        overwrite: bool = False,
        max_model_size: int | None = None,
        max_epochs: int = DEFAULT_EPOCHS,
    ):
        first, costs = split_objectives(objective)
        self.goal = resolve_objective(first)
        self.max_epochs = max_epochs
        settings = OracleSettings(
            self.goal.for_tuner(), max_trials, seed, initial_hps or [], max_epochs=max_epochs,
            costs=costs,
        )  # fmt: skip
        oracle = self.durable_oracle(settings)
        super().__init__(
            oracle=oracle,
            hypermodel=hypermodel,
            directory=directory,
            project_name=project_name,
            overwrite=overwrite,
            max_model_size=max_model_size,
        )
        if Path(oracle._get_oracle_fname()).exists():
            oracle.reload()
        else:
            oracle.save()

    @classmethod
    def durable_oracle(cls, settings: OracleSettings) -> DurableOracle:
        """Makes the strategy's oracle; `Strategy`, which the class is joined with, does it."""
        raise NotImplementedError(f"{cls.__name__} must be a Strategy.")

    def save(self) -> None:
        """Nothing: the oracle and the trials hold the whole state."""

    def search(
        self,
        x: Any,
        y: NDArray[Any],
        validation_data: tuple[Any, NDArray[Any]],
        epochs: int | None = None,
        callbacks: list[keras.callbacks.Callback] | None = None,
        validation_split: float = 0.0,
        verbose: int = 1,
        batch_size: int = 32,
        class_weight: dict[int, float] | None = None,
        time_budget: float | None = None,
        refit_data: tuple[Any, NDArray[Any]] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Runs trials, then trains the best hyperparameters once more on everything.

        Args:
            x: Training inputs.
            y: Training targets.
            validation_data: Held-out inputs and targets, by which trials are judged.
            epochs: Epochs a trial at most; by default `max_epochs`.
            callbacks: Keras callbacks, copied for each trial. Without an EarlyStopping
                among them, one with a patience of 10 epochs is added.
            validation_split: Share that AutoModel held out; above 0, the final fit takes
                the held-out rows too.
            verbose: 0 for silence.
            batch_size: Rows a batch.
            class_weight: Weight of each class id in the loss.
            time_budget: Seconds for the search, those of an earlier run in the same
                folder counted; checked after every batch.
            refit_data: Inputs and targets of the final fit, where they aren't the
                training rows followed by the held-out ones.
            progress: Where to tell how it goes.

        Raises:
            SearchError: If no trial could be completed.
        """
        data = TrainingData(
            x, y, validation_data, epochs or self.max_epochs, batch_size, class_weight,
            callbacks or [],
        )  # fmt: skip
        self._check_objective(data)
        if refit_data is None and validation_split > 0:
            refit_data = joined(data)
        self._prepare(self.oracle.get_space(), data)
        self._explore_space(data)
        budget = Deadline(
            None if time_budget is None else max(0.0, time_budget - self.seconds_used())
        )
        progress = progress or make_progress(verbose)
        with progress.search(self.oracle.max_trials, len(self.oracle.end_order), time_budget):
            self._run_trials(data, budget, progress)
            if self.oracle.best_trial() is None:
                raise SearchError(failures.explain(self.oracle))
            self._finish(data, refit_data, budget, progress)
            self._save_pipeline(data)

    def _save_pipeline(self, data: TrainingData) -> None:
        """Saves the best trial's fitted preprocessors, which AutoModel.predict loads."""
        hp = self.best_trial().hyperparameters
        pipeline, _, _ = self._prepare_model_build(hp, x=data.x, y=data.y)
        pipeline.save(self.best_pipeline_path)

    def seconds_used(self) -> float:
        """Seconds that all ended trials took, in this run and earlier ones."""
        trials = (self.oracle.trials[trial_id] for trial_id in self.oracle.end_order)
        return sum(measured(trial, "seconds") or 0.0 for trial in trials)

    def _run_trials(self, data: TrainingData, budget: Deadline, progress: Progress) -> None:
        self._saved = set(self.oracle.end_order)  # Trials that may have a checkpoint.
        while not budget.passed():
            trial = self.oracle.create_trial(self.tuner_id)
            if trial.status == TrialStatus.STOPPED:
                break
            if trial.status == TrialStatus.IDLE:
                time.sleep(0.05)  # KerasTuner asks again without a pause.
                continue
            progress.trial_begin(len(self.oracle.end_order) + 1, trial.hyperparameters.values)
            self._run_and_record(trial, data, budget, progress)
            self.oracle.end_trial(trial)
            self._drop_checkpoints()
            best = self.oracle.best_trial()
            progress.trial_end(
                trial.status, trial.score, best and best.score, failures.reason(trial)
            )

    def _run_and_record(
        self, trial: Trial, data: TrainingData, budget: Deadline, progress: Progress
    ) -> None:
        """Runs a trial and notes its figures, or why it failed; only the user can stop it."""
        started = time.monotonic()
        figures: dict[str, float] = {}
        try:
            best = self._train_trial(trial, data, budget, progress, figures)
            self.oracle.update_trial(trial.trial_id, best.logs, step=best.epoch)
            trial.status = TrialStatus.COMPLETED
        except tuner_errors.FatalError:
            raise
        except Exception as error:
            trial.status = TrialStatus.FAILED
            trial.message = f"{failures.describe(error)}\n\n{traceback.format_exc()}"
        figures["seconds"] = time.monotonic() - started
        self.oracle.note_figures(trial.trial_id, figures)

    def _train_trial(
        self,
        trial: Trial,
        data: TrainingData,
        budget: Deadline,
        progress: Progress,
        figures: dict[str, float],
    ) -> KeepBestEpoch:
        """Builds and fits a trial's network; its best epoch goes to the checkpoint."""
        values = trial.hyperparameters.values
        epochs = int(values.get("tuner/epochs", data.epochs))
        seed = self._seed(trial)
        model, data = self._build(trial.hyperparameters, data, epochs, seed)
        figures["parameters"] = model.count_params()
        if "tuner/trial_id" in values:
            weights_of(model).load_weights(self._get_checkpoint_fname(values["tuner/trial_id"]))
        best = KeepBestEpoch(self.goal)
        held_out, _ = data.validation or (None, None)
        callbacks = [
            ScoreEpoch(self.goal, held_out, data.held_out_ids(), max(256, data.batch_size)),
            CheckFinite(self.goal),
            best,
            StopAtDeadline(budget),
            ProgressCallback(progress, epochs),
            *self._early_stopping(data),
            *data.user_callbacks(),
        ]
        first = int(values.get("tuner/initial_epoch", 0))
        train(model, data, callbacks, epochs, first, seed)
        figures["epochs"] = len(model.history.epoch)
        if self.oracle.measures("latency"):
            figures["latency"] = latency(model)
        best.restore()
        self._save_checkpoint(trial, model, best.logs[self.goal.name])
        return best

    def _early_stopping(self, data: TrainingData) -> list[keras.callbacks.Callback]:
        early = keras.callbacks.EarlyStopping
        if any(isinstance(callback, early) for callback in data.callbacks):
            return []
        return [early(self.goal.name, mode=self.goal.direction, patience=PATIENCE, min_delta=1e-4)]

    def _check_objective(self, data: TrainingData) -> None:
        """Scores made-up probabilities, so that an unfit metric is told before any training."""
        ids = data.held_out_ids()
        if self.goal.score is not None:
            classes = max(2, data.y.shape[1])
            self.goal.score(ids, np.full((len(ids), classes), 1.0 / classes))

    def _save_checkpoint(self, trial: Trial, model: keras.Model, score: float) -> None:
        """Saves the weights of a trial that may win or be continued."""
        best = self.oracle.best_trial()
        can_win = best is None or self.goal.better(score, best.score)
        if can_win or trial.trial_id in self.oracle.needed_checkpoints():
            with files.atomic_path(self._get_checkpoint_fname(trial.trial_id)) as path:
                weights_of(model).save_weights(path)
            self._saved.add(trial.trial_id)

    def _drop_checkpoints(self) -> None:
        """Deletes the weights of trials that can no longer win."""
        needed = self.oracle.needed_checkpoints()
        for trial_id in self._saved - needed:
            Path(self._get_checkpoint_fname(trial_id)).unlink(missing_ok=True)
        self._saved &= needed
