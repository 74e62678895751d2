"""`tuner="darts"`: cells are found, their network is trained and exported."""

import copy

import keras
import numpy as np
import pytest

import automl_kit
from automl_kit.custom_blocks import CELL_PRESETS, cell_graph
from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.spaces import Genotype
from automl_kit.tuners import CellSearch, Darts, DartsSettings, DartsStage, RandomSearch

SEARCH = CellSearch(settings=DartsSettings(epochs=1, batch_size=8), filters=2, cells=3)
SMALL = Darts.configured(SEARCH, trials=RandomSearch)


TINY = [{**CELL_PRESETS[0], "network/cells": 2, "network/channels": 8}]


def _images(n=32, channels=1):
    generator = np.random.default_rng(0)
    y = np.array(["dark", "light"])[np.arange(n) % 2]
    x = generator.integers(0, 100, (n, 6, 6, channels)) + 100 * (y == "light")[:, None, None, None]
    return x.astype("uint8"), y


def _classifier(**arguments):
    given = {"tuner": SMALL, "max_trials": 1, "epochs": 1, "seed": 0, "verbose": 0}
    return automl_kit.ImageClassifier(**{**given, "initial_hps": TINY, **arguments})


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A classifier whose cells were searched, and its folder."""
    folder = tmp_path_factory.mktemp("fitted")
    return _classifier(directory=folder).fit(*_images()), folder


def test_another_tuner_after_it_finds_no_cells(fitted, tmp_path):
    x, y = _images()
    classifier = copy.copy(fitted[0])
    assert classifier.genotype_.normal
    graph = cell_graph(classifier_cells())
    classifier.set_params(tuner="random", graph=graph, directory=tmp_path)
    classifier.fit(x, y)
    assert not hasattr(classifier, "genotype_")
    assert not hasattr(classifier, "cell_history_")


def test_the_whole_way_and_back(fitted):
    x, y = _images()
    classifier, tmp_path = fitted
    assert Genotype.load(tmp_path / "image_classifier" / "genotype.json") == classifier.genotype_
    assert len(classifier.cell_history_) == 1
    assert type(classifier.tuner_.oracle).__name__ == "RandomOracle"
    path = classifier.export_model(tmp_path / "model.keras")
    probabilities = classifier.predict_proba(x)
    np.testing.assert_allclose(
        keras.models.load_model(path).predict(x, verbose=0), probabilities, atol=1e-6
    )
    (tmp_path / "image_classifier" / "genotype.json").write_text("{}")  # is the user's
    again = _classifier(directory=tmp_path).fit(x, y)
    assert again.genotype_ == classifier.genotype_
    np.testing.assert_array_equal(again.predict_proba(x), probabilities)

    longer = Darts.configured(
        CellSearch(settings=DartsSettings(epochs=3), cells=3), trials=RandomSearch
    )
    with pytest.raises(ProjectError, match=r"stages\[0\]\.search\.settings\.epochs was 1, is 3"):
        _classifier(directory=tmp_path, tuner=longer).fit(x, y)


def test_cells_found_on_some_images_are_trained_on_others(tmp_path):
    cells = classifier_cells()
    cells.save(tmp_path / "genotype.json")
    x, y = _images(channels=3)
    graph = cell_graph(Genotype.load(tmp_path / "genotype.json"))
    other = _classifier(tuner="random", graph=graph).fit(x, y)
    assert other.predict_proba(x).shape == (32, 2)
    assert not hasattr(other, "genotype_")


def classifier_cells():
    node = (automl_kit.spaces.Edge("sep_conv_3x3", 0), automl_kit.spaces.Edge("skip_connect", 1))
    return Genotype((node,), (node,))


def test_what_of_the_classifier_reaches_the_stage(monkeypatch):
    x, y = _images(channels=3)
    seen = []

    def spy(stage, run):
        seen.append((stage, run))
        raise SearchError("enough")

    monkeypatch.setattr(DartsStage, "run", spy)
    with pytest.raises(SearchError, match="enough"):
        _classifier(class_weight={"dark": 2.0, "light": 0.5}, time_budget=30, seed=5).fit(x, y)
    ((stage, run),) = seen
    assert stage.search is SEARCH
    assert run.class_weight == {0: 2.0, 1: 0.5}
    assert (run.seed, run.seconds, run.classes, run.trials_begun) == (5, 15, 2, False)
    assert len(run.x) == len(run.ids) == 26
    assert run.ids.tolist() == [int(pixels.mean() > 100) for pixels in run.x]


def test_where_it_has_no_use():
    with pytest.raises(InputError, match="'darts' finds cells, and there are none in networks for"):
        automl_kit.TextClassifier(tuner="darts").fit(["a", "b"] * 9, ["p", "q"] * 9)
    x, y = _images()
    with pytest.raises(InputError, match=r"cells are fixed|no CellBlock|CellBlock"):
        _classifier(tuner="darts", graph=cell_graph(classifier_cells())).fit(x, y)
