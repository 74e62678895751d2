"""Cells of a space for a set of images: searched, gone on with, or read from disk."""

import dataclasses
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

from automl_kit.custom_blocks.affine import affine
from automl_kit.custom_blocks.darts import darts_supernet
from automl_kit.data.splits import stratified_split
from automl_kit.errors import ProjectError
from automl_kit.evaluation import array_state
from automl_kit.progress import Progress
from automl_kit.search.stages.darts import apart
from automl_kit.search.stages.darts.class_loss import CrossEntropy
from automl_kit.search.stages.darts.darts_search import DartsSearch
from automl_kit.search.stages.darts.darts_settings import CellSearch, DartsSettings
from automl_kit.search.stages.darts.found import (
    FoundCells,
    load_found,
    load_history,
    save_found,
    seconds_used,
)
from automl_kit.search.stages.darts.history import DartsEpoch
from automl_kit.spaces import ZERO_OPS, CellSpace, Genotype

_ALL_EDGES = 64  # DartsSettings' most


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


@dataclass(frozen=True, kw_only=True)
class CellFinder:
    """A search for the cells of a space, with all that makes it this one and no other.

    Attributes:
        space: The cells to choose from: two inputs, nodes concatenated.
        how: The supernet and the settings; the space's edges a node are used, not theirs.
        seed: Of weights, rows and their order.
        notes: The folder of its state.
        progress: Hears of steps and epochs.
    """

    space: CellSpace
    how: CellSearch
    seed: int
    notes: Path
    progress: Progress

    def find(self, images: Images, *, trials_begun: bool, seconds: float | None) -> FoundCells:
        """Searches for cells, goes on with a search that was killed, or reads what one found.

        A search that the time cut short goes on in a later call that leaves it time, unless
        trials have been made of its cells.

        Args:
            images: The training images.
            trials_begun: Whether there are trials of the cells found.
            seconds: For the search in all calls together; None for no limit.

        Raises:
            InputError: If the images are too few.
            ProjectError: If the folder can't be written, or its state is damaged, or that of
                another search.
            SearchError: If the loss stops being a number.
        """
        identity = self._identity(images)
        found = load_found(self.notes, identity)
        if trials_begun and found is None:
            raise ProjectError(
                f"{self.notes.parent} has trials, but the cells they are of are lost "
                f"({self.notes}); start over with overwrite=True."
            )
        # Of a search that goes on after it was cut short, a kill leaves epochs that `found` lacks.
        before = max(seconds_used(self.notes), 0.0 if found is None else found.seconds)
        left = None if seconds is None else max(0.0, seconds - before)
        if found is not None and (found.complete or trials_begun or left == 0):
            return found
        found = self._searched(images, before, left)
        _warn_if_cut(found, self.how.settings)
        save_found(self.notes, identity, found)
        found.genotype.save(self.notes.parent / "genotype.json")  # the user's; not read here
        return found

    def _searched(self, images: Images, before: float, left: float | None) -> FoundCells:
        """Searches, or goes on, for the seconds left."""
        started = time.monotonic()
        images = _fewer(images, self.how.rows, self.seed)
        self.progress.stage_begin(f"Searching cells on {len(images.ids)} images")
        if apart.suits(self.how, self.space, len(images.ids)):
            told = apart.told_of(self.space, self.how, self.seed, self.notes)
            genotype = apart.search_apart(told, images, left, self.progress)
            history = load_history(self.notes)
        else:
            genotype, history = self.search_here(images, left)
        seconds = before + time.monotonic() - started
        return FoundCells(genotype, seconds, history, len(history) == self.how.settings.epochs)

    def search_here(
        self, images: Images, seconds: float | None
    ) -> tuple[Genotype, list[DartsEpoch]]:
        """Searches in this process, for so many seconds at most.

        Returns:
            The genotype, and the epochs until there.
        """
        search = self._search(images, images.ids)
        genotype = search.search(images.x, images.ids, seconds)
        return genotype, search.history

    def _search(self, images: Images, ids: NDArray[np.integer]) -> DartsSearch:
        keras.utils.set_random_seed(self.seed)
        space, how, shape = self.space, self.how, images.x.shape[1:]
        none = ("none",) if how.mix_none and not ZERO_OPS & set(space.ops) else ()
        supernet = darts_supernet(
            shape,
            images.classes,
            filters=how.filters,
            cells=how.cells,
            nodes=space.nodes,
            ops=none + space.ops,
            partial=how.partial,
            reduction=space.reduction,
        )
        raw = keras.Input(shape)
        standardised = affine(keras.layers.Rescaling(1.0)(raw), images.scale, images.offset)
        settings = replace(
            how.settings,
            edges=space.edges or _ALL_EDGES,
            batch_size=_fitting_batch_size(how.settings, ids, self.seed),
        )
        return DartsSearch(
            keras.Model(raw, supernet(standardised)),
            settings,
            loss=CrossEntropy(images.class_weight, images.classes),
            seed=self.seed,
            directory=self.notes,
            progress=self.progress,
        )

    def _identity(self, images: Images) -> str:
        """Tells searches apart; the images by their shape, all labels and 64 of them."""
        rows = array_state.fingerprint(images.x, np.asarray(images.ids, "int64"))
        weights = sorted((images.class_weight or {}).items())
        told = [
            dataclasses.asdict(self.space),
            self.how.to_json(),
            self.seed,
            rows,
            images.scale,
            images.offset,
            weights,
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _warn_if_cut(found: FoundCells, settings: DartsSettings) -> None:
    epochs = len(found.history)
    if not found.complete and epochs <= settings.warmup_epochs:
        warnings.warn(
            f"The time for the search of cells was over after {epochs} of {settings.epochs} "
            f"epochs, before α learnt (it rests in the first {settings.warmup_epochs}): the "
            "cells are as good as random. Give a larger time_budget, or fewer rows or epochs "
            "(CellSearch).",
            UserWarning,
            stacklevel=6,
        )


def _fewer(images: Images, most: int, seed: int) -> Images:
    """All training images, or a stratified share of them."""
    if len(images.ids) <= most:
        return images
    _, rows = stratified_split(images.ids, most / len(images.ids), seed)
    rows = np.sort(rows)
    return replace(images, x=np.asarray(images.x[rows]), ids=images.ids[rows])


def _fitting_batch_size(settings: DartsSettings, ids: NDArray[np.integer], seed: int) -> int:
    """The settings' rows a batch, or as many as the smaller part of few rows has."""
    parts = stratified_split(ids, 1 - settings.train_share, seed)
    return max(2, min(settings.batch_size, *map(len, parts)))
