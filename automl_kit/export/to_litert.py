"""Writing a LiteRT file (`.tflite`), and running it again."""

import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.errors import ExportError
from automl_kit.export.metadata import append_to_zip
from automl_kit.export.one_size import at_training_size
from automl_kit.export.raw import Raw
from automl_kit.export.to_saved_model import by_name, write_saved_model
from automl_kit.export.writer import Writer


def write_litert(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    """Writes a file of built-in ops alone, so that the plain interpreter runs it, without Flex."""
    model = at_training_size(model)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        write_saved_model(model, Path(folder) / "model", metadata)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(folder) / "model"))
        converter.experimental_enable_resource_variables = True
        try:
            content = converter.convert()
        except Exception as error:  # ConverterError has no public name.
            ops = sorted(set(re.findall(r"'(tf\.\w+)' op is neither", str(error))))
            reason = f"it needs {', '.join(ops)}" if ops else str(error).strip().splitlines()[0]
            raise ExportError(
                f"The model can't be written as LiteRT: {reason}, which LiteRT does not have. "
                "Export as .keras or as a SavedModel instead."
            ) from error
    path.write_bytes(content)
    append_to_zip(path, metadata)


def run_litert(path: Path, raw: Raw) -> NDArray[Any]:
    """Gives the file's probabilities of raw inputs, (n, k)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "deprecated and scheduled for deletion in TF 2.20".
        interpreter = tf.lite.Interpreter(str(path))
    runner = interpreter.get_signature_runner("serving_default")
    details = runner.get_input_details()
    feed = {
        name: value if value.dtype == object else value.astype(details[name]["dtype"])
        for name, value in by_name(raw, details).items()
    }
    return np.asarray(runner(**feed)["probabilities"])


WRITER = Writer(write_litert, run_litert, 1e-4)
