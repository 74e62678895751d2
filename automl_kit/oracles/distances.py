"""How far members are apart, in each of several respects: what a model's covariance is made of."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from automl_kit.oracles.dimensions import INACTIVE

Array = NDArray[np.float64]


class Distance(Protocol):
    """Distances in several respects, each from 0 to 1.

    Attributes:
        respects: How many there are.
    """

    @property
    def respects(self) -> int:
        """How many respects there are."""

    def apart(self, first: Array, second: Array) -> Array:
        """The distances of encoded members (n, d) and (m, d) in each respect, (respects, n, m)."""

    def total(self, first: Array, second: Array, weights: Array) -> Array:
        """Their weighted sum (n, m), without the parts of it."""


class GeneDistance:
    """Distances in each hyperparameter.

    Of ordered ones the distance on the scale of their range, of others 0 or 1; 1 too where one of
    two members doesn't have it.

    Args:
        ordered: Which columns of members, as `Space.scaled` gives them, are ordered, (d,).
    """

    def __init__(self, ordered: NDArray[np.bool_]):
        self.ordered = ordered

    @property
    def respects(self) -> int:
        """How many hyperparameters there are."""
        return len(self.ordered)

    def apart(self, first: Array, second: Array) -> Array:
        """See `Distance`."""
        a, b = first.T[:, :, None], second.T[:, None, :]
        unequal = (a != b).astype(float)
        both = (a != INACTIVE) & (b != INACTIVE) & self.ordered[:, None, None]
        return np.where(both, np.abs(a - b), unequal)

    def total(self, first: Array, second: Array, weights: Array) -> Array:
        """See `Distance`; of unordered columns by one matrix product.

        Ten times as fast as summing them one by one: 400 rows by 300 of 6 columns in 0.4 ms.
        """
        levels = np.arange(INACTIVE, max(first.max(), second.max(), 0.0) + 1.0)
        others = ~self.ordered
        hot, hot_too = (
            (rows[:, others, None] == levels).reshape(len(rows), -1).astype(float)
            for rows in (first, second)
        )
        scale = np.repeat(weights[others], len(levels))
        total: Array = weights[others].sum() - (hot * scale) @ hot_too.T
        for column in np.flatnonzero(self.ordered):
            one = GeneDistance(self.ordered[[column]])
            total += weights[column] * one.apart(first[:, [column]], second[:, [column]])[0]
        return np.maximum(total, 0.0)


class GroupDistance:
    """Distances in groups of columns from 0 to 1: in each the mean of its columns'.

    Args:
        groups: The group of each column, (d,).

    Example:
        >>> import numpy as np
        >>> distance = GroupDistance(["path", "path", "count"])
        >>> a, b = np.array([[0.0, 0.5, 1.0]]), np.array([[1.0, 0.5, 0.0]])
        >>> distance.apart(a, b)[:, 0, 0].tolist(), distance.total(a, b, np.array([2.0, 1.0]))
        ([0.5, 1.0], array([[2.]]))
    """

    def __init__(self, groups: Sequence[str]):
        names = list(dict.fromkeys(groups))
        self._group = np.array([names.index(group) for group in groups])
        self._share = 1.0 / np.bincount(self._group)

    @property
    def respects(self) -> int:
        """How many groups there are."""
        return len(self._share)

    def apart(self, first: Array, second: Array) -> Array:
        """See `Distance`."""
        found = np.empty((self.respects, len(first), len(second)))
        for group, share in enumerate(self._share):
            columns = self._group == group
            found[group] = share * cdist(first[:, columns], second[:, columns], "cityblock")
        return found

    def total(self, first: Array, second: Array, weights: Array) -> Array:
        """See `Distance`."""
        scale = (weights * self._share)[self._group]
        total: Array = cdist(first * scale, second * scale, "cityblock")
        return total


class JoinedDistance:
    """The respects of two distances, of members whose columns stand side by side.

    Args:
        first: Of the columns but the last ones.
        second: Of the last columns.
        columns: How many those are.
    """

    def __init__(self, first: Distance, second: Distance, columns: int):
        self.first, self.second, self.columns = first, second, columns

    @property
    def respects(self) -> int:
        """How many both have."""
        return self.first.respects + self.second.respects

    def apart(self, first: Array, second: Array) -> Array:
        """See `Distance`."""
        (a, c), (b, d) = self._split(first), self._split(second)
        return np.concatenate([self.first.apart(a, b), self.second.apart(c, d)])

    def total(self, first: Array, second: Array, weights: Array) -> Array:
        """See `Distance`."""
        (a, c), (b, d) = self._split(first), self._split(second)
        own, others = np.split(weights, [self.first.respects])
        return self.first.total(a, b, own) + self.second.total(c, d, others)

    def _split(self, rows: Array) -> tuple[Array, Array]:
        return rows[:, : -self.columns], rows[:, -self.columns :]
