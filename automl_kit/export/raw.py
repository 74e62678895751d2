"""Turning a user's data into the inputs of an exported model. No TensorFlow here."""

import os
import warnings
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.images import as_images
from automl_kit.data.schema import ImageSchema, Schema, TableSchema
from automl_kit.data.tables import as_frame, to_raw
from automl_kit.data.targets import usual_target
from automl_kit.data.texts import as_texts, read_texts, text_column
from automl_kit.errors import InputError

Raw = dict[str, NDArray[Any]] | NDArray[Any]

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's, by channels
_LOOKED_AT = 64  # images whose range of values is compared with training's
# 0..255 against 0..1 is 255 times; 0..16 (scikit-learn's digits) against 0..1 is 16.
_ANOTHER_SCALE = 8.0


def to_raw_inputs(X: object, schema: Schema) -> Raw:
    """Turns data into the raw input of the exported model.

    The fitted classifier and the loaded `Predictor` both call this, so that they see the same.

    Args:
        X: What the task takes: a table (anything `as_frame` takes, a path too), texts
            (anything `as_texts` takes, or a `pathlib.Path` of a file that `read_texts`
            reads), or images (n, h, w) or (n, h, w, c) of any size and real dtype.
        schema: What the model was trained on.

    Returns:
        For tables a dict of arrays (n, 1) by input name, float32 or str objects; for texts
        str objects (n, 1); for images (n, h, w, c), uint8 or float32.

    Example:
        >>> from automl_kit.data.schema import TextSchema
        >>> to_raw_inputs(["a text", None], TextSchema()).tolist()
        [['a text'], ['']]

    Raises:
        InputError: If X is not what the model takes.
    """
    if isinstance(schema, TableSchema):
        return to_raw(as_frame(X, schema), schema)
    if isinstance(schema, ImageSchema):
        return _images(X, schema)
    if isinstance(X, os.PathLike):
        return read_texts(X, schema.column).reshape(-1, 1)
    if isinstance(X, pd.DataFrame) and X.shape[1] > 1:
        X = X[text_column(X, schema.column, usual_target(map(str, X.columns)))]
    return as_texts(X).reshape(-1, 1)


def _images(X: object, schema: ImageSchema) -> NDArray[Any]:
    images = as_images(X)
    if images.shape[3] != schema.channels:
        raise InputError(
            f"The model was trained on images of {schema.channels} channel(s), but these have "
            f"{images.shape[3]} (shape {images.shape}). Convert them, for example with Pillow's "
            f"convert({_MODES[schema.channels]!r})."
        )
    _warn_of_another_scale(images, schema)
    return images


def _warn_of_another_scale(images: NDArray[Any], schema: ImageSchema) -> None:
    """Warns where pixels look divided by 255, or not divided though training's were.

    A network answers such images confidently and wrongly. Only a whole order of
    magnitude counts, since a single dark image is no mistake.
    """
    looked_at = images[:: max(1, len(images) // _LOOKED_AT)]
    low, high = float(looked_at.min()), float(looked_at.max())
    given, trained = max(abs(low), abs(high)), max(abs(schema.low), abs(schema.high))
    if (1.0 >= given > 0 and trained > _ANOTHER_SCALE) or given > _ANOTHER_SCALE * trained > 0:
        warnings.warn(
            f"The model was trained on pixels from {schema.low:g} to {schema.high:g}, but these "
            f"go from {low:g} to {high:g}, so that predictions are probably wrong. "
            "Pass pixels on the scale of the training images.",
            UserWarning,
            stacklevel=4,
        )
