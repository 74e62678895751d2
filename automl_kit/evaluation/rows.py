"""Rows on which networks are trained and judged."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.data import number_of_folds, stratified_folds, stratified_split
from automl_kit.errors import InputError


@dataclass(frozen=True)
class Rows:
    """Inputs with their targets.

    Attributes:
        x: One array (n, …), or a tuple of them where a network has several inputs.
        y: Targets: one array (n, k) or (n, 1), or a tuple of them.
        weights: Weight of each row in the loss, (n,); None for 1.
    """

    x: Any
    y: Any
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(keras.tree.flatten(self.y)[0])

    def take(self, places: NDArray[np.intp]) -> "Rows":
        """The rows at some places, in their order."""
        x, y = keras.tree.map_structure(lambda array: array[places], (self.x, self.y))
        return Rows(x, y, None if self.weights is None else self.weights[places])

    def sample(self, share: float, seed: int) -> "Rows":
        """A part of the rows, of each class the same part, in their order."""
        if share == 1.0:
            return self
        ids = self.ids()
        strata = np.zeros(len(self), int) if ids is None else ids
        return self.take(stratified_split(strata, share, seed)[1])

    def draw(self, number: int, seed: int) -> "Rows":
        """So many of the rows at random, in their order; all of them where there are no more."""
        rng = np.random.default_rng(seed)
        return self.take(np.sort(rng.permutation(len(self))[:number]))

    def cut(self, number: int | None, seed: int) -> list[NDArray[np.intp]]:
        """Cuts the rows into folds, stratified by class; None for as many as suit them."""
        ids = self.ids()
        strata = np.zeros(len(self), int) if ids is None else ids
        return stratified_folds(strata, number or number_of_folds(strata), seed)

    def ids(self) -> NDArray[Any] | None:
        """Class ids (n,) of one-hot or single-column integer targets; None of any others."""
        targets = keras.tree.flatten(self.y)
        if len(targets) != 1:
            return None
        y = np.asarray(targets[0]).reshape(len(targets[0]), -1)
        if y.shape[1] > 1:
            one_hot = np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()
            return y.argmax(axis=1) if one_hot else None
        whole = np.issubdtype(y.dtype, np.number) and (y == np.floor(y)).all()
        return y[:, 0].astype(int) if whole else None


def joined(first: Rows, second: Rows) -> Rows:
    """Rows followed by others."""
    x, y = keras.tree.map_structure(
        lambda a, b: np.concatenate([a, b]), (first.x, first.y), (second.x, second.y)
    )
    if first.weights is None and second.weights is None:
        return Rows(x, y)
    parts = [
        np.ones(len(part), "float32") if part.weights is None else part.weights
        for part in (first, second)
    ]
    return Rows(x, y, np.concatenate(parts))


LENGTH = "length"  # the hyperparameter of the share of the epochs that a training takes


@dataclass(frozen=True)
class TrainingData:
    """What the networks of an AutoKeras graph are trained on, and how long.

    Attributes:
        train: Training rows.
        held_out: Rows to judge by; None in the final fit.
        epochs: Epochs of a full training, over which the learning rate falls.
        batch_size: Rows a batch.
        callbacks: The user's Keras callbacks, copied for each training.
        apart: Whether the held-out rows were given apart: then nothing is trained on them.
    """

    train: Rows
    held_out: Rows | None
    epochs: int
    batch_size: int
    callbacks: Sequence[keras.callbacks.Callback] = field(default_factory=tuple)
    apart: bool = False

    def planned_epochs(self, values: Mapping[str, Any]) -> int:
        """Over how many epochs hyperparameters have the learning rate fall."""
        return max(1, round(self.epochs * float(values.get(LENGTH) or 1.0)))

    def fewer(
        self, share: float, epochs: int | None, seed: int, judges_all_rows: bool
    ) -> "TrainingData":
        """A part of the training rows, and fewer epochs; see `automl_kit.evaluation.base.Data`."""
        train, held_out = self.train.sample(share, seed), self.held_out
        if judges_all_rows and held_out is not None and not self.apart:
            held_out = held_out.sample(share, seed)
        return replace(self, train=train, held_out=held_out, epochs=epochs or self.epochs)

    def on_everything(self, rows: Rows) -> "TrainingData":
        """The same with other rows and nothing held out, and so without early stopping."""
        keep = [c for c in self.callbacks if not isinstance(c, keras.callbacks.EarlyStopping)]
        return replace(self, train=rows, held_out=None, callbacks=keep)

    def all_rows(self) -> Rows:
        """The rows that a network may be trained on: held-out ones too, unless given apart."""
        if self.apart or self.held_out is None:
            return self.train
        return joined(self.train, self.held_out)

    def held_by_fold(self, number: int | None, seed: int) -> list[NDArray[np.intp]]:
        """The numbers of the rows that each fold holds out; see `Rows.cut`."""
        return self.all_rows().cut(number, seed)

    def folds(self, number: int | None, seed: int) -> "list[tuple[TrainingData, NDArray[np.intp]]]":
        """Cuts all rows into folds; see `automl_kit.evaluation.base.Data`."""
        rows = self.all_rows()
        every = np.arange(len(rows))
        return [
            (
                replace(self, train=rows.take(np.setdiff1d(every, fold)), held_out=rows.take(fold)),
                fold,
            )
            for fold in self.held_by_fold(number, seed)
        ]

    def draw(self, number: int, seed: int) -> Rows:
        """Draws training rows; see `automl_kit.evaluation.base.Data`."""
        return self.train.draw(number, seed)

    def user_callbacks(self) -> list[keras.callbacks.Callback]:
        """Copies of the user's callbacks, whose state must not pass from trial to trial.

        Raises:
            InputError: If one can't be copied.
        """
        try:
            return copy.deepcopy(list(self.callbacks))
        except Exception as error:
            names = ", ".join(type(callback).__name__ for callback in self.callbacks)
            raise InputError(
                f"The callbacks ({names}) can't be copied, and each training needs a copy of its "
                f"own ({type(error).__name__}: {error}). Give the class a __deepcopy__ method."
            ) from error
