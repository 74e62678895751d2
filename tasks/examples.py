"""Labelled rows on their way into a search: held out, ordered, one-hot."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit import files
from automl_kit.data import release, stratified_split

CHUNK_ROWS = 1024


@dataclass(frozen=True)
class Examples:
    """Raw inputs with class ids, the training rows first, then the held-out ones.

    Lying in one array, either part and both together are views of it.

    Attributes:
        raw: What the encoder takes: an array (n, …), or a dictionary of them.
        ids: Class ids, (n,).
        training: How many rows are for training.
    """

    raw: Any
    ids: NDArray[np.integer]
    training: int

    def train_raw(self) -> Any:
        """The training rows of the raw inputs."""
        return keras.tree.map_structure(lambda rows: rows[: self.training], self.raw)

    def train_ids(self) -> NDArray[np.integer]:
        """Their class ids."""
        return self.ids[: self.training]

    def one_hot(self, classes: int) -> NDArray[np.float32]:
        """Targets of all rows, (n, classes)."""
        targets = np.zeros((len(self.ids), classes), "float32")
        targets[np.arange(len(self.ids)), self.ids] = 1
        return targets


def hold_out(
    raw: Any, ids: NDArray[np.integer], share: float, seed: int, scratch: Path
) -> Examples:
    """Splits rows into training and held-out ones, stratified and seeded.

    Args:
        raw: Raw inputs, (n, …).
        ids: Class ids, (n,).
        share: Share of the rows to hold out, between 0 and 1.
        seed: Seed of the split.
        scratch: A file for the reordered copy of a memory-mapped array.
    """
    train, held_out = stratified_split(ids, share, seed)
    order = np.concatenate([train, held_out])
    ordered = keras.tree.map_structure(lambda rows: _gather([(rows, order)], scratch), raw)
    return Examples(ordered, ids[order], len(train))


def followed_by(
    raw: Any,
    ids: NDArray[np.integer],
    held_out_raw: Any,
    held_out_ids: NDArray[np.integer],
    scratch: Path,
) -> Examples:
    """Training rows and held-out rows that the user gave apart."""
    joined = keras.tree.map_structure(
        lambda first, second: _gather([(first, None), (second, None)], scratch), raw, held_out_raw
    )
    return Examples(joined, np.concatenate([ids, held_out_ids]), len(ids))


def _gather(parts: list[tuple[NDArray[Any], NDArray[np.integer] | None]], scratch: Path) -> Any:
    """Rows of arrays, one array after the other, each in an order or as they are.

    Those of memory maps go to a new file, piece by piece, which is mapped in its turn.
    """
    orders = [np.arange(len(rows)) if order is None else order for rows, order in parts]
    if not isinstance(parts[0][0], np.memmap):
        taken = [rows[order] for (rows, _), order in zip(parts, orders, strict=True)]
        return np.concatenate(taken) if len(taken) > 1 else taken[0]
    first = parts[0][0]
    shape = (sum(map(len, orders)), *first.shape[1:])
    descr = np.lib.format.dtype_to_descr(first.dtype)
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    # Plain writes, not a writable memory map: a full disk is then an error and not a crash.
    with files.atomic_path(scratch) as temporary, temporary.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, header)
        for (rows, _), order in zip(parts, orders, strict=True):
            for start in range(0, len(order), CHUNK_ROWS):
                piece = rows[order[start : start + CHUNK_ROWS]]
                out.write(piece.astype(first.dtype, copy=False).tobytes())
                release(rows)
    return np.load(scratch, mmap_mode="r", allow_pickle=False)
