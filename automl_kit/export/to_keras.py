"""Writing a .keras file, and running it again."""

from pathlib import Path
from typing import Any

import keras
from numpy.typing import NDArray

from automl_kit.export.metadata import append_to_zip
from automl_kit.export.predicting import predict_in_batches
from automl_kit.export.raw import Raw
from automl_kit.export.reading import read_keras
from automl_kit.export.writer import Writer


def write_keras(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    """Writes the file; the metadata is a member of its zip archive."""
    model.save(path)
    append_to_zip(path, metadata)


def run_keras(path: Path, raw: Raw) -> NDArray[Any]:
    """Predictions of the file, loaded by Keras."""
    return predict_in_batches(read_keras(path), raw)


WRITER = Writer(write_keras, run_keras, 1e-5)
