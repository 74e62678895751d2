"""How a model sees members: cells by their graphs, all else by hyperparameters."""

import keras_tuner
import numpy as np
import pytest

from automl_kit.oracles.distances import GroupDistance, JoinedDistance
from automl_kit.oracles.encodings import GeneEncoding, GraphEncoding, encoding_of
from automl_kit.oracles.space import Space
from automl_kit.spaces import DARTS, NAS_BENCH_201, GraphFeatures, SameNetwork


def space_of(declare, fixed=False):
    hp = keras_tuner.HyperParameters()
    declare(hp)
    if fixed:
        hp.Fixed("epochs", 3)
    return Space(hp.space)


def below_a_name(hp):
    with hp.name_scope("block"):
        DARTS.declare(hp)


def and_a_rate(hp):
    NAS_BENCH_201.declare(hp)
    hp.Float("rate", 0.1, 0.9)


def behind_a_condition(hp):
    hp.Choice("kind", ["cells"])
    with hp.conditional_scope("kind", ["cells"]):
        NAS_BENCH_201.declare(hp)


@pytest.mark.parametrize(
    ("declare", "prefix", "cells"),
    [(NAS_BENCH_201.declare, "", NAS_BENCH_201), (below_a_name, "block/", DARTS)],
)
def test_cells_are_seen_by_their_graphs(declare, prefix, cells):
    space = space_of(declare, fixed=True)
    encoding = encoding_of(space, SameNetwork({prefix: cells}))
    assert isinstance(encoding, GraphEncoding)
    assert encoding.knows_graphs
    rows = space.sample_rows(20, np.random.default_rng(0))
    features = GraphFeatures(cells)
    names = [prefix + d for d in (d.name for d in cells.decisions)]
    values = [space.decode(row) for row in rows]
    genotypes = [cells.genotype({n[len(prefix) :]: v[n] for n in names if n in v}) for v in values]
    assert encoding(rows) == pytest.approx(features.of(genotypes) / features.largest)
    assert encoding.distance.respects == len(set(features.groups))


@pytest.mark.parametrize(
    ("declare", "key"),
    [
        (NAS_BENCH_201.declare, None),
        (NAS_BENCH_201.declare, SameNetwork({"": DARTS})),
        (NAS_BENCH_201.declare, SameNetwork({})),
        (and_a_rate, SameNetwork({"": NAS_BENCH_201})),
        (behind_a_condition, SameNetwork({"": NAS_BENCH_201})),
    ],
)
def test_all_else_is_seen_by_hyperparameters(declare, key):
    encoding = encoding_of(space_of(declare), key)
    assert isinstance(encoding, GeneEncoding)
    assert not encoding.knows_graphs


def test_total_distances_are_sums_of_their_parts():
    rng = np.random.default_rng(0)
    groups = ["a", "b", "b", "a", "c"]
    first, second = rng.random((4, 5)), rng.random((3, 5))
    distance, weights = GroupDistance(groups), np.array([0.5, 2.0, 1.0])
    apart = distance.apart(first, second)
    by_hand = np.abs(first[:, None] - second[None])
    assert apart[0] == pytest.approx(by_hand[:, :, [0, 3]].mean(axis=2))
    assert apart[1] == pytest.approx(by_hand[:, :, [1, 2]].mean(axis=2))
    assert apart[2] == pytest.approx(by_hand[:, :, 4])
    total = np.tensordot(weights, apart, 1)
    assert distance.total(first, second, weights) == pytest.approx(total)
    joined = JoinedDistance(GroupDistance(groups[:3]), GroupDistance(groups[3:]), 2)
    assert joined.respects == 4
    weights = np.array([0.5, 2.0, 1.0, 3.0])
    apart = joined.apart(first, second)
    assert apart[2] == pytest.approx(by_hand[:, :, 3])
    assert joined.total(first, second, weights) == pytest.approx(np.tensordot(weights, apart, 1))
