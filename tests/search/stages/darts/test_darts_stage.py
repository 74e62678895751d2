"""The search for cells that stands in front of the trials."""

import dataclasses
import json
from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit import tuners
from automl_kit.errors import InputError, ProjectError
from automl_kit.report import Progress
from automl_kit.search.stages.darts import CellSearch, DartsSettings, Images, find_cells, stage
from automl_kit.search.stages.darts.found import FoundCells, load_found, save_found
from automl_kit.search.stages.darts.stage import CrossEntropy
from automl_kit.spaces import Edge, Genotype

HOW = CellSearch(
    settings=DartsSettings(epochs=2, batch_size=8),
    filters=2,
    cells=3,
    nodes=1,
    ops=("skip_connect", "avg_pool_3x3"),
    rows=40,
)


RESTING = dataclasses.replace(HOW, settings=DartsSettings(epochs=2, batch_size=8, warmup_epochs=1))


@pytest.fixture(autouse=True)
def eagerly() -> Iterator[None]:
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def images(n=48, **more):
    generator = np.random.default_rng(0)
    ids = np.arange(n) % 2
    x = generator.integers(0, 100, (n, 6, 6, 1)) + 100 * ids[:, None, None, None]
    x = x.astype("uint8")
    return Images(x=x, ids=ids, classes=2, scale=[0.02], offset=[-2.0], **more)


def find(folder, how=HOW, time_budget=None, data=None):
    return find_cells(
        data or images(), how, seed=0, folder=folder, time_budget=time_budget, progress=Progress()
    )


def test_cells_are_found_once_and_kept_for_other_images(tmp_path, monkeypatch):
    found = find(tmp_path)
    assert len(found.history) == 2
    assert Genotype.load(tmp_path / "genotype.json") == found.genotype
    monkeypatch.setattr(stage, "DartsSearch", None)  # The second call searches no more.
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
    assert parts.seconds > parts.history[0].seconds


def test_a_search_that_was_cut_short_goes_on_when_there_is_time(tmp_path):
    whole = find(tmp_path / "whole")
    with pytest.warns(UserWarning, match=r"over after 0 of 2 epochs.*as good as random"):
        cut = find(tmp_path, RESTING, time_budget=1e-9)
    assert (cut.history, cut.complete) == ([], False)
    assert find(tmp_path, RESTING, time_budget=cut.seconds) == cut  # no time is left
    again = find(tmp_path, RESTING, time_budget=cut.seconds + 1000)
    assert again.complete
    assert len(again.history) == 2
    assert again.seconds > cut.seconds
    assert whole.complete


def test_cells_that_trials_were_made_of_stay(tmp_path):
    with pytest.warns(UserWarning, match="as good as random"):
        cut = find(tmp_path, RESTING, time_budget=1e-9)
    (tmp_path / "trial_0").mkdir()
    assert find(tmp_path, RESTING) == cut
    (tmp_path / "cells" / "found.json").unlink()
    with pytest.raises(ProjectError, match="has trials, but the cells they are of are lost"):
        find(tmp_path, RESTING)


def test_what_another_search_found_is_not_taken(tmp_path):
    find(tmp_path)
    for data, how, seed in (
        (images(50), HOW, 0),
        (images(class_weight={0: 2.0}), HOW, 0),
        (images(), dataclasses.replace(HOW, filters=4), 0),
        (images(), HOW, 1),
    ):
        with pytest.raises(ProjectError, match="what another search found"):
            find_cells(data, how, seed=seed, folder=tmp_path, time_budget=None, progress=Progress())


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: [],
        lambda record: {**record, "seconds": None},
        lambda record: {**record, "seconds": -1},
        lambda record: {**record, "seconds": 10**400},
        lambda record: {**record, "genotype": {}},
        lambda record: {"genotype": record["genotype"]},
    ],
)
def test_damaged_files_of_the_stage_are_told(damage, tmp_path):
    path = tmp_path / "cells" / "found.json"
    found = FoundCells(Genotype(((Edge("skip_connect", 0),),)), 1.0, [], True)
    save_found(path.parent, "", found)
    assert load_found(path.parent, "") == found
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    with pytest.raises(ProjectError, match=r"found\.json is damaged"):
        load_found(path.parent, "")


def test_the_search_sees_a_stratified_share_of_many_images(tmp_path, monkeypatch):
    seen = []
    search = stage.DartsSearch.search

    def spy(self, x, y, time_budget=None):
        seen.append((x, y, self.settings.batch_size))
        return search(self, x, y, time_budget)

    monkeypatch.setattr(stage.DartsSearch, "search", spy)
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


def test_every_setting_is_told_as_a_json_value():
    told = tuners.Darts.describe()
    assert json.loads(json.dumps(told)) == told
    assert (told["name"], told["trials"]) == ("Darts", "Greedy")
    assert set(told["search"]) == {field.name for field in dataclasses.fields(CellSearch)}
    assert set(told["search"]["settings"]) == {f.name for f in dataclasses.fields(DartsSettings)}

    class Other(tuners.Darts):
        search = dataclasses.replace(tuners.Darts.search, partial=4)

    assert Other.describe()["search"] == {**told["search"], "partial": 4}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"cells": 2}, "cells to be a whole number from 3; got 2"),
        ({"filters": 0}, "filters"),
        ({"rows": 1}, "rows"),
        ({"filters": 6, "partial": 4}, "filters that partial divides; got 6 and 4"),
        ({"ops": ("sep_conv",)}, "ops to be a tuple of"),
        ({"ops": ("none",)}, "at least one operation besides none"),
    ],
)
def test_settings_that_cannot_be(wrong, told):
    with pytest.raises(InputError, match=told):
        CellSearch(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"trials": "evolution"}, {"trials": tuners.Darts}, {"search": DartsSettings()}]
)
def test_a_strategy_of_wrong_parts_is_refused(wrong):
    with pytest.raises(InputError, match=r"Mine\.(trials|search) must be a"):
        type("Mine", (tuners.Darts,), wrong).describe()


@pytest.mark.filterwarnings("ignore:The search collapsed")
def test_odd_numbers_of_filters_are_searched_too(tmp_path):
    how = dataclasses.replace(HOW, filters=3, ops=("skip_connect", "sep_conv_3x3"))
    assert find(tmp_path, how).complete


def test_other_graphs_are_sent_elsewhere(tmp_path):
    with pytest.raises(InputError, match=r"ImageClassifier\(tuner='darts'\), or DartsSearch"):
        tuners.Darts(lambda hp: None, objective="val_loss", directory=tmp_path)
    with pytest.raises(InputError, match="has one objective; got 2"):
        tuners.Darts.check_objectives(["parameters"])
