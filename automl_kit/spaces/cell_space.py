"""Spaces of cells: which operations and connections a cell may have."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from automl_kit.errors import InputError
from automl_kit.spaces import decisions
from automl_kit.spaces.decisions import Decision, HyperParameters
from automl_kit.spaces.genotype import Edge, Genotype, Output
from automl_kit.spaces.operation_names import check_operation_names
from automl_kit.spaces.plans import Node, NodePlan


@dataclass(frozen=True)
class CellSpace:
    """All cells of so many nodes, edges a node and operations: the micro search of NAS.

    Where the sources of a node are all different, its edges are kept in order of source; any
    other order is taken too, since a node is a sum.

    Attributes:
        nodes: Nodes a cell, inputs not counted.
        ops: Names of the operations that an edge may have; see `operation_names` for those
            there are, and `automl_kit.custom_blocks.register_operation` for adding one.
        edges: Edges a node, each with a chosen source; None: one from every earlier state.
        inputs: How many states a cell is given.
        reduction: Whether there is a reduction cell beside the normal one.
        distinct_sources: Whether the edges of a node must have different sources.
        output: What a cell gives: "concat" all nodes concatenated, "last" its last node.

    Raises:
        InputError: If an argument can't be.

    Example:
        >>> import numpy as np
        >>> from automl_kit.spaces import CellSpace
        >>> ops = ("conv_3x3", "max_pool_3x3")
        >>> space = CellSpace(nodes=2, ops=ops, edges=1, inputs=1, reduction=False)
        >>> space.size()
        8
        >>> genotype = space.sample(np.random.default_rng(0))
        >>> space.genotype(space.values(genotype)) == genotype
        True
        >>> space.mutate(genotype, np.random.default_rng(0)) == genotype
        False
    """

    nodes: int
    ops: tuple[str, ...]
    edges: int | None = 2
    inputs: int = 2
    reduction: bool = True
    distinct_sources: bool = False
    output: Output = "concat"

    def __post_init__(self) -> None:
        counts = (self.nodes, self.inputs, 1 if self.edges is None else self.edges)
        if any(type(count) is not int or count < 1 for count in counts):
            raise InputError(
                "Expected at least 1 node, 1 edge a node and 1 input; "
                f"got nodes={self.nodes!r}, edges={self.edges!r}, inputs={self.inputs!r}."
            )
        if not isinstance(self.ops, tuple) or not self.ops or len(set(self.ops)) < len(self.ops):
            raise InputError(f"Expected a tuple of different operations; got ops={self.ops!r}.")
        if self.distinct_sources and self.edges is not None and self.edges > self.inputs:
            raise InputError(
                f"The first node can't have {self.edges} edges from different sources: a cell "
                f"has {self.inputs} inputs. Lower edges, or set distinct_sources=False."
            )
        self._check_ops()
        self.genotype(self._first)  # which checks the rest

    def _check_ops(self) -> None:
        check_operation_names(self.ops)

    @cached_property
    def plans(self) -> tuple[NodePlan, ...]:
        """What is decided, node by node, the reduction cell's after the normal cell's."""
        return tuple(
            NodePlan(
                f"{kind}/node{node}",
                self.ops,
                self.inputs + node,
                self.edges,
                self.distinct_sources,
            )
            for kind in self.kinds
            for node in range(self.nodes)
        )

    @cached_property
    def _first(self) -> dict[str, Any]:
        return {decision.name: decision.options[0] for decision in self.decisions}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of a member's cells: "normal", and "reduction" if there is one."""
        return ("normal", "reduction") if self.reduction else ("normal",)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """All that is decided about a member, those of one option included."""
        return tuple(itertools.chain.from_iterable(self.plans))

    def size(self) -> int:
        """How many members there are, exactly."""
        return decisions.size(self.decisions)

    def sample(self, rng: np.random.Generator) -> Genotype:
        """A member at random, each as likely as another."""
        return self.genotype(decisions.draw(self.decisions, rng))

    def mutate(self, genotype: Genotype, rng: np.random.Generator) -> Genotype:
        """A member that differs in the operation or the source of one edge.

        Every operation and source that can change is as likely to change as another: the two
        mutations of Real et al. (2019), "Regularized evolution for image classifier
        architecture search", section 3.2, without their identity.

        Raises:
            InputError: If the genotype isn't a member, or the space has no other.
        """
        nodes = self._nodes_of(genotype)
        changes = [
            (place, index, field, options)
            for place, node in enumerate(nodes)
            for index, edge in enumerate(node)
            for field, options in (
                ("op", self.ops),
                ("source", self.plans[place].free_sources(node, edge)),
            )
            if len(options) > 1
        ]
        if not changes:
            raise InputError("The space has one member only; there is nothing to mutate.")
        place, index, field, options = changes[int(rng.integers(len(changes)))]
        node = nodes[place]
        value = decisions.another(options, getattr(node[index], field), rng)
        edge = replace(node[index], **{field: value})
        nodes[place] = self.plans[place].in_order((*node[:index], edge, *node[index + 1 :]))
        return self._joined(nodes)

    def crossover(
        self, a: Genotype, b: Genotype, rng: np.random.Generator, one_point: bool = False
    ) -> Genotype:
        """A member whose nodes are those of two others; a node comes with all its edges.

        Args:
            a: One parent.
            b: The other.
            rng: Where chance comes from.
            one_point: Whether the nodes before a random place are those of `a` and the rest
                those of `b`, the reduction cell's counted after the normal cell's; otherwise
                each node is from either.

        Raises:
            InputError: If a parent isn't a member.
        """
        parents = self._nodes_of(a), self._nodes_of(b)
        return self._joined(decisions.inherited(*parents, rng, one_point))

    def contains(self, genotype: Genotype) -> bool:
        """Whether a genotype is a member, whatever the order of edges of different sources."""
        try:
            self._nodes_of(genotype)
        except InputError:
            return False
        return True

    def declare(self, hp: HyperParameters, default: Genotype | None = None) -> Genotype:
        """Declares the space as hyperparameters, and gives the genotype of their values.

        All are of the kind Choice; every assignment of values is a member, and every member is
        one assignment. Names: "normal/node0/edge0/op", "normal/node0/edge0/source", and for
        different sources "normal/node0/sources" with values such as "0,2". What has one option
        only isn't declared.

        Args:
            hp: A `keras_tuner.HyperParameters`.
            default: The member that `hp` starts from, given too in a conditional scope that
                isn't active; None: the first option everywhere.

        Raises:
            InputError: If the default isn't a member.
        """
        standard = self._first if default is None else self.values(default)
        return self.genotype(decisions.declare(self.decisions, hp, standard))

    def values(self, genotype: Genotype) -> dict[str, str | int]:
        """The hyperparameters of a member, in the order in which `declare` asks for them.

        Raises:
            InputError: If the genotype isn't a member.
        """
        values: dict[str, str | int] = {}
        for plan, node in zip(self.plans, self._nodes_of(genotype), strict=True):
            values.update(plan.encode(node))
        return {d.name: values[d.name] for d in decisions.free(self.decisions)}

    def genotype(self, values: Mapping[str, Any]) -> Genotype:
        """The member that has these hyperparameters; other names are ignored.

        Raises:
            InputError: If a hyperparameter is missing or has a value that isn't in the space.
        """
        return self._joined([plan.decode(values) for plan in self.plans])

    def _joined(self, nodes: list[Node]) -> Genotype:
        normal, reduction = tuple(nodes[: self.nodes]), tuple(nodes[self.nodes :])
        return Genotype(normal, reduction or None, self.inputs, self.output)

    def _nodes_of(self, genotype: Genotype) -> list[Node]:
        """The nodes of a member's cells in a row, edges in order."""
        cells = genotype.cells()
        if (
            tuple(cells) != self.kinds
            or (genotype.inputs, genotype.output) != (self.inputs, self.output)
            or any(len(cell) != self.nodes for cell in cells.values())
        ):
            raise InputError(
                f"Expected {' and '.join(self.kinds)} cell of {self.nodes} nodes, {self.inputs} "
                f"inputs and output {self.output!r}; got {genotype}."
            )
        nodes = itertools.chain.from_iterable(cells.values())
        return [plan.checked(node) for plan, node in zip(self.plans, nodes, strict=True)]


@dataclass(frozen=True)
class TableCellSpace(CellSpace):
    """A space of cells that others trained: its operations are names, and may have no layers."""

    def _check_ops(self) -> None:
        for op in self.ops:
            Edge(op, 0)
