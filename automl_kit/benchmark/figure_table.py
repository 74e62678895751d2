"""A table of what was reached by which hyperparameters: the part that all kinds of tables share."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from automl_kit.benchmark.curve_columns import Curves
from automl_kit.errors import InputError

Column = np.ndarray[tuple[int], np.dtype[np.float64]]
Key = tuple[Any, ...]


class NotInTableError(InputError):
    """The table has no row for what was proposed, or no column of a name."""


class TableSpace(Protocol):
    """What can be proposed: a `CellSpace`, or a `Grid` of hyperparameters."""

    def declare(self, hp: Any) -> Any:
        """Declares its hyperparameters in a `keras_tuner.HyperParameters`."""

    def size(self) -> int:
        """How many members there are."""


class FigureTable:
    """Figures by hyperparameters, row by row. A figure that isn't there is an error.

    Args:
        space: What can be proposed.
        names: The names of its hyperparameters.
        keys: Their values in each row, all different.
        figures: Columns of finite numbers (rows,), by name.
        curves: Figures after each epoch, by name.

    Attributes:
        space: What can be proposed; the table may hold a part of it.
        columns: The names of the figures.
    """

    def __init__(
        self,
        space: TableSpace,
        names: Sequence[str],
        keys: Sequence[Key],
        figures: Mapping[str, Column],
        curves: Curves,
    ):
        self.space: Any = space
        self._names, self._keys = tuple(names), list(keys)
        self._rows = {key: row for row, key in enumerate(keys)}
        self._curves = curves
        last = {name: curves.last(name) for name in curves.names if name not in figures}
        self._figures = {**figures, **last}
        self.columns: tuple[str, ...] = tuple(self._figures)

    def __len__(self) -> int:
        return len(self._keys)

    @cached_property
    def digest(self) -> str:
        """A hash of all that the table holds: two tables of one content have the same."""
        named = (self._names, self._keys, self.columns, *self._curves.names)
        found = hashlib.blake2b(repr(named).encode())
        for column in (*self._figures.values(), *map(self._curves.all, self._curves.names)):
            found.update(column.tobytes())
        return found.hexdigest()[:32]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FigureTable) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def share(self) -> float:
        """Which share of the space the table holds."""
        return len(self) / int(self.space.size())

    def lookup(self, values: Mapping[str, Any]) -> int:
        """The row of hyperparameters; other names are ignored. Takes about a microsecond.

        Raises:
            NotInTableError: If one is missing, or the table has no such row.
        """
        try:
            return self._rows[tuple([values[name] for name in self._names])]
        except (KeyError, TypeError):
            missing = [name for name in self._names if name not in values]
            reason = f"{', '.join(missing)} missing in" if missing else f"no {self._row_is} of"
            raise NotInTableError(f"The table has {reason} {dict(values)}.") from None

    _row_is = "row"

    def values_of(self, row: int) -> dict[str, Any]:
        """The hyperparameters of a row, 0 the first.

        Raises:
            NotInTableError: If there is no such row.
        """
        return dict(zip(self._names, self._keys[self._checked(row)], strict=True))

    def column(self, name: str) -> Column:
        """A column of figures, (rows,) float64, read-only.

        Raises:
            NotInTableError: If there is no such column.
        """
        if name not in self._figures:
            raise NotInTableError(
                f"The table has no column {name!r} of figures; it has {', '.join(self.columns)}."
            )
        return self._figures[name]

    def best(self, name: str, direction: str = "max") -> float:
        """The largest figure of a column, or the least: what a search can reach at most.

        Raises:
            NotInTableError: If there is no such column.
        """
        column = self.column(name)
        return float(column.max() if direction == "max" else column.min())

    def epochs(self, name: str) -> int:
        """How many epochs the curves of a figure have; 0 where it has none."""
        return self._curves.epochs(name)

    def curve(self, row: int, name: str) -> Column:
        """A figure after each epoch, (epochs,) float64: the columns "name@1", "name@2", ….

        Raises:
            NotInTableError: If there is no such row, or the figure has no curve.
        """
        if not self._curves.epochs(name):
            raise NotInTableError(
                f"The table has no curve {name!r}; it has "
                f"{', '.join(self._curves.names) or 'none'}."
            )
        curve: Column = self._curves.all(name)[self._checked(row)]
        return curve

    def _checked(self, row: int) -> int:
        if not 0 <= row < len(self):
            raise NotInTableError(f"Expected a row from 0 to {len(self) - 1}; got {row}.")
        return row


def figures_of(frame: pd.DataFrame, path: str | os.PathLike[str]) -> dict[str, Column]:
    """All columns as finite numbers, read-only.

    Raises:
        InputError: If a column has something else, with the line.
    """
    return {str(name): _figures(frame[name], path) for name in frame.columns}


def _figures(column: "pd.Series[Any]", path: str | os.PathLike[str]) -> Column:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan, copy=True)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        value = column.iloc[wrong[0]]
        raise InputError(
            f"{place(path, wrong[0])}: expected a finite number in column {column.name!r}; got "
            f"{'nothing' if pd.isna(value) else str(value)[:60]}."
        )
    numbers.flags.writeable = False
    return numbers


def check_different(keys: Sequence[Key], what: str, path: str | os.PathLike[str]) -> None:
    """Refuses two rows of the same hyperparameters.

    Raises:
        InputError: If there are some, with their lines.
    """
    rows: dict[Key, int] = {}
    for row, key in enumerate(keys):
        first = rows.setdefault(key, row)
        if first != row:
            raise InputError(
                f"{place(path, row)}: {what} in {place(path, first)} already. Keep one."
            )


def place(path: str | os.PathLike[str], row: int) -> str:
    """Where a row of data is, for a message: the line of a CSV, blank lines aren't rows."""
    if Path(path).suffix.lower() != ".csv":
        return f"{path}, row {row + 1}"
    with Path(path).expanduser().open(encoding="utf-8") as file:
        lines = [number for number, line in enumerate(file, 1) if line.strip()]
    return f"{path}, line {lines[row + 1]}"
