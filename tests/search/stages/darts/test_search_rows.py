"""Which rows a search trains on, and what settings it takes."""

import dataclasses

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.search.stages.darts.darts_settings import DartsSettings
from automl_kit.search.stages.darts.search_rows import SearchRows, class_ids

SETTINGS = DartsSettings(batch_size=8)
Y = np.arange(48) % 2


def test_weights_and_architecture_see_disjoint_rows_unless_told_otherwise():
    parts = {}
    for same in (False, True):
        settings = dataclasses.replace(SETTINGS, same_rows=same)
        source = SearchRows(np.arange(len(Y)), Y, settings, seed=0)
        pairs = list(source.epoch(0))
        assert len(pairs) == source.steps == 3
        parts[same] = [{int(i) for pair in pairs for i in pair[k][0]} for k in (0, 1)]
    assert parts[False][0].isdisjoint(parts[False][1])
    assert parts[True][0] == parts[True][1]


def test_epochs_are_shuffled_by_seed_and_number():
    first = SearchRows(np.arange(len(Y)), Y, SETTINGS, seed=0)
    again = SearchRows(np.arange(len(Y)), Y, SETTINGS, seed=0)
    order = [pair[0][0].tolist() for pair in first.epoch(1)]
    assert order == [pair[0][0].tolist() for pair in again.epoch(1)]
    assert order != [pair[0][0].tolist() for pair in first.epoch(2)]


def test_too_few_rows_are_refused():
    with pytest.raises(InputError, match="fewer than a batch"):
        SearchRows(np.zeros((10, 1)), np.arange(10) % 2, SETTINGS, seed=0)


@pytest.mark.parametrize("y", [[0, 2, 1], [[0], [2], [1]], [[1, 0, 0], [0, 0, 1], [0, 1, 0]]])
def test_labels_as_ids_or_one_hot(y):
    assert class_ids(y).tolist() == [0, 2, 1]


@pytest.mark.parametrize("y", [["a", "b"], [0.5, 1.0]])
def test_other_labels_are_refused(y):
    with pytest.raises(InputError, match="class ids"):
        class_ids(y)


@pytest.mark.parametrize(
    "wrong", [{"order": 3}, {"epochs": 0}, {"train_share": 1.0}, {"max_skips": -1}, {"clip": 0}]
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        DartsSettings(**wrong)


def test_rows_of_its_own_for_the_architecture():
    own = np.arange(100, 116), np.arange(16) % 2
    source = SearchRows(np.arange(len(Y)), Y, SETTINGS, seed=0, own_valid=own)
    assert source.steps == 6  # all rows train the weights
    pairs = list(source.epoch(0))
    assert {int(i) for pair in pairs for i in pair[0][0]} == set(range(48))
    assert {int(i) for pair in pairs for i in pair[1][0]} == set(range(100, 116))
    assert all((pair[1][0] % 2 == pair[1][1]).all() for pair in pairs)


@pytest.mark.parametrize(
    ("own", "settings", "told"),
    [
        ((np.zeros((9, 2)), np.zeros(8, int)), {}, "as many labels as rows; got 8 for 9"),
        ((np.zeros((8, 3)), np.zeros(8, int)), {}, r"shape \(2,\) as in x; got \(3,\)"),
        ((np.zeros((4, 2)), np.zeros(4, int)), {}, "leave 4 for one of the two parts"),
        ((np.zeros((8, 2)), np.zeros(8, int)), {"same_rows": True}, "got validation_data too"),
    ],
)
def test_rows_for_the_architecture_that_cannot_be(own, settings, told):
    settings = dataclasses.replace(SETTINGS, **settings)
    with pytest.raises(InputError, match=told):
        SearchRows(np.zeros((len(Y), 2)), Y, settings, seed=0, own_valid=own)
