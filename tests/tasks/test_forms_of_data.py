"""Every form in which a task's data may come gives the same predictions, one a row."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image
from small_images import SMALL

import automl_kit as ak
from automl_kit.custom_blocks import TableInput
from automl_kit.errors import ExportError, InputError

LABELS = np.arange(24) % 2
QUICK = {"max_trials": 1, "epochs": 1, "seed": 0, "verbose": 0, "initial_hps": [SMALL]}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Images in an array and as files, a classifier of them, and the same loaded."""
    folder = tmp_path_factory.mktemp("pictures")
    x = np.random.default_rng(0).integers(0, 255, (24, 8, 8, 3)).astype("uint8")
    paths = [str(folder / f"{number:02}.png") for number in range(24)]
    for pixels, path in zip(x, paths, strict=True):
        Image.fromarray(pixels).save(path)
    classifier = ak.ImageClassifier(**QUICK).fit(x, LABELS)
    loaded = ak.load_model(classifier.export_model(folder / "m.keras"))
    return x, paths, classifier, loaded


@pytest.mark.parametrize(
    "form",
    [
        lambda x, paths: paths,
        lambda x, paths: pd.Series(paths, index=range(5, 29)),
        lambda x, paths: np.array(paths),
        lambda x, paths: np.array(paths, dtype=object),
        lambda x, paths: [Image.open(path) for path in paths],
        lambda x, paths: tf.data.Dataset.from_tensor_slices(x).batch(7),
        lambda x, paths: tf.data.Dataset.from_tensor_slices(x),
        lambda x, paths: tf.constant(x),
        lambda x, paths: list(x),
    ],
    ids=["list", "Series", "strings", "objects", "Pillow", "batches", "rows", "tensor", "arrays"],
)
def test_images_are_taken_in_every_form(form, pictures):
    x, paths, classifier, loaded = pictures
    expected = classifier.predict_proba(x)
    for model in (classifier, loaded):
        np.testing.assert_array_equal(model.predict_proba(form(x, paths)), expected)


def test_one_image_is_one_image(pictures):
    x, paths, classifier, loaded = pictures
    expected = classifier.predict_proba(x[:1])
    for model in (classifier, loaded):
        for one in (x[0], paths[0], Image.fromarray(x[0])):
            np.testing.assert_array_equal(model.predict_proba(one), expected)
        assert model.predict(x[0].repeat(2, axis=0)).shape == (1,)


def test_one_grey_image_is_one_image():
    x = np.random.default_rng(0).integers(0, 255, (24, 6, 7)).astype("uint8")
    classifier = ak.ImageClassifier(**QUICK).fit(x, LABELS)
    expected = classifier.predict_proba(x)[:1]
    for one in (x[0], x[0][..., None], x[:1], Image.fromarray(x[0])):
        np.testing.assert_array_equal(classifier.predict_proba(one), expected)


def test_images_of_a_palette_are_their_colours():
    colours = np.random.default_rng(0).integers(0, 255, (24, 8, 8, 3)).astype("uint8")
    images = [Image.fromarray(pixels).quantize(16) for pixels in colours]
    seen = np.stack([np.asarray(image.convert("RGB")) for image in images])
    np.testing.assert_array_equal(ak.data.as_images(images), seen)


def test_a_frame_of_paths_is_refused_with_what_to_do(pictures):
    _, paths, classifier, _ = pictures
    with pytest.raises(InputError, match=r"a DataFrame.*X\['path'\]"):
        classifier.predict(pd.DataFrame({"path": paths}))


def test_held_out_floats_are_not_cut_to_bytes(tmp_path):
    from automl_kit.tasks.examples import Examples, followed_by

    np.save(tmp_path / "first.npy", np.zeros((3, 2, 2, 1), "uint8"))
    first = np.load(tmp_path / "first.npy", mmap_mode="r")
    held = np.full((2, 2, 2, 1), 0.75, "float32")
    ids = np.zeros(3, int)
    both = followed_by(
        Examples(first, ids, ids, 3), Examples(held, ids[:2], ids[:2], 0), tmp_path / "both.npy"
    )
    np.testing.assert_array_equal(both.raw[3:], held)


def test_a_dataset_trains_and_judges_a_table():
    frame = pd.DataFrame({"a": np.linspace(-1, 1, 24), "word": ["x", "y", "z"] * 8})
    names = np.where(frame["a"] > 0, "p", "n")
    dataset = tf.data.Dataset.from_tensor_slices((dict(frame), names)).batch(5)
    make = ak.StructuredDataClassifier(max_trials=1, epochs=1, seed=0, verbose=0)
    classifier = make.fit(dataset, validation_data=dataset)
    assert classifier.classes_.tolist() == ["n", "p"]
    assert [column.name for column in classifier.schema_.columns] == ["a", "word"]
    np.testing.assert_array_equal(classifier.predict(dataset), classifier.predict(frame))
    assert classifier.evaluate(dataset) == classifier.evaluate(frame, names)


def test_a_dataset_trains_a_model_of_texts():
    texts = np.array([f"{word} here" for word in ["good", "bad"] * 12])
    dataset = tf.data.Dataset.from_tensor_slices((texts, LABELS)).batch(5)
    classifier = ak.TextClassifier(max_trials=1, epochs=1, seed=0, verbose=0).fit(dataset)
    np.testing.assert_array_equal(classifier.predict(dataset), classifier.predict(texts))


class Twice(keras.layers.Layer):
    def call(self, inputs):
        return 2.0 * inputs


class TwiceBlock(ak.Block):
    def build(self, hp, inputs=None):
        (tensor,) = keras.tree.flatten(inputs)
        return Twice()(keras.layers.Dense(hp.Int("units", 2, 4))(tensor))


def test_a_graph_that_cannot_be_exported_is_told_at_once_and_predicts(tmp_path):
    x = pd.DataFrame({"a": np.linspace(-1, 1, 40), "b": np.arange(40) % 3})
    entry = TableInput()
    graph = (entry, ak.ClassificationHead()(TwiceBlock()(entry)))
    classifier = ak.StructuredDataClassifier(graph=graph, max_trials=1, epochs=1, seed=0, verbose=0)
    with pytest.warns(UserWarning, match="layer 'twice'.*result predicts.*can't be exported"):
        classifier.fit(x, np.where(x["a"] > 0, "p", "n"))
    assert classifier.predict(x).shape == (40,)
    with pytest.raises(ExportError, match="twice"):
        classifier.export_model(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())
