"""`tuner="darts"`: cells are found, their network is trained and exported."""

import keras
import numpy as np
import pytest

import automl_kit
from automl_kit.custom_blocks import CELL_PRESETS, cell_graph
from automl_kit.errors import InputError, ProjectError
from automl_kit.spaces import Genotype
from automl_kit.tuners import CellSearch, Darts, DartsSettings, RandomSearch


class Small(Darts):
    """A search of seconds."""

    search = CellSearch(
        settings=DartsSettings(epochs=1, batch_size=8),
        filters=2,
        cells=3,
        nodes=1,
        ops=("skip_connect", "max_pool_3x3"),
    )
    trials = RandomSearch


TINY = [{**CELL_PRESETS[0], "network/cells": 2, "network/channels": 8}]


def _images(n=48, channels=1):
    generator = np.random.default_rng(0)
    y = np.array(["dark", "light"])[np.arange(n) % 2]
    x = generator.integers(0, 100, (n, 6, 6, channels)) + 100 * (y == "light")[:, None, None, None]
    return x.astype("uint8"), y


def _classifier(**arguments):
    given = {"tuner": Small, "max_trials": 1, "epochs": 1, "seed": 0, "verbose": 0}
    return automl_kit.ImageClassifier(**{**given, "initial_hps": TINY, **arguments})


def test_the_whole_way_and_back(tmp_path):
    x, y = _images()
    classifier = _classifier(directory=tmp_path).fit(x, y)
    assert Genotype.load(tmp_path / "image_classifier" / "genotype.json") == classifier.genotype_
    assert len(classifier.cell_history_) == 1
    assert type(classifier.tuner_).__name__ == "RandomSearch"
    path = classifier.export_model(tmp_path / "model.keras")
    probabilities = classifier.predict_proba(x)
    np.testing.assert_allclose(
        keras.models.load_model(path).predict(x, verbose=0), probabilities, atol=1e-6
    )
    again = _classifier(directory=tmp_path).fit(x, y)
    assert again.genotype_ == classifier.genotype_
    np.testing.assert_array_equal(again.predict_proba(x), probabilities)

    class Longer(Small):
        search = CellSearch(settings=DartsSettings(epochs=3))

    with pytest.raises(ProjectError, match="tuner was"):
        _classifier(directory=tmp_path, tuner=Longer).fit(x, y)


def test_cells_found_on_some_images_are_trained_on_others(tmp_path):
    cells = classifier_cells()
    cells.save(tmp_path / "genotype.json")
    x, y = _images(channels=3)
    graph = cell_graph(Genotype.load(tmp_path / "genotype.json"))
    other = _classifier(tuner="random", graph=graph).fit(x, y)
    assert other.predict_proba(x).shape == (48, 2)
    assert not hasattr(other, "genotype_")


def classifier_cells():
    node = (automl_kit.spaces.Edge("sep_conv_3x3", 0), automl_kit.spaces.Edge("skip_connect", 1))
    return Genotype((node,), (node,))


def test_another_tuner_after_it_finds_no_cells():
    classifier = _classifier()
    classifier._use(Small)
    assert "network/cells" in classifier_space(classifier)
    classifier.genotype_, classifier.cell_history_ = classifier_cells(), []
    classifier._use(RandomSearch)
    assert not hasattr(classifier, "genotype_")
    assert not hasattr(classifier, "cell_history_")
    assert "image/architecture" in classifier_space(classifier)


def classifier_space(classifier):
    """The names of the presets, which are those of the graph."""
    classifier.initial_hps = None
    return classifier._initial_hps()[0]


def test_where_it_has_no_use(tmp_path):
    with pytest.raises(InputError, match="'darts' finds cells for images; choose another one"):
        automl_kit.TextClassifier(tuner="darts").fit(["a", "b"] * 9, ["p", "q"] * 9)
    x, y = _images()
    with pytest.raises(InputError, match="'darts' builds the graph itself"):
        _classifier(tuner="darts", graph=cell_graph(classifier_cells())).fit(x, y)
