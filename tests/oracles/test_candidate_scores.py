"""Scores that cost no training: the start by them, their places, and that they help."""

import keras_tuner
import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.oracles import CandidateScores, EvolutionOracle
from automl_kit.oracles.candidate_scores import ScoredPool
from automl_kit.oracles.space import Space
from automl_kit.spaces import NAS_BENCH_201, SameNetwork
from automl_kit.testing.searches import Search, in_memory

NETWORK = SameNetwork({"": NAS_BENCH_201})


def cells(hp):
    NAS_BENCH_201.declare(hp)


def worth(values):
    """What a made-up training says: convolutions, and one operation that must not be there."""
    ops = list(values.values())
    return ops.count("nor_conv_3x3") + ops[5].startswith("skip") - 2.0 * ops.count("avg_pool_3x3")


def make(scores, **settings):
    def made(objective, max_trials=40, seed=0, **given):
        oracle = EvolutionOracle(objective, max_trials, seed=seed, **given, **settings)
        oracle.network_key, oracle.candidate_scores = NETWORK, scores
        return oracle

    return made


def score(values):
    return [float(len(set(values.values()))), float(list(values.values()).count("none"))]


def test_the_first_trials_are_the_best_of_the_pool(tmp_path):
    scores = CandidateScores(score, start=1, first=6, pool=200)
    search = in_memory(make(scores), tmp_path, cells, worth)
    proposals = search.run(6)
    pool = [score(search.oracle.space.decode(row))[1] for row in search.oracle.pool.rows]
    assert len(pool) == 200
    assert pool == sorted(pool, reverse=True)
    assert [score(values)[1] for values in proposals] == pool[:6]
    assert len({NETWORK(values) for values in proposals}) == 6


def test_places_are_those_in_the_pool_and_what_has_no_scores_is_left_out():
    hp = keras_tuner.HyperParameters()
    hp.Int("a", 0, 9)
    hp.Choice("b", ["x", "y"])
    space = Space(hp.space)
    seen = []

    def by_letter(values):
        seen.append(values)
        return None if values["b"] == "y" else [values["a"], -values["a"]]

    scores = CandidateScores(by_letter, pool=500)
    pool = ScoredPool(scores, space, space.key, np.random.default_rng(0))
    assert [space.decode(row) for row in pool.rows] == [
        {"a": number, "b": "x"} for number in range(9, -1, -1)
    ]
    rows = np.stack([space.encode({"a": a, "b": b}) for a, b in ((9, "x"), (3, "y"), (0, "x"))])
    has_scores, places = pool.places(rows)
    assert has_scores.tolist() == [True, False, True]
    assert places.tolist() == [[1.0, 0.1], [0.1, 1.0]]
    assert len(seen) == pool.scored == 20  # each once


def test_scores_that_tell_a_part_help(tmp_path):
    def telling(values):
        ops = list(values.values())
        return [ops.count("nor_conv_3x3") - ops.count("avg_pool_3x3")]

    def after(scores, seed):
        folder = tmp_path / f"{scores is None}-{seed}"
        search = in_memory(make(scores, first_trials=5), folder, cells, worth, seed=seed)
        return max(map(worth, search.run(6)))

    scores = CandidateScores(telling, first=5, pool=300)
    pairs = [(after(scores, seed), after(None, seed)) for seed in range(6)]
    assert np.mean([ours - theirs for ours, theirs in pairs]) > 0.5, pairs


def test_a_search_with_scores_goes_on_where_it_was(tmp_path):
    scores = CandidateScores(score, first=4, pool=100)
    whole = Search(make(scores), tmp_path / "whole", cells, worth).run(14)
    first = Search(make(scores), tmp_path / "cut", cells, worth).run(7)
    then = Search(make(scores), tmp_path / "cut", cells, worth).run(7)
    assert [*first, *then] == whole


@pytest.mark.parametrize(
    "wrong", [{"first": 0}, {"pool": 0}, {"start": -1}],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match="from 1 and start from 0"):
        CandidateScores(score, **wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (CandidateScores(lambda values: None), "got none of"),
        (CandidateScores(lambda values: [1.0], start=1), "2 or more; got 1"),
    ],
)
def test_scores_that_are_none_are_told(tmp_path, wrong, message):
    with pytest.raises(InputError, match=message):
        in_memory(make(wrong), tmp_path, cells, worth).run(1)
