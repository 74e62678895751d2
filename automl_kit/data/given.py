"""What a user may pass as X and y: paths, names of columns, labels of their own."""

import os
from collections.abc import Iterable
from typing import Any, TypeGuard

import numpy as np
import pandas as pd

from automl_kit.errors import InputError


def is_path(X: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether this is a path."""
    return isinstance(X, str | os.PathLike)


def are_paths(X: Any) -> TypeGuard[Iterable[str | os.PathLike[str]]]:
    """Whether this is a list, an array or a Series of paths."""
    if isinstance(X, np.ndarray) and (X.ndim != 1 or X.dtype.kind not in "OU"):
        return False
    return (
        isinstance(X, list | tuple | np.ndarray | pd.Series) and len(X) > 0 and all(map(is_path, X))
    )


def given_labels(y: object, labelled: bool) -> object:
    """Labels that were passed beside X.

    Raises:
        InputError: If y is the name of a column, or missing where it is needed.
    """
    if isinstance(y, str):
        raise InputError(
            f"y is the string {y!r}: a target column can be named where X is a file or a "
            "DataFrame. Pass the labels."
        )
    if y is None and labelled:
        raise InputError(
            "A classifier requires y to be passed, but the target y is None. Pass the labels."
        )
    return y


def check_lengths(n: int, labels: Any, what: str) -> None:
    """Refuses labels of another number than the rows.

    Raises:
        InputError: If so.
    """
    if labels is None:
        return
    count = len(labels) if hasattr(labels, "__len__") else len(np.atleast_1d(np.asarray(labels)))
    if count != n:
        raise InputError(f"X has {n} {what}, but y has {count} labels; expected one label each.")


def target_note(y: object, target: str) -> list[str]:
    """Says which column the labels are, where the user didn't."""
    return [] if y is not None else [f"The labels are column {target!r}."]
