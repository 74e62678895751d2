"""Stratified splits.

AutoKeras takes the last rows, unshuffled, as validation data; scikit-learn's
StratifiedShuffleSplit refuses a held-out part of fewer rows than there are
classes. Here every class is in both parts.
"""

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError

_MANY_ROWS = 3_000  # from which on folds hold out rows enough


def stratified_split(
    ids: NDArray[np.integer], fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Splits rows so that each class has about the same share in both parts.

    A class with two or more rows has at least one in each part, also where that takes more
    than `fraction`; a class with one row is in the training part.

    Args:
        ids: Class ids, integers, shape (n,).
        fraction: Share of rows to hold out, between 0 and 1.
        seed: The same seed gives the same split.

    Returns:
        Indices of the training rows and of the rows held out, each ascending, int64.

    Example:
        >>> train, validation = stratified_split(np.array([0, 0, 0, 0, 1, 1]), 0.25, seed=0)
        >>> len(train), len(validation)
        (4, 2)

    Raises:
        InputError: If `fraction` is not between 0 and 1, or no class has two rows.
    """
    if not 0 < fraction < 1:
        raise InputError(f"The share to hold out must be between 0 and 1, but is {fraction!r}.")
    ids = np.asarray(ids)
    classes, positions, counts = np.unique(ids, return_inverse=True, return_counts=True)
    if len(classes) == 0 or counts.max() < 2:
        raise InputError(
            f"{len(ids)} row(s) can't be split: at least one class must have 2 rows or more."
        )
    generator = np.random.default_rng(seed)
    held = _allocate(counts, fraction, generator)
    # In random order, then grouped by class: the first `held` of each group are held out.
    order = generator.permutation(len(ids))
    order = order[np.argsort(positions[order], kind="stable")]
    rank = np.arange(len(ids)) - np.repeat(np.cumsum(counts) - counts, counts)
    out = rank < np.repeat(held, counts)
    return np.sort(order[~out]).astype(np.int64), np.sort(order[out]).astype(np.int64)


def stratified_folds(ids: NDArray[np.integer], number: int, seed: int) -> list[NDArray[np.intp]]:
    """Cuts rows into folds of about equal size, each class spread over them evenly.

    Args:
        ids: Class ids, integers, shape (n,).
        number: How many folds, from 2 to n.
        seed: The same seed gives the same folds.

    Returns:
        The rows of each fold, ascending; each row is in one of them.

    Raises:
        InputError: If there are fewer rows than folds.

    Example:
        >>> [fold.tolist() for fold in stratified_folds(np.array([0, 0, 1, 1]), 2, seed=0)]
        [[0, 2], [1, 3]]
    """
    ids = np.asarray(ids)
    if not 2 <= number <= len(ids):
        raise InputError(
            f"{len(ids)} row(s) can't be cut into {number} folds; expected from 2 folds to as "
            "many as there are rows."
        )
    order = np.random.default_rng(seed).permutation(len(ids))
    order = order[np.argsort(ids[order], kind="stable")]  # Grouped by class, in random order.
    fold = np.empty(len(ids), int)
    fold[order] = np.arange(len(ids)) % number
    return [np.flatnonzero(fold == one) for one in range(number)]


def number_of_folds(ids: NDArray[np.integer]) -> int:
    """How many folds suit rows of some classes.

    8, fewer for few rows, as in AutoGluon's rules; but 5 from 3,000 rows on, where more folds cost
    more than they bring, and where a class has fewer than 8 rows as many as it has, but 5 at least.

    Args:
        ids: Class ids, integers, shape (n,).

    Example:
        >>> number_of_folds(np.arange(100) % 2), number_of_folds(np.arange(60) % 10)
        (8, 6)
    """
    rows, smallest = len(ids), int(np.unique(ids, return_counts=True)[1].min())
    most = 5 if rows < 60 or rows >= _MANY_ROWS else 6 if rows < 70 else 7 if rows < 80 else 8
    return min(rows, max(min(most, smallest), min(most, 5)))


def _allocate(
    counts: NDArray[np.int64], fraction: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Rows to hold out of each class, by largest remainder, ties at random."""
    exact = counts * fraction
    held = np.floor(exact).astype(np.int64)
    left = round(fraction * int(counts.sum())) - int(held.sum())
    order = np.lexsort((generator.random(len(counts)), -(exact - held)))
    held[order[:left]] += 1
    smallest: NDArray[np.int64] = np.minimum(1, counts - 1)
    return np.asarray(np.clip(held, smallest, counts - 1), dtype=np.int64)
