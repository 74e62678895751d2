"""The part of `export_parity.py` that runs where only TensorFlow is installed.

Answers raw rows with exported `.keras` files by plain Keras, and prints JSON. Names of inputs
come from the `automl_kit.json` inside the file, as for any other reader of it.
"""

import importlib.util
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def feed_of(model: keras.Model, file: Path, rows: Path) -> tf.Tensor | dict[str, tf.Tensor]:
    """Raw rows as the README says: strings with "" for missing, float32 with NaN, pixels."""
    if rows.suffix == ".npy":
        pixels = np.load(rows)
        assert pixels.dtype == np.uint8
        return pixels[..., None]
    columns = json.loads(rows.read_text())
    if list(columns) == ["text"]:
        return tf.constant([[text or ""] for text in columns["text"]])
    schema = json.loads(zipfile.ZipFile(file).read("automl_kit.json"))["schema"]
    kinds = {tensor.name: tensor.dtype for tensor in model.inputs}
    feed = {}
    for column in schema["columns"]:
        values, kind = columns[column["name"]], kinds[column["input"]]
        missing = "" if kind == "string" else float("nan")
        filled = [[missing if value is None else value] for value in values]
        feed[column["input"]] = tf.constant(filled, kind)
    return feed


def layers(model: keras.Model) -> set[str]:
    """Classes of all layers, inner ones too, with the package they come from."""
    names = set()
    for layer in model.layers:
        names.add(f"{type(layer).__module__.split('.')[0]}.{type(layer).__name__}")
        names |= layers(layer) if isinstance(layer, keras.Model) else set()
    return names


def milliseconds(model: keras.Model, feed: Any) -> dict[str, float]:
    """What a single row takes, the median of 20, and 10,000 rows at once; both warm."""
    answer = tf.function(lambda rows: model(rows, training=False))
    tiled = keras.tree.map_structure(lambda x: np.resize(x, (10_000, *x.shape[1:])), feed)
    found = {}
    for rows, times in ((1, 20), (10_000, 1)):
        given = keras.tree.map_structure(lambda x, n=rows: tf.constant(x[:n]), tiled)
        pieces = [given] if rows == 1 else list(_pieces(given))
        answer(pieces[0])
        seconds = []
        for _ in range(times):
            started = time.perf_counter()
            for piece in pieces:
                answer(piece)
            seconds.append(time.perf_counter() - started)
        found[str(rows)] = 1000 * float(np.median(seconds))
    return found


def _pieces(rows: Any) -> Any:
    """Rows by 1,000."""
    for start in range(0, 10_000, 1_000):
        yield keras.tree.map_structure(lambda x, s=start: x[s : s + 1_000], rows)


def main() -> None:
    folder = Path(sys.argv[1])
    for package in ("automl_kit", "autokeras", "keras_tuner", "pandas", "sklearn"):
        assert importlib.util.find_spec(package) is None, f"{package} is installed here"
    report = {
        "versions": f"keras {keras.__version__}, tensorflow {tf.__version__}",
        "differences": {},
        "layers": {},
        "files": {},
    }
    for file in sorted(folder.glob("*.keras")):
        model = keras.models.load_model(file)
        report["layers"][file.stem] = sorted(layers(model))
        for expected in sorted(folder.glob(f"{file.stem}*.expected.npy")):
            case = expected.name.removesuffix(".expected.npy")
            rows = next(p for s in (".json", ".npy") if (p := folder / f"{case}{s}").exists())
            feed = feed_of(model, file, rows)
            got = model.predict(feed, verbose=0)
            if case == file.stem:
                size = file.stat().st_size / 1e6
                report["files"][case] = {"MB": size, **milliseconds(model, feed)}
            fitted = np.load(expected)
            spread = float(np.ptp(fitted, axis=0).max())  # 0 if all rows were answered alike
            report["differences"][case] = (len(got), float(np.abs(got - fitted).max()), spread)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
