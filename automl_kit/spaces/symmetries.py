"""Which genotypes are the same network, and how many networks a space of cells has."""

import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, get_args

from automl_kit.errors import InputError
from automl_kit.spaces.genotype import Cell, Edge, Genotype, Output

if TYPE_CHECKING:
    from automl_kit.spaces.cell_space import CellSpace

Symmetry = Literal["edges", "nodes", "topology", "function"]

ZERO_OPS = frozenset({"none", "zero"})
"""Operations that give zeros: a sum can leave them out."""

IDENTITY_OPS = frozenset({"skip_connect", "identity"})
"""Operations that give what they read, unless they halve the resolution."""

_MOST = 1_000_000  # cells, or relabelled connections: about half a minute of one core
_DEEPEST = 8  # nodes whose sums are written out; they can double in length with each node

Sources = tuple[tuple[int, ...], ...]
"""The sources of the edges of each node."""


def network_key(genotype: Genotype) -> str:
    """A string that two genotypes share if their networks compute the same, whatever the weights.

    Edges of `ZERO_OPS` are left out and those of `IDENTITY_OPS` replaced by what they read
    (except on the inputs of a reduction cell, where they halve the resolution); a node is a sum
    whose order doesn't matter, nor does that of a cell's concatenated nodes. Nodes of equal sums
    count as one, as in Dong and Yang (2020), though they have weights of their own.

    Returns:
        32 hexadecimal digits, the same in every run.

    Example:
        >>> from automl_kit.spaces import network_key, parse_arch
        >>> one = parse_arch("|nor_conv_3x3~0|+|skip_connect~0|none~1|")
        >>> other = parse_arch("|avg_pool_3x3~0|+|skip_connect~0|none~1|")  # node 0 isn't read
        >>> network_key(one) == network_key(other)
        True
    """
    keys = [
        _function(cell, genotype.inputs, genotype.output, kind == "reduction")
        for kind, cell in genotype.cells().items()
    ]
    return _digest(f"{genotype.inputs} {genotype.output} {' '.join(keys)}")


def size_after_symmetries(space: "CellSpace", of: Symmetry = "edges") -> int:
    """How many members of a space are left when those that are the same network count once.

    Each count takes more members for the same than the one before it:

    * "edges": the order of a node's edges doesn't matter. A closed form, for any space.
    * "nodes": nor do the numbers of the nodes. By enumeration of the connections without
      the operations (Pólya): for up to a million of them times orders of nodes.
    * "topology": the rule by which Dong and Yang (2020) count 6,466 of NAS-Bench-201's
      cells: an edge of no operation gives zero, of a skip what it reads, and nodes are
      compared as written-out sums. By enumeration, for up to a million cells.
    * "function": the same, and zeros are left out of sums and sums in sums are opened,
      which that rule misses; `network_key` tells two members apart. As feasible.

    Raises:
        InputError: If the count isn't feasible, or there is no such symmetry.

    Example:
        >>> from automl_kit.spaces import NAS_BENCH_201, size_after_symmetries
        >>> NAS_BENCH_201.size(), size_after_symmetries(NAS_BENCH_201, "topology")
        (15625, 6466)
    """
    if of == "edges":
        return math.prod(_without_order(space) for _ in space.kinds)
    if of == "nodes":
        return math.prod(_without_numbers(space) for _ in space.kinds)
    if of == "topology":
        return _one_by_one(space, _published)
    if of == "function":
        return _one_by_one(space, _function)
    raise InputError(f"Expected one of {', '.join(get_args(Symmetry))}; got {of!r}.")


def _without_order(space: "CellSpace") -> int:
    """Cells of one kind, when the order of a node's edges doesn't matter."""
    ops, total = len(space.ops), 1
    for states in range(space.inputs, space.inputs + space.nodes):
        if space.edges is None:
            total *= ops**states
        elif space.distinct_sources:
            total *= math.comb(states, space.edges) * ops**space.edges
        else:  # multisets of pairs of a source and an operation
            total *= math.comb(states * ops + space.edges - 1, space.edges)
    return total


def _without_numbers(space: "CellSpace") -> int:
    """Cells of one kind up to the numbers of their nodes.

    Pólya's enumeration: of each set of connections that are the same up to numbers one is taken,
    and its operations are counted up to its automorphisms by Burnside's lemma.
    """
    movable = space.nodes - (space.output == "last")  # the output stays where it is
    orders = math.factorial(movable)
    connections = [_source_sets(space, node) for node in range(space.nodes)]
    cases = math.prod(map(len, connections)) * orders
    if cases > _MOST:
        raise InputError(
            f"The space has {cases:,} combinations of connections and orders of nodes; 'nodes' is "
            f"counted for {_MOST:,} at most. Use 'edges'."
        )
    total, seen = 0, set[Sources]()
    for cell in itertools.product(*connections):
        if cell in seen:
            continue
        fixed = 0
        automorphisms = 0
        for order in itertools.permutations(range(movable)):
            moved = [*range(space.inputs), *(space.inputs + node for node in order)]
            moved += range(len(moved), space.inputs + space.nodes)
            form = _renumbered(cell, moved, space.inputs)
            seen.add(form)
            if form == cell:
                automorphisms += 1
                fixed += _unchanged(cell, moved, space.inputs, len(space.ops))
        total += fixed // automorphisms
    return total


def _source_sets(space: "CellSpace", node: int) -> list[tuple[int, ...]]:
    """The sources that a node may have, whatever their order."""
    states = range(space.inputs + node)
    if space.edges is None:
        return [tuple(states)]
    if space.distinct_sources:
        return list(itertools.combinations(states, space.edges))
    return list(itertools.combinations_with_replacement(states, space.edges))


def _renumbered(cell: Sources, moved: list[int], inputs: int) -> Sources:
    """The connections when state i is called moved[i]."""
    nodes: list[tuple[int, ...]] = [()] * len(cell)
    for node, sources in enumerate(cell):
        nodes[moved[inputs + node] - inputs] = tuple(sorted(moved[state] for state in sources))
    return tuple(nodes)


def _unchanged(cell: Sources, moved: list[int], inputs: int, ops: int) -> int:
    """How many choices of operations an automorphism leaves as they are.

    It moves bundles of edges between two states around in cycles; all bundles of a cycle must
    have the same multiset of operations.
    """
    bundles = Counter(
        (inputs + node, source) for node, sources in enumerate(cell) for source in sources
    )
    total, left = 1, set(bundles)
    while left:
        bundle = next(iter(left))
        total *= math.comb(ops + bundles[bundle] - 1, bundles[bundle])
        while bundle in left:
            left.remove(bundle)
            bundle = (moved[bundle[0]], moved[bundle[1]])
    return total


def _one_by_one(space: "CellSpace", form: Callable[[Cell, int, Output, bool], str]) -> int:
    """How many forms the members of a space have."""
    cells = _without_order(space)
    if cells > _MOST or space.nodes > _DEEPEST:
        raise InputError(
            f"The space has {cells:,} cells of {space.nodes} nodes; this is counted one by one, "
            f"for {_MOST:,} cells of {_DEEPEST} nodes at most. Use 'edges' or 'nodes'."
        )
    return math.prod(
        len({form(cell, space.inputs, space.output, kind == "reduction") for cell in _cells(space)})
        for kind in space.kinds
    )


def _cells(space: "CellSpace") -> Iterator[Cell]:
    """Every cell of a space, each once whatever the order of its nodes' edges."""
    nodes = []
    for node in range(space.nodes):
        choices = {
            tuple(sorted(zip(sources, ops, strict=True)))
            for sources in _source_sets(space, node)
            for ops in itertools.product(space.ops, repeat=len(sources))
        }
        nodes.append([tuple(Edge(op, source) for source, op in choice) for choice in choices])
    return itertools.product(*nodes)


def _published(cell: Cell, inputs: int, output: Output, halves: bool) -> str:
    """A cell written out as by Dong and Yang's code (`to_unique_str` with zeros considered)."""
    states = [str(state) for state in range(inputs)]
    for node in cell:
        terms = []
        for edge in node:
            read = states[edge.source]
            if edge.op in ZERO_OPS or read == "#":
                terms.append("#")
            elif _passes(edge, inputs, halves):
                terms.append(read)
            else:
                terms.append(f"({read})@{edge.op}")
        states.append("+".join(sorted(terms)))
    return states[-1] if output == "last" else "|".join(sorted(states[inputs:]))


def _function(cell: Cell, inputs: int, output: Output, halves: bool) -> str:
    """A key of what a cell computes: sums are counts of terms, a term is hashed when made."""
    states = [Counter({f"input{state}": 1}) for state in range(inputs)]
    for node in cell:
        total = Counter[str]()
        for edge in node:
            read = states[edge.source]
            if edge.op in ZERO_OPS or not read:
                continue
            total.update(
                read
                if _passes(edge, inputs, halves)
                else [_digest(f"{edge.op} {sorted(read.items())}")]
            )
        states.append(total)
    given = states[-1:] if output == "last" else states[inputs:]
    return _digest(str(sorted(sorted(total.items()) for total in given)))


def _passes(edge: Edge, inputs: int, halves: bool) -> bool:
    """Whether an edge gives what it reads; in a reduction cell those on inputs have stride 2."""
    return edge.op in IDENTITY_OPS and not (halves and edge.source < inputs)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
