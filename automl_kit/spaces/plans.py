"""The space of one node of a cell: its sources, and the operation of each edge."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from automl_kit.errors import InputError
from automl_kit.spaces.decisions import Decision, Option, chosen
from automl_kit.spaces.genotype import Edge

Node = tuple[Edge, ...]


@dataclass(frozen=True)
class NodePlan:
    """What is decided about one node.

    Attributes:
        name: The scope of its hyperparameters, such as "normal/node0".
        ops: The operations that an edge may have.
        states: How many states there are before the node.
        edges: Edges of the node; None: one from every state.
        distinct: Whether the edges must have different sources.
    """

    name: str
    ops: tuple[str, ...]
    states: int
    edges: int | None
    distinct: bool

    @property
    def combined(self) -> bool:
        """Whether the sources are one decision: "0,2", so that every option is a valid set."""
        return self.distinct and self.edges is not None

    @cached_property
    def source_decisions(self) -> tuple[Decision, ...]:
        """What decides the sources: one decision if combined, otherwise one an edge."""
        if self.edges is None:
            return tuple(Decision(f"{self.name}/edge{i}/source", (i,)) for i in range(self.states))
        if self.combined:
            sets = itertools.combinations(map(str, range(self.states)), self.edges)
            return (Decision(f"{self.name}/sources", tuple(map(",".join, sets))),)
        states = tuple(range(self.states))
        return tuple(Decision(f"{self.name}/edge{i}/source", states) for i in range(self.edges))

    @cached_property
    def op_decisions(self) -> tuple[Decision, ...]:
        """What decides the operations: one decision an edge."""
        edges = self.states if self.edges is None else self.edges
        return tuple(Decision(f"{self.name}/edge{i}/op", self.ops) for i in range(edges))

    def __iter__(self) -> Iterator[Decision]:
        yield from self.source_decisions
        yield from self.op_decisions

    def decode(self, values: Mapping[str, Any]) -> Node:
        """The node that values of the decisions stand for.

        Raises:
            InputError: If one is missing or isn't among the options.
        """
        sources: Sequence[int] = [chosen(decision, values) for decision in self.source_decisions]
        if self.combined:
            sources = [int(state) for state in str(sources[0]).split(",")]
        ops = [chosen(decision, values) for decision in self.op_decisions]
        return tuple(map(Edge, ops, sources))

    def encode(self, node: Node) -> dict[str, Option]:
        """The values that stand for a node, as `checked` gave it."""
        sources: list[Option] = [edge.source for edge in node]
        if self.combined:
            sources = [",".join(map(str, sources))]
        ops = [edge.op for edge in node]
        decided = zip(self, [*sources, *ops], strict=True)
        return {decision.name: option for decision, option in decided}

    def checked(self, node: Node) -> Node:
        """The node with its edges in order, if it is in the space.

        Raises:
            InputError: If it isn't.
        """
        node = self.in_order(node)
        sources = [edge.source for edge in node]
        if self.edges is None:
            fits = sources == list(range(self.states))
        else:
            fits = len(node) == self.edges and all(source < self.states for source in sources)
            fits &= not self.distinct or len(set(sources)) == len(sources)
        if not fits or any(edge.op not in self.ops for edge in node):
            raise InputError(f"{node} can't be {self.name} in this space: {self}.")
        return node

    def in_order(self, node: Node) -> Node:
        """The edges in order of source where those differ; as they are where they need not."""
        if self.edges is None or self.distinct:
            return tuple(sorted(node, key=lambda edge: edge.source))
        return node

    def free_sources(self, node: Node, edge: Edge) -> tuple[int, ...]:
        """The sources that an edge of a node may have, its own included."""
        if self.edges is None:
            return (edge.source,)
        taken = {other.source for other in node} if self.distinct else set()
        return tuple(s for s in range(self.states) if s == edge.source or s not in taken)
