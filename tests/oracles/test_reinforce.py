"""Reinforce: what is rewarded becomes likely, and ε keeps the rest possible."""

from functools import partial

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.oracles import ReinforceOracle
from automl_kit.testing.searches import Search

in_memory = partial(Search, on_disk=False, max_trials=1000)


def _ops(hp):
    for place in range(5):
        hp.Choice(f"op_{place}", ["conv", "pool", "skip", "none"])


def _convolutions(values):
    return sum(value == "conv" for value in values.values())


def _make(**settings):
    return lambda **given: ReinforceOracle(**given, **settings)


def _shares(oracle, number=200):
    """How often a choice of the policy is a convolution."""
    rng = np.random.default_rng(0)
    return np.mean([_convolutions(oracle._emit(rng)) / 5 for _ in range(number)])


def test_a_rewarded_option_becomes_likely(tmp_path):
    search = in_memory(_make(), tmp_path, _ops, _convolutions)
    search.run(10)
    search.oracle._look_around()
    untaught = ReinforceOracle("val_loss", seed=1)
    untaught._space = search.oracle.space
    search.run(60)
    assert abs(_shares(untaught) - 0.25) < 0.06
    assert _shares(search.oracle) > 0.6


def test_late_proposals_are_better_than_random_ones(tmp_path):
    late = [
        np.mean(
            [
                _convolutions(v)
                for v in in_memory(
                    _make(), tmp_path / str(seed), _ops, _convolutions, seed=seed
                ).run(60)[40:]
            ]
        )
        for seed in range(3)
    ]
    assert min(late) > 1.8  # 1.25 at random.


def test_epsilon_one_is_random_and_zero_is_the_policy(tmp_path):
    search = in_memory(_make(), tmp_path, _ops, _convolutions)
    search.run(60)
    search.oracle.epsilon = 1.0
    assert abs(_shares(search.oracle, 400) - 0.25) < 0.05
    search.oracle.epsilon = 0.0
    assert _shares(search.oracle) > 0.4


def test_numbers_are_binned_and_a_choice_gives_a_value_of_its_bin(tmp_path):
    def numbers(hp):
        hp.Float("rate", 1e-4, 1.0, sampling="log")
        hp.Int("units", 0, 999)
        hp.Choice("op", list("abc"))

    search = in_memory(_make(), tmp_path, numbers)
    search.run(12)
    oracle = search.oracle
    assert oracle._agent().sizes == [10, 10, 3]
    for record in oracle.history:
        units, op = record.values["units"], record.values["op"]
        decade = (np.log10(record.values["rate"]) + 4) / 4
        assert oracle._options(record).tolist() == [
            int(decade * 10), units // 100, "abc".index(op)
        ]  # fmt: skip


def test_the_baseline_is_the_moving_mean_of_the_rewards(tmp_path):
    scores = iter([3.0, 1.0, 2.0, 5.0, 0.0])
    search = in_memory(_make(), tmp_path, _ops, lambda _: next(scores))
    search.run(5)
    search.oracle._look_around()
    # Shares of the trials so far that are worse; nothing is learned from the first alone.
    expected = 0.5
    for reward in (0.0, 0.5, 1.0, 0.0):
        expected += 0.1 * (reward - expected)
    assert search.oracle.baseline == pytest.approx(expected)


def _failing_pools(values):
    return None if "pool" in values.values() else 0.5


@pytest.mark.parametrize("kept", [0.5, None])
def test_what_fails_becomes_unlikely(tmp_path, kept):
    """Where all others are alike, and where all fail that were tried at all."""

    def fails(values):
        return None if "pool" in values.values() else kept

    def share(oracle):
        rng = np.random.default_rng(0)
        drawn = [list(oracle._emit(rng).values()).count("pool") for _ in range(150)]
        return np.mean(drawn) / 5

    pools = [{f"op_{place}": "pool" for place in range(5)}]
    first = pools + [
        {**pools[0], f"op_{place}": op} for place in range(4) for op in ("conv", "skip")
    ]
    search = in_memory(_make(first_trials=9), tmp_path, _ops, fails, initial_hps=first)
    search.run(9 if kept is None else 40)
    before = ReinforceOracle("val_loss", seed=1)
    before._space = search.oracle._known_space()
    search.oracle._look_around()
    assert share(search.oracle) < share(before) - 0.1


def test_failures_are_learned_from_alike_after_a_reload(tmp_path):
    def weights(folder, parts):
        for number in parts:
            search = Search(_make(first_trials=3), folder, _ops, _failing_pools)
            search.run(number)
        search.oracle._look_around()
        return search.oracle._agent().weights

    whole, cut = weights(tmp_path / "whole", [12]), weights(tmp_path / "cut", [5, 1, 1, 5])
    assert all(np.array_equal(whole[name], cut[name]) for name in whole)


@pytest.mark.parametrize("wrong", [{"hidden": 0}, {"updates": 0}, {"epsilon": 1.5}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        ReinforceOracle("val_loss", 5, **wrong)
