"""How many networks a space has, against brute force and the literature."""

import itertools
import math

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import (
    CHAPTER,
    DARTS,
    NAS_BENCH_201,
    Edge,
    Genotype,
    TableCellSpace,
    network_key,
    parse_arch,
    size_after_symmetries,
)

OPS = ("a", "b")
SMALL = [
    TableCellSpace(3, OPS, edges=2, inputs=1, reduction=False),
    TableCellSpace(3, OPS, edges=2, inputs=1, reduction=False, output="last"),
    TableCellSpace(3, OPS, edges=2, inputs=2, reduction=False, distinct_sources=True),
    TableCellSpace(4, OPS, edges=1, inputs=1, reduction=False),
    TableCellSpace(4, OPS, edges=1, inputs=1, reduction=False, output="last"),
    TableCellSpace(3, OPS, edges=None, inputs=1, reduction=False),
    TableCellSpace(2, OPS, edges=1, inputs=2, reduction=True),
]


def members(space):
    decisions = space.decisions
    for picks in itertools.product(*(decision.options for decision in decisions)):
        names = (decision.name for decision in decisions)
        yield space.genotype(dict(zip(names, picks, strict=True)))


def without_order(genotype):
    return tuple(
        tuple(tuple(sorted((edge.source, edge.op) for edge in node)) for node in cell)
        for cell in genotype.cells().values()
    )


def without_numbers(genotype):
    """The smallest way to write the cells, over all ways to number their nodes."""
    return tuple(
        min(
            renumbered(cell, order, genotype.inputs)
            for order in itertools.permutations(range(len(cell)))
            if genotype.output == "concat" or order[-1] == len(cell) - 1
        )
        for cell in genotype.cells().values()
    )


def renumbered(cell, order, inputs):
    names = [*range(inputs), *(inputs + number for number in order)]
    return tuple(
        sorted(
            (names[inputs + number], tuple(sorted((names[e.source], e.op) for e in node)))
            for number, node in enumerate(cell)
        )
    )


@pytest.mark.parametrize("space", SMALL)
def test_against_brute_force(space):
    everything = list(members(space))
    assert len(set(everything)) == space.size()
    assert size_after_symmetries(space) == len(set(map(without_order, everything)))
    assert size_after_symmetries(space, "nodes") == len(set(map(without_numbers, everything)))


def test_nas_bench_201():
    assert size_after_symmetries(NAS_BENCH_201, "edges") == 15_625
    assert size_after_symmetries(NAS_BENCH_201, "nodes") == 15_625  # all edges: one order of nodes
    assert size_after_symmetries(NAS_BENCH_201, "topology") == 6_466  # Dong and Yang (2020)


def test_functions_of_nas_bench_201_by_computing_them():
    """Every cell computed on numbers, with a nonlinear odd function for each operation."""
    slopes = {"nor_conv_1x1": 0.7, "nor_conv_3x3": 1.3, "avg_pool_3x3": 1.9}
    inputs = np.random.default_rng(0).normal(size=8)

    def compute(genotype):
        states = [inputs]
        for node in genotype.normal:
            total = np.zeros(8)
            for edge in node:
                if edge.op == "skip_connect":
                    total = total + states[edge.source]
                elif edge.op != "none":
                    total = total + np.arcsinh(slopes[edge.op] * states[edge.source])
            states.append(total)
        return tuple(np.round(states[-1], 9) + 0.0)

    keys = {}
    for genotype in members(NAS_BENCH_201):
        keys.setdefault(network_key(genotype), set()).add(compute(genotype))
    assert all(len(outputs) == 1 for outputs in keys.values())
    assert len(set().union(*keys.values())) == len(keys) == 4_930
    assert size_after_symmetries(NAS_BENCH_201, "function") == 4_930


def test_closed_forms_of_large_spaces():
    assert size_after_symmetries(DARTS) == DARTS.size()  # sources are counted without order
    assert size_after_symmetries(CHAPTER) == math.prod(
        math.comb(8 * k + 1, 2) for k in (2, 3, 4, 5)
    )
    # At most 4! numberings of a cell count once, and an order of two edges before that.
    for space in (DARTS, CHAPTER):
        cells = len(space.kinds)
        left = size_after_symmetries(space, "nodes")
        assert size_after_symmetries(space) / 24**cells < left < size_after_symmetries(space)


@pytest.mark.parametrize("of", ["topology", "function"])
def test_counts_that_are_not_feasible(of):
    with pytest.raises(InputError, match=r"1,037,664,180 cells of 4 nodes.*Use 'edges'"):
        size_after_symmetries(DARTS, of)
    with pytest.raises(InputError, match="1,000,000 at most"):
        size_after_symmetries(TableCellSpace(8, OPS), "nodes")
    deep = TableCellSpace(20, ("skip_connect",), edges=None, inputs=1, reduction=False)
    with pytest.raises(InputError, match="20 nodes"):
        size_after_symmetries(deep, of)


def test_unknown_symmetry():
    with pytest.raises(InputError, match="edges, nodes, topology, function; got 'ops'"):
        size_after_symmetries(DARTS, "ops")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("|conv~0|+|none~0|skip_connect~1|", "|conv~0|+|none~0|identity~1|", True),
        ("|conv~0|+|none~0|skip_connect~1|", "|none~0|+|conv~0|none~1|", True),
        ("|conv~0|+|skip_connect~0|none~1|", "|zero~0|+|skip_connect~0|conv~1|", True),
        ("|conv~0|+|conv~0|none~1|", "|conv~0|+|none~0|conv~1|", False),
        ("|conv~0|+|none~0|pool~1|", "|pool~0|+|none~0|conv~1|", False),
        (
            "|skip_connect~0|+|skip_connect~0|skip_connect~1|",
            "|none~0|+|skip_connect~0|a~1|",
            False,
        ),
    ],
)
def test_network_keys(one, other, same):
    assert (network_key(parse_arch(one)) == network_key(parse_arch(other))) == same


def test_a_skip_that_halves_the_resolution_is_no_identity():
    once = ((Edge("skip_connect", 0),), (Edge("conv", 2),))
    straight = ((Edge("skip_connect", 0),), (Edge("conv", 0),))
    keep = ((Edge("conv", 0),),)
    assert network_key(Genotype(once)) == network_key(Genotype(straight))
    assert network_key(Genotype(keep, once)) != network_key(Genotype(keep, straight))


def test_a_deep_cell_of_skips_has_a_key_at_once():
    node = tuple(Edge("skip_connect", 0) for _ in range(64))
    deep = [node, *(tuple(Edge("skip_connect", i) for _ in range(64)) for i in range(1, 64))]
    assert len(network_key(Genotype(tuple(deep), inputs=1, output="last"))) == 32
