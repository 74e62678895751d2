"""Images: what is searched for them, and the estimator."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import autokeras as ak
import keras
from numpy.typing import NDArray

from automl_kit.custom_blocks import (
    CELL_PRESETS,
    IMAGE_PRESETS,
    ImageBlock,
    ImageInput,
    cell_graph,
)
from automl_kit.data import ImageSchema, load_images, release
from automl_kit.errors import InputError
from automl_kit.problems import Problem
from automl_kit.spaces import DARTS, Genotype
from automl_kit.tasks.classifier import TaskClassifier
from automl_kit.tasks.encoders.image import fit_encoder
from automl_kit.tasks.examples import Examples
from automl_kit.tasks.graphs import check_input
from automl_kit.tasks.recipe import LearningRates
from automl_kit.tuners import DartsEpoch

STEPS = 2_000
"""Steps of a training at least.

Of 1,437 digits of 8×8 pixels three folds of the first network make 16 errors in 20 epochs (600
steps), log-loss .032, and 8 in 60, log-loss .014.
"""


class Pictures:
    """Images of one size; see `Modality`."""

    name: ClassVar[str] = "image"
    learning_rates: ClassVar[LearningRates] = LearningRates(1e-3, 2e-2, 6e-3)
    presets: Mapping[str | None, list[dict[str, Any]]] = {
        None: IMAGE_PRESETS,
        "cells": CELL_PRESETS,
    }
    most_rows_for_folds: ClassVar[int] = 0
    folds: ClassVar[int | None] = None
    has_columns: ClassVar[bool] = False

    def __init__(self) -> None:
        self._scaling: dict[str, list[float]] = {}

    def load(
        self, X: Any, y: Any, cache: Path, schema: Any = None
    ) -> tuple[NDArray[Any], Any, list[str]]:
        """Reads arrays, files, folders or tables of paths."""
        if schema is None:
            loaded = load_images(X, y, cache=cache)
            return loaded.x, loaded.labels, loaded.notes
        size = (schema.height, schema.width)
        loaded = load_images(X, y, cache=cache, size=size, channels=schema.channels)
        if loaded.x.shape[1:3] != size:
            raise InputError(
                f"The images in validation_data are {loaded.x.shape[1:3]} pixels, but those in X "
                f"are {size}; bring them to one size."
            )
        return loaded.x, loaded.labels, loaded.notes

    def learn_schema(self, data: NDArray[Any]) -> ImageSchema:
        """Size, channels and range of the pixels."""
        _, height, width, channels = data.shape
        lowest, highest = [], []
        for start in range(0, len(data), 1024):
            piece = data[start : start + 1024]
            lowest.append(float(piece.min()))
            highest.append(float(piece.max()))
            release(data)
        return ImageSchema(height, width, channels, min(lowest), max(highest))

    def fit_encoder(self, examples: Examples, schema: Any) -> keras.Model:
        """Finds what standardises the pixels."""
        encoder, self._scaling = fit_encoder(examples.train_raw(), schema)
        return encoder

    def encode(self, encoder: keras.Model, examples: Examples, labels: bool) -> NDArray[Any]:
        """Bytes stay bytes: at the training size the encoder's resizing is the identity."""
        images: NDArray[Any] = examples.raw
        return images

    def own_nodes(self, problem: Problem, wanted: str | None) -> tuple[Any, Any]:
        """An `ImageInput` and an `ImageBlock`, or a network of cells."""
        if wanted == "cells":
            return cell_graph(DARTS)
        entry = ImageInput(name="image_input")
        # The block ends in dropout of its own.
        return entry, problem.head("head", dropout=0.0)(ImageBlock(name="image")(entry))[0]

    def check_nodes(self, entry: Any) -> None:
        """The graph must start with images."""
        allowed = (ImageInput, ak.ImageInput, ak.Input)
        check_input(entry, allowed, "Pixels reach it as they are.")

    def tell(self, entry: Any) -> None:
        """What standardises the pixels."""
        if isinstance(entry, ImageInput):
            entry.scale = self._scaling.get("scale")
            entry.offset = self._scaling.get("offset")

    def default_batch_size(self, rows: int) -> int:
        """32 or 64."""
        return 32 if rows < 20_000 else 64

    def default_epochs(self, rows: int, batch: int) -> int:
        """20, of few rows as many as have 2,000 steps; see `STEPS`."""
        return min(max(-(-STEPS // -(-rows // batch)), 20), 200)


class ImageClassifier(TaskClassifier):
    """Finds a network for images.

    Args: see `__init__`. X is an array (n, height, width) or (n, height, width,
    channels); or the path of a folder with one folder of images a class, of a table of
    paths and labels, or of a `.npz` file. Images from files are decoded once, to bytes on
    disk, so that memory doesn't grow with their number. With `tuner="darts"` cells are found
    first, by gradient descent on a supernet (see `automl_kit.tuners.Darts`), and trials then
    train their network.

    Attributes:
        genotype_: The cells that `tuner="darts"` found; `genotype_.save(path)` keeps them, and
            `graph=cell_graph(Genotype.load(path))` trains them on other images.
        cell_history_: The epochs of that search; see `automl_kit.report.plot_alphas`.

    Example:
        >>> from automl_kit import ImageClassifier
        >>> from automl_kit.data import load_digits
        >>> digits = load_digits()
        >>> classifier = ImageClassifier(max_trials=1, epochs=3, seed=0, verbose=0)
        >>> classifier.fit(digits.x_train, digits.y_train).score(digits.x_test, digits.y_test) > 0.8
        True
    """

    modality = Pictures
    schema_: ImageSchema
    genotype_: Genotype
    cell_history_: list[DartsEpoch]
