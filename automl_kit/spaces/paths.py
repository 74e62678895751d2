"""Cells as paths through a supernet: which operation each of its edges computes."""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.spaces.cell_space import CellSpace
from automl_kit.spaces.genotype import Cell, Edge, Genotype
from automl_kit.spaces.symmetries import ZERO_OPS

Path = NDArray[np.int32]
"""For each edge of the supernet 0 where it isn't there, else 1 + the number of its operation."""


class SharedEdge(NamedTuple):
    """An edge of the supernet.

    Attributes:
        kind: "normal" or "reduction".
        node: The node that it leads to, from 0.
        place: Which of the node's edges, where several may read the same state; else 0.
        source: The state that it reads.
    """

    kind: str
    node: int
    place: int
    source: int


class Paths:
    """The members of a space as paths: Guo et al. (2020), "Single path one-shot", section 3.

    Args:
        space: The cells.

    Attributes:
        ops: The operations that an edge may compute; those of zeros are the absence of one.

    Raises:
        InputError: If the space has no operation besides zeros.

    Example:
        >>> from automl_kit.spaces import NAS_BENCH_201, parse_arch
        >>> paths = Paths(NAS_BENCH_201)
        >>> cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
        >>> paths.ops, paths.path(parse_arch(cell)).tolist()
        (('skip_connect', 'nor_conv_1x1', 'nor_conv_3x3', 'avg_pool_3x3'), [3, 0, 1, 0, 0, 4])
    """

    def __init__(self, space: CellSpace):
        self.space = space
        self.ops = tuple(op for op in space.ops if op not in ZERO_OPS)
        if not self.ops:
            raise InputError(
                f"Expected at least one operation besides {' and '.join(sorted(ZERO_OPS))}; "
                f"got ops={space.ops}."
            )

    @cached_property
    def edges(self) -> tuple[SharedEdge, ...]:
        """The supernet's edges, in the order of a path's numbers."""
        space = self.space
        # A node that may read a state twice has another kernel for each time.
        repeats = 1 if space.edges is None or space.distinct_sources else space.edges
        return tuple(
            SharedEdge(kind, node, place, source)
            for kind in space.kinds
            for node in range(space.nodes)
            for place in range(repeats)
            for source in range(space.inputs + node)
        )

    @cached_property
    def _numbers(self) -> dict[SharedEdge, int]:
        return {edge: number for number, edge in enumerate(self.edges)}

    def path(self, genotype: Genotype) -> Path:
        """The path of a member.

        What reads a node of zeros is zeros, and what no output reads isn't computed: such edges
        are absent, as they are in `build_cell`.

        Raises:
            InputError: If the genotype isn't a member.
        """
        if not self.space.contains(genotype):
            raise InputError(f"Expected a member of {self.space}; got {genotype}.")
        path = np.zeros(len(self.edges), np.int32)
        several = max(edge.place for edge in self.edges) > 0
        for kind, cell in genotype.cells().items():
            for node, place, edge in _live(cell, genotype):
                number = self._numbers[SharedEdge(kind, node, place * several, edge.source)]
                path[number] = 1 + self.ops.index(edge.op)
        return path

    def sample(self, rng: np.random.Generator) -> Path:
        """The path of a random member, each as likely as another."""
        return self.path(self.space.sample(rng))

    def fair_round(self, rng: np.random.Generator) -> list[Genotype]:
        """As many members as there are operations: each edge has each operation once.

        Chu et al. (2021), "FairNAS", section 3.2 (strict fairness). Where the sources of edges
        are chosen too, they are drawn once a round, so that it holds for the edges that there
        are; over the rounds each source is as likely as another.
        """
        ops, drawn = self.space.ops, self.space.sample(rng)
        count = sum(len(node) for cell in drawn.cells().values() for node in cell)
        orders = rng.permuted(np.tile(np.arange(len(ops)), (count, 1)), axis=1)
        return [_with_ops(drawn, iter([ops[k] for k in column])) for column in orders.T]


def _with_ops(genotype: Genotype, ops: Iterator[str]) -> Genotype:
    """A genotype of the same connections with other operations, edge after edge."""
    normal, *others = (
        tuple(tuple(Edge(next(ops), edge.source) for edge in node) for node in cell)
        for cell in genotype.cells().values()
    )
    return Genotype(normal, next(iter(others), None), genotype.inputs, genotype.output)


def _live(cell: Cell, genotype: Genotype) -> Iterator[tuple[int, int, Edge]]:
    """The edges that give something else than zeros to something that is read.

    Yields:
        Node, place among its edges, and the edge.
    """
    inputs = genotype.inputs
    filled = [True] * inputs  # Whether a state is something else than zeros.
    for edges in cell:
        filled.append(any(e.op not in ZERO_OPS and filled[e.source] for e in edges))
    read = [genotype.output == "concat"] * (inputs + len(cell))
    read[-1] = True
    for node in reversed(range(len(cell))):
        for edge in cell[node]:
            if read[inputs + node] and edge.op not in ZERO_OPS:
                read[edge.source] = True
    for node, edges in enumerate(cell):
        for place, edge in enumerate(edges):
            if edge.op not in ZERO_OPS and filled[edge.source] and read[inputs + node]:
                yield node, place, edge
