"""Writing files so that a kill, a crash or a full disk leaves the old file or the new one.

A file is written beside its destination, flushed to the disk and then renamed,
which POSIX and Windows make atomic.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from automl_kit.errors import ProjectError

_MARK = ".part."  # In the names of files that are being written.


def sweep(folder: Path) -> None:
    """Removes half-written files that a kill left in a folder and in those directly in it."""
    for pattern in (f".*{_MARK}*", f"*/.*{_MARK}*"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary path whose file replaces `path` when the block ends well.

    The temporary name keeps all suffixes, since Keras picks the format by them. On
    an exception the temporary file is removed and `path` is left as it was.

    Example:
        >>> import tempfile, pathlib
        >>> target = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
        >>> with atomic_path(target) as temporary:
        ...     _ = temporary.write_text("whole")
        >>> target.read_text()
        'whole'

    Raises:
        ProjectError: If the folder can't be written or the disk is full.
    """
    path = Path(path).expanduser()
    temporary = path.with_name(f".{secrets.token_hex(4)}{_MARK}{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise ProjectError(
            f"Can't write {path}: {error.strerror or error}. "
            "Free some space or choose a folder that you may write to."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # The folder may be what couldn't be made.
            temporary.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes `content` to `path` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Writes `value` as JSON to `path` atomically."""
    write_bytes(path, json.dumps(value).encode())


def read_json(path: str | os.PathLike[str]) -> Any:
    """Reads JSON from `path`.

    Raises:
        ProjectError: If the file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(Path(path).read_bytes())
    except OSError as error:
        raise ProjectError(f"Can't read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise ProjectError(
            f"{path} is damaged: it is not valid JSON ({error}). Copy it again; if it is part of a "
            "project's folder, remove the folder, or start over with overwrite=True."
        ) from error


def _flush(path: Path) -> None:
    """Has the system write a file or a folder's entries to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows can't open a folder; its rename is durable by itself.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
