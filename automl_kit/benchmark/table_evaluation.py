"""The evaluation that trains nothing: a trial is worth what a table says of it."""

from dataclasses import dataclass
from typing import Any

from automl_kit.benchmark.figure_table import FigureTable
from automl_kit.errors import InputError
from automl_kit.evaluation.base import Result, Run
from automl_kit.spaces import CellSpace, SameNetwork


@dataclass(frozen=True)
class Table:
    r"""Looks a trial up in a table of what was trained.

    Any strategy, and any tuner whose hypermodel declares the members by `table.space.declare`, can
    be run on it. Hyperparameters of other names are ignored. What the table lacks is a trial that
    failed.

    Where the metric has a curve, a trial goes along it epoch by epoch: a pruner may end it, and
    strategies that train in parts get what the curve says at the end of a part.

    Args:
        table: What each member reached.
        metric: The column that scores a trial, or a curve's name.
        figures: Other columns to note of a whole training, such as its seconds; smaller is better.
        direction: "max", or "min" to score a trial by the column with its sign turned.

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

    table: FigureTable
    metric: str
    figures: tuple[str, ...] = ()
    direction: str = "max"

    def __post_init__(self) -> None:
        for name in (self.metric, *self.figures):
            self.table.column(name)
        if self.direction not in ("max", "min"):
            raise InputError(f"Expected direction='max' or 'min'; got {self.direction!r}.")

    @property
    def sign(self) -> float:
        """What a value of the column is multiplied by to be a score that is maximised."""
        return 1.0 if self.direction == "max" else -1.0

    @property
    def network_key(self) -> SameNetwork | None:
        """What tells cells apart that are the same network; None where the table has no cells."""
        return same_network(self.table.space)

    def describe(self) -> dict[str, Any]:
        """Name, columns, and a digest of the table: part of a project's identity."""
        columns = {"metric": self.metric, "figures": list(self.figures)}
        turned = {} if self.direction == "max" else {"direction": self.direction}
        return {"name": "table", "table": self.table.digest, **columns, **turned}

    def prepare(self, run: Run) -> None:
        """Nothing is done before the trials."""

    def evaluate(self, trial: Any, run: Run) -> Result:
        """The figures of the trial's row.

        Raises:
            NotInTableError: If the table lacks it.
            InputError: If the strategy trains in parts, and the metric has no curve.
        """
        row = self.table.lookup(trial.hyperparameters.values)
        figures = {name: float(self.table.column(name)[row]) for name in self.figures}
        whole, first, last = self._part(trial, run)
        value = float(self.table.column(self.metric)[row])
        if not whole:
            return Result(self.sign * value, figures=figures)
        curve = [self.sign * float(one) for one in self.table.curve(row, self.metric)]
        for epoch in range(first, last):
            if run.gives_up(trial.trial_id, epoch + 1, curve[epoch]):
                return Result(
                    curve[epoch], epoch, curve[: epoch + 1], figures={"epochs": epoch + 1.0},
                    partial=True, pruned=True,
                    reason=f"the pruner stopped it after {epoch + 1} of {last} epochs",
                )  # fmt: skip
        if last < whole:
            figures, value = {}, self.sign * curve[last - 1]
        cost = {"epochs": float(last - first)}
        return Result(self.sign * value, last - 1, curve[:last], figures={**figures, **cost})

    def trained(self, trial: Any, run: Run, result: Result) -> tuple[int, int, int]:
        """The epochs before the trial, at its end, and of a whole training; 0 without a curve."""
        whole, first, last = self._part(trial, run)
        return first, len(result.curve) if result.pruned else last, whole

    def _part(self, trial: Any, run: Run) -> tuple[int, int, int]:
        """The epochs of a whole training, and those before and at the end of this one."""
        whole, rung = self.table.epochs(self.metric), run.rung(trial.hyperparameters.values)
        if rung is None:
            return whole, 0, whole
        if not whole:
            raise InputError(
                f"The strategy trains in parts, and {self.metric!r} has no curve: expected "
                f"columns {self.metric}@1, {self.metric}@2, …."
            )
        return whole, min(rung.first_epoch, whole), min(rung.epochs, whole)


def same_network(space: Any) -> SameNetwork | None:
    """What tells members of a table's space apart: of cells the networks, else None."""
    return SameNetwork({"": space}) if isinstance(space, CellSpace) else None
