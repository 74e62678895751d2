"""`tuner="darts"`: cells are found, their network is trained and exported."""

import keras
import numpy as np
import pytest

import automl_kit
from automl_kit.custom_blocks import CELL_PRESETS, cell_graph
from automl_kit.errors import InputError, ProjectError, SearchError
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
    (tmp_path / "image_classifier" / "genotype.json").write_text("{}")  # is the user's
    again = _classifier(directory=tmp_path).fit(x, y)
    assert again.genotype_ == classifier.genotype_
    np.testing.assert_array_equal(again.predict_proba(x), probabilities)

    class Longer(Small):
        __qualname__ = "Small"  # told apart by its settings alone
        search = CellSearch(settings=DartsSettings(epochs=3))

    told = r"tuner.search.settings.epochs was 1, is 3.*tuner.search.filters was 2, is 8"
    with pytest.raises(ProjectError, match=told):
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


def test_what_of_the_classifier_reaches_the_search(monkeypatch):
    x, y = _images(channels=3)
    x[..., 1] //= 2
    seen = {}

    def spy(images, how, **arguments):
        seen.update(images=images, how=how, **arguments)
        raise SearchError("enough")

    monkeypatch.setattr("automl_kit.tasks.image.find_cells", spy)
    weights = {"dark": 2.0, "light": 0.5}
    with pytest.raises(SearchError, match="enough"):
        _classifier(class_weight=weights, time_budget=30, seed=5).fit(x.astype("float32"), y)
    images = seen["images"]
    assert images.class_weight == {0: 2.0, 1: 0.5}
    assert (seen["seed"], seen["time_budget"], seen["how"]) == (5, 15, Small.search)
    pixels = images.x * np.array(images.scale) + images.offset
    np.testing.assert_allclose(pixels.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(pixels.std(axis=(0, 1, 2)), 1, atol=1e-5)
    assert list(images.ids) == [int(pixels.mean() > 0) for pixels in images.x - images.x.mean()]


def test_a_time_budget_that_the_cells_took_is_told(tmp_path):
    x, y = _images()
    over = pytest.warns(UserWarning, match="before α learnt")
    with over, pytest.raises(SearchError, match=r"and so all of the time_budget of 0\.1 s"):
        _classifier(time_budget=0.1, directory=tmp_path).fit(x, y)
    assert _classifier(directory=tmp_path).fit(x, y).score(x, y) >= 0.5


def test_where_it_has_no_use(tmp_path):
    with pytest.raises(InputError, match="'darts' finds cells for images; choose another one"):
        automl_kit.TextClassifier(tuner="darts").fit(["a", "b"] * 9, ["p", "q"] * 9)
    x, y = _images()
    with pytest.raises(InputError, match="'darts' builds the graph itself"):
        _classifier(tuner="darts", graph=cell_graph(classifier_cells())).fit(x, y)
