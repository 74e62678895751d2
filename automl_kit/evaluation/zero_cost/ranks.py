"""Several scores as one number: where a network stands among others by each of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from automl_kit.errors import InputError


def log_rank(scores: ArrayLike) -> NDArray[np.float64]:
    """Ranks the members of a pool by several scores together.

    Lee and Ham (2024), "AZ-NAS", equation 9: Σ_m log(rank_m / n), ranks from 1, the worst, to n.
    To be last by one score costs more than to be first by another one gains. Equal scores share
    their mean rank; a score that can't be had (NaN) ranks below all others.

    Args:
        scores: (n, m), a row a member, a column a score; higher is better.

    Returns:
        (n,), 0 at most; higher is better.

    Raises:
        InputError: If it isn't a matrix of one row and one column at least.

    Example:
        >>> log_rank([[10, 3], [20, 1], [30, 2]]).round(3).tolist()
        [-1.099, -1.504, -0.405]
    """
    matrix = np.asarray(scores, "float64")
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(
            f"log_rank takes scores (members, scores) of both at least one; got {matrix.shape}."
        )
    known = np.where(np.isnan(matrix), -np.inf, matrix)
    ranks = np.stack([rankdata(column) for column in known.T], axis=1)
    total: NDArray[np.float64] = np.log(ranks / len(matrix)).sum(axis=1)
    return total


@dataclass(frozen=True)
class Standing:
    """Where a network stands among the members of a pool that doesn't change.

    Attributes:
        pool: Scores of its members, by name of the score; three different ones of each at least.

    Example:
        >>> standing = Standing({"flops": [1.0, 2.0, 3.0]})
        >>> round(standing.of({"flops": 2.5}), 3)  # log 2.5 / 4
        -0.47
        >>> standing.of({"flops": 4.0}) < standing.of({"flops": 5.0}) < 0
        True
    """

    pool: Mapping[str, ArrayLike]

    def of(self, scores: Mapping[str, float]) -> float:
        """Σ_m log(rank_m / (n + 1)), with ranks that grow with the score everywhere.

        Between two members the rank grows linearly. Beyond them, at d standard deviations of the
        pool, it is n + 1 − 1 / (1 + d) above the best, and 1 / (1 + d) below the worst: ranks of
        whole numbers would call all that beat the pool equal, and a search couldn't climb on.
        """
        return float(
            sum(np.log(_rank(np.asarray(self.pool[name]), scores[name])) for name in self.pool)
        )


def _rank(pool: NDArray[np.float64], value: float) -> float:
    """The share of a pool that is below a value, from 0 to 1, both excluded."""
    members = np.sort(pool[np.isfinite(pool)].astype("float64"))
    values, counts = np.unique(members, return_counts=True)
    places = np.cumsum(counts) - (counts - 1) / 2.0  # Equal ones share their mean rank.
    scale, most = members.std() or 1.0, len(members) + 1.0
    if value > values[-1]:
        rank = most - (most - places[-1]) / (1.0 + (value - values[-1]) / scale)
    elif value < values[0]:
        rank = places[0] / (1.0 + (values[0] - value) / scale)
    else:
        rank = np.interp(value, values, places)
    return float(rank / most)
