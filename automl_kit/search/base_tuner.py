"""KerasTuner's tuner, with seeded trainings and one owner of the state: the oracle."""

import copy
import os
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from automl_kit import compat
from automl_kit.compat import Trial, maybe_distribute
from automl_kit.ending import JOINING
from automl_kit.ending.ensemble import joined_network, members_of, threshold_of
from automl_kit.ending.refit import refit_curves, refitted, weights_file
from automl_kit.errors import InputError, SearchError
from automl_kit.evaluation import failures
from automl_kit.evaluation.build import mean_of
from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.oracles.generations import Generation
from automl_kit.report import leaderboard
from automl_kit.report.board import with_weights
from automl_kit.search.partial_trials import best_partial


class BaseTuner(keras_tuner.Tuner):  # type: ignore[misc]
    """What KerasTuner's and AutoKeras's own code asks of a tuner, and how it is answered here.

    Attributes:
        evaluation: Judges trials.
        trainer: Trains networks: a `GraphTrainer` or a `ModelTrainer`.
        searches_graph: Whether it searches an AutoKeras graph, and not a hypermodel.
    """

    trainer: Any = None
    evaluation: Any = None
    searches_graph: bool

    # State

    def save(self) -> None:
        """Nothing: the oracle and the trials hold the whole state."""

    def reload(self) -> None:
        """Reads the state on disk anew, such as trials that another process ended."""
        self.oracle.reload()

    def _populate_initial_space(self) -> None:
        if not self.searches_graph:  # A graph is known once it has seen its data.
            super()._populate_initial_space()

    def _activate_all_conditions(self) -> None:
        """Builds networks until each hyperparameter behind a condition was met.

        KerasTuner's (`BaseTuner._activate_all_conditions` of 1.4.8) draws values without a seed,
        so that spaces that grow differ from run to run, and stumbles over a name that stands
        under two conditions.
        """
        oracle = self.oracle
        met: list[Any] = []
        asked: list[Any] = []
        hp = oracle.get_space()
        while True:
            self.hypermodel.build(hp)
            oracle.update_space(hp)
            met += [copy.deepcopy(scope) for scope in hp.active_scopes]
            asked += [copy.deepcopy(s) for s in hp.inactive_scopes if s not in asked]
            missing = next((scope for scope in asked if scope not in met), None)
            if missing is None:
                break
            met.append(missing)  # Where it can't be met, it isn't asked for twice.
            hp = oracle.get_space()
            wanted = {condition.name: condition.values[0] for condition in missing}
            hp.values = oracle._completed({**hp.values, **wanted})

    def load_model(self, trial: Trial) -> keras.Model:
        """The network of a trial at its best epoch; of several networks their mean.

        Raises:
            FileNotFoundError: If it has no weights.
        """
        if self.searches_graph:
            return self.trainer.load(trial)
        saved = Checkpoints(self.get_trial_dir).saved(trial.trial_id)
        if not saved:
            raise FileNotFoundError(
                f"Trial {trial.trial_id} has no weights: it was estimated only, and is none of the "
                "best few, which were trained whole. Build and fit its model: "
                "tuner.hypermodel.build(trial.hyperparameters)."
            )
        return mean_of([self._loaded(trial, path) for path in saved])

    def _loaded(self, trial: Trial, path: Path) -> keras.Model:
        model = self._try_build(trial.hyperparameters)
        self._take_weights(model, trial.trial_id, path)
        return model

    @property
    def joins(self) -> bool:
        """Whether the search ends in a mean of several trials' networks."""
        return self.searches_graph and self.ending in JOINING

    # What was found

    def best_trial(self) -> Trial:
        """The best completed trial; of those that time cut the best one where there is none.

        Raises:
            SearchError: If there is neither.
        """
        best: Trial | None = self.oracle.best_trial()
        if best is None and not hasattr(self.evaluation, "whole"):  # Else it is an estimate's.
            best = best_partial(self.oracle)
        if best is None:
            raise SearchError(failures.explain(self.oracle))
        return best

    def pareto_front(self) -> list[Trial]:
        """The trials that no other one beats in all objectives, best score first.

        Of one objective it is the best trial. `load_model` gives a trial's network.
        """
        front: list[Trial] = self.oracle.pareto_front()
        return front

    def leaderboard(self) -> Any:
        """All trials as a table, best first; see `automl_kit.report.leaderboard`.

        Where the search ended in an ensemble, the column `weight` has each trial's share in it.
        """
        members = members_of(Path(self.project_dir)) if self.joins else []
        return with_weights(leaderboard(self.oracle), dict(members))

    @property
    def generations(self) -> list[Generation]:
        """Best and mean of each generation of trials, first one first.

        Raises:
            AttributeError: If the strategy has no generations, as KerasTuner's own have none.
        """
        generations: list[Generation] = self.oracle.generations
        return generations

    def get_best_model(self) -> keras.Model:
        """The network of the refit or the ensemble, or of the best trial where there was none."""
        trial, folder = self.best_trial(), Path(self.project_dir)
        if self.joins and members_of(folder):
            return joined_network(self.trainer, self.oracle.trials, folder)
        if self.searches_graph and refitted(folder, trial.trial_id):
            return self.trainer.restored(trial, weights_file(folder))
        return self.load_model(trial)

    def threshold(self) -> float:
        """The probability above which the second of two classes is to be predicted."""
        return threshold_of(Path(self.project_dir)) if self.joins else 0.5

    # What AutoKeras's AutoModel asks of a tuner

    @property
    def objective(self) -> keras_tuner.Objective:
        """What trials are scored by."""
        return self.oracle.objective

    def _get_best_trial_epochs(self) -> int:
        """Epochs that the best trial's network was trained for."""
        return int(self.best_trial().best_step) + 1

    @property
    def max_trials(self) -> int | None:
        """Trials to run."""
        trials: int | None = self.oracle.max_trials
        return trials

    @property
    def best_pipeline_path(self) -> str:
        """Where the fitted preprocessors are."""
        return str(Path(self.project_dir) / "best_pipeline")

    def get_best_pipeline(self) -> Any:
        """The fitted preprocessors, which `AutoModel.predict` runs."""
        return compat.load_pipeline(self.best_pipeline_path)

    def best_history(self) -> keras.callbacks.History:
        """How the network that `get_best_model` gives was trained, as Keras records it."""
        trial, folder = self.best_trial(), Path(self.project_dir)
        history = keras.callbacks.History()
        if refitted(folder, trial.trial_id):
            history.history = refit_curves(folder)
        else:
            history.history = self.trainer.checkpoints.curves(trial.trial_id)
        history.epoch = list(range(max(map(len, history.history.values()), default=0)))
        return history

    # What KerasTuner's own training asks of a tuner

    def _deepcopy_callbacks(self, callbacks: Any) -> list[Any]:
        return [*super()._deepcopy_callbacks(list(callbacks or [])), *self.trainer.callbacks]

    def _get_checkpoint_fname(self, trial_id: str) -> str:
        part = None if self.searches_graph else self.trainer.part
        return str(Checkpoints(self.get_trial_dir).path(trial_id, part))

    def _build_hypermodel(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        seeds = getattr(getattr(self, "trainer", None), "seeds", None)
        if seeds is None:  # To find the space, to load weights: the user's generators are left.
            return super()._build_hypermodel(hp)
        seed = seeds()  # Weights and order of batches would otherwise depend on the trials before.
        keras.utils.set_random_seed(seed)
        model = super()._build_hypermodel(hp)
        rung = self.oracle.rung(hp.values) if self.trainer.trains else None
        if rung is not None and rung.continued is not None:
            path = Path(self._get_checkpoint_fname(rung.continued))
            self._take_weights(model, rung.continued, path)
        self.trainer.model = model if isinstance(model, keras.Model) else None
        keras.utils.set_random_seed(seed)
        return model

    def _take_weights(self, model: keras.Model, trial_id: str, path: Path) -> None:
        """Puts a trial's weights into a model, its optimizer's too where it has one."""
        if not model.built:
            model.build_from_config(compat.build_config(self._get_build_config_fname(trial_id)))
        if model.optimizer is not None:  # Keras would warn of an optimizer without variables.
            model.optimizer.build(model.trainable_variables)
        with maybe_distribute(self.distribution_strategy):
            model.load_weights(path)


def refuse_worker() -> None:
    """Refuses to be one of KerasTuner's distributed workers.

    Raises:
        InputError: If the process is one.
    """
    if "KERASTUNER_ORACLE_IP" in os.environ:
        raise InputError(
            "This tuner searches in one process and can't be one of KerasTuner's distributed "
            "workers; unset KERASTUNER_ORACLE_IP, or use keras_tuner.Tuner with the oracle."
        )
