"""Graphs of the user's own: AutoKeras's preprocessing layers inside them see the data."""

import autokeras as ak
import keras
import numpy as np
import pandas as pd
import pytest

import automl_kit
from automl_kit.custom_blocks import ImageInput, TableInput


def _images(n=60):
    random = np.random.default_rng(0)
    labels = np.arange(n) % 2
    centre = np.array([60, 100, 30])
    pixels = random.normal(centre, [5, 20, 10], (n, 6, 6, 3)) + 40 * labels[:, None, None, None]
    return pixels.clip(0, 255).astype("uint8"), labels


def _normalization(model):
    """Mean and deviation of the Normalization layer, wherever in the model it is."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            mean, variance, *_ = (np.ravel(weight.numpy()) for weight in layer.weights)
            return mean, np.sqrt(variance)
        if isinstance(layer, keras.Model) and (found := _normalization(layer)):
            return found
    return None


def _chapters(entry):
    block = ak.ConvBlock(num_blocks=1, num_layers=1, max_pooling=True, dropout=0.25)
    return entry, ak.ClassificationHead(dropout=0.0)(block(ak.Normalization()(entry)))


@pytest.mark.parametrize("start", [ak.ImageInput, ImageInput])
def test_the_chapters_normalization_sees_the_images_in_trials_and_in_the_end(start):
    x, y = _images()
    classifier = automl_kit.ImageClassifier(
        graph=_chapters(start()), max_trials=1, epochs=2, seed=0, verbose=0
    ).fit(x, y)
    pixels = x.reshape(-1, 3)
    mean, deviation = pixels.mean(axis=0), pixels.std(axis=0)
    if start is ImageInput:  # It standardises before, by the training rows.
        mean, deviation = np.zeros(3), np.ones(3)
    trial = classifier.tuner_.load_model(classifier.tuner_.best_trial())
    for network in (trial, classifier.model_):
        found_mean, found_deviation = _normalization(network)
        assert (np.abs(found_mean - mean) < 0.1 * deviation).all()
        np.testing.assert_allclose(found_deviation, deviation, rtol=0.1)
        assert (found_mean != 0).all()  # 0 and 1 are what it holds before it has seen any data


def test_normalization_of_an_encoded_table_sees_the_ids_of_categories():
    n = 80
    letters = np.array(["a", "b", "c", "d"])[np.arange(n) % 4]
    frame = pd.DataFrame({"x": np.arange(n) % 7, "c": letters})
    entry = TableInput()
    head = ak.ClassificationHead(dropout=0.0)
    output = head(ak.DenseBlock(num_layers=1)(ak.Normalization()(entry)))
    classifier = automl_kit.StructuredDataClassifier(
        graph=(entry, output), max_trials=1, epochs=2, seed=0, verbose=0
    ).fit(frame, np.arange(n) % 2)
    mean, deviation = _normalization(classifier.model_)
    # Ids 1 to 4, twenty of each.
    assert mean[-1] == pytest.approx(2.5, abs=0.2)
    assert deviation[-1] == pytest.approx(1.118, abs=0.1)
