"""The search for cells that stands in front of the trials."""

import dataclasses
import json
import pickle
import subprocess
import sys

import autokeras as ak
import keras
import keras_tuner
import numpy as np
import pytest
from autokeras.graph import Graph

from automl_kit.custom_blocks import CellBlock, ClassificationHead, ImageInput
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation.sharing.searched_cells import standardisation
from automl_kit.progress import Progress
from automl_kit.search.stage import StageRun
from automl_kit.search.stages.darts import (
    CellSearch,
    DartsSearch,
    DartsSettings,
    DartsStage,
    finding,
)
from automl_kit.search.stages.darts.class_loss import CrossEntropy
from automl_kit.search.stages.darts.found import FoundCells, load_found, save_found
from automl_kit.spaces import NAS_BENCH_201, CellSpace, Edge, Genotype, TableCellSpace

HOW = CellSearch(
    settings=DartsSettings(epochs=2, batch_size=8), filters=2, cells=3, mix_none=False, rows=40
)
RESTING = dataclasses.replace(HOW, settings=DartsSettings(epochs=2, batch_size=8, warmup_epochs=1))
SPACE = CellSpace(nodes=1, ops=("skip_connect", "avg_pool_3x3"))


def graph(*blocks, entry=None):
    """A graph with these blocks in a row between an image input and a head."""
    entry = entry or ImageInput(scale=[0.02], offset=[-2.0], name="image")
    node = entry
    for block in blocks:
        node = block(node)
    graph = Graph(entry, ClassificationHead(name="label", dropout=0.0)(node)[0])
    graph.inputs[0].shape, graph.outputs[0].in_blocks[0].shape = (6, 6, 1), (2,)
    return graph


def cells(space=SPACE, **arguments):
    return CellBlock(space, name="network", cells=2, channels=2, drop_path=0.0, **arguments)


def run_of(folder, n=48, **more):
    generator = np.random.default_rng(0)
    ids = np.arange(n) % 2
    x = generator.integers(0, 100, (n, 6, 6, 1)) + 100 * ids[:, None, None, None]
    given = {"graph": graph(cells()), "x": x.astype("uint8"), "ids": ids, "classes": 2, "seed": 0}
    return StageRun(**{**given, "folder": folder, **more})


def find(folder, how=HOW, seconds=None, **more):
    return DartsStage(how).run(run_of(folder, seconds=seconds, **more))


def histories(found):
    return [[(epoch.loss, epoch.alphas["normal"].tolist()) for epoch in found.found["history"]]]


@pytest.mark.filterwarnings("ignore:The search collapsed")
@pytest.mark.parametrize(
    "space",
    [
        SPACE,
        CellSpace(nodes=2, ops=("avg_pool_3x3", "none"), edges=None),
        CellSpace(nodes=2, ops=("skip_connect", "max_pool_3x3"), distinct_sources=True),
        CellSpace(nodes=1, ops=("skip_connect",), edges=1, reduction=False),
    ],
)
def test_a_trial_with_the_values_pinned_builds_the_cells_found(space, tmp_path, monkeypatch):
    searched = graph(cells(space))
    pinned = find(tmp_path, graph=searched)
    genotype = pinned.found["genotype"]
    assert space.contains(genotype)
    assert Genotype.load(tmp_path / "genotype.json") == genotype
    built = []
    monkeypatch.setattr(
        CellBlock,
        "assemble",
        lambda self, tensor, *, genotype, **sizes: (
            built.append(genotype) or keras.layers.Flatten()(tensor)
        ),
    )
    hp = keras_tuner.HyperParameters()
    for name, value in pinned.values.items():
        hp.Fixed(name, value)
    searched.build(hp)
    assert built == [genotype]
    assert set(pinned.values) == {f"network/{name}" for name in space.values(genotype)}


def test_cells_are_found_once_and_kept(tmp_path, monkeypatch):
    found = find(tmp_path)
    assert len(found.found["history"]) == 2
    monkeypatch.setattr(finding, "DartsSearch", None)  # The second call searches no more.
    (tmp_path / "genotype.json").write_text("{}")  # is the user's
    again = find(tmp_path)
    assert again.values == found.values
    assert again.seconds == found.seconds > 0
    assert histories(again) == histories(found)
    assert (tmp_path / "genotype.json").read_text() == "{}"


def test_a_search_that_was_stopped_goes_on_where_it_was(tmp_path):
    whole = find(tmp_path / "whole")
    told = []

    class Stop(Progress):
        def message(self, text):
            told.append(text)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find(tmp_path, progress=Stop())
    assert told[0].startswith("Epoch 1/2")
    assert not (tmp_path / "genotype.json").exists()
    parts = find(tmp_path)
    assert parts.values == whole.values
    assert histories(parts) == histories(whole)
    assert parts.seconds > parts.found["history"][0].seconds


def test_a_search_that_was_cut_short_goes_on_when_there_is_time(tmp_path):
    whole = find(tmp_path / "whole")
    with pytest.warns(UserWarning, match=r"over after 0 of 2 epochs.*as good as random"):
        cut = find(tmp_path, RESTING, seconds=1e-9)
    assert (cut.found["history"], cut.complete) == ([], False)
    assert find(tmp_path, RESTING, seconds=cut.seconds) == cut  # no time is left
    again = find(tmp_path, RESTING, seconds=cut.seconds + 1000)
    assert again.complete
    assert len(again.found["history"]) == 2
    assert again.seconds > cut.seconds
    assert whole.complete


def test_cells_that_trials_were_made_of_stay(tmp_path):
    with pytest.warns(UserWarning, match="as good as random"):
        cut = find(tmp_path, RESTING, seconds=1e-9)
    assert find(tmp_path, RESTING, trials_begun=True) == cut
    (tmp_path / "darts" / "found.json").unlink()
    with pytest.raises(ProjectError, match="has trials, but the cells they are of are lost"):
        find(tmp_path, RESTING, trials_begun=True)


def test_what_another_search_found_is_not_taken(tmp_path):
    find(tmp_path)
    scaled = ImageInput(scale=[0.01], offset=[-1.0], name="image")
    for how, other in (
        (HOW, {"n": 50}),
        (HOW, {"class_weight": {0: 2.0}}),
        (HOW, {"seed": 1}),
        (HOW, {"graph": graph(cells(dataclasses.replace(SPACE, edges=1)))}),
        (HOW, {"graph": graph(cells(), entry=scaled)}),
        (dataclasses.replace(HOW, filters=4), {}),
        (dataclasses.replace(HOW, mix_none=True), {}),
    ):
        with pytest.raises(ProjectError, match="what another search found"):
            find(tmp_path, how, **other)


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
    path = tmp_path / "darts" / "found.json"
    found = FoundCells(Genotype(((Edge("skip_connect", 0),),)), 1.0, [], True)
    save_found(path.parent, "", found)
    assert load_found(path.parent, "") == found
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    with pytest.raises(ProjectError, match=r"found\.json is damaged"):
        load_found(path.parent, "")


def test_the_search_sees_a_stratified_share_of_many_images(tmp_path, monkeypatch):
    seen = []
    search = DartsSearch.search

    def spy(self, x, y, seconds=None):
        seen.append((x, y, self.settings.batch_size))
        return search(self, x, y, seconds)

    monkeypatch.setattr(DartsSearch, "search", spy)
    how = dataclasses.replace(HOW, rows=20)
    find(tmp_path, how)
    x, y, batch_size = seen[0]
    assert (len(x), list(np.bincount(y))) == (20, [10, 10])
    assert batch_size == 8
    find(tmp_path / "few", how, n=12)
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


def test_a_stage_is_a_value_whose_every_setting_is_told():
    stage = DartsStage(HOW, share=0.3)
    told = stage.describe()
    assert json.loads(json.dumps(told)) == told
    assert told["share"] == 0.3
    names = {field.name for field in dataclasses.fields(CellSearch)}
    assert set(told["search"]) == names - {"apart"}  # Where it runs changes nothing.
    assert set(told["search"]["settings"]) == {f.name for f in dataclasses.fields(DartsSettings)}
    copy = pickle.loads(pickle.dumps(stage))
    assert (copy, hash(copy)) == (stage, hash(stage))
    other = DartsStage(dataclasses.replace(HOW, partial=2), share=0.3)
    assert other != stage
    assert other.describe() != told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"cells": 2}, "cells to be a whole number from 3; got 2"),
        ({"filters": 0}, "filters"),
        ({"rows": 1}, "rows"),
        ({"filters": 6, "partial": 4}, "filters that partial divides; got 6 and 4"),
        ({"settings": 3}, "settings to be DartsSettings; got 3"),
    ],
)
def test_settings_that_cannot_be(wrong, told):
    with pytest.raises(InputError, match=told):
        CellSearch(**wrong)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"search": DartsSettings()}, "search to be a CellSearch"),
        ({"share": 0}, "share, .* above 0 and below 1; got 0"),
        ({"share": 1.5}, "got 1.5"),
    ],
)
def test_a_stage_of_wrong_parts_is_refused(wrong, told):
    with pytest.raises(InputError, match=told):
        DartsStage(**wrong)


FIXED = CellBlock(genotype=Genotype(((Edge("skip_connect", 0),),)), name="fixed")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: lambda hp: None, "no graph of blocks but a function"),
        (lambda: graph(ak.DenseBlock(name="dense")), "has 0 among its blocks dense, label"),
        (
            lambda: graph(cells(TableCellSpace(2, ("skip_connect", "mine")))),
            "There is no operation 'mine'",
        ),
        (lambda: graph(FIXED), "the cells of fixed are fixed by its genotype"),
        (
            lambda: graph(cells(NAS_BENCH_201)),
            "the space of network has cells of 1 input and output='last'",
        ),
        (lambda: graph(cells(CellSpace(2, ("skip_connect",), 3))), "3 edges a node"),
        (lambda: graph(cells(CellSpace(2, ("none", "zero")))), "no operation besides none, zero"),
    ],
)
def test_what_has_no_cells_to_find_is_refused_before_any_data_is_read(make, told):
    with pytest.raises(InputError, match=told):
        DartsStage().check(make())


def test_two_blocks_of_cells_are_refused():
    entry = ImageInput(name="image")
    merged = ak.Merge(name="merge")([CellBlock(SPACE, name=name)(entry) for name in "ab"])
    both = Graph(entry, ClassificationHead(name="label", dropout=0.0)(merged)[0])
    with pytest.raises(InputError, match="one CellBlock; the graph has 2 among its blocks a, b"):
        DartsStage().check(both)
    merged = ak.Merge(name="merge")([cells()(entry), FIXED(entry)])
    DartsStage().check(Graph(entry, ClassificationHead(name="label", dropout=0.0)(merged)[0]))
    first, second = ImageInput(name="first"), ak.Input(name="second")
    merged = ak.Merge(name="merge")([cells()(first), second])
    both = Graph([first, second], ClassificationHead(name="label", dropout=0.0)(merged)[0])
    with pytest.raises(InputError, match="one input, images; got 2"):
        DartsStage().check(both)


def test_rows_that_are_no_images_are_refused(tmp_path):
    for x in (np.zeros((48, 3)), np.full((48, 6, 6, 1), "a")):
        with pytest.raises(InputError, match="DARTS finds cells for images"):
            find(tmp_path, x=x)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_images_are_standardised_whatever_their_input_knows(dtype, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        finding.CellFinder, "find", lambda self, images, **more: seen.append(images) or 1 / 0
    )
    x = np.random.default_rng(0).integers(0, 255, (3000, 2, 2, 3)).astype(dtype)
    x[..., 1] //= 2
    x[..., 2] = 7
    for entry in (ImageInput(name="image"), ak.ImageInput(name="image")):
        with pytest.raises(ZeroDivisionError):
            find(tmp_path, x=x, ids=np.arange(3000) % 2, graph=graph(cells(), entry=entry))
        pixels = seen[-1].x * np.array(seen[-1].scale) + seen[-1].offset
        np.testing.assert_allclose(pixels.mean(axis=(0, 1, 2)), 0, atol=1e-9)
        np.testing.assert_allclose(pixels.std(axis=(0, 1, 2)), [1, 1, 0], atol=1e-9)
    with pytest.raises(ZeroDivisionError):
        find(tmp_path, x=x[..., 0])  # grey images without an axis of channels
    assert seen[-1].x.shape == (3000, 2, 2, 1)
    assert (seen[-1].scale, seen[-1].offset) == ([0.02], [-2.0])  # those of the graph's input
    assert standardisation(x)[0] == seen[0].scale


@pytest.mark.filterwarnings("ignore:The search collapsed")
def test_odd_numbers_of_filters_are_searched_too(tmp_path):
    how = dataclasses.replace(HOW, filters=3)
    space = CellSpace(nodes=1, ops=("skip_connect", "sep_conv_3x3"))
    assert find(tmp_path, how, graph=graph(cells(space))).complete


def test_a_registry_can_name_the_stage_without_a_framework():
    code = (
        "import sys; from automl_kit.search.stages.darts import DartsStage\n"
        "DartsStage().describe()\n"
        "print({'tensorflow', 'keras', 'autokeras'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
