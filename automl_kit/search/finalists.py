"""The finalists: the best trials that were estimated or stopped only, trained whole at the end.

Proxies, shared weights and scores without training rank many trials for little; which of the best
few is the best one is found out by training them.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automl_kit.compat import Trial, TrialStatus
from automl_kit.errors import SearchError
from automl_kit.evaluation import failures
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.callbacks import NonFiniteError
from automl_kit.oracles.trial_figures import is_whole, score_in_search
from automl_kit.report.agreement import agreement, agreement_text
from automl_kit.search.loop import ALWAYS_RAISED, told

if TYPE_CHECKING:
    from automl_kit.search.session import Session


def finalists(oracle: Any, number: int) -> list[Trial]:
    """The best trials by the scores of the search, less those that were trained whole.

    Best first.

    Args:
        oracle: Of the search.
        number: How many of the best count.
    """
    ended = [t for t in oracle.trials.values() if t.status == TrialStatus.COMPLETED]
    # The order of trials breaks ties.
    best = sorted(ended, key=lambda trial: -oracle.sign * score_in_search(trial))[:number]
    return [trial for trial in best if not is_whole(trial)]


def finalists_of(tuner: Any) -> int:
    """How many finalists there are: as many as the evaluation or the pruner asks for."""
    asking = [one for one in (tuner.evaluation, tuner.pruner) if one is not None]
    return max(int(getattr(one, "finalists", 0)) for one in asking)


def judge_finalists(
    oracle: Any,
    evaluate: Callable[[Trial], Result],
    run: Run,
    number: int,
    after: Callable[[Trial], None] = lambda trial: None,
    share: Callable[[int], None] = lambda left: None,
) -> None:
    """Trains the finalists whole and notes what came, the most promising one first.

    One that fails has failed, and the next best takes its place. The first one is begun as long as
    any time is left. What was judged is kept after a kill: the next call goes on with the others.

    Args:
        oracle: Of the search.
        evaluate: Judges a trial whole.
        run: This call.
        number: How many of the best trials there are.
        after: Is told of each that was judged.
        share: Is told how many are left before each, to share time out.
    """
    waiting, begun = finalists(oracle, number), False
    if waiting:
        count = "best trial" if len(waiting) == 1 else f"{len(waiting)} best trials"
        run.progress.message(f"Training the {count} whole.")
    while waiting := finalists(oracle, number):
        trial = waiting[0]
        if not (run.may_begin() if begun else not run.deadline.passed()):
            run.progress.message(f"No time is left for {len(waiting)} of the {number} best trials.")
            return
        begun = True
        share(len(waiting))
        run.progress.trial_begin(int(trial.trial_id) + 1, trial.hyperparameters.values)
        try:
            result = evaluate(trial)
            if math.isnan(result.score):
                raise NonFiniteError("the score is nan")
        except ALWAYS_RAISED:
            raise
        except Exception as error:
            reason = failures.describe(error)
            oracle.fail_again(trial.trial_id, reason)
            run.progress.trial_end(told(oracle, "FAILED", None, reason))
            continue
        oracle.judge_again(
            trial.trial_id, result.score, result.epoch, result.logs, result.figures, result.reason
        )
        run.progress.trial_end(told(oracle, "COMPLETED", result, result.reason))
        after(trial)


def train_finalists(session: "Session", run: Run) -> None:
    """The last phase of a search's trials; does nothing where nobody asks for finalists.

    Args:
        session: The search; its evaluation is that of whole trainings afterwards.
        run: This call.

    Raises:
        SearchError: If trials were estimated only, and none could be trained whole.
    """
    tuner, number = session.tuner, session.finalists
    if not number:
        return
    whole = getattr(tuner.evaluation, "whole", None)
    session.evaluation, session.finalists = whole or tuner.evaluation, 0
    session.run = run = replace(run, pruner=None)
    more = getattr(session.ending, "more", 0.0)

    def share(left: int) -> None:
        """Each has an equal part of the time, and the ending what it takes longer."""
        room = (session.deadline.remaining() - session.least()) / (left + more)
        run.allowed = lambda elapsed, whole: room - elapsed

    judge_finalists(tuner.oracle, tuner.judge, run, number, session.after_trial, share)
    if said := agreement_text(agreement(tuner.oracle.trials.values())):
        run.progress.message(said)
    best = tuner.oracle.best_trial()
    if whole is not None and best is not None and not is_whole(best):
        raise SearchError(
            "None of the best trials could be trained whole, so there is no model; what was told "
            "of them says why. Call again with a larger time_budget: what was found is kept."
        )
