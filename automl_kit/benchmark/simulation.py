"""Searches replayed on a table of what was trained: any strategy, many seeds, seconds not days.

It is the loop of every search with another evaluation and another clock: a table says what a
member reached and what it took. Nothing is trained and nothing touches the disk.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from automl_kit import compat
from automl_kit.benchmark.budget import Budget
from automl_kit.benchmark.figure_table import FigureTable, TableSpace
from automl_kit.benchmark.simulated_search import SimulatedSearch
from automl_kit.benchmark.table_evaluation import Table, same_network
from automl_kit.errors import InputError
from automl_kit.evaluation.base import Pruner
from automl_kit.oracles import DurableOracle

if TYPE_CHECKING:
    import keras_tuner

COLUMNS = (
    "method", "seed", "evaluation", "score", "best", "regret", "seconds", "epochs", "row",
    "ended_by",
)  # fmt: skip

Method = Callable[[Any, int, int], "keras_tuner.Oracle"]
"""Makes an oracle from a `TableSpace`, the most evaluations there will be, and a seed."""

OracleFactory = Callable[[Any, int, int, Any], "keras_tuner.Oracle"]
"""(objective, max_trials, seed, hyperparameters) → `keras_tuner.Oracle`."""


def oracle_method(factory: OracleFactory) -> Method:
    """Makes a method of an oracle, KerasTuner's, AutoKeras's or one of ours.

    The space declares its hyperparameters; the objective is named "score" and is to be maximised.
    Oracles of ours are told which cells are the same network, and evaluate one of those only.

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

    def make(space: TableSpace, evaluations: int, seed: int) -> "keras_tuner.Oracle":
        import keras_tuner

        hyperparameters = keras_tuner.HyperParameters()
        space.declare(hyperparameters)
        objective = keras_tuner.Objective("score", "max")
        oracle = factory(objective, evaluations, seed, hyperparameters)
        if isinstance(oracle, DurableOracle):
            oracle.network_key = same_network(space)
        return oracle

    return make


def simulate(
    table: FigureTable,
    metric: str,
    methods: Mapping[str, Method],
    seeds: Iterable[int],
    budget: Budget,
    figures: Iterable[str] = (),
    *,
    direction: str = "max",
    pruner: Pruner | None = None,
) -> pd.DataFrame:
    r"""Runs each method with each seed on a table.

    Args:
        table: What every member of a space reached.
        metric: The column that is searched for its best value, or a curve's name.
        methods: By name: each makes an oracle from the table's space, the most evaluations there
            will be and a seed; `oracle_method` makes one of an oracle's class. The oracle is
            the real one, but for its files, which aren't written.
        seeds: One search a seed.
        budget: When a search ends.
        figures: Columns that the searches are told besides the score, smaller is better.
        direction: "max", or "min" where small values are good. Oracles maximise in any case:
            what they are told as "score" is the value with its sign turned then.
        pruner: Ends trainings early, such as `MedianPruner()`; the metric needs a curve.

    Returns:
        A row an evaluation: `method`, `seed`, `evaluation` (from 1), `score`, `best` (so far),
        `regret` (how far that is from the table's best value), `seconds` (of training so far, NaN
        without a column of them), `epochs` (trained, NaN without a curve), `row` (of the table),
        and `ended_by`, the same in a whole search: "evaluations" or "seconds" where the budget
        was used up, "search" where the strategy ended by itself (an exhausted space, or it found
        nothing new). What a table lacks that holds a part of its space has no score and no row,
        and takes no time. What was trained in part only has a score that counts for nothing. A
        search that ended before its first evaluation has one row: `evaluation` 0, scores and
        `row` missing.

    Raises:
        NotInTableError: If the table lacks a column, or holds its whole space and lacks what was
            proposed.
        InputError: If there is a pruner and no curve.
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
        >>> from automl_kit.benchmark import NasBenchTable
        >>> frame = simulate(
        ...     NasBenchTable(path), "accuracy", {"in order": method}, [0], Budget(5)
        ... )
        >>> frame["regret"].tolist(), frame["ended_by"].tolist()
        ([80.0, 0.0], ['search', 'search'])
    """
    compat.forget_dropped_oracles()
    evaluation = Table(table, metric, tuple(figures), direction)
    if pruner is not None and not table.epochs(metric):
        raise InputError(
            f"A pruner ends trainings by their curves, and {metric!r} has none: expected columns "
            f"{metric}@1, {metric}@2, ….",
        )
    told, counted = budget.limits(table)
    runs = []
    for method, make in methods.items():
        for seed in seeds:
            oracle = make(table.space, told, seed)
            search = SimulatedSearch(oracle, evaluation, budget, counted, pruner)
            runs.append(search.run().assign(method=method, seed=seed))
    if not runs:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(runs, ignore_index=True)[list(COLUMNS)]
