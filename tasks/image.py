"""Classification of images."""

from pathlib import Path
from typing import Any, ClassVar

import autokeras as ak
import keras
from numpy.typing import NDArray

from automl_kit.custom_blocks import (
    CELL_PRESETS,
    IMAGE_PRESETS,
    ClassificationHead,
    ImageBlock,
    ImageInput,
    cell_graph,
)
from automl_kit.data import ImageSchema, load_images, release
from automl_kit.errors import InputError, SearchError
from automl_kit.report import make_progress
from automl_kit.search.stages.darts import Images, find_cells
from automl_kit.spaces import DARTS, CellSpace, Genotype
from automl_kit.tasks.auto_model import LearningRates
from automl_kit.tasks.base import TaskClassifier
from automl_kit.tasks.encoders.image import fit_encoder
from automl_kit.tasks.examples import Examples
from automl_kit.tasks.graphs import check_input, nodes_of
from automl_kit.tuners import Darts, DartsEpoch, Strategy


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

    task: ClassVar[str] = "image"
    default_epochs: ClassVar[int] = 15
    presets: ClassVar[list[dict[str, Any]]] = IMAGE_PRESETS
    learning_rates: ClassVar[LearningRates] = LearningRates(1e-3, 2e-2, 6e-3)
    schema_: ImageSchema
    genotype_: Genotype
    cell_history_: list[DartsEpoch]
    _cells: Genotype | CellSpace | None = None

    def _load(
        self, X: Any, y: Any, cache: Path, schema: Any = None
    ) -> tuple[NDArray[Any], Any, list[str]]:
        if schema is None:
            return load_images(X, y, cache=cache)
        size = (schema.height, schema.width)
        loaded = load_images(X, y, cache=cache, size=size, channels=schema.channels)
        if loaded.x.shape[1:3] != size:
            raise InputError(
                f"The images in validation_data are {loaded.x.shape[1:3]} pixels, but those in X "
                f"are {size}; bring them to one size."
            )
        return loaded

    def _learn_schema(self, data: NDArray[Any]) -> ImageSchema:
        _, height, width, channels = data.shape
        pieces = range(0, len(data), 1024)
        lowest, highest = [], []
        for start in pieces:
            piece = data[start : start + 1024]
            lowest.append(float(piece.min()))
            highest.append(float(piece.max()))
            release(data)
        return ImageSchema(height, width, channels, min(lowest), max(highest))

    def _fit_encoder(self, examples: Examples) -> keras.Model:
        encoder, self._scaling = fit_encoder(examples.train_raw(), self.schema_)
        return encoder

    def _encode(self, encoder: keras.Model, raw: Any) -> NDArray[Any]:
        """Bytes stay bytes: at the training size the encoder's resizing is the identity."""
        images: NDArray[Any] = raw
        return images

    def _presets(self) -> list[dict[str, Any]]:
        return self.presets if self._cells is None else CELL_PRESETS

    def _check_tuner(self, tuner_class: type[Strategy]) -> None:
        if not issubclass(tuner_class, Darts):
            return
        tuner_class.describe()  # which checks its settings
        if self.graph is not None:
            raise InputError(
                "The tuner 'darts' builds the graph itself, of the cells that it finds; leave "
                "graph out, or search a graph with a CellBlock by another tuner."
            )

    def _use(self, tuner_class: type[Strategy]) -> None:
        for name in ("genotype_", "cell_history_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        self._cells = DARTS if issubclass(tuner_class, Darts) else None  # until they are found

    def _before_trials(
        self, tuner_class: type[Strategy], x: Any, examples: Examples, folder: Path, verbose: int
    ) -> tuple[type[Strategy], float | None]:
        if not issubclass(tuner_class, Darts):
            return super()._before_trials(tuner_class, x, examples, folder, verbose)
        images = Images(
            x=x,
            ids=examples.train_ids(),
            classes=len(self.classes_),
            class_weight=self._class_weights(examples),
            **self._scaling,
        )
        budget = self.time_budget
        found = find_cells(
            images,
            tuner_class.search,
            seed=self._seed,
            folder=folder,
            time_budget=budget and budget * tuner_class.share,
            progress=make_progress(verbose),
        )
        self._cells = self.genotype_ = found.genotype
        self.cell_history_ = found.history
        left = budget and max(0.0, budget - found.seconds)
        if left == 0 and not any(folder.glob("trial_*")):
            raise SearchError(
                f"The search for cells took {found.seconds:.0f} s, and so all of the time_budget "
                f"of {budget} s; call again with a larger one"
                + ("." if self.directory is None else ", what was found is kept.")
            )
        return tuner_class.trials, left

    def _nodes(self) -> tuple[Any, Any]:
        entry: Any
        if self._cells is not None:
            entry, output = cell_graph(self._cells)
        elif self.graph is None:
            entry = ImageInput(name="image_input")
            # The block ends in dropout of its own.
            output = ClassificationHead(name="head", dropout=0.0)(ImageBlock(name="image")(entry))[
                0
            ]
        else:
            entry, output = nodes_of(self.graph)
            check_input(
                entry, (ImageInput, ak.ImageInput, ak.Input), "Pixels reach it as they are."
            )
        if isinstance(entry, ImageInput):
            scaling = getattr(self, "_scaling", {})
            entry.scale, entry.offset = scaling.get("scale"), scaling.get("offset")
        return entry, output

    def _default_batch_size(self, rows: int) -> int:
        return 32 if rows < 20_000 else 64
