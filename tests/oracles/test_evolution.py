"""Evolution: who is a parent, what a child is, and that it beats random search."""

import keras_tuner
import numpy as np
import pytest
from searches import Search, every_kind, in_memory, key, noise

from automl_kit.errors import InputError
from automl_kit.oracles import EvolutionOracle


def _letters(hp):
    for place in range(6):
        hp.Choice(f"letter_{place}", list("abcdef"))


def _matches(values):
    """How many letters are right; three of them count only together."""
    right = [values[f"letter_{place}"] == "face"[place % 4] for place in range(6)]
    return sum(right[:3]) + 2 * all(right[3:])


def _make(**settings):
    return lambda **given: EvolutionOracle(**given, **settings)


def _population(tmp_path, number=40, score=noise, **settings):
    search = in_memory(_make(**settings), tmp_path, _letters, score)
    search.run(number)
    search.begin()  # What has ended is taken in with the next proposal.
    return search.oracle


def test_the_old_leave_the_population_however_good(tmp_path):
    scores = iter([9.0, *range(1, 40)])
    oracle = _population(tmp_path, 30, lambda _: next(scores) % 10, population_size=8, elites=0)
    members = {int(record.trial_id) for record in oracle._population()}
    assert members == set(range(22, 30))


def test_the_elite_stays(tmp_path):
    oracle = _population(tmp_path, population_size=8, elites=3)
    best = [int(trial.trial_id) for trial in oracle.completed()[:3]]
    members = {int(record.trial_id) for record in oracle._population()}
    assert members == set(range(32, 40)) | set(best)
    assert int(oracle._population()[0].trial_id) == best[0]


def test_published_evolution_changes_the_winner_of_a_tournament(tmp_path):
    settings = {"population_size": 6, "tournament_size": 200, "crossover": None, "elites": 0}
    search = in_memory(_make(candidates=1, first_trials=6, **settings), tmp_path, _letters)
    search.run(6)
    for _ in range(20):
        latest = [t.hyperparameters.values for t in search.oracle.trials.values()][-6:]
        parent = max(latest, key=noise)  # A tournament of so many is won by the best.
        (child,) = search.run(1)
        assert 1 <= sum(child[name] != value for name, value in parent.items()) <= 2


def test_children_of_two_have_values_of_both(tmp_path):
    settings = {"candidates": 1, "crossover_rate": 1.0, "crossover": "uniform"}
    oracle = _population(tmp_path, **settings)
    parents = oracle._population()
    children = oracle._children(np.random.default_rng(0))
    best = parents[0].row
    from_best = (children == best).mean(axis=1)
    assert 0.2 < from_best.mean() < 0.8


def test_screening_proposes_the_candidate_that_the_model_likes_best(tmp_path):
    oracle = _population(tmp_path, score=_matches, candidates=60)
    rng = np.random.default_rng(0)
    rows = oracle._strangers(rng)
    order = oracle._screened(rows)
    scores = [_matches(oracle.space.decode(row)) for row in order]
    assert np.mean(scores[:5]) > np.mean(scores) + 0.3
    assert sorted(map(tuple, order)) == sorted(map(tuple, rows))


@pytest.mark.parametrize("candidates", [1, 100])
def test_it_finds_better_members_than_random_search(tmp_path, candidates):
    def best(make, seed):
        folder = tmp_path / f"{make is random}-{seed}"
        search = in_memory(make, folder, _letters, _matches, max_trials=60, seed=seed)
        return max(_matches(values) for values in search.run(60))

    def random(objective, max_trials, seed):
        return EvolutionOracle(objective, max_trials, seed, first_trials=10_000)

    evolution = _make(candidates=candidates)
    pairs = [(best(evolution, seed), best(random, seed)) for seed in range(10)]
    assert sum(ours > theirs for ours, theirs in pairs) >= 7, pairs
    assert all(ours >= theirs for ours, theirs in pairs) or candidates == 1, pairs


def test_the_first_trials_are_random_and_their_number_follows_from_the_budget():
    objective = keras_tuner.Objective("score", "max")
    found = [EvolutionOracle(objective, n).first_trials for n in (1, 20, 50, 10_000)]
    assert found == sorted(found)
    assert found[0] >= 2
    assert EvolutionOracle(objective, 50, first_trials=7).first_trials == 7


def test_a_child_of_a_failed_parent_is_rare(tmp_path):
    def failing(values):
        return None if values["letter_0"] == "a" else noise(values)

    search = in_memory(_make(candidates=1, tournament_size=8), tmp_path, _letters, failing)
    late = search.run(60)[30:]
    assert sum(values["letter_0"] == "a" for values in late) <= 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population_size": 0}, "population_size must be at least 1. Received: 0"),
        ({"tournament_size": 0}, "tournament_size must be at least 1"),
        ({"candidates": 0}, "candidates must be at least 1"),
        ({"crossover": "two_point"}, "crossover must be .* Received: 'two_point'"),
        ({"max_trials": 0}, "max_trials must be at least 1"),
    ],
)
def test_arguments_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        EvolutionOracle(keras_tuner.Objective("score", "max"), **settings)


def test_keys_of_proposals_differ(tmp_path):
    search = in_memory(_make(candidates=1), tmp_path, _letters, _matches)
    proposals = search.run(60)
    assert len({key(values) for values in proposals}) == 60


def test_a_model_of_failures_alone_is_no_end(tmp_path):
    def make(objective, max_trials, seed):
        return EvolutionOracle(objective, max_trials, seed, first_trials=5, unscreened=0.0)

    search = Search(make, tmp_path, every_kind)
    for number in range(22):
        trial = search.begin()
        if number >= 18:
            search.oracle.update_trial(trial.trial_id, {"score": float(number)})
        trial.status = "COMPLETED" if number >= 18 else "FAILED"
        search.oracle.end_trial(trial)
    assert search.begin().status == "RUNNING"
