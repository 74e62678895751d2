"""Greedy selection against sums done by hand and against trying everything."""

import itertools

import numpy as np
import pytest

from automl_kit.ending.selection import greedy_selection

IDS = np.array([0, 1, 1, 0])


def of(*own):
    """Outputs whose probability of each row's class is as given."""
    own = np.array(own)
    outputs = np.empty((len(own), 2))
    outputs[np.arange(len(own)), IDS] = own
    outputs[np.arange(len(own)), 1 - IDS] = 1 - own
    return outputs


def loss(outputs, weights=None):
    return np.average(-np.log(outputs[np.arange(len(IDS)), IDS]), weights=weights)


def test_the_only_one_is_taken():
    assert greedy_selection([of(0.6, 0.6, 0.6, 0.6)], IDS).tolist() == [1]


def test_two_that_know_different_rows_are_better_than_each():
    first, second = of(0.9, 0.9, 0.2, 0.2), of(0.2, 0.2, 0.9, 0.9)
    assert greedy_selection([first, second], IDS).tolist() == [1, 1]
    assert loss((first + second) / 2) < min(loss(first), loss(second))


def test_one_that_is_best_everywhere_stays_alone():
    good, bad = of(0.9, 0.8, 0.9, 0.8), of(0.5, 0.4, 0.5, 0.4)
    assert greedy_selection([bad, good, bad], IDS).tolist() == [0, 1, 0]


def test_each_step_is_the_best_one():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 3, 50)
    outputs = [rng.dirichlet(np.ones(3) + 4 * np.eye(3)[i], 1)[0] for i in ids]
    models = [
        np.array([0.5 * o + 0.5 * rng.dirichlet(np.ones(3)) for o in outputs]) for _ in range(4)
    ]

    def loss_of(counts):
        mean = np.average(models, axis=0, weights=counts)
        return -np.log(mean[np.arange(50), ids]).mean()

    for rounds in (1, 2, 3):
        counts = greedy_selection(models, ids, rounds=rounds)
        before = greedy_selection(models, ids, rounds=rounds - 1) if rounds > 1 else np.zeros(4)
        steps = [before + one for one in np.eye(4)]
        assert loss_of(counts) <= min(map(loss_of, steps)) + 1e-6
    best = min(loss_of(c) for c in itertools.product(range(5), repeat=4) if sum(c))
    assert loss_of(greedy_selection(models, ids)) < best + 0.01


def test_weights_of_rows_count():
    first, second = of(0.9, 0.9, 0.2, 0.2), of(0.2, 0.2, 0.9, 0.9)
    counts = greedy_selection([first, second], IDS, np.array([2.0, 2.0, 1.0, 1.0]))
    assert counts[0] > counts[1] > 0


def test_equal_ones_are_not_mixed():
    same = of(0.7, 0.7, 0.7, 0.7)
    assert greedy_selection([same, same.copy(), same.copy()], IDS).tolist() == [1, 0, 0]


@pytest.mark.parametrize("zero", [0.0, 1e-12])
def test_an_impossible_class_is_bad_and_no_error(zero):
    counts = greedy_selection([of(zero, 1.0, 1.0, 1.0), of(0.6, 0.6, 0.6, 0.6)], IDS)
    assert counts[1] > 0


def test_one_sigmoid_is_the_probability_of_the_second_class():
    good = np.array([[0.1], [0.9], [0.9], [0.1]])
    assert greedy_selection([1 - good, good], IDS).tolist() == [0, 1]
