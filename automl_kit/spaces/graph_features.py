"""What a cell's graph looks like, as numbers: for models of how good a cell is.

After GRAF (Kadlecová et al. 2024, "Surprisingly strong performance prediction with neural graph
features"): operations are counted, on paths and at the ends of a cell, for sets of operations.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl_kit.spaces.cell_space import CellSpace
from automl_kit.spaces.decisions import Decision, free
from automl_kit.spaces.genotype import Genotype
from automl_kit.spaces.symmetries import ZERO_OPS

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

GROUPS = ("count", "path", "most", "in", "out")
MOST_OPS = 5  # of which all sets are looked at: 31 of them
_NEVER = -99.0  # operations on a path to where none leads


class GraphFeatures:
    """Numbers that describe the graphs of many cells at once.

    An edge counts if the output can depend on it: it is on a way from an input to the output on
    which no operation gives zeros. For each set of operations there are, for each kind of cell:

    * "count": how many edges have an operation of the set;
    * "path": the least number of edges from an input to the output by operations of the set
      alone, for each input; one more than the nodes where there is no such way;
    * "most": the largest number of edges with an operation of the set on a way;
    * "in": the largest number of such edges that end at a node which the output reads;
    * "out": how many such edges begin at each input.

    Operations that give zeros are in no set. Of up to 5 others all sets are taken: 15 of
    NAS-Bench-201's four. Of more, single ones, all but one, and all: what an operation does alone,
    and what is left without it. Of DARTS's seven those are 15 too, and with pairs they would be 57,
    at four times the time.

    Args:
        space: The space of the cells.

    Attributes:
        names: Names of the columns, such as "normal/path/conv_3x3,skip_connect/from0".
        groups: The group of each column, such as "normal/path".
        largest: The largest value that each column may have, (columns,); the least one is 0.

    Example:
        >>> from automl_kit.spaces import NAS_BENCH_201, parse_arch
        >>> features = GraphFeatures(NAS_BENCH_201)
        >>> cell = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|"
        >>> row = dict(zip(features.names, features.of([parse_arch(cell)])[0].tolist()))
        >>> row["normal/count/skip_connect"], row["normal/count/nor_conv_3x3"]  # they lead nowhere
        (1.0, 0.0)
    """

    def __init__(self, space: CellSpace):
        self.space = space
        self._live = np.array([op not in ZERO_OPS for op in space.ops])
        sets = _sets([place for place, live in enumerate(self._live) if live])
        self._in_set = np.zeros((len(space.ops), len(sets)), bool)
        for column, members in enumerate(sets):
            self._in_set[list(members), column] = True
        asked = [decision.name for decision in free(space.decisions)]
        self._kinds = [_edges(space, kind, asked) for kind in space.kinds]
        labels = [",".join(space.ops[place] for place in members) for members in sets]
        self.names: list[str] = []
        self.groups: list[str] = []
        largest: list[float] = []
        for kind in space.kinds:
            for group, most in self._largest():
                ends = [f"/from{i}" for i in range(space.inputs)] if group in _BY_INPUT else [""]
                found = [f"{kind}/{group}/{label}{end}" for end in ends for label in labels]
                self.names += found
                self.groups += [f"{kind}/{group}"] * len(found)
                largest += [float(most)] * len(found)
        self.largest = np.array(largest)

    def _largest(self) -> Iterable[tuple[str, int]]:
        nodes, edges = self.space.nodes, self._kinds[0]
        widest = max(sum(edge.node == node for edge in edges) for node in range(nodes))
        once = self.space.edges is None or self.space.distinct_sources
        return zip(
            GROUPS, (len(edges), nodes + 1, nodes, widest, nodes if once else len(edges)),
            strict=True,
        )  # fmt: skip

    def of(self, genotypes: Sequence[Genotype]) -> Array:
        """The numbers of genotypes (n, columns).

        Raises:
            InputError: If one isn't a member of the space.
        """
        decisions = free(self.space.decisions)
        choices = np.zeros((len(genotypes), len(decisions)), np.intp)
        for row, genotype in enumerate(genotypes):
            values = self.space.values(genotype)
            choices[row] = [d.options.index(values[d.name]) for d in decisions]
        return self(choices)

    def __call__(self, choices: Indices) -> Array:
        """The numbers of cells (n, columns), about 5 µs a cell of NAS-Bench-201 in hundreds.

        Args:
            choices: For each cell and each decision of the space that has several options, in
                their order, the place of the option that was chosen: (n, decisions) integers.
        """
        parts = [
            self._described(
                [edge.node for edge in edges],
                np.stack([edge.op.of(choices) for edge in edges], axis=1),
                np.stack([edge.source.of(choices) for edge in edges], axis=1),
            )
            for edges in self._kinds
        ]
        return np.concatenate(parts, axis=1)

    def _described(self, nodes: list[int], ops: Indices, sources: Indices) -> Array:
        """The columns of one kind of cell, from the node, operation and source of each edge."""
        space, rows = self.space, np.arange(len(ops))
        read = [space.nodes - 1] if space.output == "last" else list(range(space.nodes))
        outputs = [space.inputs + node for node in read]
        targets = [space.inputs + node for node in nodes]
        states = space.inputs + space.nodes
        alive = _alive(self._live[ops], sources, targets, space.inputs, states, outputs)
        chosen = self._in_set[ops] & alive[:, :, None]  # (n, edges, sets)

        shape = len(ops), states, chosen.shape[2]
        most = np.full(shape, _NEVER)
        most[:, : space.inputs] = 0.0
        into = np.zeros(shape)
        far = np.full((space.inputs, *shape), space.nodes + 1.0)
        for one in range(space.inputs):
            far[one, :, one] = 0.0
        for edge, target in enumerate(targets):
            source, taken = sources[:, edge], chosen[:, edge]
            into[:, target] += taken
            longer = np.where(alive[:, edge, None], most[rows, source] + taken, _NEVER)
            most[:, target] = np.maximum(most[:, target], longer)
            step = np.where(taken, far[:, rows, source] + 1.0, space.nodes + 1.0)
            far[:, :, target] = np.minimum(far[:, :, target], step)
        begun = [(chosen & (sources == one)[:, :, None]).sum(axis=1) for one in range(space.inputs)]
        least = np.minimum(far[:, :, outputs].min(axis=2), space.nodes + 1.0)
        columns = [
            chosen.sum(axis=1),
            *least,
            np.maximum(most[:, outputs].max(axis=1), 0.0),
            into[:, outputs].max(axis=1),
            *begun,
        ]
        return np.concatenate(columns, axis=1).astype(float)


_BY_INPUT = ("path", "out")


@dataclass(frozen=True)
class _Chosen:
    """What a choice comes to: its option's place in a table; without a column the one entry."""

    column: int | None
    table: Indices

    def of(self, choices: Indices) -> Indices:
        if self.column is None:
            return np.full(len(choices), self.table[0])
        found: Indices = self.table[choices[:, self.column]]
        return found


@dataclass(frozen=True)
class _EdgePlan:
    """Where an edge ends, and how its operation and its source are chosen."""

    node: int
    op: _Chosen
    source: _Chosen


def _edges(space: CellSpace, kind: str, asked: list[str]) -> list[_EdgePlan]:
    """The edges of a kind of cell, node by node."""

    def made(decision: Decision, table: Sequence[int]) -> _Chosen:
        column = asked.index(decision.name) if decision.name in asked else None
        return _Chosen(column, np.array(table, np.intp))

    found = []
    plans = [plan for plan in space.plans if plan.name.startswith(f"{kind}/")]
    for node, plan in enumerate(plans):
        for place, decision in enumerate(plan.op_decisions):
            source = plan.source_decisions[0 if plan.combined else place]
            states = [
                int(str(option).split(",")[place if plan.combined else 0])
                for option in source.options
            ]
            found.append(
                _EdgePlan(node, made(decision, range(len(space.ops))), made(source, states))
            )
    return found


def _sets(places: list[int]) -> list[tuple[int, ...]]:
    """The sets of operations that are looked at, small ones first."""
    number = len(places)
    sizes = [
        size for size in range(1, number + 1)
        if number <= MOST_OPS or size == 1 or size >= number - 1
    ]  # fmt: skip
    return [one for size in sizes for one in itertools.combinations(places, size)]


def _alive(
    live: Mask, sources: Indices, targets: list[int], inputs: int, states: int, outputs: list[int]
) -> Mask:
    """Which edges (n, edges) are on a way from an input to the output without zeros.

    Args:
        live: Whether the operation of an edge gives more than zeros, (n, edges).
        sources: The states that edges read, (n, edges).
        targets: The state that each edge ends at, in order.
        inputs: How many states are inputs.
        states: How many there are.
        outputs: Those that the output reads.
    """
    rows = np.arange(len(live))
    reached = np.zeros((len(live), states), bool)
    reached[:, :inputs] = True
    for edge, target in enumerate(targets):
        reached[:, target] |= live[:, edge] & reached[rows, sources[:, edge]]
    useful = np.zeros_like(reached)
    useful[:, outputs] = True
    alive = np.zeros_like(live)
    for edge in reversed(range(len(targets))):
        source = sources[:, edge]
        alive[:, edge] = live[:, edge] & reached[rows, source] & useful[:, targets[edge]]
        useful[rows, source] |= alive[:, edge]
    return alive
