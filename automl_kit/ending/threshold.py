"""The probability from which the second of two classes is predicted, where a score asks for it."""

import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.objectives import Objective

# AutoGluon's rules (`predictor.py`, 1.6): rows that weren't learned from. A threshold of most
# accuracy is near a half, and many rows are needed to know it better.
_ENOUGH, _ENOUGH_FOR_ACCURACY = 50, 10_000
_TRIED = 99  # thresholds, at equal shares of the rows
# Precision and recall alone are best where everything is predicted alike; areas under curves and
# losses are of probabilities.
_BY_LABELS = {
    "accuracy", "balanced_accuracy", "f1", "f1_macro", "f1_micro", "f1_weighted", "jaccard",
    "jaccard_macro", "jaccard_micro", "jaccard_weighted", "matthews_corrcoef",
}  # fmt: skip


def best_threshold(
    outputs: NDArray[np.floating], ids: NDArray[np.integer], objective: Objective
) -> float:
    """The threshold with the best score; a half where another one isn't known to help.

    It is known to help where rows are enough, and the best threshold of either half of them
    makes the score of the other one better.

    Args:
        outputs: Probabilities of two classes of rows that weren't learned from, (n, 2).
        ids: Their class ids, (n,).
        objective: The score.

    Example:
        >>> from automl_kit.evaluation.objectives import resolve_objective
        >>> ids = np.arange(200) % 4 == 0
        >>> second = np.where(ids, 0.4, 0.1)
        >>> outputs = np.stack([1 - second, second], axis=1)
        >>> 0.1 < best_threshold(outputs, ids.astype(int), resolve_objective("f1")) < 0.4
        True
    """
    name = objective.name.removeprefix("val_")
    enough = _ENOUGH_FOR_ACCURACY if name == "accuracy" else _ENOUGH
    if outputs.shape[1] != 2 or name not in _BY_LABELS or len(ids) < enough:
        return 0.5
    half = np.arange(len(ids)) % 2 == 0
    for one, other in ((half, ~half), (~half, half)):
        found = _best(outputs[one], ids[one], objective)
        value, usual = (_score(outputs[other], ids[other], objective, at) for at in (found, 0.5))
        if not objective.better(value, usual):
            return 0.5
    return _best(outputs, ids, objective)


def _best(outputs: NDArray[np.floating], ids: NDArray[np.integer], objective: Objective) -> float:
    """The threshold with the best score, the one nearest to a half of equals."""
    values = np.unique(outputs[:, 1].astype("float64"))
    between = np.append((values[1:] + values[:-1]) / 2, 0.5)
    tried = np.quantile(between, np.linspace(0, 1, _TRIED), method="nearest")
    tried = np.clip(np.unique(np.append(tried, 0.5)), 1e-6, 1 - 1e-6)
    tried = tried[np.argsort(np.abs(tried - 0.5), kind="stable")]
    best, found = 0.5, _score(outputs, ids, objective, 0.5)
    for threshold in tried:
        score = _score(outputs, ids, objective, float(threshold))
        if objective.better(score, found):
            best, found = float(threshold), score
    return best


def _score(
    outputs: NDArray[np.floating], ids: NDArray[np.integer], objective: Objective, threshold: float
) -> float:
    """The score of the classes that a threshold predicts."""
    second = outputs[:, 1] > threshold
    if objective.score is None:
        return float(np.mean(second == ids))
    return objective.score(ids, np.stack([~second, second], axis=1).astype("float64"))
