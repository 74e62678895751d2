"""What benchmarks of shared weights have in common: images, networks of paths, trainings alone.

A network of paths computes what the network of a genotype does, so that a cell is trained alone by
the same compiled function as the supernet: with new weights, of which one path is trained.
"""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sets import fashion_arrays

from automl_kit.custom_blocks.paths import PathNetwork
from automl_kit.evaluation.sharing.path_images import PathImages
from automl_kit.evaluation.sharing.searched_cells import standardisation
from automl_kit.evaluation.sharing.shared_training import Draw, SharedTraining
from automl_kit.evaluation.sharing.shared_weights import SharedWeights
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings
from automl_kit.spaces import CellSpace, Genotype

HELD, TEST, CALIBRATION, AT_ONCE = 1_000, 2_000, 512, 250


def shrunk(x: Any, pixels: int) -> Any:
    """Images (n, 28, 28) of so many pixels a side, by means of squares."""
    size = 28 // pixels
    return x.reshape(len(x), pixels, size, pixels, size).mean((2, 4)).astype("float32")


class Bench:
    """Images of Fashion-MNIST and one compiled network of paths for everything.

    Args:
        data: The folder that holds `fashion_mnist/`.
        rows: Training images; the next 1,000 judge in searches, 2,000 test images at the end.
        space: The cells.
        cells: Cells of the network.
        channels: Of its first cells.
        pixels: A side of the images; 28, or 14 for means of 2×2.
    """

    def __init__(
        self, data: Path, rows: int, space: CellSpace, cells: int, channels: int, pixels: int = 28
    ):
        x, y = fashion_arrays(data / "fashion_mnist", "train")
        x_test, y_test = fashion_arrays(data / "fashion_mnist", "t10k")
        x, x_test = shrunk(x[: rows + HELD], pixels), shrunk(x_test[:TEST], pixels)
        y, y_test = y[: rows + HELD], y_test[:TEST]
        scale, offset = standardisation(x[:rows, ..., None])

        def images(x: Any, y: Any) -> PathImages:
            return PathImages(x=x[..., None], ids=y, scale=scale, offset=offset)

        self.train = images(x[:rows], y[:rows])
        self.held, self.test = images(x[rows:], y[rows:]), images(x_test, y_test)
        settings = SharingSettings(cells=cells, channels=channels)
        network = PathNetwork((pixels, pixels, 1), 10, space, cells=cells, channels=channels)
        self.shared, self.paths, self.space = SharedWeights(network, settings), network.paths, space
        few = np.sort(np.random.default_rng(0).permutation(rows)[:CALIBRATION])
        self._calibrate = self.train.batches(few, settings.batch_size)
        self._judged = {
            "held": self.held.batches(np.arange(HELD), AT_ONCE),
            "test": self.test.batches(np.arange(TEST), AT_ONCE),
        }

    def begin(self, seed: int) -> None:
        """New weights."""
        keras.utils.set_random_seed(seed)
        for variable in self.shared.flat.variables:
            fan_in = int(np.prod(variable.shape[:-1]))
            if variable.shape[-1] == 1 and len(variable.shape) == 4:  # depthwise
                fan_in = int(np.prod(variable.shape[:2]))
            if len(variable.shape) > 1:
                limit = fan_in**-0.5
                variable.assign(np.random.uniform(-limit, limit, variable.shape))
            else:
                variable.assign(np.full(variable.shape, float("scale" in variable.path)))
        for name, vector in (("w", self.shared.flat.read()), ("velocity", 0.0)):
            self.shared.state[name].assign(np.zeros_like(self.shared.flat.read()) + vector)

    def training(
        self, settings: SharingSettings, seed: int, file: Path | None = None
    ) -> SharedTraining:
        """A training of new weights, or one that goes on."""
        self.begin(seed)
        self.shared.settings = settings
        identity = {"settings": settings.to_json(), "seed": seed}
        return SharedTraining(self.shared, self.train, seed, file, identity)

    def alone(self, genotype: Genotype, settings: SharingSettings, seed: int) -> dict[str, Any]:
        """Trains a cell by itself; gives its accuracy on the test images and what it took."""
        path, began = self.paths.path(genotype), time.process_time()
        draw: Draw = lambda rng: [path]  # noqa: E731
        training = self.training(settings, seed)
        training.run(draw)
        self.shared.write()
        return {
            **self.judge(genotype, "test"),
            "processor_seconds": time.process_time() - began,
            "train_accuracy": training.history[-1].accuracy,
        }

    def judge(self, genotype: Genotype, rows: str) -> dict[str, float]:
        """Accuracy and loss of a path with the weights as they are, on "held" or "test" rows."""
        outputs = self.shared.probabilities(
            self.paths.path(genotype), self._calibrate, self._judged[rows]
        )
        ids = (self.held if rows == "held" else self.test).ids
        right = outputs[np.arange(len(ids)), ids]
        return {
            "accuracy": float((outputs.argmax(1) == ids).mean()),
            "loss": float(-np.log(right + 1e-12).mean()),
        }
