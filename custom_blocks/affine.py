"""A factor and a summand for each channel."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def affine(tensor: Any, scale: Sequence[float] | None, offset: Sequence[float] | None) -> Any:
    """Gives tensor · scale + offset along the last axis, in float32.

    Keras's `Rescaling` asks at each call whether channels come first, so that a file that was
    written under one setting would compute something else under the other.

    Args:
        tensor: A Keras tensor of floats, (…, channels).
        scale: Factor of each channel; None for 1.
        offset: Summand of each channel; None for 0.

    Example:
        >>> affine(np.float32([[1, 2]]), [2.0, 1.0], [0.0, -1.0]).tolist()
        [[2.0, 1.0]]
    """
    scaled = tensor if scale is None else tensor * np.array(scale, "float32")
    return scaled if offset is None else scaled + np.array(offset, "float32")
