"""The evaluation that trains nothing: a trial is worth what a table says of its cell."""

from dataclasses import dataclass
from typing import Any

from automl_kit.benchmark.nas_bench import NasBenchTable
from automl_kit.evaluation.base import Result, Run


@dataclass(frozen=True)
class Table:
    r"""Looks a trial's cell up in a table of trained cells.

    Any strategy, and any tuner whose hypermodel declares the cell by `table.space.declare`, can
    be run on it. Hyperparameters of other names are ignored. A cell that the table lacks is a
    trial that failed.

    Args:
        table: What each cell reached.
        metric: The column that scores a trial.
        figures: Other columns to note of a trial, such as its seconds; smaller is better.

    Raises:
        NotInTableError: If the table lacks a column.

    Example:
        >>> import pathlib, tempfile
        >>> from automl_kit.benchmark import NasBenchTable, Table
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "made_up.csv"
        >>> _ = path.write_text("cell,accuracy\n|none~0|,10.0\n|nor_conv_3x3~0|,90.0\n")
        >>> table = NasBenchTable(path)
        >>> import keras_tuner
        >>> from automl_kit.tuners import RandomSearch
        >>> tuner = RandomSearch(
        ...     table.space.declare, keras_tuner.Objective("accuracy", "max"), max_trials=2,
        ...     directory=path.parent, evaluation=Table(table, "accuracy"),
        ... )
        >>> tuner.search(verbose=0)
        >>> float(tuner.best_trial().score)
        90.0
    """

    table: NasBenchTable
    metric: str
    figures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.metric, *self.figures):
            self.table.column(name)

    def describe(self) -> dict[str, Any]:
        """Name, columns, and a digest of the table: part of a project's identity."""
        columns = {"metric": self.metric, "figures": list(self.figures)}
        return {"name": "table", "table": self.table.digest, **columns}

    def prepare(self, run: Run) -> None:
        """Nothing is done before the trials."""

    def evaluate(self, trial: Any, run: Run) -> Result:
        """The figures of the trial's cell.

        Raises:
            NotInTableError: If the table lacks the cell.
        """
        row = self.table.lookup(trial.hyperparameters.values)
        figures = {name: float(self.table.column(name)[row]) for name in self.figures}
        return Result(float(self.table.column(self.metric)[row]), figures=figures)
