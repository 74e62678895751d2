"""Every oracle of ours, and KerasTuner's beside them, through one suite."""

from functools import partial
from types import SimpleNamespace
from typing import ClassVar

import keras_tuner
import pytest
import scipy.optimize

from automl_kit.oracles import (
    BayesianOracle,
    EvolutionOracle,
    GreedyOracle,
    HyperbandOracle,
    LocalSearchOracle,
    ParetoOracle,
    RandomOracle,
    ReinforceOracle,
)
from automl_kit.oracles.hyperband import RESERVED
from automl_kit.testing import OracleSuite


def _pareto(objective, **settings):
    cost = keras_tuner.Objective("cost", "min")
    return ParetoOracle([objective, cost], **settings)


def _stock(kind, **arguments):
    """Makes one of KerasTuner's oracles as KerasTuner does; it has no initial values."""

    def make(objective, max_trials, seed, initial_hps=None, hyperparameters=None):
        oracle = kind(objective=objective, seed=seed, hyperparameters=hyperparameters, **arguments)
        oracle.max_trials = max_trials
        return oracle

    return staticmethod(make)


class TestEvolution(OracleSuite):
    make = EvolutionOracle


class TestLocalSearch(OracleSuite):
    make = LocalSearchOracle


class TestReinforce(OracleSuite):
    make = ReinforceOracle


class TestPareto(OracleSuite):
    make = staticmethod(_pareto)


class TestRandom(OracleSuite):
    make = RandomOracle


class TestGreedy(OracleSuite):
    make = GreedyOracle


class _QuickBayesian(BayesianOracle):
    """Its model is fitted once a proposal; KerasTuner does it from 21 starts."""

    def _make_gpr(self):
        return super()._make_gpr().set_params(n_restarts_optimizer=0)


class TestBayesian(OracleSuite):
    make = staticmethod(partial(_QuickBayesian, num_initial_points=8))
    trials = 10

    @pytest.fixture(autouse=True)
    def _one_step(self, monkeypatch):
        """Looks for the model's optimum by one step from each of 50 places."""
        minimize = partial(scipy.optimize.minimize, options={"maxiter": 1})
        quick = SimpleNamespace(optimize=SimpleNamespace(minimize=minimize))
        monkeypatch.setattr("keras_tuner.src.tuners.bayesian.scipy", quick)


AGAIN = "Hyperband trains the same hyperparameters again, for longer"


class TestHyperband(OracleSuite):
    make = staticmethod(partial(HyperbandOracle, max_epochs=9, hyperband_iterations=1000))
    internal = RESERVED
    fails: ClassVar = {
        "test_a_small_space_is_tried_to_its_last_member_without_repeats": AGAIN,
        "test_a_network_is_tried_once_whatever_its_hyperparameters": AGAIN,
        "test_a_space_without_hyperparameters_has_one_member": AGAIN,
    }

    def best_score(self, search):
        """Of those that were trained longest."""
        completed = [t for t in search.oracle.trials.values() if t.status == "COMPLETED"]
        most = max(search.oracle.rung(trial.hyperparameters.values).epochs for trial in completed)
        return max(
            t.score
            for t in completed
            if search.oracle.rung(t.hyperparameters.values).epochs == most
        )


ONE_NAME = "a name under two conditions: `ensure_active_values` loses its value"
THREE = "three failures in a row end the search"
OURS = "no such thing in KerasTuner"
RELOAD = "a trial whose file was written before the oracle's is taken for a new one, or run twice"


class TestKerasTunerRandom(OracleSuite):
    make = _stock(keras_tuner.oracles.RandomSearchOracle)
    fails: ClassVar = {
        "test_children_are_there_just_where_their_parents_say_so": ONE_NAME,
        "test_clients_at_once_never_try_the_same": ONE_NAME,
        "test_a_small_space_is_tried_to_its_last_member_without_repeats": ONE_NAME,
        "test_a_damaged_trial_is_told": ONE_NAME,
        "test_a_damaged_state_is_told": "errors of json, and KeyError, TypeError, AttributeError",
        "test_no_score_at_all_is_no_end[None]": THREE,
        "test_no_score_at_all_is_no_end[nan]": THREE,
        "test_initial_values_come_first_and_the_rest_of_them_is_the_default": "it has none",
        "test_initial_values_of_hyperparameters_not_known_yet_are_kept": "it has none",
        "test_reloading_after_every_trial_changes_no_proposal": RELOAD,
        "test_clients_killed_at_once_are_gone_on_with": RELOAD,
        "test_the_state_does_not_grow_with_the_trials": "oracle.json lists all trials",
        "test_reloading_a_used_oracle_reads_everything_afresh": "the trials are added to its own",
        "test_trials_without_an_oracle_are_no_search": "they are taken for trials of the new one",
        "test_what_is_no_seed_is_refused": "nothing is checked",
        "test_a_network_is_tried_once_whatever_its_hyperparameters": OURS,
        "test_an_unknown_setting_is_refused_with_the_known_ones": "a TypeError, as it should",
    }
    # These fail or pass with the order in which a folder lists its files, in which it reads them,
    # or with the seed that is drawn.
    test_a_kill_at_any_write_changes_no_proposal = None
    test_the_best_is_the_same_after_a_reload = None
    test_oracles_that_are_dropped_are_forgotten = None
    test_without_a_seed_one_is_drawn = None
    test_a_seed_of_any_size_is_one = None
    test_failures_go_on_and_never_win = None
