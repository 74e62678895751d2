import os
from pathlib import Path

import pytest

from automl_kit.errors import InputError, ProjectError
from automl_kit.export.folders import atomic_folder


def fill(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / "marker").write_text(content)
    (folder / "inner").mkdir()
    (folder / "inner" / "file").write_text(content)


def contents(folder: Path) -> dict[str, str]:
    files = (entry for entry in folder.rglob("*") if entry.is_file())
    return {str(file.relative_to(folder)): file.read_text() for file in files}


NEW = {"marker": "new", "inner/file": "new"}
OLD = {"marker": "old", "inner/file": "old"}


def test_a_new_folder_and_those_above_it(tmp_path):
    path = tmp_path / "a" / "b" / "model"
    with atomic_folder(path, "marker") as temporary:
        fill(temporary, "new")
        assert not path.exists()
    assert contents(path) == NEW
    assert [entry.name for entry in path.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("there", ["such a folder", "an empty folder"])
def test_replaces(there, tmp_path):
    path = tmp_path / "model"
    if there == "an empty folder":
        path.mkdir()
    else:
        fill(path, "old")
        (path / "left over").touch()
    with atomic_folder(path, "marker") as temporary:
        fill(temporary, "new")
    assert contents(path) == NEW
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_a_failure_leaves_the_old_one(tmp_path):
    path = tmp_path / "model"
    fill(path, "old")

    def failing() -> None:
        with atomic_folder(path, "marker") as temporary:
            fill(temporary, "new")
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert contents(path) == OLD
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_a_failing_swap_puts_the_old_one_back(tmp_path, monkeypatch):
    path = tmp_path / "model"
    fill(path, "old")
    rename = Path.rename

    def refuses(self, target):
        if Path(target) == path and not self.name.endswith(".old"):
            raise OSError(28, os.strerror(28))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuses)
    with (
        pytest.raises(ProjectError, match=r"Can't write .*model: No space left"),
        atomic_folder(path, "marker") as temporary,
    ):
        fill(temporary, "new")
    assert contents(path) == OLD
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_other_things_are_not_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("picture")
    (tmp_path / "file").write_text("text")
    for name in ("photos", "file"):
        with (
            pytest.raises(InputError, match=f"{name} is there already and is no such model"),
            atomic_folder(tmp_path / name, "marker"),
        ):
            raise AssertionError("the block must not run")
    assert contents(tmp_path) == {"photos/a.jpg": "picture", "file": "text"}


def test_a_folder_below_a_file(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ProjectError, match="choose a folder that you may write to"),
        atomic_folder(tmp_path / "file" / "model", "marker"),
    ):
        raise AssertionError("the block must not run")
