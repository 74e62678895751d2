"""Atomic writes: the old file or the new one, and clear errors."""

import pytest

from automl_kit import files
from automl_kit.errors import ProjectError


def test_an_exception_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.weights.h5"
    path.write_bytes(b"old")

    def stopped():
        with files.atomic_path(path) as temporary:
            temporary.write_bytes(b"half")
            assert temporary.name.endswith(".weights.h5")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_parent_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="Can't write"):
        files.write_json(tmp_path / "file" / "a.json", 1)


def test_what_is_no_json_is_told(tmp_path):
    (tmp_path / "a.json").write_text('{"half')
    with pytest.raises(ProjectError, match="damaged"):
        files.read_json(tmp_path / "a.json")
    with pytest.raises(ProjectError, match="Can't read"):
        files.read_json(tmp_path / "none.json")
    files.write_json(tmp_path / "a.json", {"n": 1})
    assert files.read_json(tmp_path / "a.json") == {"n": 1}
