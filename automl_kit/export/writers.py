"""One writer a format, and how its file is run again to be checked."""

import importlib.util
import json
import re
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.errors import ExportError
from automl_kit.export.batches import predict_in_batches, specs
from automl_kit.export.metadata import MEMBER, append_to_zip
from automl_kit.export.raw import Raw

_OTHERS = "Export as .keras or as a SavedModel instead."


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


def _write_saved_model(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
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


def _run_saved_model(path: Path, raw: Raw) -> NDArray[Any]:
    loaded = tf.saved_model.load(path)  # Its functions are gone once it is collected.
    signature = loaded.signatures["serving_default"]
    expected = signature.structured_input_signature[1]
    feed = {name: tf.constant(value) for name, value in _named(raw, expected).items()}
    feed = {
        name: tf.cast(v, expected[name].dtype) if v.dtype != tf.string else v
        for name, v in feed.items()
    }
    return np.asarray(signature(**feed)["probabilities"])


def _write_litert(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        _write_saved_model(model, Path(folder) / "model", metadata)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(folder) / "model"))
        # Built-in ops alone, so that the plain interpreter runs the file, without Flex.
        converter.experimental_enable_resource_variables = True
        try:
            content = converter.convert()
        except Exception as error:  # ConverterError has no public name.
            ops = sorted(set(re.findall(r"'(tf\.\w+)' op is neither", str(error))))
            reason = f"it needs {', '.join(ops)}" if ops else str(error).strip().splitlines()[0]
            raise ExportError(
                f"The model can't be written as LiteRT: {reason}, which LiteRT does not have. "
                f"{_OTHERS}"
            ) from error
    path.write_bytes(content)
    append_to_zip(path, metadata)


def _run_litert(path: Path, raw: Raw) -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "deprecated and scheduled for deletion in TF 2.20".
        interpreter = tf.lite.Interpreter(
            str(path),
            experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
    runner = interpreter.get_signature_runner("serving_default")
    feed = _named(raw, runner.get_input_details())
    feed = {name: v if v.dtype == object else v.astype(np.float32) for name, v in feed.items()}
    return np.asarray(runner(**feed)["probabilities"])


def _write_onnx(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "tf2onnx")):
        raise ExportError("ONNX needs two more packages: pip install 'automl-kit[onnx]'.")
    strings = [tensor.name for tensor in model.inputs if tensor.dtype == "string"]
    if strings:
        raise ExportError(
            f"The model can't be written as ONNX: its inputs {', '.join(strings[:5])} are strings, "
            f"and tf2onnx converts no string ops (lookup, split, lower-casing). {_OTHERS}"
        )
    import onnx

    # Keras exports a call that leaves `training` open, and augmentation would stay in.
    fixed = keras.Model(model.input, model(model.input, training=False))
    fixed.export(path, format="onnx", verbose=False, input_signature=[specs(model)])
    graph = onnx.load(path)
    _rename_output(graph.graph, "probabilities")
    onnx.helper.set_model_props(graph, {MEMBER.removesuffix(".json"): json.dumps(metadata)})
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, path)


def _rename_output(graph: Any, name: str) -> None:
    old, graph.output[0].name = graph.output[0].name, name
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [name if entry == old else entry for entry in names]


def _run_onnx(path: Path, raw: Raw) -> NDArray[Any]:
    # onnx's own evaluator is there wherever the file could be written.
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(str(path))
    feed = {name: v.astype(np.float32) for name, v in _named(raw, evaluator.input_names).items()}
    return np.asarray(evaluator.run(None, feed)[0])


def _named(raw: Raw, names: Any) -> dict[str, NDArray[Any]]:
    """Gives raw inputs by name; the only input has the only name."""
    return raw if isinstance(raw, dict) else {next(iter(names)): raw}


WRITERS = {
    "keras": Writer(_write_keras, _run_keras, 1e-5),
    "tf_saved_model": Writer(_write_saved_model, _run_saved_model, 1e-5),
    "onnx": Writer(_write_onnx, _run_onnx, 1e-4),
    "litert": Writer(_write_litert, _run_litert, 1e-4),
}
