"""Keras callbacks that a trial runs under: score, best epoch, time, finite numbers."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.objectives import MissingObjectiveError, Objective
from automl_kit.progress import Progress


class NonFiniteError(Exception):
    """A loss or an objective became NaN or infinite; the trial can't be used."""


class StopInTime(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends training after the batch in which its time is over; Keras still validates then.

    Args:
        over: Says whether the time is over, given the seconds since this was made.

    Attributes:
        cut: Whether it ended the training; not where the last batch of all was done.
        epoch: The epoch under way, from 0; after the cut the whole epochs that were done.
        first_batch: Seconds until the first batch was done; None before.
    """

    def __init__(self, over: Callable[[float], bool]):
        super().__init__()
        self.over = over
        self.cut = False
        self.epoch = 0
        self.first_batch: float | None = None
        self._started = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Notes the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Looks at the clock."""
        elapsed = time.monotonic() - self._started
        if self.first_batch is None:
            self.first_batch = elapsed
        if not self.cut and self.over(elapsed):
            params = self.params or {}  # A training loop of the user's own may set none.
            self.epoch += batch + 1 == params.get("steps")
            self.cut = self.epoch != params.get("epochs")
            self.model.stop_training = True


class ScoreEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds an objective that Keras doesn't compute to the logs of each epoch.

    Args:
        objective: What to compute.
        x: Held-out inputs, as the network takes them.
        ids: Their class ids, (n,).
        batch_size: Rows predicted at once.
    """

    def __init__(self, objective: Objective, x: Any, ids: NDArray[Any], batch_size: int):
        super().__init__()
        self.objective = objective
        self.x = x
        self.ids = ids
        self.batch_size = batch_size

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Predicts the held-out rows and scores them."""
        if logs is None or self.objective.score is None:
            return
        probabilities = predict(self.model, self.x, self.batch_size)
        if not np.isfinite(probabilities).all():
            raise NonFiniteError(f"a predicted probability is NaN in epoch {epoch + 1}")
        if probabilities.shape[1] == 1:  # One sigmoid: the probability of the second class.
            probabilities = np.concatenate([1 - probabilities, probabilities], axis=1)
        logs[self.objective.name] = self.objective.score(self.ids, probabilities)


def predict(model: keras.Model, x: Any, batch_size: int) -> NDArray[Any]:
    """Outputs (n, …) of a network with one output, batch by batch.

    `model.predict` builds a tf.data pipeline at each call, which TensorFlow doesn't give back:
    a search that scores every epoch would grow with their number.
    """
    arrays = keras.tree.flatten(x)
    pieces = [
        model.predict_on_batch(
            keras.tree.map_structure(lambda rows, s=start: np.asarray(rows[s : s + batch_size]), x)
        )
        for start in range(0, len(arrays[0]), batch_size)
    ]
    return np.concatenate(pieces)


class CheckFinite(keras.callbacks.Callback):  # type: ignore[misc]
    """Fails the trial at the end of an epoch in which the loss or the objective isn't finite."""

    def __init__(self, objective: Objective):
        super().__init__()
        self.objective = objective

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Looks at the mean loss, which one NaN batch makes NaN."""
        for name in ("loss", "val_loss", self.objective.name):
            value = (logs or {}).get(name, 0.0)
            if not math.isfinite(value):
                raise NonFiniteError(f"{name} is {value} in epoch {epoch + 1}")


class KeepBestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Remembers the weights, the figures and the number of the best epoch, in memory.

    Attributes:
        epoch: The best epoch, counted from 0; -1 before the first one ends.
        logs: Its figures.
        curve: The objective after each epoch.
    """

    def __init__(self, objective: Objective):
        super().__init__()
        self.objective = objective
        self.epoch = -1
        self.logs: dict[str, float] = {}
        self.curve: list[float] = []
        self._weights: list[NDArray[Any]] = []

    def begin_with(
        self, epoch: int, logs: dict[str, float], curve: list[float], weights: list[NDArray[Any]]
    ) -> None:
        """Takes over what an earlier part of the training had."""
        self.epoch, self.logs, self.curve, self._weights = epoch, logs, curve, weights

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keeps this epoch if it is the best so far."""
        logs = dict(logs or {})
        if self.objective.name not in logs:
            raise MissingObjectiveError(
                f"The objective {self.objective.name!r} is not among what the network logs: "
                f"{', '.join(sorted(logs))}. Name one of these, or compile it as a metric."
            )
        value = logs[self.objective.name]
        self.curve.append(value)
        if self.epoch < 0 or self.objective.better(value, self.logs[self.objective.name]):
            self.epoch, self.logs, self._weights = epoch, logs, self.model.get_weights()

    def restore(self) -> None:
        """Puts the best epoch's weights back into the model."""
        if self._weights:
            self.model.set_weights(self._weights)


class TellProgress(keras.callbacks.Callback):  # type: ignore[misc]
    """Passes the progress of a training on."""

    def __init__(self, progress: Progress, epochs: int | None = None):
        super().__init__()
        self.progress = progress
        self.epochs = epochs
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Tells the share done."""
        params = self.params or {}  # A training loop of the user's own may set none.
        epochs = self.epochs or params.get("epochs") or 1
        share = (self._epoch + (batch + 1) / (params.get("steps") or batch + 1)) / epochs
        self.progress.epoch_share(min(1.0, share), self._epoch + 1, epochs)


class StopIfPruned(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends a training that the pruner gives up.

    Several trainings of a trial, one after the other, end where the first one did.

    Args:
        gives_up: Given the epochs done and the objective, says whether the pruner ends it.
        name: The objective's name in the logs.

    Attributes:
        cut: Whether it ended the training.
        epochs: After how many epochs.
    """

    def __init__(self, gives_up: Callable[[int, float], bool], name: str):
        super().__init__()
        self.gives_up, self.name = gives_up, name
        self.cut, self.epochs = False, 0
        self._trainings = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Counts the trainings."""
        self._trainings += 1

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Asks the pruner."""
        value = (logs or {}).get(self.name)
        if self._trainings == 1 and value is not None:
            last = (self.params or {}).get("epochs") == epoch + 1  # There is nothing to stop.
            self.cut = self.gives_up(epoch + 1, value) and not last
            self.epochs = epoch + 1
        if self.cut and epoch + 1 >= self.epochs:
            self.model.stop_training = True
