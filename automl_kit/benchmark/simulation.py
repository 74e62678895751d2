"""Searches replayed on a table of trained cells: any strategy, many seeds, seconds not days.

It is the loop of every search with another evaluation and another clock: a table says what a cell
reached and what it took. Nothing is trained and nothing touches the disk.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl_kit import compat
from automl_kit.benchmark.budget import Budget, SimulatedClock
from automl_kit.benchmark.nas_bench import NasBenchTable
from automl_kit.benchmark.table_evaluation import Table
from automl_kit.evaluation.base import Result, Run
from automl_kit.search.loop import run_trials
from automl_kit.spaces import CellSpace

if TYPE_CHECKING:
    import keras_tuner

COLUMNS = (
    "method", "seed", "evaluation", "score", "best", "regret", "seconds", "row", "ended_by",
)  # fmt: skip

Method = Callable[[CellSpace, int, int], "keras_tuner.Oracle"]
"""Makes an oracle from the table's space, the most evaluations there will be, and a seed."""

OracleFactory = Callable[[Any, int, int, Any], "keras_tuner.Oracle"]
"""(objective, max_trials, seed, hyperparameters) → `keras_tuner.Oracle`."""


def oracle_method(factory: OracleFactory) -> Method:
    """Makes a method of an oracle, KerasTuner's, AutoKeras's or one of ours.

    The cell is declared with `CellSpace.declare`; the objective is named "score" and is to be
    maximised.

    Args:
        factory: Makes the oracle from an objective, the most trials, a seed and hyperparameters.

    Example:
        >>> import keras_tuner
        >>> method = oracle_method(
        ...     lambda objective, max_trials, seed, hyperparameters:
        ...     keras_tuner.oracles.RandomSearchOracle(
        ...         objective, max_trials, seed=seed, hyperparameters=hyperparameters
        ...     )
        ... )
    """

    def make(space: CellSpace, evaluations: int, seed: int) -> "keras_tuner.Oracle":
        import keras_tuner

        hyperparameters = keras_tuner.HyperParameters()
        space.declare(hyperparameters)
        objective = keras_tuner.Objective("score", "max")
        return factory(objective, evaluations, seed, hyperparameters)

    return make


def simulate(
    table: NasBenchTable,
    metric: str,
    methods: Mapping[str, Method],
    seeds: Iterable[int],
    budget: Budget,
    figures: Iterable[str] = (),
) -> pd.DataFrame:
    r"""Runs each method with each seed on a table.

    Args:
        table: What every cell reached.
        metric: The column that is searched for its largest value.
        methods: By name: each makes an oracle from the table's space, the most evaluations there
            will be and a seed; `oracle_method` makes one of an oracle's class. The oracle is
            the real one, but for its files, which aren't written.
        seeds: One search a seed.
        budget: When a search ends.
        figures: Columns that the searches are told besides the score, smaller is better.

    Returns:
        A row an evaluation: `method`, `seed`, `evaluation` (from 1), `score`, `best` (so far),
        `regret` (the table's largest value less `best`), `seconds` (of training so far, NaN
        without a column of them), `row` (of the table), and `ended_by`, the same in a whole
        search: "evaluations" or "seconds" where the budget was used up, "search" where the
        strategy ended by itself (an exhausted space, or it found nothing new). A search that
        ended before its first evaluation has one row: `evaluation` 0, scores and `row` missing.

    Raises:
        NotInTableError: If the table lacks a column, or a cell that was proposed.
        SearchError: If an oracle waits although no trial is running.

    Example:
        >>> import pathlib, tempfile
        >>> import keras_tuner
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "made_up.csv"
        >>> _ = path.write_text("cell,accuracy\n|none~0|,10.0\n|nor_conv_3x3~0|,90.0\n")
        >>> method = oracle_method(
        ...     lambda objective, max_trials, seed, hyperparameters:
        ...     keras_tuner.oracles.GridSearchOracle(
        ...         objective, max_trials, hyperparameters=hyperparameters
        ...     )
        ... )
        >>> frame = simulate(
        ...     NasBenchTable(path), "accuracy", {"in order": method}, [0], Budget(5)
        ... )
        >>> frame["regret"].tolist(), frame["ended_by"].tolist()
        ([80.0, 0.0], ['search', 'search'])
    """
    compat.forget_dropped_oracles()
    evaluation = Table(table, metric, tuple(figures))
    told, counted = budget.limits(table)
    runs = []
    for method, make in methods.items():
        for seed in seeds:
            search = _Search(make(table.space, told, seed), evaluation, budget, counted)
            runs.append(search.run().assign(method=method, seed=seed))
    if not runs:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(runs, ignore_index=True)[list(COLUMNS)]


class _Search:
    """One search: an oracle without files, and the hooks of its loop."""

    def __init__(self, oracle: Any, evaluation: Table, budget: Budget, most: int):
        self.oracle, self.evaluation = oracle, evaluation
        oracle.save = lambda: None
        oracle._save_trial = lambda trial: None
        oracle.verbose = 0
        limit = math.inf if budget.seconds is None else budget.seconds
        self.clock = SimulatedClock(limit, most)
        self.costs = None if budget.cost is None else evaluation.table.column(budget.cost)
        self.rows: list[int] = []
        self.seconds: list[float] = []
        self.ended_by = "search"
        self.error: Exception | None = None

    def run(self) -> pd.DataFrame:
        nothing: Any = None  # A table trains nothing.
        run = Run(trainer=nothing, data=nothing, seed_for=lambda *_: 0, deadline=self.clock)
        run_trials(self.oracle, lambda trial: self._judged(trial, run), run, self)
        if self.clock.passed() and self.ended_by == "search":
            used_up = len(self.rows) == self.clock.evaluations
            self.ended_by = "evaluations" if used_up else "seconds"
        return self._frame()

    def _judged(self, trial: Any, run: Run) -> Result:
        try:
            result = self.evaluation.evaluate(trial, run)
        except Exception as error:
            self.error = error  # Of the table, not of a training: it is no failed trial.
            raise
        row = self.evaluation.table.lookup(trial.hyperparameters.values)
        if not self.clock.take(row, 0.0 if self.costs is None else float(self.costs[row])):
            self.ended_by = "seconds"
            return Result(result.score, partial=True, reason="its training would not end in time")
        self.rows.append(row)
        self.seconds.append(math.nan if self.costs is None else self.clock.spent)
        return result

    def pre_create_trial(self) -> None:
        """Nothing."""

    def on_trial_begin(self, trial: Any) -> None:
        """Nothing."""

    def on_trial_end(self, trial: Any) -> None:
        """Ends the trial; what the table lacks ends the search."""
        if self.error is not None:
            raise self.error
        self.oracle.end_trial(trial)

    def _frame(self) -> pd.DataFrame:
        table, metric = self.evaluation.table, self.evaluation.metric
        score = table.column(metric)[self.rows]
        best = np.maximum.accumulate(score)
        columns = {
            "evaluation": np.arange(1, len(score) + 1),
            "score": score,
            "best": best,
            "regret": table.best(metric) - best,
            "seconds": np.array(self.seconds, float),
            "row": pd.array(self.rows, "Int64"),  # of NumPy's there is none for "no row"
        }
        if not self.rows:  # a row all the same: without it a summary couldn't know of the search
            seconds = math.nan if self.costs is None else 0.0
            nothing = {name: [math.nan] for name in ("score", "best", "regret")}
            row = pd.array([None], "Int64")
            columns = {"evaluation": [0], **nothing, "seconds": [seconds], "row": row}
        return pd.DataFrame(columns).assign(ended_by=self.ended_by)
