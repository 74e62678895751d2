"""Writing an ONNX file, and running it again."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.errors import ExportError
from automl_kit.export.metadata import MEMBER
from automl_kit.export.one_size import at_training_size
from automl_kit.export.predicting import specs
from automl_kit.export.raw import Raw
from automl_kit.export.to_saved_model import by_name
from automl_kit.export.writer import Writer

_NUMPY = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64"}
_PACKAGES = ("onnx", "onnxruntime", "tf2onnx")


def write_onnx(model: keras.Model, path: Path, metadata: dict[str, Any]) -> None:
    """Writes a file whose output is "probabilities"; the metadata is among its properties."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ExportError(
            f"ONNX needs {', '.join(missing)} beside automl_kit: pip install {' '.join(missing)}"
        )
    strings = [tensor.name for tensor in model.inputs if tensor.dtype == "string"]
    if strings:
        raise ExportError(
            f"The model can't be written as ONNX: its inputs {', '.join(strings[:5])} are strings, "
            "and tf2onnx converts no string ops (lookup, split, lower-casing). "
            "Export as .keras or as a SavedModel instead."
        )
    import onnx
    import tf2onnx

    fixed = at_training_size(model)
    # Not keras.Model.export: it leaves `training` open, so that augmentation would stay in, and
    # passes no handlers on.
    graph, _ = tf2onnx.convert.from_function(
        tf.function(lambda inputs: {"probabilities": fixed(inputs, training=False)}),
        [specs(fixed)],
        custom_op_handlers={"SelectV2": (_select, [])},
    )
    onnx.helper.set_model_props(graph, {MEMBER.removesuffix(".json"): json.dumps(metadata)})
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, path)


def run_onnx(path: Path, raw: Raw) -> NDArray[Any]:
    """Gives the file's probabilities of raw inputs, (n, k)."""
    # 0.1 s for 256 images of 28×28, where onnx's own evaluator takes half a minute.
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    types = {entry.name: _NUMPY[entry.type] for entry in session.get_inputs()}
    feed = {name: value.astype(types[name]) for name, value in by_name(raw, types).items()}
    return np.asarray(session.run(["probabilities"], feed)[0])


def _select(context: Any, node: Any, name: str, arguments: list[Any]) -> None:
    """Converts `where(c, x, y)` to ONNX's Where, which broadcasts as TensorFlow's does.

    tf2onnx (1.17, `onnx_opset/controlflow.py`) makes c·x + (1 - c)·y of it where the condition
    is not IsNaN itself: a missing value times 0 is NaN, in every row that lacks a number.
    """
    node.type = "Where"


WRITER = Writer(write_onnx, run_onnx, 1e-4)
