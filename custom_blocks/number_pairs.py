"""Sums, differences and products of pairs of numbers, for trees.

A tree that asks of one column at a time draws a slanted border as a staircase. Of 5,000 customers
of a telephone company (`mlc_churn` of R's modeldata, five folds), 100 boosted trees have a
log-loss of .141 with the pairs of the six columns that say most, and .152 without.
"""

import itertools
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

_TREES = 50  # that say which columns matter


def choose_pairs(
    x: NDArray[Any], ids: NDArray[Any], numbers: int, most: int, seed: int
) -> NDArray[np.int32]:
    """The pairs of the numbers that tell the classes apart best.

    Args:
        x: Rows, (n, d), numbers first.
        ids: Their classes, (n,).
        numbers: How many columns are numbers.
        most: How many of them are paired at most.
        seed: Of the trees that are asked.

    Returns:
        The columns of each pair, int32 (2, pairs).
    """
    trees = ExtraTreesClassifier(_TREES, min_samples_leaf=5, n_jobs=1, random_state=seed)
    worth = trees.fit(x[:, :numbers], ids).feature_importances_
    best = np.sort(np.argsort(-worth, kind="stable")[:most])
    return np.array(list(itertools.combinations(best, 2)), "int32").reshape(-1, 2).T


def paired(x: Any, pairs: NDArray[np.int32]) -> list[Any]:
    """Difference, sum and product of each pair: (n, d) to three (n, pairs).

    Args:
        x: An array or a Keras tensor.
        pairs: What `choose_pairs` gave.
    """
    take = np.take if isinstance(x, np.ndarray) else ops.take
    first, second = (take(x, columns.tolist(), axis=1) for columns in pairs)
    return [first - second, first + second, first * second]
