import numpy as np
import pytest

from automl_kit.data import stratified_split
from automl_kit.errors import InputError


def test_shares_of_classes_are_kept_in_sorted_data():
    ids = np.repeat([0, 1, 2], [500, 300, 200])
    train, validation = stratified_split(ids, 0.2, seed=0)
    assert np.bincount(ids[validation]).tolist() == [100, 60, 40]
    assert np.bincount(ids[train]).tolist() == [400, 240, 160]
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(1000))
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()


def test_the_seed_decides_and_zero_is_a_seed():
    ids = np.arange(200) % 4
    first, again, other = (stratified_split(ids, 0.25, seed)[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_each_class_of_two_or_more_is_in_both_parts(fraction):
    counts = [1, 2, 3, 10, 40]
    ids = np.random.default_rng(0).permutation(np.repeat(np.arange(5), counts))
    train, validation = stratified_split(ids, fraction, seed=3)
    held = np.bincount(ids[validation], minlength=5)
    assert held[0] == 0
    assert (held[1:] >= 1).all()
    assert (np.bincount(ids[train], minlength=5) >= 1).all()


def test_the_size_is_that_asked_for_where_classes_allow():
    ids = np.repeat(np.arange(7), 13)  # 0.2 of a class is 2.6 rows
    assert len(stratified_split(ids, 0.2, seed=0)[1]) == round(0.2 * 91)


def test_every_row_of_a_class_may_be_held_out():
    ids = np.array([0, 0, 0, 1, 1, 1])
    held = {i for seed in range(50) for i in stratified_split(ids, 0.3, seed)[1].tolist()}
    assert held == set(range(6))


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_shares_that_can_not_be_are_refused(fraction):
    with pytest.raises(InputError, match="between 0 and 1"):
        stratified_split(np.array([0, 0, 1, 1]), fraction, seed=0)


@pytest.mark.parametrize("ids", [[], [0], [0, 1]])
def test_too_few_rows_are_refused(ids):
    with pytest.raises(InputError, match="can't be split"):
        stratified_split(np.array(ids, dtype=int), 0.5, seed=0)
