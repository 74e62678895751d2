"""The state of a search on disk: whatever is damaged is told."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from darts_networks import SETTINGS, make_network, rows

from automl_kit.errors import ProjectError
from automl_kit.search.stages.darts import search_state
from automl_kit.search.stages.darts.darts_search import DartsSearch

SHORT = dataclasses.replace(SETTINGS, epochs=1)


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> Path:
    """The folder of a search that ended."""
    folder = tmp_path_factory.mktemp("searched")
    DartsSearch(make_network(), SHORT, directory=folder).search(*rows(24))
    return folder


@pytest.fixture
def folder(searched, tmp_path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(searched, tmp_path / "copy")


def _without_alpha(told, arrays):
    del arrays["alpha"]


def _of_another_size(told, arrays):
    arrays["w"] = arrays["w"][:-1]


def _no_history(told, arrays):
    told["history"] = [{"epoch": 0}]


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "darts.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(ProjectError, match=r"darts\.npz is damaged"):
        DartsSearch(make_network(), SETTINGS, directory=tmp_path).search(*rows())


@pytest.mark.parametrize("damage", [_without_alpha, _of_another_size, _no_history])
def test_a_state_that_does_not_fit_is_told(damage, folder):
    arrays, told = search_state.load(folder)
    damage(told, arrays)
    search_state.save(folder, arrays, told)
    with pytest.raises(ProjectError, match="is damaged"):
        DartsSearch(make_network(), SHORT, directory=folder).search(*rows(24))


def test_an_archive_changed_in_any_one_byte_is_read_or_told(folder):
    path = folder / "darts.npz"
    whole = path.read_bytes()
    told = 0
    for place in [*range(0, 400, 3), *range(len(whole) - 400, len(whole), 3)]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            search_state.load(folder)
        except ProjectError:
            told += 1
    assert told > 50
