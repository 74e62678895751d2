"""The rows of a training as tensors, and who trains on which."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.evaluation.rows import Rows

_CHUNK = 4096  # rows that go through the front at once


@dataclass(frozen=True)
class MemberData:
    """Rows that several networks are trained and judged on.

    Attributes:
        x: What goes into the networks, [(n, …)].
        y: Targets, (n, classes).
        weights: Of the rows, (n,).
        train: The numbers of the rows that each member is trained on.
        held: Of those that it is judged by.
    """

    x: list[Any]
    y: Any
    weights: Any
    train: list[NDArray[np.intp]]
    held: list[NDArray[np.intp]]

    @staticmethod
    def of(
        front: keras.Model,
        rows: Rows,
        train: list[NDArray[np.intp]],
        held: list[NDArray[np.intp]],
    ) -> "MemberData":
        """Puts all rows through a network's front."""
        arrays = keras.tree.flatten(rows.x)
        pieces = [
            keras.tree.flatten(front(_part(arrays, start), training=False))
            for start in range(0, len(rows), _CHUNK)
        ]
        x = [tf.concat(parts, axis=0) for parts in zip(*pieces, strict=True)]
        (y,) = keras.tree.flatten(rows.y)
        weights = np.ones(len(rows), "float32") if rows.weights is None else rows.weights
        return MemberData(
            x, tf.constant(y, tf.float32), tf.constant(weights, tf.float32), train, held
        )

    def steps(self, batch: int) -> int:
        """Steps an epoch."""
        return int(-(-max(map(len, self.train)) // self.batch(batch)))

    def batch(self, batch: int) -> int:
        """Rows a step, which can't be more than there are."""
        return int(min(batch, *map(len, self.train)))

    def order(self, epoch: int, seeds: list[int], batch: int) -> NDArray[np.int32]:
        """The rows of each step of an epoch, (steps, members, batch).

        Each member has an order of its own, which follows from its seed and the epoch alone. The
        last step is filled with rows from the order's beginning.
        """
        batch = self.batch(batch)
        steps = self.steps(batch)
        orders = []
        for rows, seed in zip(self.train, seeds, strict=True):
            shuffled = np.random.default_rng([seed, epoch]).permutation(rows)
            orders.append(np.resize(shuffled, steps * batch).reshape(steps, batch))
        return np.stack(orders, axis=1).astype("int32")

    def judged(self, most: int) -> Iterator[NDArray[np.int32]]:
        """The held-out rows in pieces (members, up to `most`); shorter members' are filled."""
        longest = max(map(len, self.held))
        rows = np.stack([np.resize(held, longest) for held in self.held]).astype("int32")
        for start in range(0, longest, most):
            yield rows[:, start : start + most]

    def split(self, outputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Outputs (members, n, …) as one array a member, without what was filled."""
        return [one[: len(held)] for one, held in zip(outputs, self.held, strict=True)]


def _part(arrays: list[Any], start: int) -> Any:
    parts = [np.asarray(array[start : start + _CHUNK]) for array in arrays]
    return parts[0] if len(parts) == 1 else parts
