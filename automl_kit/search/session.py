"""One call of a tuner's search: its data, its run, its ending."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_kit.backend import channels_last
from automl_kit.compat import Trial, TrialStatus
from automl_kit.ending.ensemble import Ensemble
from automl_kit.ending.refit import Refit, is_shortened
from automl_kit.evaluation.base import Evaluation, Run
from automl_kit.evaluation.curves import Curves
from automl_kit.evaluation.deadline import Deadline
from automl_kit.evaluation.model_trainer import FitCall
from automl_kit.oracles.trial_figures import measured
from automl_kit.progress import Progress, SearchTold
from automl_kit.report.pruned import pruning, pruning_text
from automl_kit.search.call import data_of, quiet, same_call
from automl_kit.search.clock import Clock
from automl_kit.search.finalists import finalists_of, train_finalists
from automl_kit.search.graph_search import GraphSearch, graph_data
from automl_kit.search.loop import run_trials

if TYPE_CHECKING:
    from automl_kit.search.tuner import SearchTuner


class Session:
    """What a tuner's `search` is about while it runs.

    Args:
        tuner: Whose search it is.
        args: What each trial is trained with, by place.
        kwargs: The same by name.
        progress: Where to tell how it goes.
        clock: The time that the project has taken.
        time_budget: Seconds for all runs together; None without a limit.
    """

    def __init__(
        self,
        tuner: "SearchTuner",
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        progress: Progress,
        clock: Clock,
        time_budget: float | None,
    ):
        self.tuner, self.args, self.kwargs = tuner, args, kwargs
        self.progress, self.clock, self.time_budget = progress, clock, time_budget
        self.deadline = Deadline(clock.left(time_budget))
        self.run: Run | None = None
        self.evaluation: Evaluation = tuner.evaluation
        self.finalists = finalists_of(tuner)  # 0 when they are trained: no time is kept for them.
        self.ending: Refit | Ensemble | None = None
        self._losses: list[float] = []  # of the ensemble after each trial of this run
        self._with_weights = set(tuner.oracle.end_order)  # Trials that may have some on disk.

    def told(self) -> SearchTold:
        """What is known of the search when it begins or goes on."""
        tuner = self.tuner
        return SearchTold(
            tuner.oracle.max_trials,
            len(tuner.oracle.end_order),
            tuner.aim.name,
            tuner.aim.direction,
            self.deadline.remaining if self.deadline.limited else None,
        )

    def search(self) -> None:
        """Runs the stages, the trials and the ending."""
        tuner = self.tuner
        if not tuner.searches_graph:
            self.run = self._make_run(FitCall(self.args, quiet(self.kwargs)))
            self._run_trials(self.run)
            return
        with channels_last():
            self._search_graph()

    def _search_graph(self) -> None:
        tuner = self.tuner
        graph = GraphSearch(tuner, graph_data(*self.args, **self.kwargs), self.time_budget)
        graph.begin(self.deadline, self.progress)
        self.run = self._make_run(graph.data)
        ending = self.ending = graph.ending()
        self.run.reserve = lambda elapsed: self._reserve(ending, elapsed)
        if not isinstance(ending, Ensemble):
            self.run.allowed = lambda elapsed, whole: self._allowed(ending, elapsed, whole)
        self._run_trials(self.run)
        self._end(ending)
        graph.save_pipeline(Path(tuner.best_pipeline_path))

    def run_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run:
        """The run, with other data where a subclass's `run_trial` passes other arguments on."""
        assert self.run is not None
        if same_call((self.args, self.kwargs), (args, kwargs)):
            return self.run
        return replace(self.run, data=data_of(self.tuner, args, kwargs))

    def after_trial(self, trial: Trial) -> None:
        """Notes the time; deletes weights that can't be asked for any more."""
        self.clock.save()
        if not self.tuner.searches_graph:
            return
        self._with_weights.add(trial.trial_id)
        checkpoints, needed = self.tuner.trainer.checkpoints, self.tuner.wanted.ids()
        for ended in self._with_weights - self.tuner.wanted.stopped():
            checkpoints.drop_cut(ended)
        checkpoints.keep_only(needed, self._with_weights)
        self._with_weights &= needed
        if isinstance(self.ending, Ensemble) and self.deadline.limited:
            loss = self.ending.loss(self.tuner.oracle.completed())
            if loss is not None:
                self._losses.append(loss)

    def _has_enough(self) -> bool:
        """Whether the last trials have made the ensemble no better, where time ends the search.

        Not before all initial hyperparameters were tried. Of a refit, whether it has to have the
        time that is left.
        """
        if not isinstance(self.ending, Ensemble):
            return self._has_no_room()
        oracle, window = self.tuner.oracle, patience(len(self.ending.judged))
        if len(oracle.start_order) < len(oracle.initial_hps) or len(self._losses) <= window:
            return False
        before = min(self._losses[:-window])
        enough = min(self._losses[-window:]) > before - 1e-4 * abs(before)
        if enough:
            self.progress.message(
                f"The last {window} trials have made the model no better; the search ends."
            )
        return enough

    def _make_run(self, data: Any) -> Run:
        tuner = self.tuner
        return Run(
            tuner.trainer,
            data,
            tuner.oracle.seed_for,
            self.deadline,
            self.progress,
            rung=tuner.oracle.rung,
            pruner=tuner.pruner,
            curves=Curves(tuner.aim.direction, tuner.oracle.curves),
            direction=tuner.aim.direction,
            space=tuner.oracle.get_space,
            folder=Path(tuner.project_dir),
            budget=self.time_budget,
        )

    def _run_trials(self, run: Run) -> None:
        tuner = self.tuner
        self.evaluation.prepare(run)
        if tuner.start is not None:  # The space is known now.
            tuner.oracle.start_with(tuner.start.values)
            run.progress.message(tuner.start.told())
        tuner.on_search_begin()
        run_trials(tuner.oracle, tuner.judge, run, tuner, tuner.tuner_id, self._has_enough)
        if told := pruning_text(pruning(tuner.oracle.trials.values())):
            run.progress.message(told)
        train_finalists(self, run)
        tuner.on_search_end()

    def least(self) -> float:
        """Seconds to keep at least: for what comes after the ending, and for the finalists."""
        budget = self.time_budget or 0.0
        least = min(1.0 + 0.03 * budget, 0.2 * budget)
        return least + (_FOR_FINALISTS * budget if self.finalists else 0.0)

    def _reserve(self, ending: Refit | Ensemble | None, elapsed: float) -> float:
        """Seconds to keep for the ending, given those that the trial under way took.

        And for what comes after: validating and saving the trial that is cut, loading, export. A
        second of it doesn't depend on the budget; where that is most of it, a fifth.
        """
        best = self.tuner.oracle.best_trial()
        return self.least() + (0.0 if ending is None else ending.seconds(best, elapsed))

    def _untried(self) -> int:
        """How many of the first trials are still to be ended, the one under way included."""
        oracle = self.tuner.oracle
        first = min(max(1, len(oracle.initial_hps)), oracle.max_trials or math.inf)
        return max(0, int(first) - len(oracle.end_order))

    def _allowed(self, ending: Refit | None, elapsed: float, whole: float) -> float:
        """Seconds that a trial may still take; see `Run.allowed`.

        Where there is no time for whole trainings the first trials have equal parts of the room
        that there is for them, but not less than a fourth of a whole training, as long as there is
        room for it: shorter ones say little. The first of all has its time in any case. Later
        trials are whole or cut.
        """
        untried = self._untried()
        if not self.deadline.limited or not untried:
            return math.inf
        room = most = self._room(ending, elapsed, whole)
        if not self.tuner.oracle.end_order:
            more = 0.0 if ending is None else ending.more
            most = (self.deadline.remaining() + elapsed) / (2 + more)
        return max(room / untried, min(_LEAST * whole, most)) - elapsed

    def _room(self, ending: Refit | None, elapsed: float, whole: float) -> float:
        """Seconds for this trial and the next first ones: what the ending doesn't need.

        That is at most one half of the budget: the longer a network is trained on all rows, the
        better it is.
        """
        needed = 0.0 if ending is None else ending.more * whole
        left = self.deadline.remaining() + elapsed - self._reserve(None, elapsed)
        return left - min(needed, 0.5 * (self.time_budget or 0.0))

    def _has_no_room(self) -> bool:
        """Whether there was no time to train the best trial whole, and is none for another one."""
        best, ending = self.tuner.oracle.best_trial(), self.ending
        if isinstance(ending, Ensemble) or best is None or not is_shortened(best):
            return False
        whole = (measured(best, "seconds") or 0.0) / (measured(best, "shortened") or 1.0)
        least = _LEAST if self._untried() else 1.0
        return self._room(ending, 0.0, whole) < least * whole

    def _end(self, ending: Refit | Ensemble | None) -> None:
        tuner, run = self.tuner, self.run
        assert run is not None
        best = tuner.best_trial()
        if best.status != TrialStatus.COMPLETED:
            run.progress.message(
                f"No trial was completed in time; the model is that of trial {best.trial_id}, "
                f"whose {best.message}."
            )
        elif isinstance(ending, Ensemble):
            ending.run(tuner.oracle.completed(), run)
        elif ending is not None:
            least = self._reserve(None, 0.0)  # No other ending comes after this one.
            run.reserve = lambda elapsed: least
            run.allowed = lambda elapsed, whole: self.deadline.remaining() - least
            ending.run(best, run)


_FOR_FINALISTS = 0.5  # of a time budget
_LEAST = 0.25  # of a whole training, to choose a trial by


def patience(rows: int) -> int:
    """After how many trials that don't help a search ends; more rows tell smaller differences.

    AutoGluon's portfolios have such a table (their version 1.5, for processors).
    """
    return next((trials for most, trials in _PATIENCE if rows <= most), 40)


_PATIENCE = ((100, 4), (500, 8), (2_500, 15))
