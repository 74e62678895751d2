"""Numbers that float32 doesn't hold, counted from another origin so that it does.

Times in milliseconds and long ids differ in digits that float32 cuts off. Taken as int64 or
float64 and counted from their median they keep them, and everything behind computes in float32:
LiteRT has no float64 arithmetic, and Keras's `predict` makes float32 of NumPy's float64.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from automl_kit.data.columns import MICROSECONDS, MISSING
from automl_kit.data.schema import Column


class Shifted(NamedTuple):
    """A column in float32, counted from its origin.

    Attributes:
        values: Of the training rows, (n, 1), NaN for missing.
        origin: What became 0; of dates a day since 1970-01-01.
        layers: From the raw input (n, 1) to such values, in stock layers.
    """

    values: NDArray[np.float32]
    origin: float
    layers: Callable[[Any], Any]


def narrowed(raw: NDArray[Any], column: Column) -> Shifted:
    """Fits the origin of a column on its training values.

    Args:
        raw: The values as `automl_kit.data.to_raw` gives them, (n, 1).
        column: How they are read.

    Example:
        >>> times = np.array([[1_700_000_000_000], [1_700_000_000_001]])
        >>> shifted = narrowed(times, Column("t", "number", "t", width="int64"))
        >>> shifted.values.ravel().tolist(), shifted.origin
        ([0.0, 1.0], 1700000000000.0)
    """
    if column.width == "float32":
        return Shifted(raw, 0.0, lambda entry: entry)
    whole = column.width == "int64"
    known = raw[raw != MISSING] if whole else raw[np.isfinite(raw)]
    # A value that occurs, so that whole numbers stay whole.
    origin = np.quantile(known, 0.5, method="lower") if known.size else raw.dtype.type(0)
    unit = 1 / MICROSECONDS if column.kind == "date" and whole else 1.0

    entry = keras.Input((1,), dtype=column.width, name="wide.raw")
    gap = ops.equal(entry, MISSING) if whole else ops.isnan(entry)
    moved = ops.cast(entry - raw.dtype.type(origin), "float32") * unit
    model = keras.Model(
        entry, ops.where(gap, np.float32("nan"), moved), name=f"{column.input}.wide"
    )
    return Shifted(np.asarray(model(raw)), float(origin * unit), model)
