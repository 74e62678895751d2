"""The lock of a project's folder: one process at a time."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from automl_kit import files
from automl_kit.errors import ProjectError

try:
    import fcntl
except ImportError:  # Windows has no flock; there two processes are not kept apart.
    fcntl = None  # type: ignore[assignment]

_held: dict[tuple[int, Path], int] = {}  # Folders that a thread has locked, and how often.


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps a second process or thread out of a project; a killed process's lock goes with it.

    Who holds it may take it again: a task locks its folder, and so does its tuner.

    Raises:
        ProjectError: If somebody else is at work there, or the folder can't be written.
    """
    key = threading.get_ident(), folder.resolve()
    if key in _held:
        _held[key] += 1
        try:
            yield
        finally:
            _held[key] -= 1
        return
    with _lock_file(folder):
        _held[key] = 1
        try:
            yield
        finally:
            del _held[key]


@contextlib.contextmanager
def _lock_file(folder: Path) -> Iterator[None]:
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
        files.sweep(folder)
        yield
