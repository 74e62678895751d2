"""Which image files there are, and their labels."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from automl_kit.data.csv_files import as_written
from automl_kit.data.table_files import read_table
from automl_kit.data.targets import find_target, usual_target
from automl_kit.errors import InputError

_PATH_COLUMNS = ("path", "file", "filename", "image")
_NOISE = {"thumbs.db", "desktop.ini", "__macosx"}
_TRAIN, _TEST = ("train", "training"), ("test", "testing", "val", "valid", "validation")


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


def list_folder(path: str | os.PathLike[str], labelled: bool, later: bool = False) -> Listing:
    """Lists a folder with one folder a class, in order of names.

    Where it has folders such as train/ and test/ with the class folders in them, one of these is
    read: train/, of later data test/.

    Args:
        path: The folder.
        labelled: False also allows images outside class folders; there are no labels then.
        later: Whether it is other data than training's.

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
    part, left_out = _part_to_read(root, [entry.name for entry in classes], later)
    if part != root:
        found = list_folder(part, labelled, later)
        return Listing(found.paths, found.labels, [*left_out, *found.skipped])
    for folder in classes:
        _check_name(folder.name)
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
    beside = [name for name in names if name != (target or usual_target(names))]
    column = next((name for name in _PATH_COLUMNS if name in beside), None)
    if column is None and len(beside) == 1:
        column = beside[0]
    if column is None:
        raise InputError(
            f"Can't tell which column of {path} holds the paths of the images: the columns are "
            f"{names}. Call it 'path'."
        )
    frame = as_written(frame, path, [column, *(() if target is None else (target,))])
    missing = frame[column].isna().to_numpy()
    skipped = [f"{path}, row {row}: no path" for row in np.flatnonzero(missing)]
    folder = Path(path).expanduser().parent
    if target is None and not missing.all():  # Every row gets an answer, if an empty one.
        files = [
            None if gone else str(name) for name, gone in zip(frame[column], missing, strict=True)
        ]
        return Listing([str(folder / file) if file else "" for file in files], None, [])
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


def _files(folder: str, above: tuple[str, ...] = ()) -> list[str]:
    """Lists the files in a folder and the folders under it; a link to one above is a circle."""
    here = os.path.realpath(folder)
    if here in above:
        return []
    files = []
    for entry in _entries(folder):
        files += _files(entry.path, (*above, here)) if entry.is_dir() else [entry.path]
    return files


def _part_to_read(root: Path, classes: list[str], later: bool) -> tuple[Path, list[str]]:
    """Where class folders stand in folders such as train/ and test/, one of these.

    Args:
        root: The folder.
        classes: The names of the folders in it.
        later: Whether it is other data than training's.

    Returns:
        The folder to read, and what is left out.
    """
    parts = {name.lower(): name for name in classes}
    if not 1 < len(parts) == len(classes) or not set(parts) <= {*_TRAIN, *_TEST}:
        return root, []
    inside = [{e.name for e in _entries(root / name) if e.is_dir()} for name in classes]
    if not all(len(names) > 1 for names in inside) or not set.intersection(*inside):
        return root, []
    wanted = (*_TEST, *_TRAIN) if later else (*_TRAIN, *_TEST)
    chosen = next(parts[name] for name in wanted if name in parts)
    others = [
        f"{root / name}: it has class folders of its own; {root / chosen} is read. Name the part "
        "that you want"
        for name in classes
        if name != chosen
    ]
    return root / chosen, others


def _check_name(path: str) -> None:
    """Refuses names that aren't UTF-8, which can be no labels: they could not be stored."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"The name of the folder {os.fsencode(path)!r} is not UTF-8, and it is to be a label. "
            "Rename it; convmv does it for an archive from another system."
        ) from error
