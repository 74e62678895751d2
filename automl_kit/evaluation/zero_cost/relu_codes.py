"""The score of codes: how well the ReLUs of a network tell rows apart."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost.probe import Probe

_RELUS = (keras.activations.relu, keras.activations.relu6)


def naswot(probe: Probe) -> float:
    """The log-determinant of how many ReLUs two rows agree in.

    Mellor et al. (2021), "Neural architecture search without training", equation 2. ReLUs are
    found as layers, as activations of layers and as `keras.ops.relu`; not inside of layers that
    hold others.

    Args:
        probe: The network and its rows.

    Raises:
        InputError: If the network has no ReLU, or they tell two of the rows not apart.
    """
    kernel = np.zeros((probe.rows, probe.rows))

    def hear(operation: Any, given: list[Any], gave: list[Any]) -> None:
        nonlocal kernel
        if _is_relu(operation) and gave[0].shape[0] == probe.rows:
            kernel += agreements([np.asarray(tf.reshape(gave[0], (probe.rows, -1)) > 0)])

    probe.run(hear=hear)
    if not kernel.any():
        raise InputError(
            f"{probe.model.name!r} has no naswot: there is no ReLU among its layers. Use 'jacov'."
        )
    return log_determinant(kernel)


def agreements(codes: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """How many bits each two rows agree in, (n, n), of codes (n, bits) of several layers.

    Example:
        >>> agreements([np.array([[True, False, True], [True, True, True]])]).tolist()
        [[3.0, 2.0], [2.0, 3.0]]
    """
    total = np.zeros((len(codes[0]),) * 2)
    for bits in codes:
        signs = np.where(bits, np.float32(1), np.float32(-1))
        total += (bits.shape[1] + (signs @ signs.T).astype("float64")) / 2
    return total


def log_determinant(kernel: NDArray[np.float64]) -> float:
    """The logarithm of |det K|.

    Raises:
        InputError: If it is singular: two rows have one code, or rows are more than ReLUs.
    """
    sign, value = np.linalg.slogdet(kernel)
    if sign <= 0 or not np.isfinite(value):
        raise InputError(
            f"The ReLUs of this network don't tell {len(kernel)} rows apart, so that it has no "
            "naswot. Give fewer rows, none of them twice."
        )
    return float(value)


def _is_relu(operation: Any) -> bool:
    if isinstance(operation, keras.layers.ReLU):
        return True
    if not isinstance(operation, keras.layers.Layer):
        return type(operation).__name__ in ("Relu", "Relu6")  # keras.ops
    return getattr(operation, "activation", None) in _RELUS
