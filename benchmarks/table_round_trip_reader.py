"""The part of `table_round_trip.py` that runs where only TensorFlow is installed.

Answers the inputs in `feed.json` with a `.keras` file by plain `keras.Model.predict`, with a
SavedModel and with LiteRT's interpreter, and prints JSON.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def feed() -> dict[str, Any]:
    entries = json.loads(Path("feed.json").read_text())
    inputs = {}
    for name, entry in entries.items():
        values = [float("nan") if value is None else value for value in entry["values"]]
        inputs[name] = tf.constant([[value] for value in values], entry["dtype"])
    return inputs


def by_keras(file: str, inputs: dict[str, Any]) -> Any:
    model = keras.models.load_model(file)
    if any(tensor.dtype == "float64" for tensor in model.inputs):
        return np.asarray(model(inputs))  # `predict` makes float32 of them.
    return model.predict(inputs, verbose=0)


def by_saved_model(file: str, inputs: dict[str, Any]) -> Any:
    loaded = tf.saved_model.load(file)
    return loaded.signatures["serving_default"](**inputs)["probabilities"].numpy()


def by_litert(file: str, inputs: dict[str, Any]) -> Any:
    runner = tf.lite.Interpreter(file).get_signature_runner("serving_default")
    return runner(**{name: value.numpy() for name, value in inputs.items()})["probabilities"]


def main() -> None:
    for package in ("automl_kit", "autokeras", "keras_tuner", "pandas", "sklearn"):
        assert importlib.util.find_spec(package) is None, f"{package} is installed here"
    inputs = feed()
    readers = {".keras": by_keras, "": by_saved_model, ".tflite": by_litert}
    answers = {
        file: np.asarray(readers[Path(file).suffix](file, inputs)).tolist()
        for file in sys.argv[1:]
        if Path(file).suffix in readers
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
