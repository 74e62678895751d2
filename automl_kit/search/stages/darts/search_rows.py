"""The rows of a DARTS search: two disjoint parts, and the batches of each epoch."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.data.splits import stratified_split
from automl_kit.errors import InputError
from automl_kit.search.stages.darts.settings import DartsSettings

Batch = tuple[NDArray[Any], NDArray[np.int64]]


class SearchRows:
    """Gives for each step a batch for the weights and a fresh one for the architecture.

    An epoch's order depends on the seed and its number alone, so that a search that goes on
    after a kill sees the same batches.

    Args:
        x: Inputs, (n, …); a memory-mapped array is read batch by batch.
        ids: Class ids, (n,).
        settings: Batch size, share and whether rows are shared.
        seed: Of the split and of the order.

    Raises:
        InputError: If a part has less rows than a batch.
    """

    def __init__(self, x: NDArray[Any], ids: NDArray[np.int64], settings: DartsSettings, seed: int):
        if len(x) != len(ids):
            raise InputError(f"Expected as many labels as rows; got {len(ids)} for {len(x)}.")
        self.x, self.ids, self.seed = x, ids, seed
        self.size, self.same_rows = settings.batch_size, settings.same_rows
        self.train, self.valid = stratified_split(ids, 1 - settings.train_share, seed)
        smallest = len(self.train) if self.same_rows else min(len(self.train), len(self.valid))
        if smallest < self.size:
            raise InputError(
                f"{len(x)} rows leave {smallest} for one of the two parts, fewer than a batch of "
                f"{self.size}; give more rows or a smaller batch_size."
            )
        self.steps = len(self.train) // self.size

    def epoch(self, number: int) -> Iterator[tuple[Batch, Batch]]:
        """Gives `steps` pairs of batches, for the weights and for the architecture."""
        train = self._order(self.train, number, 0)
        valid = train if self.same_rows else self._order(self.valid, number, 1)
        for step in range(self.steps):
            yield self._batch(train, step), self._batch(valid, step)

    def _order(self, rows: NDArray[np.int64], epoch: int, part: int) -> NDArray[np.int64]:
        """Enough rows for an epoch: shuffled, and again where the part is too small."""
        generator = np.random.default_rng([self.seed, epoch, part])
        whole = len(rows) // self.size * self.size  # no batch has a row twice
        rounds = -(-self.steps * self.size // whole)
        return np.concatenate([generator.permutation(rows)[:whole] for _ in range(rounds)])

    def _batch(self, order: NDArray[np.int64], step: int) -> Batch:
        rows = np.sort(order[step * self.size : (step + 1) * self.size])
        return np.asarray(self.x[rows]), self.ids[rows]


def class_ids(y: Any) -> NDArray[np.int64]:
    """Class ids (n,) from ids (n,) or (n, 1) or from one-hot rows (n, k).

    Raises:
        InputError: If `y` is something else.
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        y = y.argmax(axis=1)
    y = y.reshape(len(y), -1)
    if y.shape[1] != 1 or not np.issubdtype(y.dtype, np.number) or (y != y.astype("int64")).any():
        raise InputError(
            "Expected class ids of shape (n,) or one-hot rows (n, k); "
            f"got an array of {y.dtype} of shape {y.shape}."
        )
    ids: NDArray[np.int64] = y[:, 0].astype("int64")
    return ids
