"""Labelled rows on their way into a search: held out and ordered."""

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
    """Raw inputs with targets, the training rows first, then the held-out ones.

    Lying in one array, either part and both together are views of it.

    Attributes:
        raw: What the encoder takes: an array (n, …), or a dictionary of them.
        values: The targets' values, such as class ids, (n,).
        strata: Numbers by which rows are spread evenly, (n,); of classes their ids.
        training: How many rows are for training.
        weights: The user's weight of each row, (n,); None for 1.
    """

    raw: Any
    values: NDArray[Any]
    strata: NDArray[np.integer]
    training: int
    weights: NDArray[Any] | None = None

    def train_raw(self) -> Any:
        """The training rows of the raw inputs."""
        return keras.tree.map_structure(lambda rows: rows[: self.training], self.raw)

    def train_strata(self) -> NDArray[np.integer]:
        """Their strata."""
        return self.strata[: self.training]


def hold_out(rows: Examples, share: float, seed: int, scratch: Path) -> Examples:
    """Splits rows into training and held-out ones, stratified and seeded.

    Args:
        rows: All rows.
        share: Share of the rows to hold out, between 0 and 1.
        seed: Seed of the split.
        scratch: A file for the reordered copy of a memory-mapped array.
    """
    train, held_out = stratified_split(rows.strata, share, seed)
    order = np.concatenate([train, held_out])
    raw = keras.tree.map_structure(lambda array: _gather([(array, order)], scratch), rows.raw)
    weights = None if rows.weights is None else rows.weights[order]
    return Examples(raw, rows.values[order], rows.strata[order], len(train), weights)


def followed_by(rows: Examples, held_out: Examples, scratch: Path) -> Examples:
    """Training rows and held-out rows that the user gave apart."""
    raw = keras.tree.map_structure(
        lambda first, second: _gather([(first, None), (second, None)], scratch),
        rows.raw,
        held_out.raw,
    )
    weights = None
    if rows.weights is not None:
        weights = np.concatenate([rows.weights, np.ones(len(held_out.values))])
    return Examples(
        raw,
        np.concatenate([rows.values, held_out.values]),
        np.concatenate([rows.strata, held_out.strata]),
        len(rows.values),
        weights,
    )


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
    # Of both: held-out floats would lose what bytes can't hold.
    dtype = np.result_type(*(rows.dtype for rows, _ in parts))
    descr = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    # Plain writes, not a writable memory map: a full disk is then an error and not a crash.
    with files.atomic_path(scratch) as temporary, temporary.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, header)
        for (rows, _), order in zip(parts, orders, strict=True):
            for start in range(0, len(order), CHUNK_ROWS):
                piece = rows[order[start : start + CHUNK_ROWS]]
                out.write(piece.astype(dtype, copy=False).tobytes())
                release(rows)
    return np.load(scratch, mmap_mode="r", allow_pickle=False)
