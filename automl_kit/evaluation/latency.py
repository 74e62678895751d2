"""How long a network takes to predict."""

import time

import keras
import numpy as np

ROWS, CALLS = 32, 10


def latency(model: keras.Model) -> float:
    """Milliseconds that a built network takes for a batch of 32 rows: the median of 10 calls."""
    batch = keras.tree.map_structure(
        lambda tensor: np.zeros((ROWS, *(size or 1 for size in tensor.shape[1:])), tensor.dtype),
        model.inputs,
    )
    batch = batch[0] if len(batch) == 1 else batch
    model.predict_on_batch(batch)  # Compiles.
    seconds = []
    for _ in range(CALLS):
        started = time.perf_counter()
        model.predict_on_batch(batch)
        seconds.append(time.perf_counter() - started)
    return 1000.0 * float(np.median(seconds))
