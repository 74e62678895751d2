"""Cells for a set of images, found by DARTS: the stage in front of the trials."""

import hashlib
import json
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts import darts_supernet
from automl_kit.data.splits import stratified_split
from automl_kit.errors import ProjectError
from automl_kit.report import Progress
from automl_kit.search.stages.darts import state
from automl_kit.search.stages.darts.found import FoundCells, load_found, save_found, seconds_used
from automl_kit.search.stages.darts.search import DartsSearch
from automl_kit.search.stages.darts.settings import CellSearch, DartsSettings


@dataclass(frozen=True, kw_only=True)
class Images:
    """Training images and how the network standardises them.

    Attributes:
        x: (n, h, w, c), bytes or floats.
        ids: Class ids, (n,).
        classes: How many there are.
        scale: Factor of each channel; None for 1.
        offset: Summand of each channel; None for 0.
        class_weight: Weight of each class id in the loss; None for 1.
    """

    x: NDArray[Any]
    ids: NDArray[np.integer]
    classes: int
    scale: list[float] | None = None
    offset: list[float] | None = None
    class_weight: dict[int, float] | None = None


class CrossEntropy(keras.losses.Loss):  # type: ignore[misc]
    """Mean cross-entropy of class ids and logits, each row weighted as its class.

    Args:
        class_weight: Weight of each class id; None for 1.
        classes: How many there are.
    """

    def __init__(self, class_weight: dict[int, float] | None, classes: int):
        super().__init__(name="cross_entropy")
        weights = class_weight or {}
        self.weights = np.array([weights.get(label, 1.0) for label in range(classes)], "float32")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of ids (b,) and logits (b, k), (b,)."""
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        ids = keras.ops.cast(y_true, "int32")  # Keras makes numbers of the loss's type of them.
        return losses * keras.ops.take(keras.ops.cast(self.weights, losses.dtype), ids)


def find_cells(
    images: Images,
    how: CellSearch,
    *,
    seed: int,
    folder: Path,
    time_budget: float | None,
    progress: Progress,
) -> FoundCells:
    """Searches for cells, goes on with a search that was killed, or reads what one found.

    A search that `time_budget` cut short goes on in a later call that leaves it time, unless
    trials have been made of its cells.

    Args:
        images: The training images.
        how: The supernet and the settings.
        seed: Of weights, rows and their order.
        folder: The project's, where `genotype.json` is left and the state kept in `cells/`.
        time_budget: Seconds for the search; None for no limit.
        progress: Hears of steps and epochs.

    Raises:
        InputError: If the images are too few.
        ProjectError: If the folder can't be written, or its state is damaged, or that of
            another search.
        SearchError: If the loss stops being a number.
    """
    notes = folder / "cells"
    identity = _identity(images, how, seed)
    found = load_found(notes, identity)
    trials = any(folder.glob("trial_*"))
    if trials and found is None:
        raise ProjectError(
            f"{folder} has trials, but the cells they are of are lost ({notes}); start over with "
            "overwrite=True."
        )
    # Of a search that goes on after it was cut short, a kill leaves epochs that `found` lacks.
    before = max(seconds_used(notes), 0.0 if found is None else found.seconds)
    left = None if time_budget is None else max(0.0, time_budget - before)
    if found is not None and (found.complete or trials or left == 0):
        return found
    started = time.monotonic()
    x, ids = _rows(images, how, seed)
    search = _search(images, _fitting(how.settings, ids, seed), how, seed, notes, progress)
    with progress.search(1, 0, left):
        progress.stage_begin(f"Searching cells on {len(ids)} images")
        genotype = search.search(x, ids, left)
    seconds, epochs = before + time.monotonic() - started, len(search.history)
    found = FoundCells(genotype, seconds, search.history, epochs == how.settings.epochs)
    _warn_if_cut(found, how.settings)
    save_found(notes, identity, found)
    genotype.save(folder / "genotype.json")  # for the user; nothing here reads it
    return found


def _warn_if_cut(found: FoundCells, settings: DartsSettings) -> None:
    epochs = len(found.history)
    if not found.complete and epochs <= settings.warmup_epochs:
        warnings.warn(
            f"The time for the search of cells was over after {epochs} of {settings.epochs} "
            f"epochs, before α learnt (it rests in the first {settings.warmup_epochs}): the "
            "cells are as good as random. Give a larger time_budget, or fewer rows or epochs "
            "(Darts.search).",
            UserWarning,
            stacklevel=6,
        )


def _identity(images: Images, how: CellSearch, seed: int) -> str:
    """Tells searches apart; the images by their shape, all labels and 64 of them."""
    rows = state.fingerprint(images.x, np.asarray(images.ids, "int64"))
    weights = sorted((images.class_weight or {}).items())
    told = [how.to_json(), seed, rows, images.scale, images.offset, weights]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _search(
    images: Images,
    settings: DartsSettings,
    how: CellSearch,
    seed: int,
    notes: Path,
    progress: Progress,
) -> DartsSearch:
    keras.utils.set_random_seed(seed)
    supernet = darts_supernet(
        images.x.shape[1:],
        images.classes,
        filters=how.filters,
        cells=how.cells,
        nodes=how.nodes,
        ops=how.ops,
        partial=how.partial,
    )
    raw = keras.Input(images.x.shape[1:])
    standardised = keras.layers.Rescaling(images.scale or 1.0, images.offset or 0.0)(raw)
    return DartsSearch(
        keras.Model(raw, supernet(standardised)),
        settings,
        loss=CrossEntropy(images.class_weight, images.classes),
        seed=seed,
        directory=notes,
        progress=progress,
    )


def _rows(images: Images, how: CellSearch, seed: int) -> tuple[NDArray[Any], NDArray[np.integer]]:
    """All training images, or a stratified share of them."""
    if len(images.ids) <= how.rows:
        return images.x, images.ids
    _, rows = stratified_split(images.ids, how.rows / len(images.ids), seed)
    rows = np.sort(rows)
    return np.asarray(images.x[rows]), images.ids[rows]


def _fitting(settings: DartsSettings, ids: NDArray[np.integer], seed: int) -> DartsSettings:
    """The settings, with batches that the smaller part of few rows can fill."""
    parts = stratified_split(ids, 1 - settings.train_share, seed)
    smaller = min(map(len, parts))
    return replace(settings, batch_size=max(2, min(settings.batch_size, smaller)))
