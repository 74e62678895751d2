"""What a fitted model costs whoever uses it: its size, and the time of an answer."""

import time

import keras
import numpy as np

from automl_kit.export.predicting import predict_in_batches
from automl_kit.export.raw import Raw

_CALLS = 5


def model_cost(model: keras.Model, sample: Raw) -> dict[str, float]:
    """Size and time of an assembled model.

    Args:
        model: What `assemble` gave.
        sample: Raw inputs, a row at least.

    Returns:
        "parameters": its numbers, those of trees and tables too; "megabytes" of them; and
        "milliseconds" that one row takes, the median of five.
    """
    row = keras.tree.map_structure(lambda values: values[:1], sample)
    predict_in_batches(model, row, 1)  # Compiles.
    seconds = []
    for _ in range(_CALLS):
        started = time.perf_counter()
        predict_in_batches(model, row, 1)
        seconds.append(time.perf_counter() - started)
    sizes = [(np.prod(w.shape), np.dtype(w.dtype).itemsize) for w in model.weights]
    return {
        "parameters": int(sum(count for count, _ in sizes)),
        "megabytes": float(sum(count * size for count, size in sizes)) / 1e6,
        "milliseconds": 1000.0 * float(np.median(seconds)),
    }
