"""Fitting a network to rows, those of memory-mapped arrays batch by batch."""

import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from automl_kit.evaluation.row_batches import RowBatches
from automl_kit.evaluation.rows import Rows, TrainingData


def fit(
    model: keras.Model,
    data: TrainingData,
    callbacks: list[keras.callbacks.Callback],
    epochs: int,
    first_epoch: int = 0,
) -> dict[str, list[float]]:
    """Fits a compiled network; gives what Keras logged after each epoch.

    Args:
        model: The network.
        data: The rows.
        callbacks: Keras callbacks.
        epochs: The number of the epoch to end with, from 1.
        first_epoch: The number of the epoch to begin with, from 0.
    """
    with warnings.catch_warnings():
        # Of a network of fitted layers alone, such as trees; there is nothing to be done.
        warnings.filterwarnings("ignore", "The model does not have any trainable weights")
        return _fit(model, data, callbacks, epochs, first_epoch)


def _fit(
    model: keras.Model,
    data: TrainingData,
    callbacks: list[keras.callbacks.Callback],
    epochs: int,
    first_epoch: int,
) -> dict[str, list[float]]:
    train, held_out, size = data.train, data.held_out, data.batch_size
    _make_state(model, train)
    mapped = isinstance(train.x, np.memmap)
    judged: Any = None
    if mapped:
        # Keras's generators are seeded when the network was built: the order follows from them.
        seed = int(np.random.randint(2**31))
        x: Any = RowBatches(train.x, train.y, size, shuffle_seed=seed, weights=train.weights)
        if held_out is not None:
            judged = RowBatches(held_out.x, held_out.y, size, weights=held_out.weights)
        history = model.fit(
            x, validation_data=judged, epochs=epochs, initial_epoch=first_epoch,
            callbacks=callbacks, verbose=0,
        )  # fmt: skip
        return _curves(history)
    history = model.fit(
        train.x,
        train.y,
        sample_weight=_weights(model, train),
        batch_size=size,
        validation_data=None if held_out is None else _triple(model, held_out),
        validation_batch_size=max(size, 256),
        epochs=epochs,
        initial_epoch=first_epoch,
        callbacks=callbacks,
        verbose=0,
    )
    return _curves(history)


def _make_state(model: keras.Model, rows: Rows) -> None:
    """Makes the variables of optimizer, loss and metrics, by a row that isn't learned from.

    Keras makes them in the first step. TensorFlow then traces the step a second time, since a
    traced function may make variables once only: 40 % of the time of a small training.
    """
    model.optimizer.build(model.trainable_variables)
    x, y = keras.tree.map_structure(
        lambda values: tf.convert_to_tensor(np.asarray(values[:1])), (rows.x, rows.y)
    )
    outputs = model(x, training=False)  # Nested as in training; `model.output` may be a list.
    model.compute_loss(x, y, outputs, training=False)
    model.compute_metrics(x, y, outputs)
    model.reset_metrics()


def _curves(history: keras.callbacks.History) -> dict[str, list[float]]:
    return {name: [float(value) for value in curve] for name, curve in history.history.items()}


def _triple(model: keras.Model, rows: Rows) -> tuple[Any, ...]:
    weights = _weights(model, rows)
    return (rows.x, rows.y) if weights is None else (rows.x, rows.y, weights)


def _weights(model: keras.Model, rows: Rows) -> Any:
    """The weights of rows, the same for each output of a network of several."""
    if rows.weights is None or len(model.outputs) == 1:
        return rows.weights
    return [rows.weights for _ in model.outputs]
