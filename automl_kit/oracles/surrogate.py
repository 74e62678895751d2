"""A cheap model of the trials so far, by which proposals are screened before they are trained.

A Gaussian process: two members are the less alike the further apart they are in each of several
respects, such as the value of a hyperparameter, each weighted by what it was found to matter.
"""

from functools import cached_property

import numpy as np
from scipy import linalg, optimize, stats

from automl_kit.oracles.distances import Array, Distance

SHARE = 0.5  # of the covariance that is additive over hyperparameters
NOISE = 0.01  # variance of a score, where the normal scores have variance 1
STEPS = 15  # of the quasi-Newton method


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

    d_i is the distance in respect i and w_i its weight. The first part is a product of Laplace
    kernels, the second a sum of triangular ones; both are positive definite.

    Args:
        distance: How far encoded members are apart, in each respect.

    Example:
        >>> import numpy as np
        >>> from automl_kit.oracles.distances import GeneDistance
        >>> x = np.array([[0.0], [0.5], [1.0]])
        >>> distance = GeneDistance(np.array([True]))
        >>> model = Surrogate(distance).condition(x, np.array([1.0, 2.0, 3.0]))
        >>> mean, deviation = model.predict(np.array([[0.0], [1.0]]))
        >>> bool(mean[0] < mean[1])
        True
    """

    def __init__(self, distance: Distance):
        self.distance = distance
        self.weights: Array = np.full(distance.respects, 2.0 / distance.respects)
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
        apart = self.distance.apart(x, x)
        y = normal_scores(scores)
        start = np.log(np.append(np.full(len(apart), 2.0 / len(apart)), NOISE))
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
        total = self.distance.total(first, second, self.weights)
        product, additive = self.covariance(total, self.weights)
        return product + additive
