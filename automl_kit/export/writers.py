"""One writer a format, and how its file is run again to be checked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from numpy.typing import NDArray

from automl_kit.export.metadata import append_to_zip
from automl_kit.export.predicting import predict_in_batches
from automl_kit.export.raw import Raw
from automl_kit.export.to_litert import run_litert, write_litert
from automl_kit.export.to_onnx import run_onnx, write_onnx
from automl_kit.export.to_saved_model import run_saved_model, write_saved_model


@dataclass(frozen=True)
class Writer:
    """How a format is written and run.

    Attributes:
        write: Writes (model, path, metadata as JSON).
        run: Loads the file at a path and gives its probabilities of raw inputs.
        tolerance: Largest difference of probabilities to the fitted model's. Other runtimes
            than TensorFlow sum in another order.
    """

    write: Callable[[keras.Model, Path, dict[str, Any]], None]
    run: Callable[[Path, Raw], NDArray[Any]]
    tolerance: float


def _write_keras(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    model.save(path)
    append_to_zip(path, metadata)


def _run_keras(path: Path, raw: Raw) -> NDArray[Any]:
    return predict_in_batches(keras.models.load_model(path, compile=False, safe_mode=True), raw)


WRITERS = {
    "keras": Writer(_write_keras, _run_keras, 1e-5),
    "tf_saved_model": Writer(write_saved_model, run_saved_model, 1e-5),
    "onnx": Writer(write_onnx, run_onnx, 1e-4),
    "litert": Writer(write_litert, run_litert, 1e-4),
}
