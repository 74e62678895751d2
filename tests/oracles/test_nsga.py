"""Fronts, crowding and hypervolume, by hand and against brute force."""

import numpy as np
import pytest

from automl_kit.oracles import nsga

POINTS = np.array([[1, 5], [2, 3], [4, 1], [3, 4], [5, 2], [5, 5], [2, 3]], float)


def test_fronts_by_hand():
    assert nsga.fronts(POINTS).tolist() == [0, 0, 0, 1, 1, 2, 0]


def test_fronts_are_those_of_peeling_one_after_the_other():
    costs = np.random.default_rng(0).integers(6, size=(40, 3)).astype(float)
    left, expected, number = list(range(40)), np.zeros(40, int), 0
    while left:
        free = [
            i
            for i in left
            if not any((costs[j] <= costs[i]).all() and (costs[j] < costs[i]).any() for j in left)
        ]
        expected[free] = number
        left = [i for i in left if i not in free]
        number += 1
    assert nsga.fronts(costs).tolist() == expected.tolist()
    assert number > 2


def test_crowding_by_hand():
    # Sorted by either column, neighbours of (2, 3) are (1, 5) and (4, 1): 3/3 + 4/4.
    assert nsga.crowding(POINTS[:3]).tolist() == [np.inf, 2.0, np.inf]
    line = np.array([[0.0, 4.0], [1.0, 3.0], [3.0, 1.0], [4.0, 0.0]])
    assert nsga.crowding(line).tolist() == [np.inf, 3 / 4 + 3 / 4, 3 / 4 + 3 / 4, np.inf]
    assert nsga.crowding(np.ones((3, 2))).tolist()[1] == 0.0
    assert nsga.crowding(np.ones((1, 2))).tolist() == [np.inf]


def test_survivors_are_the_first_fronts_and_in_the_last_the_least_crowded():
    front = np.array([[0, 10], [1, 8.9], [1.2, 8.8], [5, 5], [10, 0]], float)
    worse = front + 20
    costs = np.concatenate([worse, front])
    assert set(nsga.survivors(costs, 5)) == {5, 6, 7, 8, 9}
    assert set(nsga.survivors(costs, 3)) == {5, 8, 9}
    assert set(nsga.survivors(costs, 8)) == {5, 6, 7, 8, 9, 0, 3, 4}
    assert set(nsga.survivors(costs, 50)) == set(range(10))


def test_hypervolume_by_hand():
    reference = np.array([6.0, 6.0])
    assert nsga.hypervolume(POINTS[:1], reference) == 5.0
    # (6-1)(6-5) + (6-2)(5-3) + (6-4)(3-1)
    assert nsga.hypervolume(POINTS, reference) == 5 + 8 + 4
    assert nsga.hypervolume(np.array([[7.0, 0.0]]), reference) == 0.0


def test_hypervolume_is_the_share_of_dominated_points():
    rng = np.random.default_rng(0)
    costs, drawn = rng.random((12, 2)), rng.random((100_000, 2))
    dominated = np.any([(drawn >= point).all(axis=1) for point in costs], axis=0).mean()
    assert nsga.hypervolume(costs, np.ones(2)) == pytest.approx(dominated, abs=0.01)
