"""A search for cells in a process of its own."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from darts_networks import rows

from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.progress import Progress
from automl_kit.search.stages.darts import CellSearch, DartsSettings, apart
from automl_kit.search.stages.darts.finding import CellFinder, Images
from automl_kit.spaces import CellSpace

SPACE = CellSpace(1, ("skip_connect", "sep_conv_3x3"))
# α rests, so that less is traced.
SETTINGS = DartsSettings(epochs=2, batch_size=8, edge_mutation=0.5, warmup_epochs=2)
HOW = CellSearch(settings=SETTINGS, filters=2, cells=3, apart=True)


class Told(Progress):
    def __init__(self):
        self.shares, self.messages = [], []

    def epoch_share(self, share, epoch, epochs):
        self.shares.append((share, epoch, epochs))

    def message(self, text):
        self.messages.append(text)


def found(folder, how=HOW, progress=None, seconds=None, **others):
    x, ids = rows()
    images = Images(x=x, ids=ids, classes=2, **{"class_weight": {0: 2.0}, **others})
    finder = CellFinder(space=SPACE, how=how, seed=3, notes=folder, progress=progress or Progress())
    return finder.find(images, trials_begun=False, seconds=seconds)


def test_it_finds_and_tells_what_a_search_in_this_process_does(tmp_path):
    told, told_too = Told(), Told()
    one = found(tmp_path / "a" / "n", progress=told)
    other = found(tmp_path / "b" / "n", replace(HOW, apart=False), told_too)
    assert one.genotype == other.genotype
    for record, same in zip(one.history, other.history, strict=True):  # This one runs eagerly.
        assert record.loss == pytest.approx(same.loss, rel=1e-5)
        np.testing.assert_array_equal(record.alphas["normal"], same.alphas["normal"])
    assert told.shares == told_too.shares
    assert len(told.messages) == 2  # an epoch each, with seconds


def test_a_process_that_is_killed_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "_give", lambda process, *_: process.kill())
    with pytest.raises(SearchError, match=r"ended with status -9\. The same call goes on"):
        found(tmp_path / "n")


def test_its_errors_and_warnings_are_those_of_a_search_here():
    def heard(*lines):
        content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        return apart._hear(SimpleNamespace(stdout=io.BytesIO(content)), Progress())

    with pytest.raises(ProjectError, match="is damaged"):
        heard(["share", 0.5, 1, 2], ["error", "ProjectError", "darts.npz is damaged"])
    with pytest.warns(UserWarning, match="skips"):
        assert heard(["warning", "all skips"]) is None


def test_long_searches_on_several_cores_are_apart(monkeypatch):
    monkeypatch.setattr(apart, "_cores", lambda: 2)
    how = CellSearch()  # 12 epochs of batches of 32
    assert apart.suits(how, SPACE, 2000)
    assert not apart.suits(how, SPACE, 1000)
    assert apart.suits(replace(how, apart=True), SPACE, 10)
    assert not apart.suits(replace(how, apart=False), SPACE, 2000)
    monkeypatch.setattr(apart, "is_registered", lambda op: op == "sep_conv_3x3")
    assert not apart.suits(how, SPACE, 2000)
    monkeypatch.setattr(apart, "_cores", lambda: 1)
    assert not apart.suits(how, CellSpace(1, ("skip_connect",)), 2000)


def test_where_it_runs_is_no_part_of_what_it_is():
    assert replace(HOW, apart=None).to_json() == HOW.to_json()
    read = CellSearch.from_json(json.loads(json.dumps(HOW.to_json())))
    assert read == replace(HOW, apart=None)
    with pytest.raises(InputError, match="apart"):
        CellSearch(apart="yes")
