"""Members of a space as a model sees them: rows of numbers, and what makes two of them alike."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from automl_kit.oracles.dimensions import Genes
from automl_kit.oracles.distances import Array, Distance, GeneDistance, GroupDistance
from automl_kit.oracles.space import Space
from automl_kit.spaces import CellSpace, GraphFeatures, SameNetwork
from automl_kit.spaces.decisions import free


class Encoding(Protocol):
    """Turns rows of genes into what a model measures distances in.

    Attributes:
        distance: How far two members are apart.
        knows_graphs: Whether it sees what cells compute, and not their hyperparameters.
    """

    distance: Distance
    knows_graphs: bool

    def __call__(self, rows: Genes) -> Array:
        """Encodes rows of genes (n, dimensions), to (n, columns)."""


class GeneEncoding:
    """Hyperparameters of any kind, one respect each.

    Args:
        space: The space of the rows.
    """

    knows_graphs = False

    def __init__(self, space: Space):
        self.space = space
        self.distance: Distance = GeneDistance(space.ordered)

    def __call__(self, rows: Genes) -> Array:
        """The genes, ordered ones from 0 to 1."""
        return self.space.scaled(rows)


class GraphEncoding:
    """Cells by what their graphs look like, see `GraphFeatures`; one respect a group of columns.

    The hyperparameters themselves aren't among them: what an edge is matters by what it does on the
    ways through the cell, wherever it stands. `benchmarks/graph_model.py` has a method "with edges"
    to compare with.

    Args:
        cells: The space of the cells below each prefix.
        columns: Of each prefix, the columns of its choices among the genes.
    """

    knows_graphs = True

    def __init__(self, cells: Mapping[str, CellSpace], columns: Mapping[str, list[int]]):
        self._parts = [(GraphFeatures(cells[prefix]), columns[prefix]) for prefix in cells]
        groups = [
            f"{place}/{group}"
            for place, (features, _) in enumerate(self._parts)
            for group in features.groups
        ]
        self.distance: Distance = GroupDistance(groups)

    def __call__(self, rows: Genes) -> Array:
        """The numbers of all cells, each from 0 to 1."""
        return np.concatenate(
            [
                features(rows[:, columns].astype(np.intp)) / features.largest
                for features, columns in self._parts
            ],
            axis=1,
        )


def encoding_of(space: Space, network_key: Any) -> Encoding:
    """How members of a space are seen: by their graphs where it is one of cells and nothing else.

    Args:
        space: The space.
        network_key: What tells networks apart; a `SameNetwork` knows where the cells are.
    """
    if isinstance(network_key, SameNetwork):
        names = [dimension.name for dimension in space.dimensions]
        columns = {
            prefix: _columns(space, names, prefix, cells)
            for prefix, cells in network_key.cells.items()
        }
        known = [column for found in columns.values() for column in found or []]
        others = set(range(len(names))) - set(known)
        if (
            known
            and None not in columns.values()
            and not any(space.dimensions[column].free for column in others)
        ):
            return GraphEncoding(network_key.cells, {p: c for p, c in columns.items() if c})
    return GeneEncoding(space)


def _columns(space: Space, names: list[str], prefix: str, cells: CellSpace) -> list[int] | None:
    """The columns of a cell's choices; None where one isn't there, or not for all members."""
    columns = []
    for decision in free(cells.decisions):
        name = prefix + decision.name
        if names.count(name) != 1:
            return None
        column = names.index(name)
        dimension = space.dimensions[column]
        if dimension.hp.conditions or list(dimension.values or ()) != list(decision.options):
            return None
        columns.append(column)
    return columns
