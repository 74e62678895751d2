"""Figures after each epoch, from columns such as "accuracy@1" to "accuracy@12"."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError

_NAME = re.compile(r"(.+)@([1-9][0-9]*)")


def is_of_curve(name: str) -> bool:
    """Whether a column is called as one of a curve is."""
    return _NAME.fullmatch(name) is not None


class Curves:
    """Curves of all rows of a table, by the name of the figure.

    Args:
        columns: The columns (rows,) of each epoch, by names such as "accuracy@1".

    Raises:
        InputError: If an epoch between the first and the last is missing.

    Example:
        >>> import numpy as np
        >>> curves = Curves({"loss@1": np.array([3.0]), "loss@2": np.array([2.0])})
        >>> curves.names, curves.epochs("loss"), curves.all("loss").tolist()
        (('loss',), 2, [[3.0, 2.0]])
    """

    def __init__(self, columns: Mapping[str, NDArray[np.float64]]):
        found: dict[str, dict[int, NDArray[np.float64]]] = {}
        for column, numbers in columns.items():
            match = _NAME.fullmatch(column)
            assert match is not None
            found.setdefault(match[1], {})[int(match[2])] = numbers
        self._curves = {name: _joined(name, by_epoch) for name, by_epoch in found.items()}
        self.names: tuple[str, ...] = tuple(self._curves)

    def epochs(self, name: str) -> int:
        """How many epochs the curves of a figure have; 0 where there are none."""
        return self._curves[name].shape[1] if name in self._curves else 0

    def all(self, name: str) -> NDArray[np.float64]:
        """The curves of all rows (rows, epochs), read-only."""
        return self._curves[name]

    def last(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The figure after the last epoch (rows,)."""
        column = self._curves[name][:, -1].copy()
        column.flags.writeable = False
        return column


def _joined(name: str, by_epoch: Mapping[int, NDArray[np.float64]]) -> NDArray[np.float64]:
    missing: Iterable[int] = sorted(set(range(1, max(by_epoch) + 1)) - set(by_epoch))
    for epoch in missing:
        raise InputError(
            f"The curve {name!r} has columns up to {name}@{max(by_epoch)}, but no {name}@{epoch}."
        )
    curves = np.stack([by_epoch[epoch] for epoch in sorted(by_epoch)], axis=1)
    curves.flags.writeable = False
    return curves
