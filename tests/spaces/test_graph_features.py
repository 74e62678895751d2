"""Numbers that describe a cell's graph: by hand, and by walking every way through it."""

import timeit

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.spaces import (
    CHAPTER,
    DARTS,
    NAS_BENCH_201,
    CellSpace,
    Genotype,
    GraphFeatures,
    parse_arch,
)
from automl_kit.spaces.decisions import free

FEATURES = GraphFeatures(NAS_BENCH_201)
ALL = "skip_connect,nor_conv_1x1,nor_conv_3x3,avg_pool_3x3"


def described(features, genotype):
    numbers = features.of([genotype])
    assert numbers.shape == (1, len(features.names))
    return dict(zip(features.names, numbers[0].tolist(), strict=True))


def test_a_cell_by_hand():
    """0 -conv3-> 1 -conv1-> 2 -pool-> 3 beside 0 -skip-> 3."""
    cell = "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"
    found = described(FEATURES, parse_arch(cell))
    expected = {
        "count/nor_conv_3x3": 1, "count/nor_conv_1x1,nor_conv_3x3": 2, f"count/{ALL}": 4,
        "path/skip_connect/from0": 1, "path/nor_conv_3x3/from0": 4, f"path/{ALL}/from0": 1,
        "path/nor_conv_1x1,nor_conv_3x3,avg_pool_3x3/from0": 3,
        "most/nor_conv_3x3": 1, "most/skip_connect": 1, "most/nor_conv_1x1,nor_conv_3x3": 2,
        f"most/{ALL}": 3,
        "in/skip_connect": 1, "in/avg_pool_3x3": 1, "in/nor_conv_3x3": 0, f"in/{ALL}": 2,
        "out/skip_connect/from0": 1, "out/nor_conv_3x3/from0": 1, "out/avg_pool_3x3/from0": 0,
        f"out/{ALL}/from0": 2,
    }  # fmt: skip
    assert {name: found[f"normal/{name}"] for name in expected} == expected


def test_edges_that_change_nothing_are_not_counted():
    """Node 1 has no input; nothing reads node 2. What they are makes no difference."""
    cell = "|none~0|+|nor_conv_3x3~0|{}~1|+|skip_connect~0|{}~1|none~2|"
    rows = FEATURES.of(
        [parse_arch(cell.format(*ops)) for ops in (("none",) * 2, ("nor_conv_1x1", "avg_pool_3x3"))]
    )
    assert rows[0].tolist() == rows[1].tolist()
    found = dict(zip(FEATURES.names, rows[0].tolist(), strict=True))
    assert (found[f"normal/count/{ALL}"], found["normal/out/nor_conv_3x3/from0"]) == (1, 0)


def test_a_cell_without_a_way_has_no_operations_and_the_longest_paths():
    rows = FEATURES.of([parse_arch("|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|")])[0]
    for group, value in (("count", 0), ("path", 4), ("most", 0), ("in", 0), ("out", 0)):
        columns = [place for place, name in enumerate(FEATURES.groups) if name == f"normal/{group}"]
        assert set(rows[columns]) == {value}


def test_columns():
    assert len(FEATURES.names) == len(set(FEATURES.names)) == len(FEATURES.groups) == 5 * 15
    assert set(FEATURES.groups) == {f"normal/{g}" for g in ("count", "path", "most", "in", "out")}
    # Of seven operations: single ones, all but one, and all; two kinds of cell of two inputs, each
    # of which has paths and edges of its own.
    assert len(GraphFeatures(DARTS).names) == 2 * (3 + 2 * 2) * (7 + 7 + 1)


def ways(cell, inputs, outputs, ops):
    """Every way from an input to an output without zeros, as a list of edges."""
    found = []

    def walk(state, way):
        if state in outputs:
            found.append((way[0][0] if way else state, list(way)))
        for node, edges in enumerate(cell):
            for number, edge in enumerate(edges):
                if edge.source == state and ops[edge.op]:
                    walk(inputs + node, [*way, (edge.source, inputs + node, number, edge.op)])

    for start in range(inputs):
        walk(start, [])
    return [(start, way) for start, way in found if way]


SMALL = CellSpace(3, ("zero", "identity", "conv_3x3", "max_pool_3x3"), 2, 2, reduction=True)
LAST = CellSpace(3, ("zero", "conv_3x3", "conv_5x5"), 2, 1, reduction=False, output="last")


@pytest.mark.parametrize("space", [SMALL, LAST, CHAPTER, DARTS])
def test_random_cells_by_walking_every_way(space):
    features, rng = GraphFeatures(space), np.random.default_rng(0)
    for _ in range(6):
        genotype = space.sample(rng)
        numbers = described(features, genotype)
        for kind, cell in genotype.cells().items():
            nodes = [space.inputs + node for node in range(space.nodes)]
            outputs = nodes if space.output == "concat" else nodes[-1:]
            live = {op: op not in ("none", "zero") for op in space.ops}
            every = ways(cell, space.inputs, outputs, live)
            alive = {edge for _, way in every for edge in way}
            for name in features.names:
                own, group, label, *end = name.split("/")
                if own != kind:
                    continue
                ops = set(label.split(","))
                chosen = [edge for edge in alive if edge[3] in ops]
                start = int(end[0][4:]) if end else None
                expected = {
                    "count": len(chosen),
                    "path": min(
                        [len(w) for s, w in every if s == start and {e[3] for e in w} <= ops],
                        default=space.nodes + 1,
                    ),
                    "most": max([sum(e[3] in ops for e in w) for _, w in every], default=0),
                    "in": max(sum(edge[1] == node for edge in chosen) for node in outputs),
                    "out": sum(edge[0] == start for edge in chosen),
                }[group]
                assert numbers[name] == expected, (name, genotype)
        assert (features.of([genotype]) <= features.largest).all()


def test_choices_of_many_cells_are_those_of_their_genotypes():
    rng = np.random.default_rng(1)
    for space in (NAS_BENCH_201, SMALL, DARTS):
        features, decisions = GraphFeatures(space), free(space.decisions)
        choices = np.stack([rng.integers(len(d.options), size=20) for d in decisions], axis=1)
        values = [
            {d.name: d.options[place] for d, place in zip(decisions, row, strict=True)}
            for row in choices.tolist()
        ]
        genotypes = [space.genotype(one) for one in values]
        assert features(choices).tolist() == features.of(genotypes).tolist()


def test_members_of_other_spaces_are_refused():
    with pytest.raises(InputError):
        FEATURES.of([Genotype(parse_arch("|none~0|").normal, inputs=1, output="last")])


def test_a_cell_takes_microseconds():
    rng = np.random.default_rng(0)
    choices = rng.integers(5, size=(300, 6))
    seconds = min(timeit.repeat(lambda: FEATURES(choices), number=3, repeat=5)) / 900
    assert seconds < 50e-6  # 5 alone
