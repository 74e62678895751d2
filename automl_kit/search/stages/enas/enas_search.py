"""ENAS: shared weights and the controller that draws from them, trained in turn."""

import time
from pathlib import Path as FilePath
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.custom_blocks.paths import PathNetwork
from automl_kit.data.splits import stratified_split
from automl_kit.evaluation import array_state
from automl_kit.evaluation.sharing.path_images import PathImages
from automl_kit.evaluation.sharing.shared_training import SharedTraining, drawing
from automl_kit.evaluation.sharing.shared_weights import SharedWeights
from automl_kit.progress import Progress
from automl_kit.search.stages.enas.enas_epochs import EnasEpoch
from automl_kit.search.stages.enas.enas_settings import EnasSettings
from automl_kit.search.stages.enas.policy import Policy
from automl_kit.spaces import CellSpace, Genotype, Path, network_key

_CALIBRATION = 256  # rows
_AT_ONCE = 256


class EnasSearch:
    """A search by ENAS on the images of a training set.

    Pham et al. (2018), "Efficient neural architecture search via parameter sharing", section 2.2:
    one epoch of the weights along cells that the controller draws, then some steps of the
    controller, whose reward is a cell's accuracy on a batch of other rows, and so on. The same
    seed gives the same search, also when it was killed and goes on.

    Args:
        space: The cells.
        settings: How to search.
        images: The training rows, of which a share is the controller's.
        seed: Of weights, rows and draws.
        file: Where to keep the state after each epoch; None keeps none.
        identity: What must be the same for a search in the file to go on.
        progress: Hears of steps and epochs.

    Attributes:
        history: Its epochs so far.
        policy: The controller.
    """

    def __init__(
        self,
        space: CellSpace,
        settings: EnasSettings,
        images: PathImages,
        seed: int,
        file: FilePath | None = None,
        identity: dict[str, Any] | None = None,
        progress: Progress | None = None,
    ):
        self.settings, self.seed = settings, seed
        self.progress = progress or Progress()
        train, valid = stratified_split(images.ids, settings.valid_share, seed)
        self.images, self.rows, self.valid = images, train, valid
        keras.utils.set_random_seed(seed % 2**32)
        network = PathNetwork(
            images.x.shape[1:], int(images.ids.max()) + 1, space,
            cells=settings.cells, channels=settings.channels,
        )  # fmt: skip
        self.paths = network.paths
        shared = SharedWeights(network, settings)
        self.training = SharedTraining(
            shared, images.take(train), seed, file, identity, self.progress
        )
        self.policy = Policy(space, settings.hidden, settings.controller_rate, seed)
        self.history: list[EnasEpoch] = []
        self._baseline: float | None = None

    @property
    def seconds(self) -> float:
        """What all epochs so far took, in all runs together."""
        return sum(epoch.seconds for epoch in self.history)

    def search(self, seconds: float | None = None) -> bool:
        """Searches, or goes on with a search on disk.

        Args:
            seconds: For all runs together; None for no limit. It is looked at after each step.

        Returns:
            Whether all epochs were done.

        Raises:
            ProjectError: If the file has another search, is damaged, or can't be written.
            SearchError: If the loss stops being a number.
        """
        self.restore()
        ends = None if seconds is None else time.monotonic() + seconds - self.seconds
        epochs = self.settings.epochs
        while len(self.history) < epochs:
            if not self._epoch(ends):
                self.progress.message(
                    f"The time is over after {len(self.history)} of {epochs} epochs."
                )
                return False
            self._save()
            self.progress.message(self.history[-1].line(len(self.history) - 1, epochs))
        return True

    def derive(self) -> Genotype:
        """The best of some cells that the controller draws; after `search`.

        They are judged by all of its rows, at statistics of rows of the weights.
        """
        rng = np.random.default_rng([self.seed, 3])
        drawn = [self.policy.genotype(s) for s in self.policy.draw(self.settings.candidates, rng)]
        members = list({network_key(genotype): genotype for genotype in drawn}.values())
        shared, few = self.training.shared, np.sort(rng.permutation(self.rows)[:_CALIBRATION])
        shared.write()
        calibrate = self.images.batches(few, self.settings.batch_size)
        judged, ids = self.images.batches(self.valid, _AT_ONCE), self.images.ids[self.valid]

        def accuracy(genotype: Genotype) -> float:
            outputs = shared.probabilities(self.paths.path(genotype), calibrate, judged)
            return float((outputs.argmax(1) == ids).mean())

        return max(members, key=accuracy)

    def _epoch(self, ends: float | None) -> bool:
        """One epoch of the weights and of the controller; False where time ended it."""
        started, number, settings = time.monotonic(), len(self.history), self.settings
        rests = number < settings.warmup
        draw = drawing(self.paths, settings) if rests else self._drawn
        if not self.training.epoch(draw, settings.epochs, ends):
            return False
        found = None if rests else self._controller_steps(number, ends)
        if found is None and not rests:
            self.training.history.pop()  # The epoch is done anew.
            return False
        reward, entropy = found or (None, None)
        weights, seconds = self.training.history[-1], time.monotonic() - started
        self.history.append(EnasEpoch(weights.loss, weights.accuracy, reward, entropy, seconds))
        return True

    def _drawn(self, rng: np.random.Generator) -> list[Path]:
        """One path by the controller."""
        return [self.paths.path(self.policy.genotype(self.policy.draw(1, rng)[0]))]

    def _controller_steps(self, epoch: int, ends: float | None) -> tuple[float, float] | None:
        """Trains the controller; gives mean reward and entropy, None where time ended it."""
        rng, settings = np.random.default_rng([self.seed, epoch, 2]), self.settings
        told = []
        for _ in range(settings.controller_steps):
            if ends is not None and time.monotonic() > ends:
                return None
            sequences = self.policy.draw(settings.drawn, rng)
            rewards = self._rewards(sequences, rng)
            mean = float(rewards.mean())
            before = mean if self._baseline is None else self._baseline
            self.policy.learn(sequences, rewards - before, settings.entropy)
            self._baseline = before + settings.baseline * (mean - before)
            told.append((mean, self.policy.entropy(sequences)))
        reward, entropy = np.mean(told, axis=0)
        return float(reward), float(entropy)

    def _rewards(
        self, sequences: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """The accuracy of each cell on one batch of the controller's rows."""
        size = min(self.settings.batch_size, len(self.valid))
        rows = np.sort(rng.choice(self.valid, size, replace=False))
        x, y = tf.constant(self.images.pixels(rows)), tf.constant(self.images.ids[rows])
        paths = [self.paths.path(self.policy.genotype(sequence)) for sequence in sequences]
        by_batch = self.training.shared.by_batch
        return np.array([float(by_batch(x, y, tf.constant(path))[1]) for path in paths])

    # State

    def _save(self) -> None:
        epochs = [epoch.to_json() for epoch in self.history]
        steps = self.policy.adam.steps
        self.training.save(self.policy.arrays(), enas=epochs, steps=steps, baseline=self._baseline)

    def restore(self) -> None:
        """Goes on where the state on disk ends.

        Raises:
            ProjectError: If it is another search's, or damaged.
        """
        found = self.training.restore()
        if found is None or self.training.file is None:
            return
        arrays, told = found
        try:
            self.history = [EnasEpoch(**epoch) for epoch in told["enas"]]
            if len(self.history) != len(self.training.history):
                raise ValueError("the weights and the controller have different epochs")
            self.policy.take(arrays, int(told["steps"]))
            before = told["baseline"]
            self._baseline = None if before is None else float(before)
        except (KeyError, TypeError, ValueError) as error:
            raise array_state.damaged(self.training.file, error) from error
