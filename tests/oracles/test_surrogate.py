"""The surrogate model, against the formulas written out."""

import numpy as np
import pytest
from scipy import optimize, stats

from automl_kit.oracles.dimensions import INACTIVE
from automl_kit.oracles.distances import GeneDistance
from automl_kit.oracles.surrogate import SHARE, Surrogate, expected_improvement, normal_scores

ORDERED = np.array([False, True, True, False])
GENES = GeneDistance(ORDERED)


def _members(number, seed=0):
    """Rows with unordered and ordered columns, some of which are inactive."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack(
        [
            rng.integers(4, size=number),
            rng.random(number),
            rng.integers(5, size=number) / 4,
            rng.integers(2, size=number),
        ]
    ).astype(float)
    rows[rng.random(number) < 0.4, 2] = INACTIVE
    rows[rng.random(number) < 0.4, 3] = INACTIVE
    return rows


def _covariance(a, b, weights):
    """One entry of the covariance, hyperparameter by hyperparameter."""
    total = 0.0
    for x, y, ordered, weight in zip(a, b, ORDERED, weights, strict=True):
        alike = x != INACTIVE and y != INACTIVE and ordered
        total += weight * (abs(x - y) if alike else float(x != y))
    return (1 - SHARE) * np.exp(-total) + SHARE * (1 - total / sum(weights))


def test_distances_by_hand():
    first = np.array([[1.0, 0.25, INACTIVE, 0.0]])
    second = np.array([[2.0, 0.75, 0.5, 0.0], [1.0, 0.25, INACTIVE, INACTIVE]])
    apart = GENES.apart(first, second)
    assert apart[:, 0, :].T.tolist() == [[1, 0.5, 1, 0], [0, 0, 0, 1]]
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    assert GENES.total(first, second, weights) == pytest.approx(np.array([[5.0, 4.0]]))


def test_predictions_are_those_of_the_formula():
    x, new = _members(30), _members(9, seed=1)
    scores = np.random.default_rng(2).normal(size=30)
    model = Surrogate(GENES)
    model.weights, model.noise = np.array([0.5, 2.0, 1.0, 0.1]), 0.05
    mean, deviation = model.condition(x, scores).predict(new)
    k = np.array([[_covariance(a, b, model.weights) for b in x] for a in x])
    cross = np.array([[_covariance(a, b, model.weights) for b in x] for a in new])
    inverse = np.linalg.inv(k + 0.05 * np.eye(30))
    ranks = scores.argsort().argsort() + 1
    y = stats.norm.ppf((ranks - 0.375) / 30.25)
    assert mean == pytest.approx(cross @ inverse @ y, abs=1e-9)
    variance = 1 - np.einsum("ij,jk,ik->i", cross, inverse, cross)
    assert deviation == pytest.approx(np.sqrt(variance), abs=1e-9)
    assert model.best == pytest.approx(y.max())


def test_the_gradient_is_that_of_the_loss():
    x = _members(25)
    y = normal_scores(np.random.default_rng(0).normal(size=25))
    apart, model = GENES.apart(x, x), Surrogate(GENES)
    prior = np.log(np.array([0.5, 0.5, 0.5, 0.5, 0.01]))
    for seed in range(3):
        logs = prior + np.random.default_rng(seed).normal(size=5)
        _, slopes = model._loss(logs, apart, y, prior)
        numeric = optimize.approx_fprime(logs, lambda at: model._loss(at, apart, y, prior)[0], 1e-6)
        assert slopes == pytest.approx(numeric, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_the_covariance_is_positive_definite_on_mixed_members(seed):
    x = _members(120, seed)
    weights = np.exp(np.random.default_rng(seed).normal(size=4) * 2)
    total = GENES.total(x, x, weights)
    product, additive = Surrogate(GENES).covariance(total, weights)
    assert np.linalg.eigvalsh(product).min() > -1e-9
    assert np.linalg.eigvalsh(additive).min() > -1e-9
    assert np.diag(product + additive) == pytest.approx(1.0)


def test_fitting_finds_what_matters():
    x = _members(80)
    model = Surrogate(GENES).fit(x, 3 * x[:, 1] + 0.01 * x[:, 0])
    assert model.weights[1] > 3 * np.delete(model.weights, 1).max()
    model.condition(x, 3 * x[:, 1])
    mean, _ = model.predict(np.array([[0.0, 0.9, 0.5, 0.0], [0.0, 0.1, 0.5, 0.0]]))
    assert mean[0] - mean[1] > 1


def test_normal_scores_keep_the_order_and_not_the_distances():
    near, far = normal_scores(np.array([1.0, 2.0, 3.0])), normal_scores(np.array([-1e9, 2.0, 3.0]))
    assert near.tolist() == far.tolist()
    assert near == pytest.approx(stats.norm.ppf(np.array([0.625, 1.625, 2.625]) / 3.25))
    assert normal_scores(np.zeros(4)) == pytest.approx(np.zeros(4))


def test_expected_improvement_is_the_mean_of_what_is_gained():
    drawn = np.random.default_rng(0).normal(0.3, 0.8, 400_000)
    gained = np.maximum(drawn - 0.9, 0).mean()
    found = expected_improvement(np.array([0.3]), np.array([0.8]), 0.9)
    assert found == pytest.approx([gained], rel=0.02)
