"""Members of a space as paths through a supernet."""

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import (
    CHAPTER,
    DARTS,
    NAS_BENCH_201,
    CellSpace,
    Edge,
    Genotype,
    Paths,
    parse_arch,
)
from automl_kit.spaces.paths import SharedEdge

CONCAT = CellSpace(2, ("none", "conv_3x3"), edges=None, inputs=1, reduction=False)


@pytest.mark.parametrize(
    ("space", "edges"), [(NAS_BENCH_201, 6), (DARTS, 2 * 14), (CHAPTER, 2 * 14), (CONCAT, 3)]
)
def test_the_supernet_has_an_edge_for_each_that_a_member_may_have(space, edges):
    paths = Paths(space)
    assert len(paths.edges) == len(set(paths.edges)) == edges
    assert not {"none", "zero"} & set(paths.ops)


def test_a_path_says_what_each_edge_computes():
    genotype = DARTS.sample(np.random.default_rng(3))
    paths = Paths(DARTS)
    told = {
        (edge.kind, edge.node, edge.source): paths.ops[choice - 1]
        for edge, choice in zip(paths.edges, paths.path(genotype), strict=True)
        if choice
    }
    assert told == {
        (kind, node, edge.source): edge.op
        for kind, cell in genotype.cells().items()
        for node, edges in enumerate(cell)
        for edge in edges
    }


def test_a_state_that_is_read_twice_is_read_by_two_edges():
    space = CellSpace(1, ("conv_3x3", "identity"), edges=2, inputs=1, reduction=False)
    twice = Genotype(((Edge("conv_3x3", 0), Edge("conv_3x3", 0)),), inputs=1)
    paths = Paths(space)
    assert paths.edges == (SharedEdge("normal", 0, 0, 0), SharedEdge("normal", 0, 1, 0))
    assert paths.path(twice).tolist() == [1, 1]


def _of(arch):
    return Paths(NAS_BENCH_201).path(parse_arch(arch)).tolist()


def test_what_reads_zeros_or_is_not_read_is_absent():
    conv = "nor_conv_3x3"
    # Node 0 is zeros, so that node 1 and the output hear nothing of it.
    assert _of(f"|none~0|+|{conv}~0|{conv}~1|+|none~0|{conv}~1|{conv}~2|") == [0, 3, 0, 0, 0, 3]
    # Nobody reads node 1.
    assert _of(f"|{conv}~0|+|{conv}~0|{conv}~1|+|none~0|{conv}~1|none~2|") == [3, 0, 0, 0, 3, 0]


def test_every_node_of_a_concatenation_is_read():
    cell = ((Edge("conv_3x3", 0),), (Edge("none", 0), Edge("none", 1)))
    assert Paths(CONCAT).path(Genotype(cell, inputs=1)).tolist() == [1, 0, 0]


@pytest.mark.parametrize("space", [NAS_BENCH_201, DARTS, CHAPTER])
def test_in_a_fair_round_each_edge_has_each_operation_once(space):
    for seed in range(3):
        members = Paths(space).fair_round(np.random.default_rng(seed))
        assert all(space.contains(member) for member in members)
        by_edge: dict[tuple, list[str]] = {}
        for member in members:
            for kind, cell in member.cells().items():
                for node, edges in enumerate(cell):
                    for place, edge in enumerate(edges):
                        key = kind, node, place, edge.source
                        by_edge.setdefault(key, []).append(edge.op)
        assert {tuple(sorted(ops)) for ops in by_edge.values()} == {tuple(sorted(space.ops))}


def test_every_operation_of_every_edge_is_drawn_as_often_as_another():
    paths, rng = Paths(NAS_BENCH_201), np.random.default_rng(0)
    # The edge from the input to the last node is always read, and reads something.
    drawn = np.array([paths.sample(rng)[3] for _ in range(4000)])
    counts = np.bincount(drawn, minlength=5)
    assert np.abs(counts / 4000 - 0.2).max() < 4 * np.sqrt(0.2 * 0.8 / 4000)


def test_what_is_no_member_is_refused():
    with pytest.raises(InputError, match="Expected a member"):
        Paths(NAS_BENCH_201).path(DARTS.sample(np.random.default_rng(0)))
    with pytest.raises(InputError, match="at least one operation besides none and zero"):
        Paths(CellSpace(1, ("none",), edges=1, inputs=1, reduction=False))
