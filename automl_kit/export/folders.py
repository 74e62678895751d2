"""Writing a folder so that a failure leaves the old one or the new one."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl_kit.errors import InputError, ProjectError


@contextmanager
def atomic_folder(path: Path, marker: str) -> Iterator[Path]:
    """Gives a temporary path whose folder replaces `path` when the block ends well.

    Args:
        path: The folder to write.
        marker: A file that tells a folder of this kind; a folder without it, unless it is
            empty, holds something else and is not replaced.

    Raises:
        InputError: If `path` is a file or a folder that holds something else.
        ProjectError: If the folder can't be written or the disk is full.
    """
    refuse_other(path, marker)
    token = secrets.token_hex(4)
    temporary, old = (path.with_name(f".{path.name}.{token}{end}") for end in ("", ".old"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        for file in (entry for entry in temporary.rglob("*") if entry.is_file()):
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
        _swap(temporary, path, old)
    except OSError as error:
        raise ProjectError(
            f"Can't write {path}: {error.strerror or error}. "
            "Free some space or choose a folder that you may write to."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_other(path: Path, marker: str) -> None:
    """Refuses to replace what is no folder of this kind.

    Raises:
        InputError: If `path` is a file or a folder that holds something else.
    """
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not (path / marker).is_file()):
        raise InputError(
            f"{path} is there already and is no such model, so it is not replaced. "
            "Choose another path, or remove it yourself."
        )


def _swap(new: Path, path: Path, old: Path) -> None:
    """Puts `new` in the place of `path`; no system call replaces a folder that isn't empty."""
    if not path.exists():
        new.rename(path)
        return
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)
