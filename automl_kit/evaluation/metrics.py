"""The four figures that every classifier of ours reports."""

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics


def classification_metrics(
    ids: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    predicted: NDArray[np.integer] | None = None,
) -> dict[str, float]:
    """Judges predicted probabilities against true class ids.

    Args:
        ids: True class ids, (n,), each below k.
        probabilities: Predicted probabilities, (n, k), rows summing to 1.
        predicted: Predicted class ids, (n,); None for those of the largest probabilities.

    Returns:
        `accuracy`, `balanced_accuracy` (mean recall of the classes present),
        `roc_auc` (one against the rest, macro mean over the classes present;
        NaN where only one class is present) and `log_loss` (nats).

    Example:
        >>> import numpy as np
        >>> p = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        >>> classification_metrics(np.array([0, 1, 1]), p)["roc_auc"]
        1.0
    """
    predicted = probabilities.argmax(axis=1) if predicted is None else predicted
    present = np.unique(ids)
    recalls = [float(np.mean(predicted[ids == label] == label)) for label in present]
    columns = range(probabilities.shape[1]) if probabilities.shape[1] > 2 else [1]
    areas = [
        metrics.roc_auc_score(ids == column, probabilities[:, column])
        for column in columns
        if 0 < np.sum(ids == column) < len(ids)
    ]
    rows = probabilities.astype("float64")  # scikit-learn warns of sums off by float32's rounding
    return {
        "accuracy": float(np.mean(predicted == ids)),
        "balanced_accuracy": float(np.mean(recalls)),
        "roc_auc": float(np.mean(areas)) if areas else float("nan"),
        "log_loss": float(
            metrics.log_loss(
                ids,
                rows / rows.sum(axis=1, keepdims=True),
                labels=range(probabilities.shape[1]),
            )
        ),
    }
