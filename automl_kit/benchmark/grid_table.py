"""Tables of any hyperparameters: which columns those are, and the space they span."""

import math
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from automl_kit.benchmark.curve_columns import Curves, is_of_curve
from automl_kit.benchmark.figure_table import FigureTable, check_different, figures_of, place
from automl_kit.benchmark.nas_bench import CELL, INDEX, NasBenchTable
from automl_kit.data.table_files import read_table
from automl_kit.errors import InputError

LEAST_SHARE = 0.1  # of the grid, below which most proposals of a search would miss the table


class Grid:
    """Hyperparameters with the values that occur, all combinations of them.

    Args:
        options: The values of each hyperparameter, in order.
        ordered: The names of those whose order means something.

    Example:
        >>> import keras_tuner
        >>> hp = keras_tuner.HyperParameters()
        >>> grid = Grid({"depth": [1, 2, 4], "kind": ["a", "b"]}, ordered=["depth"])
        >>> grid.declare(hp), grid.size()
        ({'depth': 1, 'kind': 'a'}, 6)
    """

    def __init__(self, options: Mapping[str, Sequence[Any]], ordered: Collection[str]):
        self.options = {name: list(values) for name, values in options.items()}
        self.ordered = frozenset(ordered)

    def declare(self, hp: Any) -> dict[str, Any]:
        """Declares each as a choice, and gives the values."""
        return {
            name: hp.Choice(name, values, ordered=name in self.ordered)
            for name, values in self.options.items()
        }

    def size(self) -> int:
        """How many combinations there are."""
        return math.prod(map(len, self.options.values()))


class GridTable(FigureTable):
    r"""What was reached with each combination of hyperparameters, whatever was tried.

    A column of numbers is an ordered hyperparameter, any other one a choice of words. What can be
    proposed are all combinations of the values that occur. A table that holds all of them has an
    answer to every proposal; of one that lacks some, such a proposal is a trial that failed.

    Args:
        path: A table in .csv, .csv.gz, .parquet, .jsonl or .ndjson.
        hyperparameters: The columns that are hyperparameters; the others are figures, but for
            one named `index`. None: all are that `figures` doesn't name and aren't of a curve.
        figures: The columns of figures where `hyperparameters` doesn't say.

    Raises:
        InputError: If the file can't be read, a column is missing or there is no figure or
            hyperparameter, one has no value in a row, a combination is there twice, a figure isn't
            a finite number, or the table holds less than a tenth of the combinations.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "made_up.csv"
        >>> _ = path.write_text("depth,kind,loss@1,loss@2\n1,a,.9,.5\n1,b,.8,.6\n2,a,.7,.4\n")
        >>> table = GridTable(path)
        >>> table.space.options, table.share
        ({'depth': [1, 2], 'kind': ['a', 'b']}, 0.75)
        >>> table.columns, table.curve(2, "loss").tolist()
        (('loss',), [0.7, 0.4])
    """

    space: Grid

    def __init__(
        self,
        path: str | os.PathLike[str],
        hyperparameters: Iterable[str] | None = None,
        figures: Iterable[str] = (),
    ):
        frame = read_table(path)
        frame = frame[[name for name in frame.columns if name != INDEX]]
        names, others = _divided(frame, path, hyperparameters, tuple(figures))
        options: dict[str, list[Any]] = {}
        columns: list[list[Any]] = []
        for name in names:
            values = _values(frame[name], path)
            columns.append(values)
            options[name] = sorted(set(values))
        ordered = [name for name in names if not isinstance(options[name][0], str)]
        keys = list(zip(*columns, strict=True))
        check_different(keys, "these hyperparameters are", path)
        found = figures_of(frame[others], path)
        curves = Curves({name: found.pop(name) for name in others if is_of_curve(name)})
        super().__init__(Grid(options, ordered), names, keys, found, curves)
        if self.share < LEAST_SHARE:
            raise InputError(
                f"{path} has {len(self):,} of {self.space.size():,} combinations of "
                f"{', '.join(names)}; most proposals of a search would not be in it. Expected a "
                f"table of a grid, or a tenth of one at least. Leave hyperparameters out whose "
                "values were drawn at random, or round them."
            )


def read_benchmark(
    path: str | os.PathLike[str],
    hyperparameters: Iterable[str] | None = None,
    figures: Iterable[str] = (),
) -> FigureTable:
    """Reads a table of cells where there is a column `cell`, or one of any hyperparameters.

    Args:
        path: The file.
        hyperparameters: As `GridTable` takes them; with them a column `cell` is one as any.
        figures: As `GridTable` takes them.

    Raises:
        InputError: As `NasBenchTable` and `GridTable` do.
    """
    if hyperparameters is None and CELL in read_table(path).columns:
        return NasBenchTable(path)
    return GridTable(path, hyperparameters, figures)


def _divided(
    frame: pd.DataFrame,
    path: str | os.PathLike[str],
    hyperparameters: Iterable[str] | None,
    figures: tuple[str, ...],
) -> tuple[list[str], list[str]]:
    """The columns that are hyperparameters, and those that are figures."""
    everything = list(frame.columns)
    if hyperparameters is None:
        chosen = [c for c in everything if c not in figures and not is_of_curve(c)]
    else:
        chosen = list(dict.fromkeys(hyperparameters))
    curves = {c.rpartition("@")[0] for c in everything if is_of_curve(c)}
    for name in (*chosen, *(f for f in figures if f not in curves)):
        if name not in everything:
            raise InputError(f"{path} has no column {name!r}; it has {', '.join(everything[:20])}.")
    others = [name for name in everything if name not in chosen]
    if not chosen or not others:
        what = "hyperparameters" if not chosen else "figures"
        raise InputError(
            f"{path} has no columns of {what} left. Name the columns that are hyperparameters "
            "(--hyperparameters a,b), or those that are figures (--metric c); the others are the "
            "rest."
        )
    return chosen, others


def _values(column: "pd.Series[Any]", path: str | os.PathLike[str]) -> list[Any]:
    """The values of a hyperparameter: integers, floats, or strings."""
    missing = column.isna().to_numpy()
    if missing.any():
        raise InputError(
            f"{place(path, int(missing.argmax()))}: the hyperparameter {column.name!r} has no "
            "value. Write a word such as none where there is none."
        )
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return [str(value) for value in column]
    values: list[Any] = column.tolist()
    return values
