import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl_kit.errors import ExportError, InputError
from automl_kit.export import load_model, predict_in_batches, write_model

FRESH = """
import json, sys
import keras, numpy as np, tensorflow as tf
folder = sys.argv[1]
report = {"layers": []}
def walk(layer):
    report["layers"].append(type(layer).__module__ + "." + type(layer).__name__)
    for inner in getattr(layer, "layers", []):
        walk(inner)
for task in ("table", "text", "image"):
    model = keras.models.load_model(f"{folder}/{task}.keras")
    walk(model)
    arrays = dict(np.load(f"{folder}/{task}.npz"))
    expected = arrays.pop("expected")
    feed = {n: tf.constant(a.tolist() if a.dtype.kind == "U" else a) for n, a in arrays.items()}
    feed = feed if task == "table" else feed["only"]
    report[task] = float(np.abs(model.predict(feed, verbose=0) - expected).max())
    report[task + " called"] = float(np.abs(model(feed).numpy() - expected).max())
report["ours"] = [m for m in sys.modules if m.split(".")[0] in ("automl_kit", "autokeras")]
print(json.dumps(report))
"""


def unusual(table, text, image):
    """Raw inputs with missing and unseen values, and other image sizes."""
    n = 7
    nan = np.float32(np.nan)
    return {
        "table": {
            "age_years": np.array([[1], [nan], [1e6], [-3], [40], [nan], [0]], np.float32),
            "member": np.array([[1], [0], [nan], [1], [0], [nan], [1]], np.float32),
            "city": np.array([["Ulm"], [""], ["Oslo"], ["Köln"], ["ulm"], [""], ["Bonn"]], object),
            "joined": np.full((n, 1), 18_000, np.float32),
        },
        "text": np.array([["good"], [""], ["Ünseen"], ["a " * 50], ["!"], ["so"], ["BAD"]], object),
        "image": np.random.default_rng(1).integers(0, 256, (n, 13, 11, 3), dtype=np.uint8),
    }


def test_fresh_process_with_keras_alone_gives_the_same(table, text, image, tmp_path):
    cases = {"table": table, "text": text, "image": image}
    for task, raw in unusual(**cases).items():
        write_model(cases[task].model, tmp_path / f"{task}.keras", **cases[task].arguments)
        encoded = predict_in_batches(cases[task].encoder, raw)
        if task == "image":  # The search's network takes whole bytes; resized pixels aren't.
            expected = predict_in_batches(cases[task].model, raw)
        else:
            expected = cases[task].network.predict(encoded, verbose=0)
        named = raw if isinstance(raw, dict) else {"only": raw}
        plain = {k: v.astype(str) if v.dtype == object else v for k, v in named.items()}
        np.savez(tmp_path / f"{task}.npz", expected=expected, **plain)
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["ours"] == []
    assert len(report["layers"]) > 20
    assert {name.split(".")[0] for name in report["layers"]} == {"keras"}
    for task in cases:
        assert report[task] <= 1e-6
        assert report[task + " called"] <= 1e-6  # augmentation is off in a plain call too


def test_gives_labels_and_probabilities_of_the_fitted_object(case, tmp_path):
    path = write_model(case.model, tmp_path / "model.keras", **case.arguments)
    predictor = load_model(path)
    proba = predictor.predict_proba(case.X)
    np.testing.assert_allclose(proba, case.expected, atol=1e-6)
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
    assert predictor.classes_.tolist() == case.classes
    labels = predictor.predict(case.X)
    assert labels.tolist() == [case.classes[i] for i in case.expected.argmax(axis=1)]
    assert type(labels.tolist()[0]) is type(case.classes[0])
    assert predictor.schema == case.schema
    assert predictor.versions["keras"] == __import__("keras").__version__
    # In other batches, and alone, rows get the same.
    np.testing.assert_allclose(predictor.predict_proba(case.X, batch_size=7), proba, atol=1e-6)
    np.testing.assert_allclose(predictor.predict_proba(case.X[:1]), proba[:1], atol=1e-6)
    with pytest.raises(InputError, match=r"0 sample\(s\)"):
        predictor.predict(case.X[:0])


def test_tables_in_other_shapes(table, tmp_path):
    predictor = load_model(write_model(table.model, tmp_path / "m.keras", **table.arguments))
    whole = predictor.predict_proba(table.X)
    turned = table.X[table.X.columns[::-1]].assign(more="x").drop(columns="unused")
    np.testing.assert_array_equal(predictor.predict_proba(turned), whole)
    table.X.to_csv(tmp_path / "rows.csv", index=False)
    np.testing.assert_allclose(predictor.predict_proba(tmp_path / "rows.csv"), whole, atol=1e-6)
    with pytest.raises(InputError, match="city"):
        predictor.predict(table.X.drop(columns="city"))


def test_texts_from_a_file(text, tmp_path):
    predictor = load_model(write_model(text.model, tmp_path / "m.keras", **text.arguments))
    pd.DataFrame({"text": text.X}).to_csv(tmp_path / "t.csv", index=False)
    np.testing.assert_allclose(
        predictor.predict_proba(tmp_path / "t.csv"), predictor.predict_proba(text.X), atol=1e-6
    )


def damage(path: Path, **members: object) -> Path:
    """Copies a model file with some members replaced; None leaves one out."""
    changed = path.with_name("changed.keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            key = name.split(".")[0]
            content = members.get(key, old.read(name))
            if callable(content):
                content = json.dumps(content(json.loads(old.read(name)))).encode()
            if content is not None:
                new.writestr(name, content)
    return changed


def with_lambda(config):
    config["config"]["layers"].append(
        {"module": "keras.layers", "class_name": "Lambda", "config": {"function": "x"}}
    )
    return config


def with_os_system(config):
    config["config"]["layers"].append(
        {"module": "os", "class_name": "system", "config": {}, "registered_name": None}
    )
    return config


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ({"automl_kit": None}, InputError, "not written by automl_kit.*models.load_model"),
        ({"automl_kit": b"{"}, ExportError, "damaged"),
        ({"automl_kit": b"[]"}, ExportError, "damaged"),
        ({"automl_kit": lambda d: {**d, "layout": 2}}, ExportError, "Update automl_kit"),
        ({"automl_kit": lambda d: {**d, "labels": {"type": "int", "classes": [1, "a"]}}},
         ExportError, "labels"),
        ({"automl_kit": lambda d: {**d, "labels": {"type": "int", "classes": [1, 2, 3]}}},
         ExportError, "schema of 3 outputs don't belong together"),
        ({"automl_kit": lambda d: {**d, "schema": {"task": "audio"}}}, ExportError, "'audio'"),
        ({"automl_kit": lambda d: {**d, "schema": {"task": "text"}}}, ExportError, "belong"),
        ({"config": b"{}"}, ExportError, "damaged"),
        ({"config": None}, ExportError, "damaged"),
        ({"config": with_lambda}, ExportError, "Lambda.*don't trust it"),
        ({"config": with_os_system}, ExportError, r"system \(os\).*don't trust it"),
        ({"model": b"no weights"}, ExportError, "damaged"),
        ({"model": None}, ExportError, "damaged"),
    ],
)  # fmt: skip
def test_changed_files_are_refused(image_file, members, error, message):
    with pytest.raises(error, match=message):
        load_model(damage(image_file, **members))


@pytest.fixture(scope="module")
def image_file(image, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    return write_model(image.model, path, **image.arguments)


def test_files_that_are_no_models(image_file, tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        load_model(tmp_path / "nothing.keras")
    with pytest.raises(InputError, match=r"not a \.keras file"):
        load_model(tmp_path)
    with pytest.raises(InputError, match=r"not a \.keras file"):
        load_model(tmp_path / "model.onnx")
    cut, empty = tmp_path / "cut.keras", tmp_path / "empty.keras"
    cut.write_bytes(image_file.read_bytes()[:-200])
    empty.touch()
    for path in (cut, empty):
        with pytest.raises(ExportError, match="damaged or no model file"):
            load_model(path)
