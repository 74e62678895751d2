"""A model's outputs for data in any form, one row for each that was asked for."""

import warnings
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.data import load_for, unpacked
from automl_kit.data.schema import ImageSchema, Schema
from automl_kit.export.predicting import predict_in_batches
from automl_kit.export.raw import to_raw_inputs


def outputs_of(
    model: keras.Model, schema: Schema, X: Any, batch_size: int = 64
) -> NDArray[np.float32]:
    """Reads data as training's was read, and runs the assembled model on it.

    The fitted classifier and the loaded `Predictor` both call this, so that they see the same.

    Args:
        model: What `assemble` gave.
        schema: What it was trained on.
        X: Data of that task, in any form; see `automl_kit.data.load_for` and `unpacked`.
        batch_size: Rows run at once.

    Returns:
        Shape (n, columns). What couldn't be read has NaN, and a warning names it.

    Raises:
        InputError: If X is not what the model takes.
    """
    X, _ = unpacked(X, images=isinstance(schema, ImageSchema))
    loaded = load_for(schema, X, labelled=False)
    outputs = predict_in_batches(model, to_raw_inputs(loaded.x, schema), batch_size)
    return every_row(outputs, loaded)


def every_row(outputs: NDArray[Any], loaded: Any) -> NDArray[Any]:
    """Outputs (m, columns) of what could be read, as one row for each that was asked for.

    What couldn't be read has NaN, and a warning names it.

    Args:
        outputs: Of the rows that could be read.
        loaded: What they were read as; see `automl_kit.data.loaded_images.LoadedImages`.
    """
    rows = getattr(loaded, "rows", None)
    if rows is None:
        return outputs
    for note in loaded.notes:
        warnings.warn(note, UserWarning, stacklevel=4)
    full = np.full((len(loaded.files), *outputs.shape[1:]), np.nan, dtype=outputs.dtype)
    full[rows] = outputs
    return full
