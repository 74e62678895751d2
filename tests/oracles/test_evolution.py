"""Evolution: who is a parent, what a child is, and that it beats random search."""

import itertools

import keras_tuner
import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.oracles import EvolutionOracle, Generation, LocalSearchOracle, ParetoOracle
from automl_kit.oracles.learning import Record
from automl_kit.spaces import CHAPTER, NAS_BENCH_201, GraphFeatures, SameNetwork
from automl_kit.testing.searches import Search, every_kind, in_memory, key, noise


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


@pytest.mark.parametrize(("candidates", "trials", "wins"), [(1, 120, 4), (100, 60, 7)])
def test_it_finds_better_members_than_random_search(tmp_path, candidates, trials, wins):
    def best(make, seed):
        folder = tmp_path / f"{make is random}-{seed}"
        search = in_memory(make, folder, _letters, _matches, max_trials=trials, seed=seed)
        return max(_matches(values) for values in search.run(trials))

    def random(objective, max_trials, seed):
        return EvolutionOracle(objective, max_trials, seed=seed, first_trials=10_000)

    evolution = _make(candidates=candidates)
    pairs = [(best(evolution, seed), best(random, seed)) for seed in range(10)]
    assert sum(ours > theirs for ours, theirs in pairs) >= wins, pairs
    assert all(ours >= theirs for ours, theirs in pairs), pairs
    assert np.mean([ours - theirs for ours, theirs in pairs]) > 0.5, pairs


def test_the_first_trials_are_random_and_their_number_follows_from_the_budget():
    objective = keras_tuner.Objective("score", "max")
    found = [EvolutionOracle(objective, n).first_trials for n in (1, 20, 50, 10_000)]
    assert found == sorted(found)
    assert found[0] >= 2
    assert EvolutionOracle(objective, 50, first_trials=7).first_trials == 7


def test_a_child_of_a_failed_parent_is_rare(tmp_path):
    def failing(values):
        return None if values["letter_0"] == "a" else noise(values)

    search = in_memory(
        _make(candidates=1, tournament_size=8), tmp_path, _letters, failing, max_trials=60
    )
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
    search = in_memory(_make(candidates=1), tmp_path, _letters, _matches, max_trials=60)
    proposals = search.run(60)
    assert len({key(values) for values in proposals}) == 60


def test_a_model_of_failures_alone_is_no_end(tmp_path):
    def make(objective, max_trials, seed):
        return EvolutionOracle(objective, max_trials, seed=seed, first_trials=5, unscreened=0.0)

    search = Search(make, tmp_path, every_kind)
    for number in range(22):
        trial = search.begin()
        if number >= 18:
            search.oracle.update_trial(trial.trial_id, {"score": float(number)})
        trial.status = "COMPLETED" if number >= 18 else "FAILED"
        search.oracle.end_trial(trial)
    assert search.begin().status == "RUNNING"


def _cells(hp):
    CHAPTER.declare(hp)


def _variety(values):
    return len({value for name, value in values.items() if name.endswith("op")}) / 8


def test_a_population_improves_as_in_a_textbook(tmp_path):
    """The settings and the reward of a tutorial: different operations, and noise.

    Its own generational algorithm comes from .66 to .74 (24 seeds), and without a tournament
    for the second parent ours came to .71 only.
    """
    make = _make(
        population_size=20, tournament_size=2, elites=1, crossover="one_point",
        crossover_rate=1.0, candidates=1,
    )  # fmt: skip
    ends, starts = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        search = in_memory(
            make, tmp_path, _cells, lambda v, rng=rng: 8 * _variety(v) + rng.normal(),
            max_trials=200, seed=seed,
        )  # fmt: skip
        shares = [_variety(values) for values in search.run(200)]
        starts.append(np.mean(shares[:20]))
        ends.append(np.mean(shares[-60:]))
    assert np.mean(starts) < 0.69
    assert np.mean(ends) > 0.72


def test_a_rate_of_mutation_is_that_of_each_hyperparameter(tmp_path):
    settings = {"candidates": 1, "crossover": None, "elites": 0, "population_size": 1}
    oracle = _population(tmp_path, mutation_rate=0.2, **settings)
    children = np.concatenate([oracle._children(np.random.default_rng(n)) for n in range(40)])
    changed = children != oracle._population()[0].row
    assert abs(changed.mean() - 0.2) < 0.03
    assert changed.sum(axis=1).max() > 2


@pytest.mark.parametrize(
    ("candidates", "size", "first", "second"),
    [(1, 1, 2.5, 2.5), (1, 2, 55 / 36, 55 / 36), (1, 5, 0.57, 55 / 36), (2, 5, 0.57, 2.5)],
)
def test_a_second_parent_won_a_tournament_of_two_where_no_model_chooses(
    tmp_path, candidates, size, first, second
):
    """The best of k drawn from n = 6 has the rank sum over r of ((n - r) / n)^k on average."""
    settings = {"candidates": candidates, "crossover": "one_point", "crossover_rate": 1.0}
    oracle = _population(tmp_path, 2, tournament_size=size, mutation_rate=0.0, **settings)
    ranked = [Record(str(rank), {}, np.full(6, float(rank)), -rank) for rank in range(6)]
    oracle._population = lambda: ranked
    rng = np.random.default_rng(0)
    children = np.concatenate([oracle._children(rng) for _ in range(200)])
    # The point is between first and last.
    assert children[:, 0].mean() == pytest.approx(first, abs=0.07)
    assert children[:, -1].mean() == pytest.approx(second, abs=0.07)


@pytest.mark.parametrize("kind", [EvolutionOracle, ParetoOracle, LocalSearchOracle])
@pytest.mark.parametrize("direction", ["max", "min"])
def test_generations_tell_best_and_mean_after_a_reload_too(tmp_path, kind, direction):
    def make(objective, max_trials, **given):
        pareto = [objective, keras_tuner.Objective("cost", "min")]
        sized = {} if kind is LocalSearchOracle else {"population_size": 4}
        oracle = kind(pareto if kind is ParetoOracle else objective, max_trials, **given, **sized)
        oracle.generation_size = 4
        return oracle

    scores = iter([1.0, None, 3.0, 2.0, None, None, None, None, 7.0])
    search = Search(make, tmp_path, _letters, lambda _: next(scores), direction)
    search.run(9)
    best = 3.0 if direction == "max" else 1.0
    expected = [
        Generation(0, best, 2.0, ("00", "01", "02", "03")),
        Generation(1, None, None, ("04", "05", "06", "07")),
        Generation(2, 7.0, 7.0, ("08",)),
    ]
    assert search.oracle.generations == expected
    assert Search(make, tmp_path, _letters, noise, direction).oracle.generations == expected


# Cells


def _bench_201(hp):
    NAS_BENCH_201.declare(hp)


def _knowing_cells(**settings):
    def make(objective, max_trials, **given):
        oracle = EvolutionOracle(objective, max_trials, **given, **settings)
        oracle.network_key = SameNetwork({"": NAS_BENCH_201})
        return oracle

    return make


FEATURES = GraphFeatures(NAS_BENCH_201)


def _on_ways(values):
    """Convolutions on the ways through a cell, and a short way: what only a graph shows."""
    numbers = FEATURES.of([NAS_BENCH_201.genotype(values)])[0]
    found = dict(zip(FEATURES.names, numbers.tolist(), strict=True))
    shortcut = found["normal/path/skip_connect/from0"]
    return 2 * found["normal/most/nor_conv_3x3"] + found["normal/count/nor_conv_3x3"] - shortcut


def test_what_cells_compute_tells_more_than_their_hyperparameters(tmp_path):
    def best(make, seed):
        folder = tmp_path / f"{seed}-{make is plain}"
        search = in_memory(make, folder, _bench_201, _on_ways, max_trials=20, seed=seed)
        return max(map(_on_ways, search.run(20)))

    plain, knowing = _make(), _knowing_cells()
    pairs = [(best(knowing, seed), best(plain, seed)) for seed in range(5)]
    assert np.mean([ours - theirs for ours, theirs in pairs]) > 0.5, pairs


def test_neighbours_of_the_best_three_cells_are_candidates(tmp_path):
    search = in_memory(_knowing_cells(first_trials=5), tmp_path, _bench_201, _on_ways)
    search.run(12)
    oracle = search.oracle
    seen, screened = [], oracle._screened
    oracle._screened = lambda rows: seen.append(rows) or screened(rows)
    search.run(5)
    assert len(seen) == 5  # A model that knows graphs screens all.
    rows = set(map(tuple, seen[-1]))
    best = [record for record in oracle.leaders[:3] if int(record.trial_id) < 16]
    for record in best:
        for column, option in itertools.product(range(6), range(5)):
            neighbour = list(record.row)
            neighbour[column] = option
            assert tuple(neighbour) in rows or option == record.row[column]
