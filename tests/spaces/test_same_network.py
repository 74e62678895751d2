"""Hyperparameters of cells that stand for the same network."""

import pickle

import keras_tuner
import numpy as np
import pytest

from automl_kit.spaces import DARTS, NAS_BENCH_201, SameNetwork, network_key


@pytest.mark.parametrize("prefix", ["", "cells/", "block_1/image/"])
@pytest.mark.parametrize("space", [NAS_BENCH_201, DARTS])
def test_two_members_share_a_key_just_where_their_networks_do(prefix, space):
    rng = np.random.default_rng(0)
    genotypes = [space.sample(rng) for _ in range(60)]
    genotypes += [space.mutate(genotype, rng) for genotype in genotypes]
    key = SameNetwork({prefix: space})
    keys = [key({prefix + k: v for k, v in space.values(g).items()}) for g in genotypes]
    networks = [network_key(genotype) for genotype in genotypes]
    assert [keys.index(k) for k in keys] == [networks.index(n) for n in networks]


def test_names_are_those_that_are_declared():
    hp = keras_tuner.HyperParameters()
    with hp.name_scope("cells"):
        NAS_BENCH_201.declare(hp)
    key = SameNetwork({"cells/": NAS_BENCH_201})
    zeros = dict.fromkeys(hp.values, "none")
    last = "cells/normal/node2/edge0/op"
    assert key({**zeros, "cells/normal/node0/edge0/op": "skip_connect"}) == key(zeros)  # Not read.
    assert key({**zeros, last: "skip_connect"}) != key(zeros)


def test_other_hyperparameters_tell_networks_apart_and_missing_cells_are_no_fault():
    key = SameNetwork({"a/": NAS_BENCH_201, "b/": NAS_BENCH_201})
    values = NAS_BENCH_201.values(NAS_BENCH_201.sample(np.random.default_rng(0)))
    a, b = ({prefix + k: v for k, v in values.items()} for prefix in ("a/", "b/"))
    assert len({key({}), key(a), key(b), key({**a, **b}), key({**a, "rate": 1.0})}) == 5
    assert key({"rate": 0.5}) != key({"rate": 0.25})
    some = dict(list(a.items())[:3])
    assert key(some) != key({})


def test_it_can_be_sent_to_another_process():
    key = SameNetwork({"a/": NAS_BENCH_201})
    assert pickle.loads(pickle.dumps(key)) == key
