"""Training the networks of all folds at once, and bringing them back as one network."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks import FittedLayer
from automl_kit.errors import ProjectError
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.evaluation.members.compiled import Fits, begin
from automl_kit.evaluation.members.initial import initial_weights
from automl_kit.evaluation.members.parts import cut
from automl_kit.evaluation.members.stacking import stack
from automl_kit.evaluation.rows import TrainingData
from automl_kit.evaluation.trained import Trained


def train_together(
    model: keras.Model,
    data: TrainingData,
    held: Sequence[NDArray[np.intp]],
    seeds: list[int],
    trial_id: str,
    fits: Fits,
    checkpoints: Checkpoints,
    run: Run,
) -> Trained | None:
    """Trains a network a fold; their best epoch, by all rows, is the same for all.

    An epoch that each fold chose by its own few rows would flatter it on them.

    Args:
        model: Built and compiled, what each network is like.
        data: All rows.
        held: The numbers of the rows that each fold is judged by.
        seeds: One a fold.
        trial_id: The trial.
        fits: Knows what programs can train.
        checkpoints: Where the weights go.
        run: The search.

    Returns:
        What came, `held_out` in the order of all rows; None where the networks must be trained
        one after the other, which those with layers that learn from their fold's rows must.
    """
    if any(hasattr(layer, "adapt") or isinstance(layer, FittedLayer) for layer in model.layers):
        return None
    rows = data.all_rows()
    train = [np.setdiff1d(np.arange(len(rows)), fold) for fold in held]
    fit = fits.of(model, data, rows, train, list(held), len(held))
    if fit is None:
        return None
    training = fit.training(trial_id, data, (0, data.epochs), seeds, fits.objective, run)
    begin(fit, initial_weights(fit.parts.back, seeds), training, seeds[0])
    course = training.run_new()
    outputs = np.empty((len(rows), course.held_out[0].shape[1]), "float32")
    for places, piece in zip(held, course.held_out, strict=True):
        outputs[places] = piece
    if run.keeps:
        front = [np.array(weight.value) for weight in fit.parts.front.weights]
        checkpoints.save_together(trial_id, [*front, *course.weights])
    return course.trained(outputs, training.startup)


def load_together(model: keras.Model, arrays: list[NDArray[Any]]) -> keras.Model:
    """The mean of networks that were trained side by side.

    Args:
        model: A network of the same hyperparameters.
        arrays: What `train_together` saved.

    Raises:
        ProjectError: If they are those of other networks.
    """
    parts = cut(model)
    fixed = len(parts.front.weights)
    front, members = arrays[:fixed], arrays[fixed:]
    try:
        parts.front.set_weights(front)
        joined = stack(parts.back, len(members[0]))
        for variable, value in zip(joined.weights, members, strict=True):
            variable.assign(np.reshape(value, variable.shape))
    except (ValueError, IndexError, TypeError) as error:
        raise ProjectError(
            "The weights of a trial's networks are not those of its hyperparameters; start over "
            f"with overwrite=True. ({error})"
        ) from error
    inputs = [keras.Input(t.shape[1:], dtype=t.dtype, name=t.name) for t in model.inputs]
    tensors = keras.tree.flatten(parts.front(inputs[0] if len(inputs) == 1 else inputs))
    copies = [keras.ops.stack([tensor] * len(members[0])) for tensor in tensors]
    outputs = joined.network(copies[0] if len(copies) == 1 else copies)
    mean = keras.Model(inputs, keras.ops.mean(outputs, axis=0), name=model.name)
    mean.compile_from_config(model.get_compile_config())
    return mean
