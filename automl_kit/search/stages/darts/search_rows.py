"""The rows of a DARTS search: two disjoint parts, and the batches of each epoch."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.data.splits import stratified_split
from automl_kit.errors import InputError
from automl_kit.search.stages.darts.darts_settings import DartsSettings

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
        own_valid: Inputs and class ids for the architecture; the weights then have all of `x`.
            None splits `x`.

    Raises:
        InputError: If a part has less rows than a batch, or there are own rows for the
            architecture and settings that give it those of the weights.
    """

    def __init__(
        self,
        x: NDArray[Any],
        ids: NDArray[np.int64],
        settings: DartsSettings,
        seed: int,
        own_valid: Batch | None = None,
    ):
        for inputs, labels in ((x, ids), own_valid or (x, ids)):
            if len(inputs) != len(labels):
                raise InputError(
                    f"Expected as many labels as rows; got {len(labels)} for {len(inputs)}."
                )
        self.x, self.ids, self.seed, self.own_valid = x, ids, seed, own_valid
        self.size, self.same_rows = settings.batch_size, settings.same_rows
        if own_valid is None:
            self.train, self.valid = stratified_split(ids, 1 - settings.train_share, seed)
        else:
            self._check_own(own_valid)
            self.train, self.valid = np.arange(len(ids)), np.arange(len(own_valid[1]))
        smallest = len(self.train) if self.same_rows else min(len(self.train), len(self.valid))
        if smallest < self.size:
            raise InputError(
                f"{len(x)} rows leave {smallest} for one of the two parts, fewer than a batch of "
                f"{self.size}; give more rows or a smaller batch_size."
            )
        self.steps = len(self.train) // self.size

    def _check_own(self, own_valid: Batch) -> None:
        if self.same_rows:
            raise InputError(
                "With same_rows=True the architecture learns from the rows of the weights; got "
                "validation_data too. Leave one of them out."
            )
        if np.shape(own_valid[0])[1:] != np.shape(self.x)[1:]:
            raise InputError(
                f"Expected validation data of rows of shape {np.shape(self.x)[1:]} as in x; got "
                f"{np.shape(own_valid[0])[1:]}."
            )

    def epoch(self, number: int) -> Iterator[tuple[Batch, Batch]]:
        """Gives `steps` pairs of batches, for the weights and for the architecture."""
        train = self._order(self.train, number, 0)
        valid = train if self.same_rows else self._order(self.valid, number, 1)
        for_alpha = self.own_valid or (self.x, self.ids)
        for step in range(self.steps):
            yield self._batch((self.x, self.ids), train, step), self._batch(for_alpha, valid, step)

    def _order(self, rows: NDArray[np.int64], epoch: int, part: int) -> NDArray[np.int64]:
        """Enough rows for an epoch: shuffled, and again where the part is too small."""
        generator = np.random.default_rng([self.seed, epoch, part])
        whole = len(rows) // self.size * self.size  # no batch has a row twice
        rounds = -(-self.steps * self.size // whole)
        return np.concatenate([generator.permutation(rows)[:whole] for _ in range(rounds)])

    def _batch(self, source: Batch, order: NDArray[np.int64], step: int) -> Batch:
        rows = np.sort(order[step * self.size : (step + 1) * self.size])
        return np.asarray(source[0][rows]), source[1][rows]


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
