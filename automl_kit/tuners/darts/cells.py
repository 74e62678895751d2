"""Cells for a set of images, found by DARTS: the stage in front of the trials."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit import files
from automl_kit.custom_blocks.darts import darts_supernet
from automl_kit.data.splits import stratified_split
from automl_kit.report import Progress
from automl_kit.spaces import DARTS_OPS, Genotype
from automl_kit.tuners.darts import state
from automl_kit.tuners.darts.history import DartsEpoch
from automl_kit.tuners.darts.search import DartsSearch
from automl_kit.tuners.darts.settings import DartsSettings


@dataclass(frozen=True, kw_only=True)
class CellSearch:
    """The supernet, the rows and the settings by which DARTS looks for cells.

    The supernet and the rows are proxies, smaller than what the cells are for.

    Attributes:
        settings: How to search. The paper's but for a processor's few epochs: α learns ten times
            as fast and rests at first, and a normal cell has two skip connections at most.
        filters: Channels of the supernet's first cells.
        cells: Cells of the supernet.
        nodes: Nodes of a cell.
        ops: Operations to choose from.
        partial: Only 1/`partial` of the channels go through the operations (PC-DARTS).
        rows: Search on so many training images at most.
    """

    settings: DartsSettings = field(
        default_factory=lambda: DartsSettings(
            epochs=12,
            batch_size=32,
            alpha_learning_rate=3e-3,
            warmup_epochs=3,
            max_skips=2,
        )
    )
    filters: int = 8
    cells: int = 4
    nodes: int = 4
    ops: tuple[str, ...] = DARTS_OPS
    partial: int = 1
    rows: int = 4_000

    def to_json(self) -> dict[str, Any]:
        """All attributes, as JSON has them."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**told, "settings": self.settings.to_json(), "ops": list(self.ops)}


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class FoundCells:
    """What a search for cells gave.

    Attributes:
        genotype: The cells.
        seconds: Time it took, in all runs together.
        history: Its epochs; see `automl_kit.report.plot_alphas`.
    """

    genotype: Genotype
    seconds: float
    history: list[DartsEpoch]


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

    Args:
        images: The training images.
        how: The supernet and the settings.
        seed: Of weights, rows and their order.
        folder: Where `genotype.json` and the state `cells/` are kept.
        time_budget: Seconds for the search; None for no limit.
        progress: Hears of steps and epochs.

    Raises:
        InputError: If the images are too few.
        ProjectError: If the folder can't be written, or its state is damaged.
        SearchError: If the loss stops being a number.
    """
    path, notes = folder / "genotype.json", folder / "cells"
    if path.exists():
        return FoundCells(Genotype.load(path), seconds_used(notes), _history(notes))
    before = seconds_used(notes)
    left = None if time_budget is None else max(0.0, time_budget - before)
    started = time.monotonic()
    x, ids = _rows(images, how, seed)
    search = _search(images, _fitting(how.settings, ids, seed), how, seed, notes, progress)
    with progress.search(1, 0, left):
        progress.stage_begin(f"Searching cells on {len(ids)} images")
        genotype = search.search(x, ids, left)
    seconds = before + time.monotonic() - started
    files.write_json(notes / "seconds.json", {"seconds": seconds})
    genotype.save(path)  # last: it says that the search is over
    return FoundCells(genotype, seconds, search.history)


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


def _history(notes: Path) -> list[DartsEpoch]:
    found = state.load(notes)
    return [] if found is None else state.history(notes, found[1])


def seconds_used(notes: Path) -> float:
    """Seconds that a search took up to its end, or up to the last epoch before a kill.

    Raises:
        ProjectError: If the file that tells it is damaged.
    """
    path = notes / "seconds.json"
    if not path.exists():
        return sum(epoch.seconds for epoch in _history(notes))
    try:
        return float(files.read_json(path)["seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise state.damaged(path, error) from error
