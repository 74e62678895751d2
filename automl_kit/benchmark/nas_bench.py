"""Tables of trained cells: a search can be judged in seconds, on figures that others measured."""

import os

import pandas as pd

from automl_kit.benchmark.curve_columns import Curves, is_of_curve
from automl_kit.benchmark.figure_table import (
    FigureTable,
    NotInTableError,
    check_different,
    figures_of,
    place,
)
from automl_kit.data.table_files import read_table
from automl_kit.errors import InputError
from automl_kit.spaces import NAS_BENCH_201, CellSpace, Genotype, TableCellSpace, parse_arch

CELL = "cell"
INDEX = "index"


class NasBenchTable(FigureTable):
    r"""What networks of each cell of a space reached, by cell.

    The file has a column `cell` of arch strings in the form of NAS-Bench-201 (Dong and Yang,
    2020), "|op~0|+|op~0|op~1|+…", each cell once; all other columns are figures, but for one
    named `index`, which numbers the rows and is left out. Columns such as "accuracy@1" to
    "accuracy@12" are a curve. A figure that isn't there is an error, never an estimate.

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

    space: CellSpace
    _row_is = "cell"

    def __init__(self, path: str | os.PathLike[str]):
        frame = read_table(path)
        if CELL not in frame.columns:
            raise InputError(
                f"{path} has no column {CELL!r} of arch strings; it has "
                f"{', '.join(map(str, frame.columns[:20]))}."
            )
        names = [str(name) for name in frame.columns if name not in (CELL, INDEX)]
        if not names:
            raise InputError(f"{path} has no column of figures beside {CELL!r}.")
        figures = figures_of(frame[names], path)
        genotypes = _genotypes(frame[CELL], path)
        space = _space(genotypes)
        keys = [tuple(space.values(genotype).values()) for genotype in genotypes]
        check_different(keys, "the cell is", path)
        curves = Curves({name: figures.pop(name) for name in names if is_of_curve(name)})
        super().__init__(space, tuple(space.values(genotypes[0])), keys, figures, curves)

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
            row = self.lookup(self.space.values(genotype))
        except InputError:
            raise NotInTableError(f"The table has no cell {genotype}.") from None
        return {name: float(self.column(name)[row]) for name in self.columns}

    def genotype_of(self, row: int) -> Genotype:
        """The cell in a row, 0 the first.

        Raises:
            NotInTableError: If there is no such row.
        """
        return self.space.genotype(self.values_of(row))


def _genotypes(column: "pd.Series[str]", path: str | os.PathLike[str]) -> list[Genotype]:
    """The cells, all of as many nodes, each node with an edge from every earlier state."""
    genotypes: list[Genotype] = []
    for row, text in enumerate(column.tolist()):
        try:
            genotype = parse_arch(text)
        except InputError as error:
            raise InputError(f"{place(path, row)}: {error}") from None
        genotypes.append(genotype)
        nodes = len(genotypes[0].normal)
        complete = all(
            sorted(edge.source for edge in node) == list(range(number + 1))
            for number, node in enumerate(genotype.normal)
        )
        if len(genotype.normal) != nodes or not complete:
            raise InputError(
                f"{place(path, row)}: expected a cell of {nodes} nodes as in the first row, each "
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
