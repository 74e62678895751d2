"""Temperature: how sure probabilities are is put right by rows that nobody has learned from."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

_ENOUGH_OF_TWO, _ENOUGH = 3_000, 500  # rows; of two classes a row says less. AutoGluon's rules.
_LEAST = 1e-7  # of a probability, as in Keras's loss
_RANGE = np.log(0.2), np.log(5.0)


def temperature(
    outputs: NDArray[np.floating], ids: NDArray[np.integer], weights: Any = None
) -> float:
    """By what logarithms of probabilities are to be divided; 1 where that isn't known to help.

    Guo et al. (2017), "On calibration of modern neural networks", section 4.2. It is known to
    help where rows are enough, and the temperature of either half of them lowers the loss of the
    other.

    Args:
        outputs: Probabilities of rows that weren't learned from, (n, classes).
        ids: Their class ids, (n,).
        weights: Of the rows in the loss, (n,); None for 1.

    Example:
        >>> sure, ids = np.tile([[0.99, 0.01], [0.99, 0.01]], (2000, 1)), np.tile([0, 1], 2000)
        >>> temperature(sure, ids) > 2
        True
    """
    rows, classes = outputs.shape
    if classes < 2 or rows < (_ENOUGH_OF_TWO if classes == 2 else _ENOUGH):
        return 1.0
    logs = np.log(np.clip(outputs.astype("float64"), _LEAST, 1.0))
    every = np.ones(rows) if weights is None else np.asarray(weights, "float64")
    half = np.arange(rows) % 2 == 0
    for one, other in ((half, ~half), (~half, half)):
        found = _fitted(logs[one], ids[one], every[one])
        if _loss(found, logs[other], ids[other], every[other]) >= _loss(
            1.0, logs[other], ids[other], every[other]
        ):
            return 1.0
    return _fitted(logs, ids, every)


def tempered(network: keras.Model, value: float) -> keras.Model:
    """A network whose probabilities are those of another at a temperature, of stock layers."""
    if value == 1.0:
        return network
    inputs = [keras.Input(t.shape[1:], dtype=t.dtype, name=t.name) for t in network.inputs]
    # AutoKeras's networks, of which a single one may be the ensemble, give lists of one output.
    (output,) = keras.tree.flatten(network(inputs[0] if len(inputs) == 1 else inputs))
    logs = ops.log(ops.maximum(output, _LEAST)) * (1.0 / value)
    model = keras.Model(inputs, keras.layers.Softmax(dtype="float32")(logs), name=network.name)
    if network.compiled:
        model.compile_from_config(network.get_compile_config())
    return model


def _fitted(logs: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any]) -> float:
    found = minimize_scalar(
        lambda log: _loss(np.exp(log), logs, ids, weights), bounds=_RANGE, method="bounded"
    )
    return float(np.exp(found.x))


def _loss(value: float, logs: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any]) -> float:
    scaled = logs / value
    scaled -= scaled.max(axis=1, keepdims=True)
    own = scaled[np.arange(len(ids)), ids] - np.log(np.exp(scaled).sum(axis=1))
    return float(-np.average(own, weights=weights))
