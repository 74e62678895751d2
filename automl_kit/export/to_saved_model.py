"""Writing a SavedModel folder, and running it again."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.export.formats import FOLDER_MARK
from automl_kit.export.metadata import MEMBER
from automl_kit.export.predicting import specs
from automl_kit.export.raw import Raw
from automl_kit.export.writer import Writer


def write_saved_model(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    """Writes a folder whose signature gives "probabilities"."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serve",
        lambda inputs: {"probabilities": model(inputs, training=False)},
        input_signature=[specs(model)],
    )
    archive.write_out(path, verbose=False)
    extra = path / "assets.extra"  # TensorFlow Serving's place for files of one's own.
    extra.mkdir()
    (extra / MEMBER).write_text(json.dumps(metadata))


def run_saved_model(path: Path, raw: Raw) -> NDArray[Any]:
    """Gives the folder's probabilities of raw inputs, (n, k)."""
    loaded = tf.saved_model.load(path)  # Its functions are gone once it is collected.
    signature = loaded.signatures["serving_default"]
    expected = signature.structured_input_signature[1]
    feed = {name: tf.constant(value) for name, value in by_name(raw, expected).items()}
    feed = {
        name: tf.cast(v, expected[name].dtype) if v.dtype != tf.string else v
        for name, v in feed.items()
    }
    return np.asarray(signature(**feed)["probabilities"])


def by_name(raw: Raw, names: Any) -> dict[str, NDArray[Any]]:
    """Gives raw inputs by name; the only input has the only name."""
    return raw if isinstance(raw, dict) else {next(iter(names)): raw}


WRITER = Writer(write_saved_model, run_saved_model, 1e-5, folder_mark=FOLDER_MARK)
