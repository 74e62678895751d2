"""Labels from a file, which are strings, and labels of another type than training's."""

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data import cells
from automl_kit.data.names import spellings_of, strings

_WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d*)")
_TRUTH = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


def typed(labels: "pd.Series[Any]") -> "pd.Series[Any]":
    """Labels as a file has them, as booleans or numbers where all of them are such.

    Where all others are numbers, words such as "NA" are missing; in "yes", "NA", "no" they are
    labels. "01" is no number: written again it would be 1.

    Example:
        >>> typed(pd.Series(["1", "2", "1"])).tolist(), typed(pd.Series(["1", "2", "3a"])).tolist()
        ([1, 2, 1], ['1', '2', '3a'])
    """
    distinct = pd.Series(labels.dropna().unique(), dtype=object)
    if set(distinct.str.lower()) in ({"true"}, {"false"}, {"true", "false"}):
        return labels.map(lambda word: word.lower() == "true", na_action="ignore")
    words = distinct[~cells.is_missing(distinct)].str.strip()
    if words.empty or words.str.fullmatch(r"[+-]?0\d+").any():
        return labels
    values = pd.to_numeric(words, errors="coerce")
    if values.isna().any() or np.isinf(values).any():
        return labels
    present = labels.where(~cells.is_missing(labels), None)
    whole = bool(words.str.fullmatch(_WHOLE.pattern).all())
    return present.map(lambda word: int(word) if whole else float(word), na_action="ignore")


def like(values: NDArray[Any], classes: NDArray[Any]) -> NDArray[Any]:
    """Labels in the type of the classes; what can't be is none of them.

    Args:
        values: Labels (n,), strings, whole numbers or booleans.
        classes: The classes, sorted.
    """
    known, given = classes.dtype.kind, values.dtype.kind
    if known == "U" and given == "U":
        return values
    if known == "U":
        spellings = spellings_of(classes.tolist())
        return np.array([spellings.get(name, name) for name in strings(pd.Series(values))])
    if known == "b":
        read = pd.Series(values).map(lambda v: _TRUTH.get(str(v).strip().lower(), -1.0))
        found: NDArray[Any] = read.to_numpy()
        return found
    if given == "U":
        numbers = pd.to_numeric(pd.Series(values), errors="coerce")
        return np.where(numbers.isna(), np.inf, numbers)
    return values.astype(np.int64) if given == "b" else values
