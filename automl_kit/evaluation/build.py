"""Building the network of a trial, fitting its preprocessing layers, and bringing it back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from keras_tuner import errors as tuner_errors

from automl_kit.backend import channels_last
from automl_kit.custom_blocks import DropPath, FittedLayer, without_auxiliary
from automl_kit.data import release
from automl_kit.evaluation.rows import Rows

CHUNK_ROWS = 1024  # of the data at a time, where a layer is to see all of it


def build_network(
    graph: keras_tuner.HyperModel,
    hp: keras_tuner.HyperParameters,
    max_model_size: int | None = None,
    seed: int | None = None,
) -> keras.Model:
    """Builds and compiles the network of some hyperparameters.

    Keras keeps seeds and counters that a cleared session starts anew, so that a first trial
    would differ from the same one later: the session is cleared, then seeded.

    Args:
        graph: Whose `build` makes it.
        hp: The hyperparameters; those that it asks for besides are added.
        max_model_size: The most trainable weights.
        seed: Of its weights; None leaves the generators alone.

    Raises:
        FailedTrialError: If it has more weights.
    """
    # Collecting garbage takes .4 s in a full heap; a trial of a small table takes 1.
    keras.backend.clear_session(free_memory=False)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    with channels_last():
        model: keras.Model = graph.build(hp)
    size = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    if max_model_size is not None and size > max_model_size:
        raise tuner_errors.FailedTrialError(
            f"Oversized model: {size} weights, more than max_model_size={max_model_size}."
        )
    return model


def adapt(model: keras.Model, x: Any) -> None:
    """Fits the layers that learn from data before training, such as Normalization.

    AutoKeras's own stops at the first layer that isn't a preprocessing layer, as the stock
    Rescaling is that our inputs start with, and loads all of the data.

    Args:
        model: The network.
        x: Its inputs, one array (n, …) or several.
    """
    arrays = keras.tree.flatten(x)
    for layer in model.layers:  # in order of depth
        if not hasattr(layer, "adapt"):
            continue
        sources = keras.tree.flatten(layer.input)
        before = keras.Model(model.inputs, sources[0])
        if before.trainable_weights:
            continue  # What reaches it changes in training.
        layer.adapt(_through(before, arrays))


def fitted_layers(model: keras.Model) -> list[FittedLayer]:
    """The layers that scikit-learn fits, in order of depth."""
    return [layer for layer in model.layers if isinstance(layer, FittedLayer)]


def fit_layers(model: keras.Model, rows: Rows, seed: int) -> None:
    """Fits the layers that scikit-learn fits, such as trees, in order of depth.

    Args:
        model: The network.
        rows: The training rows.
        seed: Of the estimators.

    Raises:
        FailedTrialError: If what reaches such a layer changes in training, or the targets aren't
            classes.
    """
    for layer in fitted_layers(model):
        inputs, ids = fitted_to(model, layer, rows)
        layer.fit_to(inputs, ids, rows.weights, seed % 2**31)


def fitted_to(model: keras.Model, layer: FittedLayer, rows: Rows) -> tuple[Any, Any]:
    """What reaches a layer that scikit-learn fits, (n, d), and the rows' classes, (n,).

    Raises:
        FailedTrialError: As `fit_layers` does.
    """
    before = keras.Model(model.inputs, layer.input)
    ids = rows.ids()
    if before.trainable_weights or ids is None:
        raise tuner_errors.FailedTrialError(
            f"The layer {layer.name!r} is fitted to classes before training begins, so that "
            "no layer that is trained may be in front of it."
        )
    return np.concatenate(list(_through(before, keras.tree.flatten(rows.x)))), ids


def _through(model: keras.Model, arrays: list[Any]) -> tf.data.Dataset:
    """What a model gives for rows of arrays, in batches."""

    def pieces() -> Iterator[Any]:
        for start in range(0, len(arrays[0]), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            yield model([np.asarray(array[rows]) for array in arrays], training=False)
            for array in arrays:
                release(array)

    spec = tf.TensorSpec(model.output.shape, model.output.dtype)
    return tf.data.Dataset.from_generator(pieces, output_signature=spec)


def parameters_of(model: keras.Model) -> int:
    """How many weights the network has that is exported: what only training needs isn't counted."""
    network = keras.Model(model.inputs, [without_auxiliary(output) for output in model.outputs])
    grown = sum(isinstance(layer, DropPath) for layer in network._flatten_layers())
    fitted = sum(x.fitted_size for x in network._flatten_layers() if isinstance(x, FittedLayer))
    return int(network.count_params()) - grown + fitted


def weights_of(model: keras.Model) -> keras.Model:
    """The same network, not compiled, whose weight files leave out the optimizer's two thirds."""
    return keras.Model(model.inputs, model.outputs)


def load_weights(model: keras.Model, path: Path) -> keras.Model:
    """Puts saved weights into a network, and gives it back."""
    weights_of(model).load_weights(path)
    return model


def mean_of(networks: list[keras.Model], weights: Any = None) -> keras.Model:
    """A network that gives the mean of others' outputs; a single one is given back as it is.

    Args:
        networks: Networks of the same inputs and outputs.
        weights: How much each counts, (networks,); None for all the same.
    """
    if len(networks) == 1:
        return networks[0]
    shares = np.ones(len(networks)) if weights is None else np.asarray(weights, "float64")
    shares = shares / shares.sum()
    inputs = [keras.Input(t.shape[1:], dtype=t.dtype, name=t.name) for t in networks[0].inputs]
    arguments = inputs[0] if len(inputs) == 1 else inputs
    outputs = []
    for number, network in enumerate(networks):
        network.name = f"part{number}"  # Two of one name can't be in one model.
        outputs.append(keras.tree.flatten(network(arguments)))
    means = [_weighted(list(same), shares) for same in zip(*outputs, strict=True)]
    mean = keras.Model(inputs, means[0] if len(means) == 1 else means)
    if networks[0].compiled:
        mean.compile_from_config(networks[0].get_compile_config())
    return mean


def _weighted(tensors: list[Any], shares: Any) -> Any:
    if (shares == shares[0]).all():
        return keras.layers.Average()(tensors)
    return keras.layers.Add()(
        [tensor * float(share) for tensor, share in zip(tensors, shares, strict=True)]
    )
