"""Tables of trained cells: a search can be judged in seconds, on figures that others measured."""

import hashlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl_kit.data.table_files import read_table
from automl_kit.errors import InputError
from automl_kit.spaces import NAS_BENCH_201, CellSpace, Genotype, TableCellSpace, parse_arch

_CELL = "cell"
_INDEX = "index"


class NotInTableError(InputError):
    """The table has no row for a cell, or no column of a name."""


class NasBenchTable:
    r"""What networks of each cell of a space reached, by cell.

    The file has a column `cell` of arch strings in the form of NAS-Bench-201 (Dong and Yang,
    2020), "|op~0|+|op~0|op~1|+…", each cell once; all other columns are figures, but for one
    named `index`, which numbers the rows and is left out. A figure that isn't there is an error,
    never an estimate.

    Args:
        path: A table in .csv, .csv.gz, .parquet, .jsonl or .ndjson.

    Attributes:
        space: The space of the cells: `NAS_BENCH_201`, or with other nodes or operations the
            space of those that occur. The table may hold a part of it.
        columns: The names of the figures.

    Raises:
        InputError: If the file can't be read, has no column `cell` or no figures, an arch string
            is malformed, a cell is there twice, or a figure isn't a finite number.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "made_up.csv"
        >>> _ = path.write_text("cell,accuracy\n|none~0|,10.0\n|nor_conv_3x3~0|,90.0\n")
        >>> table = NasBenchTable(path)
        >>> len(table), table.space.size(), table.columns, table.best("accuracy")
        (2, 2, ('accuracy',), 90.0)
        >>> table.query("|nor_conv_3x3~0|")
        {'accuracy': 90.0}
        >>> table.lookup({"normal/node0/edge0/op": "none"})
        0
    """

    def __init__(self, path: str | os.PathLike[str]):
        frame = read_table(path)
        if _CELL not in frame.columns:
            raise InputError(
                f"{path} has no column {_CELL!r} of arch strings; it has "
                f"{', '.join(map(str, frame.columns[:20]))}."
            )
        names = [name for name in frame.columns if name not in (_CELL, _INDEX)]
        if not names:
            raise InputError(f"{path} has no column of figures beside {_CELL!r}.")
        self._figures = {name: _figures(frame[name], path) for name in names}
        self.columns: tuple[str, ...] = tuple(names)
        genotypes = _genotypes(frame[_CELL], path)
        self.space = _space(genotypes)
        self._rows = _rows(self.space, genotypes, path)
        self._keys = list(self._rows)
        self._names = tuple(self.space.values(genotypes[0]))

    def __len__(self) -> int:
        return len(self._keys)

    @cached_property
    def digest(self) -> str:
        """A hash of all cells and figures: two tables of one content have the same."""
        found = hashlib.blake2b(repr((self._names, self._keys, self.columns)).encode())
        for column in self._figures.values():
            found.update(column.tobytes())
        return found.hexdigest()[:32]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NasBenchTable) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def query(self, cell: Genotype | str) -> dict[str, float]:
        """The figures of a cell, by column.

        Args:
            cell: Its genotype, or its arch string such as "|nor_conv_3x3~0|".

        Raises:
            NotInTableError: If the cell isn't in the table.
            InputError: If a string isn't one of a cell.
        """
        genotype = parse_arch(cell) if isinstance(cell, str) else cell
        try:
            row = self._rows[tuple(self.space.values(genotype).values())]
        except (InputError, KeyError):
            raise NotInTableError(f"The table has no cell {genotype}.") from None
        return {name: float(column[row]) for name, column in self._figures.items()}

    def lookup(self, values: Mapping[str, Any]) -> int:
        """The row of a cell given as hyperparameters, those that `space.declare` asks for.

        Other names are ignored. Takes about a microsecond.

        Raises:
            NotInTableError: If one is missing or the cell isn't in the table.
        """
        try:
            return self._rows[tuple([values[name] for name in self._names])]
        except (KeyError, TypeError):
            missing = [name for name in self._names if name not in values]
            reason = f"{', '.join(missing)} missing in" if missing else "no cell of"
            raise NotInTableError(f"The table has {reason} {dict(values)}.") from None

    def values_of(self, row: int) -> dict[str, str | int]:
        """The hyperparameters of the cell in a row, 0 the first.

        Raises:
            NotInTableError: If there is no such row.
        """
        if not 0 <= row < len(self):
            raise NotInTableError(f"Expected a row from 0 to {len(self) - 1}; got {row}.")
        return dict(zip(self._names, self._keys[row], strict=True))

    def genotype_of(self, row: int) -> Genotype:
        """The cell in a row, 0 the first.

        Raises:
            NotInTableError: If there is no such row.
        """
        return self.space.genotype(self.values_of(row))

    def column(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """A column of figures, (rows,) float64, read-only.

        Raises:
            NotInTableError: If there is no such column.
        """
        if name not in self._figures:
            raise NotInTableError(
                f"The table has no column {name!r} of figures; it has {', '.join(self.columns)}."
            )
        return self._figures[name]

    def best(self, name: str) -> float:
        """The largest figure of a column: what a search can reach at most.

        Raises:
            NotInTableError: If there is no such column.
        """
        return float(self.column(name).max())


def _figures(
    column: "pd.Series[Any]", path: str | os.PathLike[str]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A column as finite numbers."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan, copy=True)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        value = column.iloc[wrong[0]]
        raise InputError(
            f"{_place(path, wrong[0])}: expected a finite number in column {column.name!r}; got "
            f"{'nothing' if pd.isna(value) else str(value)[:60]}."
        )
    numbers.flags.writeable = False
    return numbers


def _genotypes(column: "pd.Series[str]", path: str | os.PathLike[str]) -> list[Genotype]:
    """The cells, all of as many nodes, each node with an edge from every earlier state."""
    genotypes: list[Genotype] = []
    for row, text in enumerate(column.tolist()):
        try:
            genotype = parse_arch(text)
        except InputError as error:
            raise InputError(f"{_place(path, row)}: {error}") from None
        genotypes.append(genotype)
        nodes = len(genotypes[0].normal)
        complete = all(
            sorted(edge.source for edge in node) == list(range(number + 1))
            for number, node in enumerate(genotype.normal)
        )
        if len(genotype.normal) != nodes or not complete:
            raise InputError(
                f"{_place(path, row)}: expected a cell of {nodes} nodes as in the first row, each "
                f"with one edge from every earlier state; got {text!r:.120}."
            )
    return genotypes


def _space(genotypes: list[Genotype]) -> CellSpace:
    ops = {edge.op for genotype in genotypes for node in genotype.normal for edge in node}
    nodes = len(genotypes[0].normal)
    if nodes == NAS_BENCH_201.nodes and ops <= set(NAS_BENCH_201.ops):
        return NAS_BENCH_201
    return TableCellSpace(
        nodes, tuple(sorted(ops)), edges=None, inputs=1, reduction=False, output="last"
    )


def _rows(
    space: CellSpace, genotypes: list[Genotype], path: str | os.PathLike[str]
) -> dict[tuple[str | int, ...], int]:
    """The row of each cell, by the values of its hyperparameters."""
    rows: dict[tuple[str | int, ...], int] = {}
    for row, genotype in enumerate(genotypes):
        first = rows.setdefault(tuple(space.values(genotype).values()), row)
        if first != row:
            raise InputError(
                f"{_place(path, row)}: the cell is in {_place(path, first)} already. Keep one."
            )
    return rows


def _place(path: str | os.PathLike[str], row: int) -> str:
    """Where a row of data is, for a message: the line of a CSV, blank lines aren't rows."""
    if Path(path).suffix.lower() != ".csv":
        return f"{path}, row {row + 1}"
    with Path(path).expanduser().open(encoding="utf-8") as file:
        lines = [number for number, line in enumerate(file, 1) if line.strip()]
    return f"{path}, line {lines[row + 1]}"
