"""Which image files there are, and their labels."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from automl_kit.data.table_files import read_table, restore_words
from automl_kit.data.targets import find_target, usual_target
from automl_kit.errors import InputError

_PATH_COLUMNS = ("path", "file", "filename", "image")
_NOISE = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True)
class Listing:
    """Image files.

    Attributes:
        paths: The files.
        labels: The label of each, objects of shape (n,), or None.
        skipped: "name: reason" of what was left out.
    """

    paths: list[str]  # A Path is ten times the size.
    labels: NDArray[np.object_] | None
    skipped: list[str]


def list_folder(path: str | os.PathLike[str], labelled: bool) -> Listing:
    """Lists a folder with one folder a class, in order of names.

    Args:
        path: The folder.
        labelled: False also allows images outside class folders; there are no labels then.

    Raises:
        InputError: If there is no such folder, or no class folder or file in it.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        what = "is a file; expected a folder" if root.exists() else "does not exist"
        raise InputError(f"The folder {root} {what} with one folder of images a class.")
    entries = _entries(root)
    classes = [entry for entry in entries if entry.is_dir()]
    loose = [entry.path for entry in entries if not entry.is_dir()]
    if not labelled and (loose or not classes):
        paths = _files(str(root))
        if not paths:
            raise InputError(f"The folder {root} has no files; expected images.")
        return Listing(paths, None, [])
    if not classes:
        raise InputError(
            f"The folder {root} has no folders in it; expected one folder of images a class, "
            f"such as {root / 'cat'} and {root / 'dog'}."
        )
    known = Image.registered_extensions()
    skipped = [f"{f}: not in a class folder" for f in loose if Path(f).suffix.lower() in known]
    listed = {folder.name: _files(folder.path) for folder in classes}
    skipped += [
        f"{root / name}: the folder has no files" for name, files in listed.items() if not files
    ]
    paths = [file for files in listed.values() for file in files]
    if not paths:
        raise InputError(f"The class folders in {root} have no files; expected images.")
    names = [name for name, files in listed.items() for _ in files]
    return Listing(paths, np.array(names, dtype=object), skipped)


def list_csv(path: str | os.PathLike[str], target: str | None) -> Listing:
    """Lists the files named in a column of a table.

    Args:
        path: The table; paths in it are relative to its folder.
        target: The column of labels; None where there are none.

    Raises:
        InputError: If the table can't be read or a column is missing.
    """
    frame = read_table(path)
    names = [str(name) for name in frame.columns]
    if target is not None:
        find_target(names, target)
        frame = restore_words(frame, path, [target])
    beside = [name for name in names if name != (target or usual_target(names))]
    column = next((name for name in _PATH_COLUMNS if name in beside), None)
    if column is None and len(beside) == 1:
        column = beside[0]
    if column is None:
        raise InputError(
            f"Can't tell which column of {path} holds the paths of the images: the columns are "
            f"{names}. Call it 'path'."
        )
    missing = frame[column].isna().to_numpy()
    skipped = [f"{path}, row {row}: no path" for row in np.flatnonzero(missing)]
    folder = Path(path).expanduser().parent
    kept = frame[~missing]
    paths = [str(folder / str(name)) for name in kept[column]]
    if not paths:
        raise InputError(f"Column {column!r} of {path} has no path.")
    labels = None if target is None else kept[target].to_numpy(dtype=object)
    return Listing(paths, labels, skipped)


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as scan:
            found = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"Can't read the folder {folder}: {error.strerror}.") from error
    return [e for e in found if not e.name.startswith(".") and e.name.lower() not in _NOISE]


def _files(folder: str) -> list[str]:
    """Lists the files in a folder and the folders under it."""
    files = []
    for entry in _entries(folder):
        if entry.is_dir():
            files += [] if entry.is_symlink() else _files(entry.path)  # A link could be a circle.
        else:
            files.append(entry.path)
    return files
