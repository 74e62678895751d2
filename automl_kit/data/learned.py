"""What a column of training data looks like, and what its owner should know of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data import cells, columns, kinds, names
from automl_kit.data.schema import Column, Kind, Width

_SINGLE = 0.9  # share of different values from which a category is a name of its row
_FEW = 20  # rows from which that is told


@dataclass(frozen=True)
class Learned:
    """A column as it is read from now on.

    Attributes:
        column: How; its input has no name yet.
        varies: Whether it has two values or more, a missing one counted.
        empty: Whether it has none.
        notes: What the user should know.
    """

    column: Column
    varies: bool
    empty: bool
    notes: list[str]


def learn(column: "pd.Series[Any]", told: Kind | None = None, loose: bool = False) -> Learned:
    """Finds out how a column is read.

    Args:
        column: Its training values.
        told: Its kind, where the user says it.
        loose: See `kinds.find`.

    Raises:
        InputError: If it holds complex numbers, or values that aren't of the kind told.
    """
    found = kinds.find(column, loose)
    if told is not None and told != found.kind:
        found = kinds.Found(told, _form_of(column, told))
    return _category(column) if found.kind == "category" else _floats(column, found, told)


def _form_of(column: "pd.Series[Any]", told: Kind) -> str:
    return (cells.number_form(names.texts_of(column), True) or "") if told == "number" else ""


def _category(column: "pd.Series[Any]") -> Learned:
    values = names.strings(column)
    distinct = pd.unique(pd.Series(values, dtype=object))
    named = [name for name in distinct.tolist() if name]
    notes = []
    if len(values) >= _FEW and len(named) > max(_SINGLE * len(values), 1):
        notes.append(
            f"Column {str(column.name)!r} has {len(named)} different values in {len(values)} rows, "
            f"such as {named[0]!r:.60}; as a category it says nothing of other rows. Where they "
            "are numbers or dates, convert them (pandas.to_numeric, pandas.to_datetime); else "
            "leave the column out."
        )
    text = names.are_texts(column)
    learned = Column(
        str(column.name), "category", "", spellings=names.spellings_of(named) if text else {}
    )
    return Learned(learned, len(distinct) > 1, not named, notes)


def _floats(column: "pd.Series[Any]", found: kinds.Found, told: Kind | None) -> Learned:
    values, lost = columns.read(column, found.kind, found.form)
    name = str(column.name)
    learned = Column(name, found.kind, "", found.form)
    if told is not None and len(lost):
        columns.convert(column, learned)  # It says what can't be read.
    width = "float32" if found.kind == "boolean" else _width(values, found.kind)
    floats = columns.narrowed(values, found.kind, width)
    present = floats[floats != columns.MISSING if width == "int64" else ~np.isnan(floats)]
    notes = []
    if len(lost):
        first = str(column.iloc[lost[0]])
        notes.append(
            f"Column {name!r}: {len(lost)} value(s), the first {first!r:.60} in row {lost[0]} "
            f"(counted from 0), can't be read as {found.kind}s and count as missing."
        )
    texts = names.texts_of(column) if found.form else column
    if found.kind == "date" and found.form and cells.is_ambiguous(texts, found.form):
        notes.append(
            f"Column {name!r} is read by {found.form!r}; day and month could be the other way "
            "round. Convert it with pandas.to_datetime where they are."
        )
    varies = bool(len(present)) and (len(present) < len(floats) or (present != present[0]).any())
    slips = tuple(sorted({str(column.iloc[row]) for row in lost}))
    learned = Column(name, found.kind, "", found.form, width, slips=slips)
    return Learned(learned, bool(varies), not len(present), notes)


def _width(values: NDArray[np.float64], kind: Kind) -> Width:
    """A wider type where float32 would make values equal: one, of measurements one in a hundred.

    A float has more digits than anybody measured; a time in milliseconds or an id has not.
    """
    distinct = np.unique(values[np.isfinite(values)])
    with np.errstate(over="ignore"):
        narrow = distinct.astype(np.float32)
    held = np.isfinite(narrow)
    lost = int(held.sum()) - len(np.unique(narrow[held]))
    exact = kind == "date" or bool((distinct == np.floor(distinct)).all())
    if lost <= (0 if exact else len(distinct) // 100):
        return "float32"
    return "int64" if exact and np.abs(distinct).max() <= kinds.EXACT else "float64"
