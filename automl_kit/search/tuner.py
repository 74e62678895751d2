"""The tuner behind every strategy: for KerasTuner's hypermodels and for AutoKeras's graphs."""

import os
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import keras_tuner

from automl_kit import compat
from automl_kit.compat import Trial
from automl_kit.ending import check_ending
from automl_kit.errors import InputError
from automl_kit.evaluation import Evaluation, Pruner, get_evaluation, get_pruner
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.evaluation.graph_trainer import GraphTrainer
from automl_kit.evaluation.model_trainer import ModelTrainer, as_result
from automl_kit.evaluation.objectives import split_objectives
from automl_kit.evaluation.warm_start import warm_start
from automl_kit.oracles.trial_figures import measured
from automl_kit.progress import Progress
from automl_kit.report import make_progress
from automl_kit.search import earlier_project, project
from automl_kit.search.aims import aim_of
from automl_kit.search.base_tuner import BaseTuner, refuse_worker
from automl_kit.search.call import data_of
from automl_kit.search.clock import Clock
from automl_kit.search.heap import only_new_objects
from automl_kit.search.lock import locked
from automl_kit.search.session import Session
from automl_kit.search.strategy import Strategy
from automl_kit.search.wanted import WantedWeights, hooks_of

compat.apply()


class SearchTuner(BaseTuner):
    """Searches hyperparameters; what it found survives a kill, and the same call goes on.

    Called as `keras_tuner.RandomSearch` is, with a function that builds Keras models, or as
    `autokeras.AutoModel(tuner=…)` does, with a graph. KerasTuner's hooks are heard: a subclass
    may override `run_trial`, `on_trial_begin`, `on_epoch_end` and so on.

    Args:
        hypermodel: A function from `keras_tuner.HyperParameters` to a compiled Keras model, a
            `keras_tuner.HyperModel`, or an AutoKeras graph. None where `run_trial` needs none.
        objective: A metric's name, or a `keras_tuner.Objective`; for `Pareto` a list of them, of
            which the first one scores trials. For graphs see `resolve_objective`.
        max_trials: Trials to run, those of an earlier run in the same folder counted; by default
            10, for Hyperband as many as its brackets have.
        seed: Seed of proposals and of each training; 0 is one, None draws one.
        hyperparameters: Hyperparameters known before the first network is built.
        tune_new_entries: Whether hyperparameters that aren't among those are searched.
        allow_new_entries: Whether there may be others than those.
        max_retries_per_trial: Times that a failed trial is run again.
        max_consecutive_failed_trials: Failures in a row that end the search; None for no limit.
        initial_hps: Hyperparameters to try first, each a dictionary name → value.
        start_from: Folder of an earlier project, of this data or of data like it: its three best
            trials' hyperparameters come before `initial_hps`, and networks of graphs begin with the
            weights of its best network where layers are called and shaped alike.
        executions_per_trial: Trainings a trial, whose scores are averaged; for hypermodels.
        max_model_size: The most weights that a network may have.
        optimizer: Instead of the model's own, as are the two arguments after it.
        loss: A Keras loss.
        metrics: Keras metrics.
        distribution_strategy: A `tf.distribute.Strategy` under which models are built.
        directory: Folder of projects.
        project_name: This project's folder in it.
        overwrite: Whether to remove what is there; otherwise the search goes on.
        tuner_id: A name for this worker.
        evaluation: How trials are judged: "full", "folds", "zero_cost", "sharing", or an
            `Evaluation`.
        pruner: Ends trials that fall behind: "median", "asha", "pasha", "wilcoxon" or a
            `Pruner`; None for nobody.
        ending: What becomes of a graph's trials: "refit", "ensemble", "average" or "best"; see
            `automl_kit.ending`.
        strategy: The strategy; by default that of the class.
        settings: Settings of the strategy, such as `population_size=20` of `Evolution`.

    Raises:
        InputError: If an argument is out of its range, or the process is one of KerasTuner's
            distributed workers.
        ProjectError: If the project in the folder is another one, damaged, or can't be written.

    Attributes:
        searched: The strategy with its settings.
        found: What stages have to show, such as a genotype, by name; after a search.
    """

    strategy: ClassVar[Strategy]

    @classmethod
    def configured(cls, **settings: Any) -> Strategy:
        """The class's strategy with other settings, as a value: what `tuner=` takes.

        Raises:
            InputError: If it has no setting of such a name.
        """
        return cls.strategy.configured(**settings)

    def __init__(
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_trials: int | None = None,
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int | None = None,
        initial_hps: list[dict[str, Any]] | None = None,
        start_from: str | os.PathLike[str] | None = None,
        executions_per_trial: int = 1,
        max_model_size: int | None = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        distribution_strategy: Any = None,
        directory: str | os.PathLike[str] | None = None,
        project_name: str | None = None,
        overwrite: bool = False,
        tuner_id: str | None = None,
        evaluation: str | Evaluation = "full",
        pruner: str | Pruner | None = None,
        ending: str = "refit",
        strategy: Strategy | None = None,
        **settings: Any,
    ):
        refuse_worker()
        _check_hypermodel(hypermodel, type(self))
        self.searched = (strategy or type(self).strategy).configured(**settings)
        for stage in self.searched.stages:
            stage.check(hypermodel)
        self.evaluation = get_evaluation(evaluation)
        if (check := getattr(self.evaluation, "check", None)) is not None:
            check(hypermodel)
        self.pruner = get_pruner(pruner, self.evaluation)
        self.ending = check_ending(ending)
        first, self.costs = split_objectives(objective)
        self.aim = aim_of(first, hypermodel)
        folder = project.folder_at(directory, project_name or "untitled_project")
        self.found: dict[str, Any] = {}
        self._session: Session | None = None
        with locked(folder):
            if overwrite:
                project.remove_search(folder)
            project.refuse_strange(folder)
            self.start = earlier_project.start_from(start_from, folder)
            first_hps = [] if self.start is None else self.start.values
            oracle = self.searched.make_oracle(
                self.aim.for_oracle, self.costs,
                self.searched.max_trials if max_trials is None else max_trials,
                seed=project.seed_of_search(folder, seed),
                initial_hps=[*first_hps, *(initial_hps or [])], hyperparameters=hyperparameters,
                tune_new_entries=tune_new_entries, allow_new_entries=allow_new_entries,
                max_retries_per_trial=max_retries_per_trial,
                max_consecutive_failed_trials=max_consecutive_failed_trials,
            )  # fmt: skip
            # A table of cells knows which of them are the same network.
            oracle.network_key = getattr(self.evaluation, "network_key", None)
            self.searches_graph = compat.is_graph(hypermodel)
            super().__init__(
                oracle=oracle,
                hypermodel=hypermodel,
                max_model_size=max_model_size,
                optimizer=optimizer,
                loss=loss,
                metrics=metrics,
                distribution_strategy=distribution_strategy,
                directory=folder.parent,
                project_name=folder.name,
                executions_per_trial=executions_per_trial,
                tuner_id=tuner_id,
            )
            self.trainer = self._make_trainer()
            self._open(folder)
        self.hyper_pipeline: Any = None  # AutoKeras's AutoModel sets it.

    def _make_trainer(self) -> Any:
        if not self.searches_graph:
            return ModelTrainer(
                super().run_trial, self.oracle.objective, self.oracle.measures, self._try_build
            )
        stopped = 0 if self.pruner is None else self.pruner.finalists
        weights = None if self.start is None else self.start.weights
        self.wanted = WantedWeights(self.oracle, self.aim.for_graph, self.joins, stopped)
        return GraphTrainer(
            self.hypermodel,
            self.aim.for_graph,
            Checkpoints(self.get_trial_dir),
            self.max_model_size,
            hooks_of(self, SearchTuner),
            self.oracle.measures,
            self.wanted.may_be,
            None if weights is None else partial(warm_start, path=weights),
        )

    def _open(self, folder: Path) -> None:
        """Goes on with the project in the folder, or begins one."""
        if self.searches_graph:
            space = compat.space_of_graph(self.hypermodel)
        else:
            space = project.space_of_oracle(self.oracle)
        identity = {
            "objective": self.aim.describe(),
            "costs": [str(cost) for cost in self.costs],
            "strategy": self.searched.describe(),
            "evaluation": self.evaluation.describe(),
            "pruner": None if self.pruner is None else self.pruner.describe(),
            "ending": self.ending,
            "start_from": None if self.start is None else self.start.source,
            "space": space,
            "max_model_size": self.max_model_size,
            "executions_per_trial": self.executions_per_trial,
            "seed": self.oracle.seed,
        }
        project.open_search(folder, identity)
        self.oracle.open()

    # Searching

    def search(
        self,
        *fit_args: Any,
        time_budget: float | None = None,
        progress: Progress | None = None,
        started: float | None = None,
        **fit_kwargs: Any,
    ) -> None:
        """Runs trials; of a graph the best network is trained once more on all rows.

        Args:
            fit_args: What each trial is trained with, as the model's `fit` takes it. For graphs
                see `automl_kit.search.graph_search.graph_data`.
            time_budget: Seconds for the search, its ending included, those of earlier runs in the
                same folder counted. It is looked at after every batch.
            progress: Where to tell how it goes.
            started: When this run began, by `time.monotonic`, where it did before the call.
            fit_kwargs: As `fit_args`; `verbose=0` for silence.

        Raises:
            SearchError: If no trial could be completed.
            ProjectError: If another process searches in the folder.
        """
        folder = Path(self.project_dir)
        progress = progress or make_progress(fit_kwargs.get("verbose", 1))
        with locked(folder):
            clock = Clock(folder, started, self._trial_seconds)
            session = Session(self, fit_args, fit_kwargs, progress, clock, time_budget)
            self._session = session
            try:
                with progress.search(session.told()), only_new_objects():
                    session.search()
            finally:
                self._session = None
                clock.save()

    def judge(self, trial: Trial) -> Result:
        """What `run_trial` gives, overridden or not, as a result."""
        assert self._session is not None
        results = self.run_trial(trial, *self._session.args, **self._session.kwargs)
        result = as_result(results, self.oracle.objective)
        if self.joins and result.held_out is not None and not result.partial:
            self.trainer.checkpoints.save_held_out(trial.trial_id, result.held_out)
        return result

    def run_trial(self, trial: Trial, *fit_args: Any, **fit_kwargs: Any) -> Any:
        """Judges a trial by the tuner's evaluation; a subclass may do it otherwise.

        Args:
            trial: The trial.
            fit_args: What `search` was called with.
            fit_kwargs: Likewise.

        Returns:
            A `Result`. A subclass may return what KerasTuner allows: a Keras `History`, a
            dictionary of metrics, a number, or a list of these.
        """
        if self._session is None:  # Called by hand.
            data, oracle = data_of(self, fit_args, fit_kwargs), self.oracle
            run = Run(
                self.trainer, data, oracle.seed_for, rung=oracle.rung, space=oracle.get_space,
                direction=self.aim.direction, folder=Path(self.project_dir),
            )  # fmt: skip
            return self.evaluation.evaluate(trial, run)
        run = self._session.run_for(fit_args, fit_kwargs)
        return self._session.evaluation.evaluate(trial, run)

    def on_trial_end(self, trial: Trial) -> None:
        """Ends a trial, as KerasTuner does; weights that can't be asked for any more go."""
        self.oracle.end_trial(trial)
        if self._session is not None:
            self._session.after_trial(trial)

    def on_search_end(self) -> None:
        """Says why, where no trial could be completed."""
        super().on_search_end()
        self.best_trial()

    def _trial_seconds(self) -> float:
        trials = (self.oracle.trials[trial_id] for trial_id in self.oracle.end_order)
        return sum(measured(trial, "seconds") or 0.0 for trial in trials)


def _check_hypermodel(hypermodel: Any, kind: type[SearchTuner]) -> None:
    """Refuses to search nothing; the message begins as KerasTuner's does.

    Raises:
        InputError: If there is no hypermodel and `run_trial` is ours, which needs one.
    """
    if hypermodel is None and kind.run_trial is SearchTuner.run_trial:
        raise InputError(
            "Received `hypermodel=None`. Expected a function that builds a Keras model, a "
            "keras_tuner.HyperModel or an AutoKeras graph; only a subclass that overrides "
            "run_trial() needs none."
        )
