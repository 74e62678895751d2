"""The strategies' tuner for functions that build Keras models, called as KerasTuner's are."""

import os
import time
from pathlib import Path
from typing import Any

import keras
import keras_tuner
from keras_tuner.engine.trial import Trial

from automl_kit import compat
from automl_kit.errors import InputError, SearchError
from automl_kit.evaluation.latency import latency
from automl_kit.evaluation.objectives import split_objectives
from automl_kit.oracles import DurableOracle, OracleSettings
from automl_kit.search import failures

compat.apply()


class ModelTuner(keras_tuner.Tuner):  # type: ignore[misc]
    """A `keras_tuner.Tuner` whose search goes on after a kill as if it had not been killed.

    Args:
        hypermodel: A function from `keras_tuner.HyperParameters` to a compiled Keras model,
            or a `keras_tuner.HyperModel`.
        objective: A metric's name, or a `keras_tuner.Objective`; for `Pareto` a list of them.
        max_trials: Trials to run, those of an earlier run in the same folder counted.
        seed: Seed of proposals and of each trial's training; 0 is one, None draws one.
        hyperparameters: Hyperparameters known before the first network is built.
        tune_new_entries: Whether hyperparameters that aren't among those are searched.
        allow_new_entries: Whether there may be others than those.
        max_retries_per_trial: Times that a failed trial is run again.
        max_consecutive_failed_trials: Failures in a row that end the search; None for no limit.
        initial_hps: Hyperparameters to try first, each a dictionary name → value.
        executions_per_trial: Trainings a trial, whose scores are averaged.
        max_model_size: The most weights that a network may have.
        optimizer: Instead of the model's own, as are the two arguments after it.
        loss: A Keras loss.
        metrics: Keras metrics.
        distribution_strategy: A `tf.distribute.Strategy` under which models are built.
        directory: Folder of projects.
        project_name: This project's folder in it.
        overwrite: Whether to remove what is there; otherwise the search goes on.

    Raises:
        InputError: If an argument is out of its range, or the process is one of KerasTuner's
            distributed workers.
        ProjectError: If the project in the folder is damaged or can't be written.
    """

    def __init__(
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_trials: int = 10,
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int | None = None,
        initial_hps: list[dict[str, Any]] | None = None,
        executions_per_trial: int = 1,
        max_model_size: int | None = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        distribution_strategy: Any = None,
        directory: str | Path | None = None,
        project_name: str | None = None,
        overwrite: bool = False,
    ):
        if "KERASTUNER_ORACLE_IP" in os.environ:
            raise InputError(
                "This tuner searches in one process and can't be one of KerasTuner's distributed "
                "workers; unset KERASTUNER_ORACLE_IP, or use keras_tuner.Tuner with the oracle."
            )
        first, costs = split_objectives(objective)
        settings = OracleSettings(
            first, max_trials, seed, initial_hps or [], hyperparameters, tune_new_entries,
            allow_new_entries, max_retries_per_trial, max_consecutive_failed_trials, costs=costs,
        )  # fmt: skip
        oracle = self.durable_oracle(settings)
        self._trial: tuple[int, int] | None = None  # Number of the trial and of its execution.
        self._model: keras.Model | None = None
        super().__init__(
            oracle=oracle,
            hypermodel=hypermodel,
            max_model_size=max_model_size,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            distribution_strategy=distribution_strategy,
            directory=directory,
            project_name=project_name,
            overwrite=overwrite,
            executions_per_trial=executions_per_trial,
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

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """Trains a trial's model, each execution under its own seed; notes what it cost."""
        self._trial = (int(trial.trial_id), 0)
        started = time.monotonic()
        try:
            results = super().run_trial(trial, *args, **kwargs)
        finally:
            self._trial = None
        figures = {"seconds": time.monotonic() - started}
        if self._model is not None and self._model.built:
            figures["parameters"] = self._model.count_params()
            if self.oracle.measures("latency"):
                figures["latency"] = latency(self._model)
        self._model = None
        self.oracle.note_figures(trial.trial_id, figures)
        return results

    def _build_hypermodel(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        if self._trial is None:  # To load a trial's weights; the user's generators are left alone.
            return super()._build_hypermodel(hp)
        # Weights and the order of batches would otherwise depend on the trials before.
        number, execution = self._trial
        self._trial = (number, execution + 1)
        seed = self.oracle.seed_for(number, 1, execution)
        keras.utils.set_random_seed(seed)
        model = super()._build_hypermodel(hp)
        self._model = model if isinstance(model, keras.Model) else None
        keras.utils.set_random_seed(seed)
        return model

    def on_search_end(self) -> None:
        """Says why, where no trial could be completed."""
        super().on_search_end()
        if self.oracle.best_trial() is None:
            raise SearchError(failures.explain(self.oracle))
