"""The file that says what a project on disk is about: only the same call goes on with it."""

import contextlib
import hashlib
import importlib.metadata
import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit import files
from automl_kit.data import release
from automl_kit.errors import ProjectError

try:
    import fcntl
except ImportError:  # Windows has no flock; there two processes are not kept apart.
    fcntl = None  # type: ignore[assignment]

FORMAT = 1
SEARCH_FILES = (
    "project.json", "oracle.json", "controller.json", "graph", "best_pipeline", "final.json",
    "final.weights.h5", "genotype.json", "cells/darts.npz", "cells/found.json",
)  # fmt: skip
PACKAGES = ("automl-kit", "autokeras", "keras-tuner", "keras", "tensorflow")
CHUNK_ROWS = 4096


def fingerprint(*parts: Any) -> str:
    """A hash of arrays, dictionaries of arrays and JSON values, by content.

    Memory-mapped arrays are read in pieces. Strings of different splits differ:
    each value goes in with its length.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        _update(digest, part)
    return digest.hexdigest()


def _update(digest: Any, part: Any) -> None:
    if isinstance(part, dict):
        for name in sorted(part):
            digest.update(f"{name}:".encode())
            _update(digest, part[name])
    elif isinstance(part, np.ndarray):
        digest.update(f"{part.shape}{part.dtype.kind}".encode())
        for start in range(0, len(part), CHUNK_ROWS):
            _update_rows(digest, part[start : start + CHUNK_ROWS])
            if isinstance(part, np.memmap):
                release(part)
    else:
        digest.update(json.dumps(part, sort_keys=True, default=str).encode())


def _update_rows(digest: Any, rows: NDArray[Any]) -> None:
    if rows.dtype.kind in "OUT":
        for value in rows.ravel():
            encoded = str(value).encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
    else:
        digest.update(np.ascontiguousarray(rows).tobytes())


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
        _remove_search(folder)
    elif path.exists():
        _check_same(path, description)
        return
    elif (folder / "oracle.json").exists():
        raise ProjectError(
            f"{folder} holds a search that automl_kit didn't start, or its project.json is lost; "
            "choose another directory or project_name, or start over with overwrite=True."
        )
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
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
    folder = Path(directory).expanduser() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(
            f"Can't make the project's folder {folder}: {error.strerror}. "
            "Choose a directory that you may write to."
        ) from error
    return folder, scratch


def seed_of(folder: Path, seed: int | None, overwrite: bool) -> int:
    """The seed of a search: the one asked for, else the project's own, else a new one."""
    path = folder / "project.json"
    if seed is None and path.exists() and not overwrite:
        seed = _read(path)["seed"]
    return secrets.randbelow(2**31) if seed is None else int(seed)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps a second process out of a project; a killed process's lock goes with it.

    Raises:
        ProjectError: If another process is at work there, or the folder can't be written.
    """
    try:
        handle = (folder / "lock").open("w")
    except OSError as error:
        raise ProjectError(
            f"Can't write in {folder}: {error.strerror}. Choose a directory that you may write to."
        ) from error
    with handle:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ProjectError(
                    f"Another process is searching in {folder}; wait for it, or choose another "
                    "directory or project_name."
                ) from error
        yield


def _remove_search(folder: Path) -> None:
    """Removes what a search wrote, and nothing else that lies in the folder."""
    for name in SEARCH_FILES:
        (folder / name).unlink(missing_ok=True)
    for trial in folder.glob("trial_*"):
        shutil.rmtree(trial, ignore_errors=True)


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
            "directory or project_name, or start over with overwrite=True."
        )


def _differences(path: str, was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What differs, each with its old and its new value; inner objects are looked into."""
    for name, value in now.items():
        before = was.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            yield from _differences(f"{path}{name}.", before, value)
        elif before != value:
            yield f"{path}{name} was {_short(before)}, is {_short(value)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
