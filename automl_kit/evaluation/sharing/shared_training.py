"""Training shared weights, epoch by epoch, and going on with it."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts.exact_sums import exact_sums
from automl_kit.errors import SearchError
from automl_kit.evaluation import array_state
from automl_kit.evaluation.sharing.path_images import PathImages
from automl_kit.evaluation.sharing.shared_weights import SharedWeights
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings
from automl_kit.progress import Progress
from automl_kit.spaces import Path, Paths

Draw = Callable[[np.random.Generator], list[Path]]
"""Gives the paths of a step."""


@dataclass(frozen=True)
class SharedEpoch:
    """One pass over the training rows.

    Attributes:
        loss: Mean over steps and paths, each before its step.
        accuracy: Likewise.
        seconds: Time it took.
    """

    loss: float
    accuracy: float
    seconds: float


class SharedTraining:
    """Trains the weights of a network of paths.

    An epoch's rows and paths follow from the seed and its number alone, so that a training that
    was killed goes on as if it had not been.

    Args:
        shared: The weights, changed in place.
        images: The training rows.
        seed: Of the order of the rows and of the paths.
        file: Where to keep the state after each epoch; None keeps none.
        identity: What must be the same for a training in the file to go on.
        progress: Hears of steps and epochs.

    Attributes:
        history: The epochs so far.
    """

    def __init__(
        self,
        shared: SharedWeights,
        images: PathImages,
        seed: int,
        file: FilePath | None = None,
        identity: dict[str, Any] | None = None,
        progress: Progress | None = None,
    ):
        self.shared, self.images, self.seed, self.file = shared, images, seed, file
        self.settings, self.identity = shared.settings, identity or {}
        self.progress = progress or Progress()
        self.history: list[SharedEpoch] = []

    @property
    def seconds(self) -> float:
        """What all epochs so far took, in all runs together."""
        return sum(epoch.seconds for epoch in self.history)

    def run(self, draw: Draw, seconds: float | None = None) -> bool:
        """Trains all epochs, or those that are left of a training on disk.

        Where there is no time for all of them, the learning rate falls to its end in as many as
        there is time for.

        Args:
            draw: Gives the paths of a step.
            seconds: For all runs together; None for no limit. It is looked at after each step.

        Returns:
            Whether all epochs were trained.

        Raises:
            ProjectError: If the file has another training, is damaged, or can't be written.
            SearchError: If the loss stops being a number.
        """
        self.restore()
        epochs = self.settings.epochs
        ends = None if seconds is None else time.monotonic() + seconds - self.seconds
        while len(self.history) < epochs:
            planned = epochs if ends is None else self._fitting(ends - time.monotonic())
            if len(self.history) >= planned or not self.epoch(draw, planned, ends):
                self.progress.message(
                    f"The time is over after {len(self.history)} of {epochs} epochs of the shared "
                    "weights."
                )
                return False
            self.save()
        return True

    def _fitting(self, left: float) -> int:
        """Epochs that there is time for in all, one at least."""
        done = len(self.history)
        if not done:
            return self.settings.epochs
        return min(self.settings.epochs, done + int(left / (self.seconds / done)))

    def epoch(self, draw: Draw, planned: int, ends: float | None = None) -> bool:
        """Trains one epoch of so many; gives False, and notes nothing, where time ended it."""
        number, started = len(self.history), time.monotonic()
        steps = max(1, len(self.images.ids) // self.settings.batch_size)
        rng, told = np.random.default_rng([self.seed, number, 1]), []
        batches = self.images.epoch([self.seed, number, 0], self.settings.batch_size)
        with exact_sums():
            for step, (x, y, weights) in enumerate(batches):
                if ends is not None and time.monotonic() > ends:
                    return False
                share = (number + step / steps) / planned
                paths = tf.constant(np.stack(draw(rng)))
                told.append(
                    self.shared.train(
                        tf.constant(x), tf.constant(y), tf.constant(weights), paths,
                        self.settings.rate_of(share),
                    )
                )  # fmt: skip
                self.progress.epoch_share(share, number + 1, planned)
        loss, accuracy = (float(mean) for mean in np.mean(told, axis=0))
        if not np.isfinite(loss):
            raise SearchError(
                f"The loss of the shared weights became {loss} in epoch {number + 1}; use a "
                f"smaller learning_rate than {self.settings.learning_rate}."
            )
        self.history.append(SharedEpoch(loss, accuracy, time.monotonic() - started))
        return True

    # State

    def save(self, more: dict[str, NDArray[Any]] | None = None, **told: Any) -> None:
        """Keeps the state.

        Args:
            more: Arrays beside the weights.
            told: JSON values beside the history.
        """
        if self.file is not None:
            arrays = {name: variable.numpy() for name, variable in self.shared.state.items()}
            history = [asdict(epoch) for epoch in self.history]
            identity = {"identity": self.identity, "history": history, **told}
            array_state.save(self.file, {**arrays, **(more or {})}, identity)

    def restore(self) -> tuple[array_state.Arrays, dict[str, Any]] | None:
        """Goes on where the state on disk ends; gives what `save` was told, None of nothing."""
        found = None if self.file is None else array_state.load(self.file)
        if found is None or self.file is None:
            return None
        arrays, told = found
        array_state.refuse_other(self.file, {"identity": self.identity}, told)
        try:
            self.history = [SharedEpoch(**epoch) for epoch in told["history"]]
            if not all(0 <= epoch.seconds < float("inf") for epoch in self.history):
                raise ValueError("seconds must be numbers from 0")
            for name, variable in self.shared.state.items():
                if not np.isfinite(arrays[name]).all():
                    raise ValueError(f"{name} must be numbers")
                variable.assign(arrays[name])
        except (KeyError, TypeError, ValueError) as error:
            raise array_state.damaged(self.file, error) from error
        return arrays, told


def drawing(paths: Paths, settings: SharingSettings) -> Draw:
    """How the paths of a step are drawn, as the settings say."""
    if settings.train == "fair":
        return lambda rng: [paths.path(genotype) for genotype in paths.fair_round(rng)]
    return lambda rng: [paths.sample(rng)]
