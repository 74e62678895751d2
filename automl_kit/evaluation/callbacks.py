"""Keras callbacks that a trial runs under: its score, its best epoch, its time, its health."""

import math
import time
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.objectives import Objective


class NonFiniteError(Exception):
    """A loss or an objective became NaN or infinite; the trial can't be used."""


class Deadline:
    """A moment that a search should not outlast.

    Args:
        seconds: From now on; None for no deadline.
    """

    def __init__(self, seconds: float | None = None):
        self._end = None if seconds is None else time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, infinite without a deadline and never below 0."""
        return math.inf if self._end is None else max(0.0, self._end - time.monotonic())

    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0


class StopAtDeadline(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends training after the batch in which the deadline passes; Keras still validates then."""

    def __init__(self, deadline: Deadline):
        super().__init__()
        self.deadline = deadline

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Looks at the clock."""
        if self.deadline.passed():
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
        probabilities = self.model.predict(self.x, batch_size=self.batch_size, verbose=0)
        if not np.isfinite(probabilities).all():
            raise NonFiniteError(f"a predicted probability is NaN in epoch {epoch + 1}")
        if probabilities.shape[1] == 1:  # One sigmoid: the probability of the second class.
            probabilities = np.concatenate([1 - probabilities, probabilities], axis=1)
        logs[self.objective.name] = self.objective.score(self.ids, probabilities)


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
    """

    def __init__(self, objective: Objective):
        super().__init__()
        self.objective = objective
        self.epoch = -1
        self.logs: dict[str, float] = {}
        self._weights: list[NDArray[Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keeps this epoch if it is the best so far."""
        logs = dict(logs or {})
        if self.objective.name not in logs:
            raise KeyError(f"{self.objective.name} is not in the logs: {sorted(logs)}")
        value = logs[self.objective.name]
        if self.epoch < 0 or self.objective.better(value, self.logs[self.objective.name]):
            self.epoch, self.logs, self._weights = epoch, logs, self.model.get_weights()

    def restore(self) -> None:
        """Puts the best epoch's weights back into the model."""
        if self._weights:
            self.model.set_weights(self._weights)
