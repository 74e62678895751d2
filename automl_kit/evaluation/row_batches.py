"""Batches out of arrays that should not be loaded whole."""

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.data import release


class RowBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Reads a memory-mapped array batch by batch, in a new order each epoch.

    Args:
        x: Inputs, (n, …), usually a `numpy.memmap`.
        y: Targets, (n, k).
        batch_size: Rows a batch; the last one may be shorter.
        shuffle_seed: Seed of the order; None keeps the array's order.
        weights: Weight of each row in the loss, (n,); None for 1.
    """

    def __init__(
        self,
        x: NDArray[Any],
        y: NDArray[Any],
        batch_size: int,
        shuffle_seed: int | None = None,
        weights: NDArray[Any] | None = None,
    ):
        super().__init__()
        self.x, self.y, self.batch_size, self.weights = x, y, batch_size, weights
        self._random = None if shuffle_seed is None else np.random.default_rng(shuffle_seed)
        self._order = np.arange(len(x))
        self.on_epoch_end()

    def __len__(self) -> int:
        """Batches an epoch."""
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        """The batch of that number, its rows in the order of the array, which reads faster."""
        rows = np.sort(self._order[index * self.batch_size : (index + 1) * self.batch_size])
        x = np.asarray(self.x[rows])
        # A row read out of order maps up to a megabyte around it: 8 MiB of rows, 500 MiB.
        release(self.x)
        if self.weights is None:
            return x, self.y[rows]
        return x, self.y[rows], self.weights[rows]

    def on_epoch_end(self) -> None:
        """Draws the next epoch's order."""
        if self._random is not None:
            self._random.shuffle(self._order)
