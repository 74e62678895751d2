"""The supernet of a search: trained once, then asked for the worth of cells."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.paths import PathNetwork
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation.array_state import fingerprint
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.judging import judged
from automl_kit.evaluation.rows import Rows
from automl_kit.evaluation.sharing.path_images import PathImages
from automl_kit.evaluation.sharing.searched_cells import images_of, searched_block, with_channels
from automl_kit.evaluation.sharing.shared_training import SharedTraining, drawing
from automl_kit.evaluation.sharing.shared_weights import SharedWeights

if TYPE_CHECKING:
    from automl_kit.evaluation.weight_sharing import WeightSharing

_FOLDER = "shared"
_AT_ONCE = 256  # rows judged


class PathJudge:
    """Judges cells by weights that they share.

    Args:
        how: The evaluation's settings.
        run: The search; its trainer has a graph with one searched `CellBlock`.

    Raises:
        InputError: If the rows are no images of classes, or the objective can't be judged.
    """

    def __init__(self, how: "WeightSharing", run: Run):
        self.how = how
        trainer: Any = run.trainer
        self.objective, self._measures = trainer.objective, trainer.measures
        if self.objective.score is None and self.objective.name not in ("val_loss", "val_accuracy"):
            raise InputError(
                f"{how.who} by 'val_loss', 'val_accuracy' or a metric of scikit-learn or Keras; "
                f"got the objective {self.objective.name!r}."
            )
        block = searched_block(trainer.graph, how.who)
        self.prefix, self.space = f"{block.name}/", block.space
        data = run.data
        if data.held_out is None:
            raise InputError(f"{how.who} cells by held-out rows; there are none.")
        x, scale, offset = images_of(trainer.graph, data.train.x, how.who)
        self.seed = run.seed_for(0, 5)
        every = _images(data.train, x, scale, offset, how.who)
        self.images = every.at_most(how.rows, self.seed)
        held_x = with_channels(data.held_out.x)
        self._held = _images(data.held_out, held_x, scale, offset, how.who)
        self.classes = 1 + max(int(rows.ids.max()) for rows in (every, self._held))
        keras.utils.set_random_seed(self.seed)
        network = PathNetwork(
            x.shape[1:], self.classes, self.space, cells=how.cells, channels=how.channels
        )
        self.shared = SharedWeights(network, how)
        self.paths = network.paths
        self._batches: tuple[Any, Any] | None = None

    def train(self, run: Run) -> None:
        """Trains the weights, or goes on, unless there are trials that they have judged."""
        file = None if run.folder is None else run.folder / _FOLDER / "shared.npz"
        training = SharedTraining(
            self.shared, self.images, self.seed, file, self._identity(), run.progress
        )
        if run.folder is not None and any(run.folder.glob("trial_*")):
            if training.restore() is None:
                raise ProjectError(
                    f"{run.folder} has trials, but the shared weights that judged them are lost "
                    f"({file}); start over with overwrite=True."
                )
        else:
            run.progress.stage_begin(
                f"Training the weights that all cells share on {len(self.images.ids)} images"
            )
            seconds = None if run.budget is None else run.budget * self.how.share
            if not training.run(drawing(self.paths, self.how), seconds):
                training.save()  # They judge as they are, after a kill too.
        self.history = training.history
        self.shared.write()

    def _identity(self) -> dict[str, Any]:
        """What the weights depend on."""
        rows = fingerprint(self.images.x, self.images.ids)
        return {"settings": self.how.to_json(), "seed": self.seed, "rows": rows}

    def judge(self, values: Mapping[str, Any]) -> Result:
        """Judges the cell that some hyperparameters stand for."""
        started = time.monotonic()
        own = {
            name.removeprefix(self.prefix): value
            for name, value in values.items()
            if name.startswith(self.prefix)
        }
        path = self.paths.path(self.space.genotype(own))
        logs = self.logs_of(path)
        figures = {"seconds": time.monotonic() - started}
        if self._measures("parameters"):  # An objective; those of the path, as others' are.
            figures["parameters"] = float(self.shared.network.count_of(path))
        return Result(logs[self.objective.name], logs=logs, figures=figures, estimate=True)

    def logs_of(self, path: NDArray[np.int32]) -> dict[str, float]:
        """The figures of a path on held-out rows, by statistics of training rows."""
        rows, (calibrate, held) = self._rows(), self._pixels()
        outputs = self.shared.probabilities(path, calibrate, held)
        targets = np.eye(self.classes, dtype="float32")[self._held.ids[rows]]
        weights = None if self._held.weights is None else self._held.weights[rows]
        loss = keras.losses.CategoricalCrossentropy().call
        return judged(loss, targets, outputs, weights, self.objective)

    def _rows(self) -> NDArray[np.integer]:
        """The held-out rows that judge, the same for every path."""
        return _some(len(self._held.ids), self.how.judged, self.seed)

    def _pixels(self) -> tuple[Any, Any]:
        """The batches that calibrate and those that judge, read once."""
        if self._batches is None:
            few = _some(len(self.images.ids), self.how.calibration, self.seed)
            self._batches = (
                self.images.batches(few, self.how.batch_size),
                self._held.batches(self._rows(), _AT_ONCE),
            )
        return self._batches


def _some(count: int, most: int, seed: int) -> NDArray[np.integer]:
    """So many of the rows at most, at random, ascending."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


def _images(rows: Rows, x: Any, scale: list[float], offset: list[float], who: str) -> PathImages:
    ids = rows.ids()
    if ids is None:
        raise InputError(f"{who} cells for one output of classes; the targets are none.")
    return PathImages(
        x=x, ids=np.asarray(ids, "int64"), scale=scale, offset=offset, weights=rows.weights
    )
