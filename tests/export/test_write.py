import json
import os
import resource
import subprocess
import sys
import warnings
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.data import LabelEncoder
from automl_kit.data.schema import Column, TableSchema
from automl_kit.errors import ExportError, InputError, ProjectError
from automl_kit.export import load_model, write_model
from automl_kit.problems import Classification

WRONG = "differ by up to 0.1.*removed"


def wrong(case):
    return {**case.arguments, "expected": case.expected + np.float32(0.1)}


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_keras_file_holds_classes_schema_and_versions(case, tmp_path):
    path = write_model(case.model, tmp_path / "new" / "model.keras", **case.arguments)
    assert path == tmp_path / "new" / "model.keras"
    with zipfile.ZipFile(path) as archive:
        metadata = json.loads(archive.read("automl_kit.json"))
    assert metadata["labels"]["classes"] == case.classes
    assert metadata["schema"] == case.schema.to_json()
    assert metadata["versions"]["keras"] == keras.__version__
    assert names(path.parent) == ["model.keras"]


def test_saved_model_by_its_signature(case, tmp_path):
    path = write_model(case.model, tmp_path / "serving", **case.arguments)
    loaded = tf.saved_model.load(path)
    signature = loaded.signatures["serving_default"]
    raw = case.raw if isinstance(case.raw, dict) else {case.model.input.name: case.raw}
    feed = {
        name: tf.constant(v if v.dtype == object else v.astype("float32"))
        for name, v in raw.items()
    }
    np.testing.assert_allclose(signature(**feed)["probabilities"], case.expected, atol=1e-6)
    metadata = json.loads((path / "assets.extra" / "automl_kit.json").read_text())
    assert metadata["labels"]["classes"] == case.classes
    # Written again it replaces the old one, and leaves nothing beside it.
    write_model(case.model, path, **case.arguments)
    assert names(tmp_path) == ["serving"]


@pytest.mark.parametrize("task", ["table", "image"])
def test_litert_without_flex(task, request, tmp_path):
    case = request.getfixturevalue(task)
    path = write_model(case.model, tmp_path / "model.tflite", **case.arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(str(path))
    raw = case.raw if isinstance(case.raw, dict) else {"image": case.raw}
    feed = {n: v[:5] if v.dtype == object else v[:5].astype("float32") for n, v in raw.items()}
    got = interpreter.get_signature_runner()(**feed)["probabilities"]
    np.testing.assert_allclose(got, case.expected[:5], atol=1e-5)
    with zipfile.ZipFile(path) as archive:  # TensorFlow Lite's "associated files"
        assert json.loads(archive.read("automl_kit.json"))["labels"]["classes"] == case.classes


def test_litert_of_texts_names_the_op_and_another_format(text, tmp_path):
    with pytest.raises(ExportError, match=r"it needs tf.*StringLower.*as .keras or"):
        write_model(text.model, tmp_path / "model.tflite", **text.arguments)
    assert names(tmp_path) == []


def test_onnx_of_numbers_in_several_inputs(tmp_path):
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    inputs = {name: keras.Input((1,), name=name) for name in ("b", "a")}
    joined = keras.layers.Concatenate()(list(inputs.values()))
    # As the encoder does; tf2onnx makes products of it, and NaN times 0 is NaN.
    known = keras.ops.where(keras.ops.isfinite(joined), joined, np.float32([2.0, 7.0]))
    output = keras.layers.Dense(2, activation="softmax", name="probabilities")(known)
    model = keras.Model(inputs, output)
    nan = np.nan
    raw = {"a": np.float32([[1], [nan], [4], [nan]]), "b": np.float32([[3], [5], [nan], [nan]])}
    columns = tuple(Column(name, "number", name) for name in ("a", "b"))
    arguments = {
        "problem": Classification(LabelEncoder().fit([0, 1])),
        "schema": TableSchema(columns).to_json(),
        "sample": raw,
    }
    expected = np.asarray(model(raw))
    assert np.isfinite(expected).all()
    write_model(model, tmp_path / "m.onnx", **arguments, expected=expected)
    (got,) = runtime.InferenceSession(tmp_path / "m.onnx").run(None, raw)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    with pytest.raises(ExportError, match=WRONG):
        write_model(model, tmp_path / "n.onnx", **arguments, expected=expected + 0.1)
    assert names(tmp_path) == ["m.onnx"]


def test_onnx(image, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    path = write_model(image.model, tmp_path / "model.onnx", **image.arguments)
    model = onnx.load(path)
    assert [entry.name for entry in model.graph.input] == ["image"]
    assert [entry.name for entry in model.graph.output] == ["probabilities"]
    sizes = [dimension.dim_value for dimension in model.graph.input[0].type.tensor_type.shape.dim]
    assert sizes[1:] == [8, 8, 3]  # the training size; ONNX has no such resizing
    metadata = json.loads({p.key: p.value for p in model.metadata_props}["automl_kit"])
    assert metadata["labels"]["classes"] == image.classes
    session = runtime.InferenceSession(path)
    (got,) = session.run(None, {"image": image.raw.astype("float32")})
    np.testing.assert_allclose(got, image.expected, atol=1e-5)


def test_onnx_of_strings_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    with pytest.raises(ExportError, match=r"inputs text are strings.*as .keras or"):
        write_model(text.model, tmp_path / "model.onnx", **text.arguments)


def test_onnx_not_installed(image, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExportError, match="pip install onnx onnxruntime"):
        write_model(image.model, tmp_path / "model.onnx", **image.arguments)


@pytest.mark.parametrize("name", ["m.keras", "m", "m.tflite"])
def test_wrong_probabilities_leave_no_file(table, name, tmp_path):
    with pytest.raises(ExportError, match=WRONG):
        write_model(table.model, tmp_path / name, **wrong(table))
    assert names(tmp_path) == []


def test_other_failures_of_the_check(table, tmp_path):
    for expected in (table.expected * np.nan, table.expected[:, :2]):
        with pytest.raises(ExportError, match="removed"):
            write_model(
                table.model, tmp_path / "m.keras", **{**table.arguments, "expected": expected}
            )
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["m.keras", "m"])
def test_a_failure_leaves_the_old_file(table, name, tmp_path):
    path = write_model(table.model, tmp_path / name, **table.arguments)
    before = {p: p.read_bytes() for p in [path, *path.rglob("*")] if p.is_file()}
    with pytest.raises(ExportError, match=WRONG):
        write_model(table.model, path, **wrong(table))
    assert {p: p.read_bytes() for p in [path, *path.rglob("*")] if p.is_file()} == before
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["m.keras", "m", "m.tflite"])
def test_a_full_disk_leaves_nothing(table, name, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # any larger file fails to be written
    try:
        with pytest.raises((ProjectError, ExportError), match=r"Can't write .*[Ff]ree some space"):
            write_model(table.model, tmp_path / name, **table.arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == []


def test_paths_that_can_not_be(table, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    for name in ("file", "photos"):
        with pytest.raises(InputError, match="is not replaced"):
            write_model(table.model, tmp_path / name, **table.arguments)
    with pytest.raises(ProjectError, match="Can't write"):
        write_model(table.model, tmp_path / "file" / "m", **table.arguments)
    with pytest.raises(InputError, match="Formats are"):
        write_model(table.model, tmp_path / "m.pkl", **table.arguments)
    assert names(tmp_path) == ["file", "photos"]
    assert names(tmp_path / "photos") == ["a.jpg"]


def test_layers_of_ones_own_are_refused_before_anything_is_written(table, tmp_path):
    class Own(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    model = keras.Model(table.model.input, Own(name="mine")(table.model.output))
    with pytest.raises(ExportError, match="layer 'mine'"):
        write_model(model, tmp_path / "m.keras", **table.arguments)
    assert names(tmp_path) == []


QUIET = """
import sys
from automl_kit.quiet import load_tensorflow
load_tensorflow()
from automl_kit.export import load_model, write_model
predictor = load_model(sys.argv[1])
X = [[40.0, True, "Ulm", "2020-01-01"]] * 3
import pandas as pd
X = pd.DataFrame(X, columns=[c.name for c in predictor.schema.columns])
from automl_kit.export import to_raw_inputs
for name in ("a.keras", "a", "a.tflite"):
    write_model(predictor.model, name, problem=predictor.problem,
                schema=predictor.schema.to_json(), sample=to_raw_inputs(X, predictor.schema),
                expected=predictor.predict_proba(X))
"""


def test_prints_nothing(table, tmp_path):
    path = write_model(table.model, tmp_path / "m.keras", **table.arguments)
    done = subprocess.run(
        [sys.executable, "-c", QUIET, str(path)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=200,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert names(tmp_path) == ["a", "a.keras", "a.tflite", "m.keras"]
    load_model(tmp_path / "a.keras")
