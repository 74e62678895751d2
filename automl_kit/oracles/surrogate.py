"""A cheap model of the trials so far, by which proposals are screened before they are trained.

A Gaussian process on hyperparameters of every kind: two members are the less alike the more
hyperparameters they differ in, each weighted by what it was found to matter.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, stats

from automl_kit.oracles.dimensions import INACTIVE

Array = NDArray[np.float64]

SHARE = 0.5  # of the covariance that is additive over hyperparameters
NOISE = 0.01  # variance of a score, where the normal scores have variance 1
STEPS = 15  # of the quasi-Newton method


def distances(first: Array, second: Array, ordered: NDArray[np.bool_]) -> Array:
    """Distances of members in each hyperparameter, from 0 to 1.

    Args:
        first: Encoded members (n, d), as `Space.scaled` gives them.
        second: The same (m, d).
        ordered: Which columns are ordered, (d,).

    Returns:
        Array (d, n, m): of ordered hyperparameters the distance on the scale of their range, of
        others 0 or 1; 1 too where one of the two members doesn't have it.
    """
    a, b = first.T[:, :, None], second.T[:, None, :]
    unequal = (a != b).astype(float)
    both = (a != INACTIVE) & (b != INACTIVE) & ordered[:, None, None]
    return np.where(both, np.abs(a - b), unequal)


def total_distance(
    first: Array, second: Array, ordered: NDArray[np.bool_], weights: Array
) -> Array:
    """The weighted sum (n, m) of `distances`, of unordered columns by one matrix product.

    Ten times as fast as summing them one by one: 400 rows by 300 of 6 columns in 0.4 ms.
    """
    levels = np.arange(INACTIVE, max(first.max(), second.max(), 0.0) + 1.0)
    others = ~ordered
    hot, hot_too = (
        (rows[:, others, None] == levels).reshape(len(rows), -1).astype(float)
        for rows in (first, second)
    )
    scale = np.repeat(weights[others], len(levels))
    total: Array = weights[others].sum() - (hot * scale) @ hot_too.T
    for column in np.flatnonzero(ordered):
        apart = distances(first[:, [column]], second[:, [column]], ordered[[column]])[0]
        total += weights[column] * apart
    return np.maximum(total, 0.0)


def normal_scores(scores: Array) -> Array:
    """Scores (n,) as normal quantiles of their ranks: failures far below don't bend the model."""
    ranks = stats.rankdata(scores)
    result: Array = stats.norm.ppf((ranks - 0.375) / (len(scores) + 0.25))
    return result


def expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    """Expected improvement over the best, elementwise (Mockus 1978)."""
    z = (mean - best) / deviation
    result: Array = deviation * (z * stats.norm.cdf(z) + stats.norm.pdf(z))
    return result


class Surrogate:
    """A Gaussian process with the covariance (1 - s)·exp(-Σ w_i d_i) + s·(1 - Σ w_i d_i / Σ w_i).

    d_i is the distance in hyperparameter i and w_i its weight. The first part is a product of
    Laplace kernels, the second a sum of triangular ones; both are positive definite.

    Args:
        ordered: Which columns of encoded members are ordered, (d,).

    Example:
        >>> import numpy as np
        >>> x = np.array([[0.0], [0.5], [1.0]])
        >>> model = Surrogate(np.array([True])).condition(x, np.array([1.0, 2.0, 3.0]))
        >>> mean, deviation = model.predict(np.array([[0.0], [1.0]]))
        >>> bool(mean[0] < mean[1])
        True
    """

    def __init__(self, ordered: NDArray[np.bool_]):
        self.ordered = ordered
        self.weights: Array = np.full(len(ordered), 2.0 / len(ordered))
        self.noise = NOISE

    def covariance(self, total: Array, weights: Array) -> tuple[Array, Array]:
        """The two parts of the covariance, from weighted distances; each (n, m)."""
        return (1 - SHARE) * np.exp(-total), SHARE * (1 - total / weights.sum())

    def fit(self, x: Array, scores: Array) -> "Surrogate":
        """Finds weights and noise by the marginal likelihood with log-normal priors.

        Args:
            x: Encoded members (n, d).
            scores: Their scores (n,).

        Returns:
            The model itself.
        """
        apart = distances(x, x, self.ordered)
        y = normal_scores(scores)
        start = np.log(np.append(np.full(len(self.ordered), 2.0 / len(self.ordered)), NOISE))
        bounds = [(value - 4.0, value + 3.0) for value in start]
        found = optimize.minimize(
            self._loss, start, (apart, y, start), "L-BFGS-B", True, bounds=bounds,
            options={"maxiter": STEPS},
        )  # fmt: skip
        self.weights, self.noise = np.exp(found.x[:-1]), float(np.exp(found.x[-1]))
        return self

    def _loss(self, logs: Array, apart: Array, y: Array, prior: Array) -> tuple[float, Array]:
        """Negative log posterior and its gradient (Rasmussen & Williams 2006, eq. 5.8 and 5.9)."""
        weights, noise = np.exp(logs[:-1]), np.exp(logs[-1])
        product, additive = self.covariance(np.tensordot(weights, apart, 1), weights)
        factor = linalg.cho_factor(product + additive + noise * np.eye(len(y)), lower=True)
        inverse = linalg.cho_solve(factor, np.eye(len(y)))
        alpha = inverse @ y
        loss = 0.5 * y @ alpha + np.log(np.diag(factor[0])).sum()
        outer = inverse - np.outer(alpha, alpha)
        share = (SHARE - additive) / weights.sum()  # Σ w_i d_i / (Σ w_i)² · s
        in_product = np.tensordot(apart, outer * product, 2)
        in_sum = SHARE / weights.sum() * np.tensordot(apart, outer, 2) - np.sum(outer * share)
        slopes = np.append(-(in_product + in_sum) * weights, np.trace(outer) * noise) / 2
        off = logs - prior
        return float(loss + 0.5 * off @ off), slopes + off

    def condition(self, x: Array, scores: Array) -> "Surrogate":
        """Takes in the trials that predictions follow from; weights stay.

        Args:
            x: Encoded members (n, d).
            scores: Their scores (n,).

        Returns:
            The model itself.
        """
        self._x, self._y = x, normal_scores(scores)
        matrix = self._between(x, x) + self.noise * np.eye(len(x))
        self._factor = linalg.cho_factor(matrix, lower=True)
        self._alpha = linalg.cho_solve(self._factor, self._y)
        self.__dict__.pop("best", None)
        return self

    @cached_property
    def best(self) -> float:
        """The best of the normal scores."""
        return float(self._y.max())

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of normal scores, each (m,), of members (m, d)."""
        cross = self._between(self._x, x)
        explained = linalg.solve_triangular(self._factor[0], cross, lower=True)
        variance = 1.0 - np.sum(explained**2, axis=0)
        return cross.T @ self._alpha, np.sqrt(np.maximum(variance, 1e-9))

    def _between(self, first: Array, second: Array) -> Array:
        total = total_distance(first, second, self.ordered, self.weights)
        product, additive = self.covariance(total, self.weights)
        return product + additive
