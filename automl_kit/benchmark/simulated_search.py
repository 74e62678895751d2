"""One search on a table: the loop of every search, an oracle without files, a simulated clock."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from automl_kit.benchmark.budget import Budget, SimulatedClock
from automl_kit.benchmark.figure_table import NotInTableError
from automl_kit.benchmark.table_evaluation import Table
from automl_kit.evaluation.base import Pruner, Result, Run
from automl_kit.search.loop import run_trials


class _Told(NamedTuple):
    """An evaluation: its row, the column's value, whether that of a whole training, its cost."""

    row: int | None
    score: float
    whole: bool
    seconds: float
    epochs: float


class SimulatedSearch:
    """One search: an oracle without files, and the hooks of its loop.

    Args:
        oracle: What proposes trials.
        evaluation: What they are worth.
        budget: When the search ends.
        most: The most evaluations, repeats counted.
        pruner: Ends trainings that fall behind; None for nobody.
    """

    def __init__(
        self, oracle: Any, evaluation: Table, budget: Budget, most: int, pruner: Pruner | None
    ):
        self.oracle, self.evaluation, self.pruner = oracle, evaluation, pruner
        oracle.save = lambda: None
        oracle._save_trial = lambda trial: None
        oracle.verbose = 0
        limit = math.inf if budget.seconds is None else budget.seconds
        self.clock = SimulatedClock(limit, most)
        self.costs = None if budget.cost is None else evaluation.table.column(budget.cost)
        self.told: list[_Told] = []
        self.ended_by = "search"
        self.error: Exception | None = None

    def run(self) -> pd.DataFrame:
        """Runs it, and gives a row an evaluation; see `simulate`."""
        nothing: Any = None  # A table trains nothing.
        run = Run(
            trainer=nothing, data=nothing, seed_for=lambda *_: 0, deadline=self.clock,
            rung=getattr(self.oracle, "rung", lambda values: None), pruner=self.pruner,
        )  # fmt: skip
        run_trials(self.oracle, lambda trial: self._judged(trial, run), run, self)
        if self.clock.passed() and self.ended_by == "search":
            used_up = len(self.told) == self.clock.evaluations
            self.ended_by = "evaluations" if used_up else "seconds"
        return self._frame()

    def _judged(self, trial: Any, run: Run) -> Result:
        table = self.evaluation.table
        try:
            result = self.evaluation.evaluate(trial, run)
        except NotInTableError as error:
            if table.share == 1.0:
                self.error = error  # Of who proposed it, not of a training.
            self.clock.count()
            self.told.append(_Told(None, math.nan, False, self._spent, math.nan))
            raise
        except Exception as error:
            self.error = error  # Of the table, not of a training: it is no failed trial.
            raise
        row = table.lookup(trial.hyperparameters.values)
        first, last, whole = self.evaluation.trained(trial, run, result)
        share = (last - first) / whole if whole else 1.0
        cost = 0.0 if self.costs is None else share * float(self.costs[row])
        if not self.clock.take((row, first, last), cost):
            self.ended_by = "seconds"
            return Result(result.score, partial=True, reason="its training would not end in time")
        epochs = float(last - first) if whole else math.nan
        value = self.evaluation.sign * result.score
        self.told.append(_Told(row, value, last == whole, self._spent, epochs))
        return result

    @property
    def _spent(self) -> float:
        return math.nan if self.costs is None else self.clock.spent

    def pre_create_trial(self) -> None:
        """Nothing."""

    def on_trial_begin(self, trial: Any) -> None:
        """Nothing."""

    def on_trial_end(self, trial: Any) -> None:
        """Ends the trial; what a whole table lacks ends the search."""
        if self.error is not None:
            raise self.error
        self.oracle.end_trial(trial)

    def _frame(self) -> pd.DataFrame:
        sign, table = self.evaluation.sign, self.evaluation.table
        if not self.told:  # a row all the same: without it a summary couldn't know of the search
            spent = math.nan if self.costs is None else 0.0
            self.told, numbers = [_Told(None, math.nan, False, spent, math.nan)], np.zeros(1, int)
        else:
            numbers = np.arange(1, len(self.told) + 1)
        row, score, whole, seconds, epochs = zip(*self.told, strict=True)
        counted = np.where(whole, sign * np.array(score), np.nan)
        best = sign * np.fmax.accumulate(counted)
        columns = {
            "evaluation": numbers,
            "score": score,
            "best": best,
            "regret": sign * (table.best(self.evaluation.metric, self.evaluation.direction) - best),
            "seconds": seconds,
            "epochs": epochs,
            "row": pd.array(row, "Int64"),  # of NumPy's there is none for "no row"
        }
        return pd.DataFrame(columns).assign(ended_by=self.ended_by)
