"""Predicting by the mean of an image and its flipped and moved ones."""

import importlib

import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.custom_blocks import ClassificationHead, ImageBlock
from automl_kit.export.assembly import assemble
from automl_kit.export.formats import MODULES
from automl_kit.export.stock import to_stock
from automl_kit.problems import Classification


def network(flip, translation, views=True, shape=(6, 8, 2)):
    keras.utils.set_random_seed(1)
    block = ImageBlock("convolution", True, "flatten", 8, 0.5, views=views, name="image")
    hp, tensor = keras_tuner.HyperParameters(), keras.Input(shape, name="image")
    block.build(hp, tensor)
    hp.values.update({"image/augment/flip": flip, "image/augment/translation": translation})
    head = ClassificationHead(num_classes=3, dropout=0.0)
    head.shape = (3,)
    return keras.Model(tensor, head.build(hp, block.build(hp, tensor)))


def images(n=5, shape=(6, 8, 2)):
    return np.random.default_rng(0).normal(size=(n, *shape)).astype("float32")


def moved(x, pixels):
    """Down and to the right, filled from the nearest pixel."""
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return wide[:, 1 - pixels : 7 - pixels, 1 - pixels : 9 - pixels]


@pytest.mark.parametrize(
    ("flip", "translation", "shown"),
    [
        ("horizontal", 0.0, lambda x: [x, x[:, :, ::-1]]),
        ("vertical", 0.0, lambda x: [x, x[:, ::-1]]),
        ("horizontal_and_vertical", 0.0, lambda x: [x, x[:, ::-1, ::-1]]),
        ("none", 0.1, lambda x: [x, moved(x, 1), moved(x, -1)]),
        ("horizontal", 0.1, lambda x: [x, *(moved(x[:, :, ::-1], d) for d in (1, -1))]),
    ],
)
def test_the_mean_of_the_logits_of_all_views(flip, translation, shown):
    many, one = network(flip, translation), network(flip, translation, views=False)
    one.set_weights(many.get_weights())
    x = images()
    each = [one.predict(view, verbose=0) for view in shown(x)]
    assert np.abs(each[1] - each[0]).max() > 1e-3
    mean = keras.ops.softmax(np.mean(np.log(each), axis=0))
    np.testing.assert_allclose(many.predict(x, batch_size=2, verbose=0), mean, atol=1e-6)


def test_training_sees_each_image_once_and_without_changes_there_is_one_view():
    many, one = network("horizontal", 0.1), network("none", 0.0)
    assert many(images(), training=True).shape == (5, 3)
    kinds = {type(layer).__name__ for layer in one.layers}
    assert not kinds & {"ViewsBeside", "MeanOfViews"}


@pytest.mark.parametrize("name", MODULES)
def test_files_of_every_format_have_all_views(name, tmp_path):
    if name == "onnx":
        pytest.importorskip("tf2onnx")
    model = network("horizontal", 0.1)
    expected = model(images(), training=False)
    np.testing.assert_array_equal(to_stock(model)(images(), training=False), expected)
    entry = keras.Input((6, 8, 2), name="image")
    encoder = keras.Model(entry, keras.layers.Rescaling(1.0)(entry))
    problem = Classification()
    problem.learn([0, 1, 2])
    suffix, module = MODULES[name]
    writer = importlib.import_module(f"automl_kit.export.{module}").WRITER
    writer.write(assemble(encoder, model, problem), tmp_path / f"model{suffix}", {})
    found = writer.run(tmp_path / f"model{suffix}", images())
    np.testing.assert_allclose(found, expected, atol=1e-5)
