"""The file that says what a project on disk is about: only the same call goes on with it."""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from automl_kit import files
from automl_kit.errors import ProjectError
from automl_kit.versions import version_of

FORMAT = 1
IDENTITY = "search.json"
# Removed in this order: without oracle.json and the trials nothing is taken for a search.
SEARCH_FILES = (
    "controller.json", "clock.json", "graph", "best_pipeline", "final.json", "final.weights.h5",
    "genotype.json", "darts", "enas", "shared", "start.json", "start.weights.h5",
    "zero_cost.json", IDENTITY, "project.json",
)  # fmt: skip
PACKAGES = ("automl-kit", "autokeras", "keras-tuner", "keras", "tensorflow")


def open_project(folder: Path, description: dict[str, Any], overwrite: bool) -> None:
    """Starts a project in `folder`, or checks that the one there is the same.

    Args:
        folder: The project's folder.
        description: What must be equal for a search to go on, as JSON values by name.
        overwrite: Whether the project there is to be replaced.

    Raises:
        ProjectError: If the folder holds another search or can't be written.
    """
    path = folder / "project.json"
    if overwrite:
        remove_search(folder)
    elif path.exists():
        _check_same(path, description)
        return
    elif (folder / "oracle.json").exists():
        raise ProjectError(
            f"{folder} holds a search that automl_kit didn't start, or its project.json is lost; "
            "choose another directory or project_name, or start over with overwrite=True."
        )
    versions = {name: version_of(name) for name in PACKAGES}
    files.write_json(path, {"format": FORMAT, "versions": versions, **description})


def folder_of(
    directory: str | Path | None, name: str
) -> tuple[Path, tempfile.TemporaryDirectory[str] | None]:
    """Makes a project's folder where it isn't there.

    Args:
        directory: The folder of projects; None makes a temporary one.
        name: The project's folder in it.

    Returns:
        The folder, and the temporary folder that it goes with, if it is in one.

    Raises:
        ProjectError: If it can't be made.
    """
    scratch = None
    if directory is None:
        scratch = tempfile.TemporaryDirectory(prefix="automl_kit_")
        directory = scratch.name
    return folder_at(directory, name), scratch


def seed_of(folder: Path, seed: int | None, overwrite: bool) -> int:
    """The seed of a search: the one asked for, else the project's own, else a new one."""
    path = folder / "project.json"
    if seed is None and path.exists() and not overwrite:
        seed = _read(path)["seed"]
    return secrets.randbelow(2**31) if seed is None else int(seed)


def folder_at(directory: str | os.PathLike[str] | None, name: str) -> Path:
    """A project's folder, made where it isn't there; `~` is the user's home.

    Raises:
        ProjectError: If it can't be made.
    """
    folder = Path(directory or ".").expanduser() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(
            f"Can't make the project's folder {folder}: {error.strerror}. "
            "Choose a directory that you may write to."
        ) from error
    return folder


def refuse_strange(folder: Path) -> None:
    """Refuses a search that automl_kit didn't start; what no search has any more is removed.

    An overwrite that was killed leaves such files: the oracle's goes first. A refit or a clock
    of the search that is gone would be taken for the new one's.

    Raises:
        ProjectError: If there is one.
    """
    if not (folder / "oracle.json").exists():
        _remove(folder, [name for name in SEARCH_FILES if name != "project.json"])
    elif not (folder / IDENTITY).exists():
        raise ProjectError(
            f"{folder} holds a search that automl_kit didn't start, or its {IDENTITY} is lost; "
            "choose another directory or project_name, or start over with overwrite=True."
        )


def seed_of_search(folder: Path, seed: Any) -> int:
    """The seed asked for, else that of the search in the folder, else a new one."""
    path = folder / IDENTITY
    if seed is None and path.exists():
        seed = _read(path)["seed"]
    return secrets.randbelow(2**31) if seed is None else seed  # type: ignore[no-any-return]


def open_search(folder: Path, identity: dict[str, Any]) -> None:
    """Notes what a search is about, or checks that the one in the folder is the same.

    Raises:
        ProjectError: If it is another one.
    """
    path = folder / IDENTITY
    if path.exists():
        _check_same(path, identity)
    else:
        files.write_json(path, {"format": FORMAT, **identity})


def space_of_oracle(oracle: Any) -> dict[str, Any]:
    """The hyperparameters that an oracle knows, by name, as JSON values."""
    return {
        "/".join([hp.name, *(f"{c.name}={c.values}" for c in hp.conditions)]): {
            name: value for name, value in hp.get_config().items() if name != "conditions"
        }
        for hp in oracle.hyperparameters.space
    }


def remove_search(folder: Path) -> None:
    """Removes what a search wrote, and nothing else that lies in the folder."""
    (folder / "oracle.json").unlink(missing_ok=True)
    _remove(folder, SEARCH_FILES)


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Removes the trials, and then what else has these names."""
    for trial in folder.glob("trial_*"):
        shutil.rmtree(trial, ignore_errors=True)
    for name in names:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # A stage's.
        else:
            path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    record = files.read_json(path)
    if not isinstance(record, dict) or not isinstance(record.get("seed"), int):
        raise ProjectError(
            f"{path} is not a project file of automl_kit; choose another directory or "
            "project_name, or start over with overwrite=True."
        )
    return record


def _check_same(path: Path, description: dict[str, Any]) -> None:
    record = _read(path)
    expected = json.loads(json.dumps({"format": FORMAT, **description}))
    told = "; ".join(_differences("", record, expected))
    if told:
        raise ProjectError(
            f"The project in {path.parent} is another search: {told}. Choose another "
            "directory or project_name, or pass `overwrite=True` to start over."
        )


def _differences(path: str, was: Any, now: Any) -> Iterator[str]:
    """What differs, each with its old and its new value; objects are looked into."""
    if isinstance(was, dict) and isinstance(now, dict):
        # Inside, what is there no more differs too; the file itself has versions beside.
        for name in {**now, **was} if path else now:
            yield from _differences(f"{path}.{name}".strip("."), was.get(name), now.get(name))
    elif _are_objects(was) and _are_objects(now) and len(was) == len(now):
        for place, (before, value) in enumerate(zip(was, now, strict=True)):
            yield from _differences(f"{path}[{place}]", before, value)
    elif was != now:
        yield f"{path} was {_short(was)}, is {_short(now)}"


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
