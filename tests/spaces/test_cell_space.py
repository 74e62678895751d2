"""Spaces of cells: sizes, members, changes, hyperparameters."""

import itertools
from collections import Counter

import keras_tuner
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
    TableCellSpace,
    operation_names,
)

OPS = ("a", "b", "c")
ALL_EDGES = TableCellSpace(2, OPS, edges=None, inputs=1, reduction=False, output="last")
REPEATED = TableCellSpace(2, OPS[:2], edges=2, inputs=1, reduction=False)
DISTINCT = TableCellSpace(2, OPS[:2], edges=2, inputs=2, reduction=False, distinct_sources=True)
ONE_EDGE = TableCellSpace(2, OPS[:2], edges=1, inputs=2, distinct_sources=True)
SMALL = [ALL_EDGES, REPEATED, DISTINCT, ONE_EDGE]
LARGE = [NAS_BENCH_201, DARTS, CHAPTER]


def assignments(space):
    """Every assignment of the hyperparameters that KerasTuner is asked for."""
    hp = keras_tuner.HyperParameters()
    space.declare(hp)
    choices = [(choice.name, choice.values) for choice in hp.space]
    for values in itertools.product(*(values for _, values in choices)):
        yield dict(zip((name for name, _ in choices), values, strict=True))


def test_sizes_in_the_literature():
    assert CHAPTER.size() == (2 * 8) ** 2 * (3 * 8) ** 2 * (4 * 8) ** 2 * (5 * 8) ** 2
    assert CHAPTER.size() == 241_591_910_400  # 17,179,869,184 in the tutorial's printed output
    assert NAS_BENCH_201.size() == 15_625
    # Liu, H. et al. (2019), appendix: the product over k of (k+1)k/2 · 7² is about 10^9.
    assert DARTS.size() == (np.prod([k * (k + 1) // 2 * 49 for k in range(1, 5)]).item()) ** 2


@pytest.mark.parametrize("space", SMALL)
def test_hyperparameters_and_members_are_one_to_one(space):
    members = {}
    for values in assignments(space):
        genotype = space.genotype(values)
        assert space.contains(genotype)
        assert space.values(genotype) == values
        members[genotype] = values
    assert len(members) == space.size()


@pytest.mark.parametrize("space", SMALL)
def test_sampling_is_uniform(space):
    rng = np.random.default_rng(0)
    draws = 20 * space.size()
    counts = Counter(space.sample(rng) for _ in range(draws))
    expected = draws / space.size()
    chi2 = sum((n - expected) ** 2 / expected for n in counts.values())
    chi2 += expected * (space.size() - len(counts))
    freedom = space.size() - 1
    assert abs(chi2 - freedom) < 4 * (2 * freedom) ** 0.5


@pytest.mark.parametrize("space", [*SMALL, *LARGE])
def test_a_mutation_changes_one_operation_or_source(space):
    rng = np.random.default_rng(0)
    kinds = Counter()
    for _ in range(300):
        parent = space.sample(rng)
        child = space.mutate(parent, rng)
        assert space.contains(child)
        (before,), (after,) = changed_edges(parent, child)
        assert (before.op == after.op) != (before.source == after.source)
        kinds["op" if before.source == after.source else "source"] += 1
    assert kinds["op"] > 30
    assert (kinds["source"] > 30) == (space.edges is not None)


def changed_edges(parent, child):
    """The edges that only the parent has and those that only the child has, in one node."""
    parts = [list(itertools.chain(*genotype.cells().values())) for genotype in (parent, child)]
    nodes = zip(*parts, strict=True)
    ((old, new),) = [(Counter(a), Counter(b)) for a, b in nodes if a != b]
    return list((old - new).elements()), list((new - old).elements())


@pytest.mark.parametrize("space", SMALL)
def test_mutations_reach_every_member(space):
    rng = np.random.default_rng(0)
    genotype, seen = space.sample(rng), set()
    for _ in range(40 * space.size()):
        seen.add(genotype)
        genotype = space.mutate(genotype, rng)
    assert len(seen) == space.size()


@pytest.mark.parametrize("one_point", [False, True])
@pytest.mark.parametrize("space", [NAS_BENCH_201, DARTS, CHAPTER])
def test_crossover_takes_whole_nodes(space, one_point):
    rng = np.random.default_rng(0)
    patterns = set()
    for _ in range(200):
        a, b = space.sample(rng), space.sample(rng)
        child = space.crossover(a, b, rng, one_point=one_point)
        assert space.contains(child)
        pattern = ""
        for x, y, z in zip(*(sum(g.cells().values(), ()) for g in (a, b, child)), strict=True):
            assert z in (x, y)
            pattern += "?" if x == y else "a" if z == x else "b"
        if "?" not in pattern:
            patterns.add(pattern)
    places = space.nodes * len(space.kinds)
    if one_point:
        assert patterns == {"a" * cut + "b" * (places - cut) for cut in range(1, places)}
    else:
        assert len(patterns) > min(2**places - 1, 50)


def test_the_same_seed_gives_the_same_members():
    def walk(seed):
        rng = np.random.default_rng(seed)
        one, other = DARTS.sample(rng), DARTS.sample(rng)
        return one, DARTS.mutate(one, rng), DARTS.crossover(one, other, rng)

    assert walk(0) == walk(0)
    assert walk(0) != walk(1)


def test_names_of_hyperparameters():
    names = [choice.name for choice in declared(DARTS).space]
    assert len(names) == 2 * (8 + 3)  # node 0 has two sources, so one pair: nothing to ask
    assert names[:3] == ["normal/node0/edge0/op", "normal/node0/edge1/op", "normal/node1/sources"]
    assert "reduction/node3/edge1/op" in names
    assert declared(CHAPTER).values["normal/node0/edge1/source"] == 0
    assert not declared(CHAPTER).space[0].ordered  # states have numbers, not sizes
    assert [c.name for c in declared(NAS_BENCH_201).space][-1] == "normal/node2/edge2/op"


def declared(space):
    hp = keras_tuner.HyperParameters()
    space.declare(hp)
    return hp


@pytest.mark.parametrize("space", LARGE)
def test_declare_gives_what_the_tuner_chose(space):
    rng = np.random.default_rng(0)
    chosen, default = space.sample(rng), space.sample(rng)
    hp = keras_tuner.HyperParameters()
    with hp.name_scope("block"):
        assert space.declare(hp, default) == default
        hp.values = {f"block/{name}": value for name, value in space.values(chosen).items()}
        assert space.declare(hp, default) == chosen


def test_declare_in_a_scope_that_is_not_active():
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["other", "cell"])
    with hp.conditional_scope("kind", ["cell"]):
        genotype = NAS_BENCH_201.declare(hp)
    assert len(hp.space) == 1 + 6
    assert set(hp.values) == {"kind"}
    assert NAS_BENCH_201.contains(genotype)


def test_order_of_different_sources_does_not_matter():
    published = Genotype(((Edge("a", 1), Edge("b", 0)),))
    space = TableCellSpace(1, OPS, reduction=False, distinct_sources=True)
    assert space.contains(published)
    assert space.genotype(space.values(published)).normal == ((Edge("b", 0), Edge("a", 1)),)


@pytest.mark.parametrize(
    ("space", "genotype"),
    [
        (DISTINCT, Genotype(((Edge("a", 0), Edge("a", 0)),) * 2)),  # a source twice
        (DISTINCT, Genotype(((Edge("a", 0), Edge("a", 1)),) * 1)),  # a node too few
        (DISTINCT, Genotype(((Edge("a", 0), Edge("c", 1)),) * 2)),  # another operation
        (DISTINCT, Genotype(((Edge("a", 0), Edge("a", 1)),) * 2, output="last")),
        (DISTINCT, Genotype(((Edge("a", 0), Edge("a", 1)),) * 2, inputs=3)),
        (DISTINCT, Genotype(*[((Edge("a", 0), Edge("a", 1)),) * 2] * 2)),  # a cell too many
        (DISTINCT, Genotype(((Edge("a", 0),),) * 2)),  # an edge too few
        (
            ALL_EDGES,
            Genotype(((Edge("a", 0),), (Edge("a", 0), Edge("a", 0))), inputs=1, output="last"),
        ),
        (ALL_EDGES, Genotype(((Edge("a", 0),), (Edge("a", 0),)), inputs=1, output="last")),
    ],
)
def test_what_is_no_member(space, genotype):
    assert not space.contains(genotype)
    for use in (space.values, lambda g: space.mutate(g, np.random.default_rng(0))):
        with pytest.raises(InputError):
            use(genotype)
    with pytest.raises(InputError):
        space.crossover(genotype, space.sample(np.random.default_rng(0)), np.random.default_rng(0))


def test_values_that_are_no_member():
    values = DARTS.values(DARTS.sample(np.random.default_rng(0)))
    DARTS.genotype({**values, "learning_rate": 0.1})
    with pytest.raises(InputError, match=r"node2/sources to be one of 0,1, .*; got '3,0'"):
        DARTS.genotype({**values, "normal/node2/sources": "3,0"})
    del values["reduction/node1/edge0/op"]
    with pytest.raises(InputError, match="no value for the hyperparameter reduction/node1/edge0"):
        DARTS.genotype(values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nodes": 0}, "at least 1 node"),
        ({"edges": 0}, "at least 1 node"),
        ({"inputs": 1.0}, "inputs=1.0"),
        ({"ops": ()}, "different operations"),
        ({"ops": ("a", "a")}, "different operations"),
        ({"ops": ["a"]}, "different operations"),
        ({"ops": ("a", "b|c")}, "operation's name"),
        ({"output": "first"}, "output='concat'"),
        ({"edges": 3, "distinct_sources": True}, "Lower edges"),
        ({"nodes": 65}, "1 to 64 nodes"),
    ],
)
def test_what_is_no_space(arguments, message):
    with pytest.raises(InputError, match=message):
        TableCellSpace(**{"nodes": 2, "ops": OPS, **arguments})


def test_a_space_of_one_member():
    space = TableCellSpace(1, OPS[:1], edges=1, inputs=1, reduction=False)
    genotype = space.sample(np.random.default_rng(0))
    assert space.size() == 1
    assert space.values(genotype) == {}
    assert space.declare(keras_tuner.HyperParameters()) == genotype
    assert space.crossover(genotype, genotype, np.random.default_rng(0), one_point=True) == genotype
    with pytest.raises(InputError, match="one member only"):
        space.mutate(genotype, np.random.default_rng(0))


@pytest.mark.parametrize("ops", [("conv_9x9",), ("conv_3x3", "conv_9x9"), ("a|b",), (3,)])
def test_operations_that_there_are_not_are_told_when_a_space_is_made(ops):
    with pytest.raises(InputError, match=r"no operation .*expected some of none, .*conv_7x1_1x7"):
        CellSpace(2, ops)


def test_the_spaces_of_the_literature_have_operations_that_there_are():
    for space in LARGE:
        assert set(space.ops) <= set(operation_names())
