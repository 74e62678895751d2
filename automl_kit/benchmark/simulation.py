"""Searches replayed on a table of trained cells: any strategy, many seeds, seconds not days.

Nothing is trained and nothing touches the disk; every figure is one of the table.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from automl_kit.benchmark.nas_bench import NasBenchTable
from automl_kit.benchmark.searchers import Method, Searcher
from automl_kit.errors import InputError

_REPEATS = 10  # a search by time that repeats free cells for ever ends after so many times more

COLUMNS = (
    "method", "seed", "evaluation", "score", "best", "regret", "seconds", "row", "ended_by",
)  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """When a search ends: after so many evaluations, or so much training, whichever is first.

    Args:
        evaluations: Cells evaluated, repeats counted.
        seconds: Simulated time of training. A cell whose training would not end in time isn't
            counted; a cell evaluated before costs nothing, as in Dong and Yang (2020).
        cost: The table's column of seconds; needed where `seconds` is given.

    Raises:
        InputError: If there is no limit, one isn't positive, or `cost` is missing.
    """

    evaluations: int | None = None
    seconds: float | None = None
    cost: str | None = None

    def __post_init__(self) -> None:
        if self.evaluations is None and self.seconds is None:
            raise InputError("A budget needs a number of evaluations or of seconds.")
        for name, limit in (("evaluations", self.evaluations), ("seconds", self.seconds)):
            if limit is not None and not limit > 0:
                raise InputError(f"{name} must be above 0. Received: {limit}")
        if self.seconds is not None and self.cost is None:
            raise InputError("A budget of seconds needs cost=…, the column of training seconds.")

    def limits(self, table: NasBenchTable) -> tuple[int, int]:
        """The most evaluations, as a strategy is told and as they are counted with repeats."""
        if self.evaluations is not None:
            return self.evaluations, self.evaluations
        assert self.seconds is not None
        assert self.cost is not None
        cheapest = float(table.column(self.cost).min())
        if cheapest <= 0:
            raise InputError(f"Column {self.cost!r} must be above 0 everywhere; got {cheapest}.")
        most = max(1, min(len(table), math.floor(self.seconds / cheapest)))
        return most, _REPEATS * most


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
        methods: By name; for an oracle of KerasTuner, AutoKeras or ours `oracle_method(…)`.
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
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "made_up.csv"
        >>> _ = path.write_text("cell,accuracy\n|none~0|,10.0\n|nor_conv_3x3~0|,90.0\n")
        >>> class InOrder:
        ...     def __init__(self, space, evaluations, seed):
        ...         self.left = ["none", "nor_conv_3x3"]
        ...     def ask(self):
        ...         return {"normal/node0/edge0/op": self.left.pop(0)} if self.left else None
        ...     def tell(self, score, figures):
        ...         pass
        >>> frame = simulate(
        ...     NasBenchTable(path), "accuracy", {"in order": InOrder}, [0], Budget(5)
        ... )
        >>> frame["regret"].tolist(), frame["ended_by"].tolist()
        ([80.0, 0.0], ['search', 'search'])
    """
    names = tuple(figures)
    told, counted = budget.limits(table)
    runs = []
    for method, make in methods.items():
        for seed in seeds:
            run = _Run(table, metric, budget, names)
            run.search(make(table.space, told, seed), counted)
            runs.append(run.frame().assign(method=method, seed=seed))
    if not runs:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(runs, ignore_index=True)[list(COLUMNS)]


@dataclass
class _Run:
    """One search."""

    table: NasBenchTable
    metric: str
    budget: Budget
    figures: tuple[str, ...]
    rows: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    ended_by: str = "evaluations"

    def search(self, searcher: Searcher, most: int) -> None:
        scores = self.table.column(self.metric)
        columns = {name: self.table.column(name) for name in self.figures}
        costs = None if self.budget.cost is None else self.table.column(self.budget.cost)
        limit = math.inf if self.budget.seconds is None else self.budget.seconds
        clock, known = 0.0 if costs is not None else math.nan, set[int]()
        while len(self.rows) < most:
            values = searcher.ask()
            if values is None:
                self.ended_by = "search"
                return
            row = self.table.lookup(values)
            if costs is not None and row not in known:
                clock += float(costs[row])
                if clock > limit:
                    self.ended_by = "seconds"
                    return
            known.add(row)
            self.rows.append(row)
            self.seconds.append(clock)
            searcher.tell(float(scores[row]), {n: float(c[row]) for n, c in columns.items()})

    def frame(self) -> pd.DataFrame:
        score = self.table.column(self.metric)[self.rows]
        best = np.maximum.accumulate(score)
        columns = {
            "evaluation": np.arange(1, len(score) + 1),
            "score": score,
            "best": best,
            "regret": self.table.best(self.metric) - best,
            "seconds": np.array(self.seconds, float),
            "row": pd.array(self.rows, "Int64"),  # of NumPy's there is none for "no row"
        }
        if not self.rows:  # a row all the same: without it a summary couldn't know of the search
            seconds = math.nan if self.budget.cost is None else 0.0
            nothing = {name: [math.nan] for name in ("score", "best", "regret")}
            row = pd.array([None], "Int64")
            columns = {"evaluation": [0], **nothing, "seconds": [seconds], "row": row}
        return pd.DataFrame(columns).assign(ended_by=self.ended_by)
