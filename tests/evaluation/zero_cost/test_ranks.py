"""Log-ranks, among each other and among a pool that doesn't change."""

import numpy as np
import pytest

from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost import Standing, log_rank


def test_log_rank_by_hand():
    scores = [[1.0, 30.0], [2.0, 10.0], [3.0, 20.0], [4.0, 5.0]]
    by_hand = [np.log(1 / 4 * 4 / 4), np.log(2 / 4 * 2 / 4), np.log(3 / 4 * 3 / 4), np.log(1 / 4)]
    np.testing.assert_allclose(log_rank(scores), by_hand)


def test_equals_share_a_rank_and_what_has_no_score_is_last():
    np.testing.assert_allclose(np.exp(log_rank([[2.0], [2.0], [5.0]])) * 3, [1.5, 1.5, 3])
    np.testing.assert_allclose(np.exp(log_rank([[np.nan], [-1e9], [0.0]])) * 3, [1, 2, 3])
    for wrong in ([], [[]], [1.0, 2.0]):
        with pytest.raises(InputError, match="takes scores"):
            log_rank(wrong)


def test_a_member_of_the_pool_stands_where_it_ranks():
    rng = np.random.default_rng(0)
    pool = rng.normal(size=(12, 2))
    standing = Standing({"a": pool[:, 0], "b": pool[:, 1]})
    found = [standing.of({"a": a, "b": b}) for a, b in pool]
    np.testing.assert_allclose(found, log_rank(pool) + 2 * np.log(12 / 13))


def test_a_better_score_stands_higher_everywhere():
    standing = Standing({"a": [3.0, 1.0, 2.0, 2.0]})
    values = np.concatenate([-np.logspace(9, -3, 30), np.linspace(0, 4, 41), np.logspace(1, 9, 30)])
    found = [standing.of({"a": value}) for value in values]
    assert (np.diff(found) > 0).all()
    assert np.isfinite(found).all()
    assert max(found) < 0
    assert np.exp(standing.of({"a": 2.0})) == pytest.approx(2.5 / 5)
    assert np.exp(standing.of({"a": 1.5})) == pytest.approx(1.75 / 5)


def test_a_pool_of_equals_still_tells_more_from_less():
    standing = Standing({"a": [2.0, 2.0, 2.0]})
    assert standing.of({"a": 1.0}) < standing.of({"a": 2.0}) < standing.of({"a": 3.0})
