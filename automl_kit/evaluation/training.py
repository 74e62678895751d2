"""Training one network: what the search and the final fit have in common."""

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.row_batches import Batches
from automl_kit.report import Progress


@dataclass(frozen=True)
class TrainingData:
    """What networks are trained on.

    Attributes:
        x: Inputs, one array (n, …) or a tuple of them.
        y: Targets, (n, k) one-hot or (n, 1).
        validation: Held-out inputs and targets; None in the final fit.
        epochs: Epochs of a full training, over which the learning rate falls.
        batch_size: Rows a batch.
        class_weight: Weight of each class id in the losses of both parts; None for 1.
        callbacks: The user's Keras callbacks, copied for each training.
    """

    x: Any
    y: NDArray[Any]
    validation: tuple[Any, NDArray[Any]] | None
    epochs: int
    batch_size: int
    class_weight: dict[int, float] | None = None
    callbacks: list[keras.callbacks.Callback] = field(default_factory=list)

    def on_everything(self, x: Any, y: NDArray[Any]) -> "TrainingData":
        """The same with other data and nothing held out, and so without early stopping."""
        keep = [c for c in self.callbacks if not isinstance(c, keras.callbacks.EarlyStopping)]
        return replace(self, x=x, y=y, validation=None, callbacks=keep)

    def held_out_ids(self) -> NDArray[Any]:
        """Class ids of the held-out rows, (n,)."""
        assert self.validation is not None
        targets = self.validation[1]
        return targets.argmax(axis=1) if targets.shape[1] > 1 else targets[:, 0].astype(int)

    def held_out_weights(self) -> NDArray[np.float32] | None:
        """Weight of each held-out row, as of its class in training; None where none is given.

        Judged without weights, the best epoch would be the one that learned least of them.
        """
        if self.class_weight is None:
            return None
        weights = [self.class_weight.get(int(label), 1.0) for label in self.held_out_ids()]
        return np.array(weights, "float32")

    def user_callbacks(self) -> list[keras.callbacks.Callback]:
        """Copies of the user's callbacks, whose state must not pass from trial to trial."""
        return copy.deepcopy(self.callbacks)


def train(
    model: keras.Model,
    data: TrainingData,
    callbacks: list[keras.callbacks.Callback],
    epochs: int,
    initial_epoch: int = 0,
    seed: int = 0,
) -> None:
    """Fits a compiled network; arrays that are memory-mapped are read batch by batch."""
    mapped = isinstance(data.x, np.memmap)
    x: Any = data.x
    y: NDArray[Any] | None = data.y
    validation: Any = data.validation
    if mapped:
        x, y = Batches(data.x, data.y, data.batch_size, shuffle_seed=seed), None
        if validation is not None:
            weights = data.held_out_weights()
            validation = Batches(validation[0], validation[1], data.batch_size, weights=weights)
    elif validation is not None and data.class_weight is not None:
        validation = (*validation, data.held_out_weights())
    model.fit(
        x,
        y,
        batch_size=None if mapped else data.batch_size,
        validation_data=validation,
        validation_batch_size=None if mapped else max(data.batch_size, 256),
        epochs=epochs,
        initial_epoch=initial_epoch,
        class_weight=data.class_weight,
        callbacks=callbacks,
        verbose=0,
    )


class ProgressCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Passes the progress of a training on."""

    def __init__(self, progress: Progress, epochs: int):
        super().__init__()
        self.progress = progress
        self.epochs = epochs
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Tells the share done."""
        steps = self.params.get("steps") or 1
        share = (self._epoch + (batch + 1) / steps) / self.epochs
        self.progress.epoch_share(share, self._epoch + 1, self.epochs)
