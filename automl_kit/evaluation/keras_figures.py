"""A loss and metrics of the user's, as Keras logs them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def keras_figures(
    targets: NDArray[Any], outputs: NDArray[Any], loss: Any = None, metrics: Any = None
) -> dict[str, float]:
    """Judges outputs by a loss and by metrics.

    Args:
        targets: One-hot rows, (n, k).
        outputs: Predicted probabilities, (n, k).
        loss: A Keras loss, by name too; None for categorical cross-entropy.
        metrics: Keras metrics, by name too; None for accuracy.

    Returns:
        "loss" first, then each metric by its name.

    Example:
        >>> targets, outputs = np.eye(2), np.array([[0.9, 0.1], [0.6, 0.4]])
        >>> figures = keras_figures(targets, outputs, "mean_absolute_error")
        >>> round(figures["loss"], 6), figures["accuracy"]
        (0.35, 0.5)
    """
    judge = keras.losses.get("categorical_crossentropy" if loss is None else loss)
    figures = {"loss": _mean(judge(targets.astype("float32"), outputs))}
    given: Sequence[Any] = ["accuracy"] if metrics is None else metrics
    for metric in given:
        short = metric in ("accuracy", "acc") if isinstance(metric, str) else False
        found = keras.metrics.get("categorical_accuracy" if short else metric)
        name = metric if isinstance(metric, str) else _name(found)
        if isinstance(found, keras.metrics.Metric):
            found.reset_state()
            found.update_state(targets, outputs)
            figures[name] = _mean(found.result())
        else:
            figures[name] = _mean(found(targets, outputs))
    return figures


def _name(metric: Any) -> str:
    return str(getattr(metric, "name", None) or getattr(metric, "__name__", metric))


def _mean(value: Any) -> float:
    return float(np.mean(keras.ops.convert_to_numpy(value)))
