import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from automl_kit.errors import ProjectError
from automl_kit.search.fingerprint import fingerprint
from automl_kit.search.lock import locked
from automl_kit.search.project import folder_of, open_project, seed_of

SEARCH = {"task": "structured", "data": "abc", "seed": 3}


def test_a_fingerprint_is_of_the_content():
    x = np.arange(12.0).reshape(6, 2)
    assert fingerprint(x) == fingerprint(x.copy()) == fingerprint(np.asfortranarray(x))
    assert fingerprint({"a": x, "b": 1}) == fingerprint({"b": 1, "a": x})
    different = [
        x, x + 1, x.reshape(3, 4), x.astype("int64"), x[::-1], {"a": x}, {"b": x}, "x",
        np.array(["ab", "c"], dtype=object), np.array(["a", "bc"], dtype=object),
    ]  # fmt: skip
    assert len({fingerprint(part) for part in different}) == len(different)


def test_a_fingerprint_of_a_file_is_that_of_its_array(tmp_path):
    x = np.random.default_rng(0).integers(0, 255, (9000, 3)).astype("uint8")
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert fingerprint(mapped) == fingerprint(x)
    x[8999, 2] += 1
    assert fingerprint(mapped) != fingerprint(x)


def test_the_same_search_goes_on_and_another_is_told_apart(tmp_path):
    open_project(tmp_path, SEARCH, overwrite=False)
    record = json.loads((tmp_path / "project.json").read_text())
    assert record.items() >= SEARCH.items()
    assert record["versions"].keys() >= {"keras", "automl-kit"}
    open_project(tmp_path, SEARCH, overwrite=False)
    with pytest.raises(ProjectError, match='another search: data was "abc", is "xyz"') as caught:
        open_project(tmp_path, {**SEARCH, "data": "xyz"}, overwrite=False)
    assert "overwrite=True" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_what_differs_in_a_stage_is_told(tmp_path):
    stages = [{"name": "darts", "search": {"epochs": 3}}, {"name": "rank"}]
    open_project(tmp_path, {**SEARCH, "tuner": {"stages": stages}}, overwrite=False)
    other = [{"name": "darts", "search": {"epochs": 5}}, {"name": "rank"}]
    with pytest.raises(
        ProjectError, match=r"search: tuner\.stages\[0\]\.search\.epochs was 3, is 5\."
    ):
        open_project(tmp_path, {**SEARCH, "tuner": {"stages": other}}, overwrite=False)
    with pytest.raises(ProjectError, match=r"tuner\.stages was .*, is \[\]"):
        open_project(tmp_path, {**SEARCH, "tuner": {"stages": []}}, overwrite=False)


def test_starting_over_removes_the_search_and_nothing_else(tmp_path):
    open_project(tmp_path, SEARCH, overwrite=False)
    (tmp_path / "trial_0").mkdir()
    for name in ("oracle.json", "final.weights.h5", "trial_0/trial.json", "notes.txt"):
        (tmp_path / name).write_text("{}")
    open_project(tmp_path, {**SEARCH, "data": "xyz"}, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "project.json"]


def test_a_search_of_others_is_left_alone(tmp_path):
    (tmp_path / "oracle.json").write_text("{}")
    with pytest.raises(ProjectError, match="didn't start"):
        open_project(tmp_path, SEARCH, overwrite=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{half", "damaged"), ("[]", "not a project file"), ('{"seed": "3"}', "not a project file")],
)
def test_a_damaged_project_file_is_told(tmp_path, content, message):
    (tmp_path / "project.json").write_text(content)
    with pytest.raises(ProjectError, match=message):
        open_project(tmp_path, SEARCH, overwrite=False)


def test_seeds(tmp_path):
    assert seed_of(tmp_path, 0, overwrite=False) == 0
    assert len({seed_of(tmp_path, None, overwrite=False) for _ in range(5)}) > 1
    open_project(tmp_path, SEARCH, overwrite=False)
    assert seed_of(tmp_path, None, overwrite=False) == 3
    assert seed_of(tmp_path, 4, overwrite=False) == 4


def test_a_named_folder_is_made_and_an_unnamed_one_goes_with_its_owner(tmp_path):
    folder, scratch = folder_of(tmp_path / "a" / "b", "project")
    assert scratch is None
    assert folder == tmp_path / "a" / "b" / "project"
    assert folder.is_dir()
    folder, scratch = folder_of(None, "project")
    assert folder.is_dir()
    scratch.cleanup()
    assert not folder.exists()


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match=r"file/project: Not a directory\. Choose"):
        folder_of(tmp_path / "file", "project")


def test_a_second_process_is_kept_out_until_the_first_is_gone(tmp_path):
    code = (
        "import pathlib, sys\n"
        "from automl_kit.search.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('in', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "in\n"
        with pytest.raises(ProjectError, match="Another process"), locked(tmp_path):
            pass
    finally:
        other.kill()
        other.communicate()
    with locked(tmp_path):
        pass


def test_what_an_object_of_the_description_has_no_more_differs_too(tmp_path):
    """The file's own entries beside it, such as versions, are no part of it."""
    open_project(tmp_path, {**SEARCH, "space": {"a": 1, "b": {"c": 2}}}, overwrite=False)
    for space, told in (({"a": 1}, r"space\.b was \{.*\}, is null"), ({"b": {}}, "space.a was 1")):
        with pytest.raises(ProjectError, match=told):
            open_project(tmp_path, {**SEARCH, "space": space}, overwrite=False)


def test_a_thread_may_lock_again_and_holds_it_until_it_has_left_as_often(tmp_path):
    def enter():
        with locked(tmp_path):
            pass

    def other():
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(enter).exception()

    with locked(tmp_path):
        with pytest.raises(KeyError), locked(tmp_path):
            raise KeyError  # What ends the inner one ends it alone.
        assert isinstance(other(), ProjectError)
    assert other() is None


def test_half_written_files_are_swept_under_the_lock_and_no_others(tmp_path):
    (tmp_path / "trial_0").mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    halves = [".1a.part.oracle.json", "trial_0/.2b.part.checkpoint.weights.h5"]
    others = ["oracle.json", "my.part.txt", ".hidden", "trial_0/trial.json"]
    for name in [*halves, *others]:
        (tmp_path / name).write_text("")
    with locked(tmp_path):
        assert not any((tmp_path / name).exists() for name in halves)
        assert all((tmp_path / name).exists() for name in others)
