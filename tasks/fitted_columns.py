"""Columns of a table that scikit-learn asks about: their names and number."""

import os
from typing import Any

import numpy as np
import pandas as pd

from automl_kit.data import as_frame, check_width


def fitted_columns(X: Any, data: pd.DataFrame) -> dict[str, Any]:
    """What a fitted estimator tells of its columns, by the attribute's name.

    Args:
        X: The data as the user gave it.
        data: The same as a frame, without the target.
    """
    names = [str(name) for name in data.columns]
    told: dict[str, Any] = {"n_features_in_": len(names), "_columns": names}
    if is_named(X):
        told["feature_names_in_"] = np.array(names, dtype=object)
    return told


def with_names(task: Any, X: Any) -> Any:
    """Data to predict: an array gets the names of the training columns, in their order.

    Raises:
        InputError: If an array has another number of columns than the training data.
    """
    names = getattr(task, "_columns", None)
    if names is None or is_named(X):
        return X
    check_width(X, len(names), type(task).__name__)
    frame = as_frame(X)
    return frame.set_axis(names, axis=1) if frame.shape[1] == len(names) else frame


def is_named(X: Any) -> bool:
    """Whether the columns have names of their own; those of arrays and rows have none."""
    if isinstance(X, pd.Series):
        return True
    if isinstance(X, pd.DataFrame):
        return all(isinstance(name, str) for name in X.columns)
    if isinstance(X, list | tuple):
        return len(X) > 0 and isinstance(X[0], dict)
    return isinstance(X, str | os.PathLike) or hasattr(X, "to_pandas")
