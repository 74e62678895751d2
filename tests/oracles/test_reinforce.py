"""Reinforce: what is rewarded becomes likely, and ε keeps the rest possible."""

import numpy as np
import pytest
from searches import in_memory

from automl_kit.errors import InputError
from automl_kit.oracles import ReinforceOracle


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


def test_the_baseline_follows_the_rewards(tmp_path):
    search = in_memory(_make(), tmp_path, _ops, _convolutions)
    assert search.oracle.baseline == 0.5
    search.run(60)
    assert 0.3 < search.oracle.baseline < 0.9
    assert search.oracle.baseline != 0.5


@pytest.mark.parametrize("wrong", [{"hidden": 0}, {"updates": 0}, {"epsilon": 1.5}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        ReinforceOracle("val_loss", 5, **wrong)
