"""Arguments of oracles: common ones, their own, and how they are told."""

import gc
import weakref

import keras_tuner
import pytest

from automl_kit import oracles
from automl_kit.errors import InputError
from automl_kit.oracles import own_settings

KINDS = [
    oracles.BayesianOracle, oracles.EvolutionOracle, oracles.GreedyOracle, oracles.HyperbandOracle,
    oracles.LocalSearchOracle, oracles.ParetoOracle, oracles.RandomOracle, oracles.ReinforceOracle,
]  # fmt: skip


def _made(kind, objective="val_loss", *arguments, **settings):
    several = [objective, "parameters"] if kind is oracles.ParetoOracle else objective
    return kind(several, *arguments, **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_every_oracle_takes_the_common_arguments(kind):
    space = keras_tuner.HyperParameters()
    space.Int("depth", 1, 5)
    oracle = _made(
        kind, "val_loss", 7, seed=3, initial_hps=[{"depth": 2}], hyperparameters=space,
        tune_new_entries=False, allow_new_entries=False, max_retries_per_trial=2,
        max_consecutive_failed_trials=4,
    )  # fmt: skip
    assert (oracle.max_trials, oracle.seed, oracle.initial_hps) == (7, 3, [{"depth": 2}])
    assert oracle.hyperparameters is space
    assert (oracle.tune_new_entries, oracle.allow_new_entries) == (False, False)
    assert (oracle.max_retries_per_trial, oracle.max_consecutive_failed_trials) == (2, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_settings_of_its_own_are_kept_under_their_names(kind):
    for name, default in own_settings(kind).items():
        if isinstance(default, int) and not isinstance(default, bool):
            assert getattr(_made(kind, **{name: default + 1}), name) == default + 1


def test_settings_of_its_own_are_told_without_the_common_ones():
    assert own_settings(oracles.GreedyOracle) == {}
    assert own_settings(oracles.RandomOracle) == {}
    assert own_settings(oracles.LocalSearchOracle) == {}
    pareto = own_settings(oracles.ParetoOracle)
    assert list(pareto) == ["population_size", "first_trials", "candidates"]
    hyperband = {"max_epochs": 100, "factor": 3, "hyperband_iterations": None}
    assert own_settings(oracles.HyperbandOracle) == hyperband
    assert own_settings(oracles.EvolutionOracle)["population_size"] == 50


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_is_refused(kind):
    with pytest.raises(InputError, match="max_trials must be at least 1"):
        _made(kind, "val_loss", 0)
    with pytest.raises(InputError, match="nothing to search"):
        _made(kind, tune_new_entries=False)
    with pytest.raises(InputError, match=r"no setting 'sed', 'x'.*of every oracle: seed, initial"):
        _made(kind, sed=1, x=2)


def test_random_points_of_the_bayesian_search_are_a_third_unless_told():
    found = [
        oracles.BayesianOracle("val_loss", 30, **given).num_initial_points
        for given in ({}, {"num_initial_points": 4}, {"initial_hps": [{}] * 12})
    ]
    assert found == [10, 4, 12]
    assert oracles.BayesianOracle("val_loss", 3).num_initial_points == 3


OBJECTIVES = ["val_loss", keras_tuner.Objective("score", "max"), ["val_loss", "val_accuracy"], None]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_memory_stays_flat_with_every_objective(objective):
    made = []
    for number in range(200):
        oracle = oracles.RandomOracle(objective, seed=number)
        oracle.save = oracle._save_trial = lambda *_: None
        assert oracle.create_trial("tuner0").status == "RUNNING"
        made.append(weakref.ref(oracle))
        del oracle
    gc.collect()
    assert sum(oracle() is not None for oracle in made) == 0
