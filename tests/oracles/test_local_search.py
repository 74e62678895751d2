"""Local search: the way up a hill, its steps on numbers, and where it starts again."""

from functools import partial

import keras_tuner
import numpy as np
import pytest

from automl_kit.oracles import LocalSearchOracle
from automl_kit.oracles.space import Space
from automl_kit.testing.searches import Search, bowl, every_kind, key

in_memory = partial(Search, on_disk=False, max_trials=1000)


def _grid(hp):
    hp.Int("x", 0, 12)
    hp.Int("y", 0, 12)


def _letters(hp):
    for place in range(4):
        hp.Choice(f"letter_{place}", list("abcde"))


def _right(values):
    return float(sum(value == "c" for value in values.values()))


def _changes(a, b):
    """How many hyperparameters two members differ in."""
    return sum(a[name] != value for name, value in b.items())


def test_it_climbs_by_neighbours_of_the_best_so_far(tmp_path):
    search = in_memory(
        LocalSearchOracle, tmp_path, _letters, _right, initial_hps=[dict.fromkeys(
            [f"letter_{place}" for place in range(4)], "a")],
    )  # fmt: skip
    proposals = search.run(50)
    best = proposals[0]
    top = next(place for place, values in enumerate(proposals) if _right(values) == 4)
    for values in proposals[1 : top + 1]:
        assert _changes(best, values) == 1
        best = max(best, values, key=_right)
    # Then all sixteen beside the top, some of them tried before, and after those somewhere else.
    beside = [values for values in proposals if _changes(best, values) == 1]
    assert len(beside) == 16
    last = max(proposals.index(values) for values in beside)
    assert _changes(best, proposals[last + 1]) > 1


def test_numbers_change_one_at_a_time_by_near_and_far_steps(tmp_path):
    first = [{"x": 9, "y": 0}]
    search = in_memory(LocalSearchOracle, tmp_path, _grid, bowl, initial_hps=first)
    proposals = search.run(40)
    assert {"x": 3, "y": 3} in proposals
    best = max(proposals[:5], key=bowl)  # Of a few that are random but for the first.
    steps = set()
    for values in proposals[5 : proposals.index({"x": 3, "y": 3}) + 1]:
        assert _changes(best, values) == 1
        steps.add(abs(best["x"] - values["x"]) + abs(best["y"] - values["y"]))
        best = max(best, values, key=bowl)
    assert steps <= {1, 2, 3, 4}
    assert len(steps) > 1


def test_it_starts_again_where_no_neighbour_is_left_and_climbs_from_there(tmp_path):
    def two_hills(values):
        return max(10 - abs(values["x"] - 2), 20 - 4 * abs(values["x"] - 10)) - abs(values["y"])

    search = in_memory(LocalSearchOracle, tmp_path, _grid, two_hills, seed=1)
    assert {"x": 10, "y": 0} in search.run(80)


def test_a_worse_start_is_climbed_from_all_the_same(tmp_path):
    right = {f"letter_{place}": "c" for place in range(4)}
    search = in_memory(LocalSearchOracle, tmp_path, _letters, _right, initial_hps=[right])
    proposals = search.run(30)
    restart = proposals[17]  # The sixteen neighbours of the best one were tried.
    assert _right(restart) < 3
    assert _changes(restart, proposals[18]) == 1


def test_what_fails_is_not_moved_to(tmp_path):
    def failing(values):
        return None if values["letter_0"] != "a" else _right(values)

    first = {f"letter_{place}": "a" for place in range(4)}
    search = in_memory(LocalSearchOracle, tmp_path, _letters, failing, initial_hps=[first])
    best = first
    for values in search.run(12)[1:]:
        assert _changes(best, values) == 1
        best = max(best, values, key=lambda v: -1.0 if failing(v) is None else failing(v))


@pytest.mark.parametrize("number", [169, 300])
def test_a_finite_space_is_tried_to_its_end(tmp_path, number):
    search = in_memory(LocalSearchOracle, tmp_path, _grid, bowl)
    assert len({key(v) for v in search.run(number)}) == 169


def _wide(hp):
    hp.Int("many", 0, 3000)
    hp.Int("logs", 1, 4000, sampling="log")
    hp.Int("few", 0, 2)


def _narrow(hp):
    hp.Float("float", 0.0, 1.0)
    hp.Float("step", 0.0, 1.0, step=0.1)
    hp.Float("rate", 1e-5, 1e-1, sampling="log")


def _close(hp):
    hp.Int("logs", 1, 70, sampling="log")  # Places of it that differ have the same value.


def _rounded(values):
    return tuple(round(v, 9) if isinstance(v, float) else v for v in values.values())


@pytest.mark.parametrize(
    ("build", "most"), [(_wide, 60), (_narrow, 60), (_close, 70), (every_kind, 60)]
)
def test_no_two_points_are_equal_after_a_reload_either(tmp_path, build, most):
    proposals = in_search(tmp_path, build).run(most // 2)
    proposals += in_search(tmp_path, build).run(most - most // 2)
    assert len({_rounded(values) for values in proposals}) == most


def in_search(folder, build):
    return Search(LocalSearchOracle, folder, build, bowl, max_trials=1000)


def _cube(hp):
    for place in range(5):
        hp.Float(f"x{place}", 0.0, 1.0)


def _sphere(values):
    return -sum((value - 0.37) ** 2 for value in values.values())


def _valley(values):
    z = 4 * np.array([values[f"x{place}"] for place in range(4)]) - 2
    return -float(np.sum(100 * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2))


def _network(hp):
    hp.Float("rate", 1e-5, 1e-1, sampling="log")
    hp.Float("dropout", 0.0, 0.9)


def _learned(values):
    return -abs(np.log10(values["rate"]) + 2.7) - 2 * (values["dropout"] - 0.3) ** 2


def _mixed(hp):
    hp.Float("rate", 1e-5, 1e-1, sampling="log")
    hp.Int("units", 8, 512, sampling="log")
    hp.Int("layers", 1, 6)
    hp.Choice("act", ["relu", "tanh", "gelu"])


def _built(values):
    return (
        -abs(np.log10(values["rate"]) + 3.2)
        - abs(np.log2(values["units"]) - 7) / 3
        - 0.3 * abs(values["layers"] - 3)
        - 0.5 * (values["act"] != "gelu")
    )


@pytest.mark.parametrize(
    ("build", "score"),
    [(_cube, _sphere), (_cube, _valley), (_network, _learned), (_mixed, _built)],
)
def test_on_numbers_it_is_better_than_random_search(tmp_path, build, score):
    hp = keras_tuner.HyperParameters()
    build(hp)
    space = Space(hp.space)

    def found(seed):
        search = in_memory(LocalSearchOracle, tmp_path, build, score, seed=seed)
        rng = np.random.default_rng([seed, 1])
        return search.run(50), [space.sample(rng) for _ in range(50)]

    scores = [[list(map(score, run)) for run in found(seed)] for seed in range(20)]
    ours, theirs = np.maximum.accumulate(scores, axis=2)[:, :, [24, 49]].transpose(1, 0, 2)
    assert (np.median(ours, axis=0) > np.median(theirs, axis=0)).all()
    wins = (ours > theirs).mean(axis=0)
    assert wins[0] >= 0.5
    assert wins[1] >= 0.6
