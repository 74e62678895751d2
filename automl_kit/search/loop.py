"""The one loop of every search: trials, their failures, their time, their traces."""

import time
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from keras_tuner import errors as tuner_errors

from automl_kit.compat import Trial, TrialStatus
from automl_kit.errors import ProjectError, SearchError
from automl_kit.evaluation import failures
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.model_trainer import ResultError
from automl_kit.evaluation.objectives import MissingObjectiveError
from automl_kit.oracles.trial_figures import ESTIMATE, PRUNED, note_figures
from automl_kit.progress import TrialTold
from automl_kit.search.partial_trials import note_partial

ALWAYS_RAISED = (tuner_errors.FatalError, MissingObjectiveError, ResultError, ProjectError)


class Hooks(Protocol):
    """What happens around a trial; a tuner's own methods, as KerasTuner names them."""

    def pre_create_trial(self) -> None:
        """Before a trial is asked for."""

    def on_trial_begin(self, trial: Trial) -> None:
        """Before a trial is judged."""

    def on_trial_end(self, trial: Trial) -> None:
        """After it; ends it in the oracle."""


def run_trials(
    oracle: Any,
    evaluate: Callable[[Trial], Result],
    run: Run,
    hooks: Hooks,
    worker: str = "tuner0",
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Asks for trials, judges them and notes what came, until the search or the time ends.

    A trial that fails is noted with its reason. One that time cut stays under way: its figures
    are noted, it is no rival of whole trials, and the next call goes on with it. One that a pruner
    stopped, or that has an estimate only, ends and is no rival of whole ones either: its score is
    what strategies learn from.

    Args:
        oracle: What proposes trials: any oracle of KerasTuner's kind.
        evaluate: Judges one.
        run: This call.
        hooks: What happens around each trial.
        worker: A name for who asks.
        enough: Whether no further trials are wanted.

    Raises:
        FatalError: KerasTuner's, from a user's own training.
        MissingObjectiveError: If the objective isn't measured.
        ResultError: If a user's training gives no result.
        ProjectError: If the state can't be written.
        SearchError: If the oracle waits although no trial is running: it would for ever.
    """
    while run.may_begin() and not enough():
        hooks.pre_create_trial()
        trial = oracle.create_trial(worker)
        if trial.status == TrialStatus.STOPPED:
            break
        if trial.status == TrialStatus.IDLE:
            if not oracle.ongoing_trials:
                raise SearchError(
                    f"{type(oracle).__name__} waits for a trial although none is running. Its "
                    "populate_space() must propose one then, or end the search with STOPPED."
                )
            time.sleep(0.05)  # KerasTuner asks again without a pause.
            continue
        # What an earlier part of it cost would otherwise be averaged with what this one does.
        oracle.trials[trial.trial_id].metrics = trial.metrics = type(trial.metrics)()
        run.progress.trial_begin(len(oracle.end_order) + 1, trial.hyperparameters.values)
        hooks.on_trial_begin(trial)
        result = _judged(oracle, evaluate, trial)
        if result is not None and result.partial and not result.pruned:
            note_partial(oracle, trial.trial_id, result.score, result.epoch, result.reason)
            run.progress.trial_end(told(oracle, "PARTIAL", result, result.reason))
            break
        hooks.on_trial_end(trial)
        status = "PRUNED" if result is not None and result.pruned else trial.status
        run.progress.trial_end(told(oracle, status, result, failures.reason(trial)))


def _judged(oracle: Any, evaluate: Callable[[Trial], Result], trial: Trial) -> Result | None:
    """Judges a trial and notes its figures, or why it failed; None then."""
    started = time.monotonic()
    figures: dict[str, float] = {}
    try:
        result = evaluate(trial)
        figures.update(result.figures)
        # Evolution with `SuccessiveHalvingPruner(factor=4)` is .0001 behind the best loss after the
        # epochs of 10 trainings where stopped trials count with their scores, and .0031 (± .0012)
        # where they count as failed (`benchmarks/pruned_trials.py --first-seed 1000`, 40 seeds).
        if result.pruned:
            figures[PRUNED] = 1.0
        if result.estimate:
            figures[ESTIMATE] = result.score
        if result.pruned or not result.partial:
            logs = {oracle.objective.name: result.score, **result.logs}
            oracle.update_trial(trial.trial_id, logs, step=result.epoch)
            trial.status = TrialStatus.COMPLETED
            trial.message = result.reason or None
        return result
    except ALWAYS_RAISED:
        raise
    except Exception as error:
        final = isinstance(error, tuner_errors.FailedTrialError)
        trial.status = TrialStatus.FAILED if final else TrialStatus.INVALID
        trial.message = f"{failures.describe(error)}\n\n{traceback.format_exc()}"
        return None
    finally:
        figures.setdefault("seconds", time.monotonic() - started)
        note_figures(oracle.trials[trial.trial_id], figures)


def told(oracle: Any, status: str, result: Result | None, reason: str) -> TrialTold:
    """What is told of a trial that ended."""
    ended = (t for t in oracle.get_best_trials(1) if t.status == TrialStatus.COMPLETED)
    best = next(ended, None)
    score = None if result is None else result.score
    figures = {} if result is None else {**result.logs, **result.figures}
    return TrialTold(status, score, None if best is None else best.score, figures, reason)
