"""Greedy ensemble selection: which networks to average, and how much each counts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 25  # more bring no measurable improvement (Salinas and Erickson, TabRepo, 2024)
_ROUNDED = 1e-6  # differences of the loss below it say nothing
_LEAST = 1e-7  # of a probability in the loss, as in Keras's


def greedy_selection(
    outputs: Sequence[NDArray[np.floating]],
    ids: NDArray[np.integer],
    weights: NDArray[np.floating] | None = None,
    rounds: int = _ROUNDS,
) -> NDArray[np.intp]:
    """Adds one network after the other, with replacement, to the mean with the least log-loss.

    Caruana et al. (2004), "Ensemble selection from libraries of models", without bagging: begun
    with nothing; of equal ones a network that is in already is taken, else the first; what is
    given is the ensemble of the round with the least loss, the earliest of equals.

    Args:
        outputs: Of each network the probabilities of rows that it hasn't seen, (n, classes).
        ids: The rows' class ids, (n,).
        weights: Weights of the rows in the loss, (n,); None for 1.
        rounds: How often one is added.

    Returns:
        How often each network was added, (networks,).

    Example:
        >>> sure, wrong = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.4, 0.6], [0.9, 0.1]])
        >>> greedy_selection([wrong, sure], np.array([0, 1])).tolist()
        [0, 1]
    """
    own = [_of_own_class(output, ids) for output in outputs]
    total, counts = np.zeros(len(ids)), np.zeros(len(own), dtype=np.intp)
    best, least = counts.copy(), np.inf
    for number in range(1, rounds + 1):
        losses = np.array([_loss((total + one) / number, weights) for one in own])
        if number > 1 and losses.min() > 1e-4:
            losses = (losses / _ROUNDED).round() * _ROUNDED
        equal = np.isclose(losses, losses.min(), rtol=1e-12, atol=0)
        known = equal & (counts > 0)
        chosen = int(np.argmax(known if known.any() else equal))
        total, counts = total + own[chosen], counts.copy()
        counts[chosen] += 1
        if losses[chosen] < least - _ROUNDED:
            best, least = counts, float(losses[chosen])
    return best


def mean_loss(
    outputs: Sequence[NDArray[np.floating]],
    counts: Sequence[int],
    ids: NDArray[np.integer],
    weights: NDArray[np.floating] | None = None,
) -> float:
    """The log-loss of a weighted mean of networks; arguments as `greedy_selection`'s."""
    own = [_of_own_class(output, ids) for output in outputs]
    return _loss(np.average(own, axis=0, weights=counts), weights)


def _of_own_class(output: NDArray[np.floating], ids: NDArray[np.integer]) -> NDArray[np.floating]:
    """The probability of each row's class; of one sigmoid it is that of the second class."""
    if output.shape[1] == 1:
        return np.where(ids == 1, output[:, 0], 1 - output[:, 0])
    probabilities: NDArray[np.floating] = output[np.arange(len(ids)), ids]
    return probabilities


def _loss(own: NDArray[np.floating], weights: NDArray[np.floating] | None) -> float:
    return float(np.average(-np.log(np.clip(own, _LEAST, 1.0)), weights=weights))
