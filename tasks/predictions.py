"""Predicted labels, for scripts written for scikit-learn and for AutoKeras.

scikit-learn predicts labels (n,), AutoKeras 3.0 (n, 1) and its textbook examples read either a
row's number, `pred[0][0]`, or its largest output, `np.argmax(predictions[i])`. A prediction here
is a label of the usual type, and answers these two as well.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


class _Answers:
    """What a single label answers beside what its type does."""

    _class: int

    def __getitem__(self, place: Any) -> Any:
        """Itself, as the only element of AutoKeras's row."""
        if place not in (0, -1, ()):
            raise IndexError(f"A row has one prediction; there is no place {place!r} in it.")
        return self

    def argmax(self, axis: Any = None, out: Any = None) -> int:
        """The number of the class in `classes_`."""
        return self._class


class IntegerLabel(_Answers, np.int64):  # type: ignore[misc]
    """An integer label that was predicted."""


class FloatLabel(_Answers, np.float64):  # type: ignore[misc]
    """A whole float label that was predicted."""


_KINDS: dict[str, type] = {"i": IntegerLabel, "u": IntegerLabel, "f": FloatLabel}


class Predictions(np.ndarray):  # type: ignore[type-arg]
    """Labels (n,) that can be read as AutoKeras's (n, 1) too, where they are numbers."""

    classes: NDArray[Any] | None = None

    def __getitem__(self, place: Any) -> Any:
        """A label, or an array of them; a second index of 0 is AutoKeras's only column."""
        if isinstance(place, tuple) and len(place) == 2 and self.ndim == 1 and place[1] in (0, -1):
            place = place[0]
        found = super().__getitem__(place)
        if self.classes is None:
            return found
        if isinstance(found, Predictions):
            if found.ndim == 1 and not isinstance(place, tuple):
                found.classes = self.classes[place]
            return found
        label = _KINDS[self.dtype.kind](found)
        label._class = int(self.classes[place])
        return label

    def __iter__(self) -> Iterator[Any]:
        """The labels one by one; NumPy's own iterator would give bare numbers."""
        return iter([self[place] for place in range(len(self))])


def as_predictions(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[Any]:
    """Labels (n,) with the numbers of their classes, (n,).

    Example:
        >>> labels = as_predictions(np.array([7, 5]), np.array([1, 0]))
        >>> labels.tolist(), f"{labels[0][0]:.1f}", int(np.argmax(labels[0]))
        ([7, 5], '7.0', 1)
    """
    if labels.dtype.kind not in _KINDS or labels.ndim > 1:  # One-hot rows are AutoKeras's own.
        return labels
    predictions = labels.view(Predictions)
    predictions.classes = classes
    return predictions
