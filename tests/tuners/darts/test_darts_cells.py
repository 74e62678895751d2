"""The search for cells that stands in front of the trials."""

import dataclasses
from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit import tuners
from automl_kit.errors import InputError, ProjectError
from automl_kit.report import Progress
from automl_kit.spaces import Genotype
from automl_kit.tuners.darts import CellSearch, DartsSettings, Images, cells, find_cells
from automl_kit.tuners.darts.cells import CrossEntropy

HOW = CellSearch(
    settings=DartsSettings(epochs=2, batch_size=8),
    filters=2,
    cells=3,
    nodes=1,
    ops=("skip_connect", "avg_pool_3x3"),
    rows=40,
)


@pytest.fixture(autouse=True)
def eagerly() -> Iterator[None]:
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def images(n=48, **more):
    generator = np.random.default_rng(0)
    ids = np.arange(n) % 2
    x = generator.integers(0, 100, (n, 6, 6, 1)) + 100 * ids[:, None, None, None]
    return Images(x.astype("uint8"), ids, 2, scale=[0.02], offset=[-2.0], **more)


def find(folder, how=HOW, time_budget=None, data=None):
    return find_cells(
        data or images(), how, seed=0, folder=folder, time_budget=time_budget, progress=Progress()
    )


def test_cells_are_found_once_and_kept_for_other_images(tmp_path, monkeypatch):
    found = find(tmp_path)
    assert len(found.history) == 2
    assert Genotype.load(tmp_path / "genotype.json") == found.genotype
    monkeypatch.setattr(cells, "DartsSearch", None)  # The second call searches no more.
    again = find(tmp_path)
    assert again.genotype == found.genotype
    assert again.seconds == found.seconds > 0
    assert [epoch.loss for epoch in again.history] == [epoch.loss for epoch in found.history]


def test_a_search_that_was_stopped_goes_on_where_it_was(tmp_path):
    whole = find(tmp_path / "whole")
    told = []

    class Stop(Progress):
        def message(self, text):
            told.append(text)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_cells(images(), HOW, seed=0, folder=tmp_path, time_budget=None, progress=Stop())
    assert told[0].startswith("Epoch 1/2")
    assert not (tmp_path / "genotype.json").exists()
    parts = find(tmp_path)
    assert parts.genotype == whole.genotype
    np.testing.assert_array_equal(
        parts.history[-1].alphas["normal"], whole.history[-1].alphas["normal"]
    )
    assert cells.seconds_used(tmp_path / "cells") == parts.seconds > parts.history[0].seconds


def test_what_was_found_when_the_time_was_over_stays(tmp_path):
    cut = find(tmp_path, time_budget=1e-9)
    assert cut.history == []
    assert find(tmp_path, time_budget=100).genotype == cut.genotype


def test_damaged_files_of_the_stage_are_told(tmp_path):
    find(tmp_path)
    (tmp_path / "cells" / "seconds.json").write_text("[]")
    with pytest.raises(ProjectError, match=r"seconds\.json is damaged"):
        find(tmp_path)
    (tmp_path / "genotype.json").write_text("{}")
    with pytest.raises(InputError, match="genotype"):
        find(tmp_path)


def test_the_search_sees_a_stratified_share_of_many_images(tmp_path, monkeypatch):
    seen = []
    search = cells.DartsSearch.search

    def spy(self, x, y, time_budget=None):
        seen.append((x, y, self.settings.batch_size))
        return search(self, x, y, time_budget)

    monkeypatch.setattr(cells.DartsSearch, "search", spy)
    how = dataclasses.replace(HOW, rows=20)
    find(tmp_path, how)
    x, y, batch_size = seen[0]
    assert (len(x), list(np.bincount(y))) == (20, [10, 10])
    assert batch_size == 8
    find(tmp_path / "few", how, data=images(12))
    assert seen[1][2] == 6  # batches that the half of 12 rows can fill


def test_the_loss_of_a_row_is_weighted_as_its_class():
    logits = np.log([[0.25, 0.75], [0.5, 0.5], [0.9, 0.1]]).astype("float32")
    ids = np.array([1, 0, 1])
    losses = -np.log([0.75, 0.5, 0.1])
    plain = CrossEntropy(None, 2)(ids, logits)
    np.testing.assert_allclose(plain, losses.mean(), rtol=1e-6)
    weighted = CrossEntropy({0: 3.0}, 2)(ids, logits)
    np.testing.assert_allclose(weighted, (losses * [1, 3, 1]).mean(), rtol=1e-6)
    plain_of_keras = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(ids, logits)
    np.testing.assert_allclose(plain, plain_of_keras, rtol=1e-6)


def test_settings_are_json_values_and_every_one_counts():
    told = tuners.Darts.describe()
    assert told[0] == "Darts"
    assert told[2] == "Greedy"

    class Other(tuners.Darts):
        search = dataclasses.replace(tuners.Darts.search, partial=4)

    assert Other.describe()[1] == {**told[1], "partial": 4}


def test_other_graphs_are_sent_elsewhere(tmp_path):
    with pytest.raises(InputError, match=r"ImageClassifier\(tuner='darts'\), or DartsSearch"):
        tuners.Darts(lambda hp: None, objective="val_loss", directory=tmp_path)
    with pytest.raises(InputError, match="has one objective; got 2"):
        tuners.Darts.check_objectives(["parameters"])
