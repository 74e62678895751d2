"""Sorting by several objectives: fronts, crowding and hypervolume. All are minimised."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def fronts(costs: Array) -> NDArray[np.int64]:
    """The front that each point is in, 0 for those that no other one dominates.

    A point dominates another one if it is no worse in any objective and better in one
    (Deb et al. 2002, section III.A).

    Args:
        costs: Points (n, objectives).

    Returns:
        Numbers of fronts (n,).

    Example:
        >>> fronts(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]])).tolist()
        [0, 0, 1]
    """
    no_worse = np.all(costs[:, None] <= costs[None], axis=2)
    dominates = no_worse & np.any(costs[:, None] < costs[None], axis=2)
    front = np.full(len(costs), -1)
    for number in range(len(costs)):
        left = front < 0
        if not left.any():
            break
        free = left & ~np.any(dominates[left], axis=0)
        front[free] = number
    return front


def crowding(costs: Array) -> Array:
    """How far a point's neighbours in its front are apart, summed over objectives (n,).

    The ends of a front are infinitely far (Deb et al. 2002, section III.B).
    """
    distance = np.zeros(len(costs))
    for column in costs.T:
        order = np.argsort(column, kind="stable")
        spread = column[order[-1]] - column[order[0]]
        distance[order[[0, -1]]] = np.inf
        if spread > 0 and len(costs) > 2:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / spread
    return distance


def survivors(costs: Array, number: int) -> NDArray[np.int64]:
    """The best points: by front, and within the last one by crowding. Best first.

    Args:
        costs: Points (n, objectives).
        number: How many to keep.

    Returns:
        Their indices (number,).
    """
    front = fronts(costs)
    apart = np.zeros(len(costs))
    for value in np.unique(front):
        apart[front == value] = crowding(costs[front == value])
    return np.lexsort((-apart, front))[:number]


def hypervolume(costs: Array, reference: Array) -> float:
    """The area that points dominate below a reference, for two objectives.

    Args:
        costs: Points (n, 2).
        reference: A point (2,) that is worse than those that count.

    Example:
        >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.0, 3.0]))
        3.0
    """
    inside = costs[np.all(costs < reference, axis=1)]
    if not len(inside):
        return 0.0
    best = inside[fronts(inside) == 0]
    area, height = 0.0, float(reference[1])
    for x, y in best[np.lexsort((best[:, 1], best[:, 0]))]:
        if y < height:
            area += (float(reference[0]) - x) * (height - y)
            height = float(y)
    return area
