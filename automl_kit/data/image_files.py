"""Images from files, decoded once into an array on disk.

Memory does not grow with the number of images: each is decoded, written to a
.npy file under `cache` and forgotten, and the file is memory-mapped. It is used
again while the list of files, their sizes and their times of change stay the same.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.decoding import (
    UnreadableImageError,
    common_channels,
    common_size,
    decode,
)
from automl_kit.data.image_listing import list_csv, list_folder
from automl_kit.data.images import as_images
from automl_kit.data.table_files import check_file
from automl_kit.errors import InputError, ProjectError
from automl_kit.files import atomic_path, read_json, write_json

_VERSION = 2  # of what decoding gives; another number makes every cache file be written anew
_IMAGES = ("x", "images", "x_train", "X", "arr_0")
_LABELS = ("y", "labels", "y_train", "arr_1")

Size = int | tuple[int, int] | None


@dataclass(frozen=True)
class ImageFiles:
    """Decoded images.

    Attributes:
        images: uint8, shape (n, height, width, channels), memory-mapped and read-only.
        labels: Shape (n,), or None where there are no labels.
        paths: The file of each image.
        broken: "name: reason" of each file that was left out.
        rows: The place of each image among the files asked for; None where there are no files.
        asked: The files asked for.
    """

    images: NDArray[Any]
    labels: NDArray[Any] | None
    paths: list[Path]
    broken: list[str]
    rows: list[int] | None = None
    asked: list[str] = field(default_factory=list)


def read_folder(
    path: str | os.PathLike[str],
    cache: Path,
    size: Size = None,
    *,
    channels: int | None = None,
    labelled: bool = True,
) -> ImageFiles:
    """Reads a folder with one folder a class, of images of any size and format.

    Args:
        path: The folder. Hidden files are passed over.
        cache: A folder for the decoded images.
        size: As in `read_files`.
        channels: As in `read_files`.
        labelled: False also allows images outside class folders; there are no labels then.

    Raises:
        InputError: If there is no such folder, no class folder or no image that can be read.
    """
    listing = list_folder(path, labelled, later=size is not None)
    return read_files(
        listing.paths, listing.labels, cache, size, channels=channels, skipped=listing.skipped
    )


def read_image_csv(
    path: str | os.PathLike[str],
    target: str | None,
    cache: Path,
    size: Size = None,
    *,
    channels: int | None = None,
) -> ImageFiles:
    """Reads the images that a table (CSV, Parquet, JSON lines) lists.

    The column of paths is called "path", "file", "filename" or "image", or is the only one
    beside the target. Paths are relative to the table's folder.

    Args:
        path: The table.
        target: The column of labels; None where there are none.
        cache: A folder for the decoded images.
        size: As in `read_files`.
        channels: As in `read_files`.

    Raises:
        InputError: If the table can't be read, a column is missing, or no image can be read.
    """
    listing = list_csv(path, target)
    return read_files(
        listing.paths, listing.labels, cache, size, channels=channels, skipped=listing.skipped
    )


def read_files(
    paths: Sequence[str | os.PathLike[str]],
    labels: object,
    cache: Path,
    size: Size = None,
    *,
    channels: int | None = None,
    skipped: Sequence[str] = (),
) -> ImageFiles:
    """Reads image files of any size and format.

    Args:
        paths: The files.
        labels: One label a file, or None.
        cache: A folder for the decoded images.
        size: Height and width to resize to, or one number for both. By default the median
            size of a sample of the files, scaled down to 64 pixels at most.
        channels: 1, 3 or 4. By default 1 if all images are grey, else 3.
        skipped: What to report as broken besides.

    Raises:
        InputError: If no file can be read, or the lengths differ.
        ProjectError: If `cache` can't be written or the disk is full.
    """
    files = [os.path.expanduser(path) for path in paths]  # noqa: PTH111
    if not files:
        raise InputError("There are no image files: 0 sample(s) while a minimum of 1 is required.")
    names = None if labels is None else np.asarray(pd.Series(labels), dtype=object)
    if names is not None and len(names) != len(files):
        raise InputError(f"There are {len(files)} image files, but {len(names)} labels.")
    array = Path(cache) / f"images-{_fingerprint(files, size, channels)}.npy"
    index = array.with_suffix(".json")
    found = _reuse(array, index, len(files))
    if found is None:
        _write(array, index, files, size, channels)
        found = _reuse(array, index, len(files))
        if found is None:
            raise ProjectError(f"{array} can't be read back after writing; is the disk damaged?")
    images, kept, broken = found
    return ImageFiles(
        images,
        None if names is None else names[kept],
        [Path(files[position]) for position in kept],
        [*skipped, *broken],
        kept,
        [str(path) for path in paths],
    )


def read_npz(path: str | os.PathLike[str], target: str | None = None) -> ImageFiles:
    """Reads a .npz file of an array of images and, where there is one, of labels.

    Args:
        path: A file of arrays called "x" and "y", or as in Keras's files "x_train" and
            "y_train".
        target: The name of the array of labels.

    Raises:
        InputError: If the file can't be read or has no such array.
    """
    path = check_file(path)
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path} is not a .npz file, or is damaged; np.savez writes such files.")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = list(arrays.files)
            x = next((name for name in _IMAGES if name in names), None)
            y = target or next((name for name in _LABELS if name in names), None)
            if x is None or (target is not None and target not in names):
                raise InputError(
                    f"{path} has no array {target if x else 'x'!r}; its arrays are {names}."
                )
            images, labels = as_images(arrays[x]), arrays[y] if y else None
    except InputError:
        raise
    except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} can't be read as .npz: {error}.") from error
    if labels is not None and len(labels) != len(images):
        raise InputError(f"{path} has {len(images)} images, but {len(labels)} labels.")
    return ImageFiles(images, labels, [], [])


def _fingerprint(files: Sequence[str], size: Size, channels: int | None) -> str:
    digest = hashlib.sha256(json.dumps([_VERSION, size, channels]).encode())
    for file in files:
        try:
            stat = os.stat(file)  # noqa: PTH116
            state = (stat.st_size, stat.st_mtime_ns)
        except (OSError, ValueError):
            state = (-1, -1)
        digest.update(json.dumps([os.path.abspath(file), *state]).encode())  # noqa: PTH100
    return digest.hexdigest()[:20]


def _reuse(
    array: Path, index: Path, files: int
) -> tuple[NDArray[np.uint8], list[int], list[str]] | None:
    """Opens what `_write` left, or gives None if it is not there or not whole."""
    if not (array.exists() and index.exists()):
        return None
    try:
        content = read_json(index)
        images = np.load(array, mmap_mode="r", allow_pickle=False)
        kept, broken = content["kept"], content["broken"]
        whole = (
            images.dtype == np.uint8
            and images.ndim == 4
            and len(images) == len(kept)
            and all(type(position) is int and 0 <= position < files for position in kept)
            and all(isinstance(entry, str) for entry in broken)
        )
    except (ProjectError, OSError, ValueError, TypeError, KeyError, EOFError):
        return None
    return (images, kept, broken) if whole else None


def _write(
    array: Path, index: Path, files: Sequence[str], size: Size, channels: int | None
) -> None:
    try:
        height, width = common_size(files) if size is None else _pair(size)
    except UnreadableImageError as error:
        raise InputError(f"None of the {len(files)} image files can be read.") from error
    shape = (height, width, channels or common_channels(files))
    kept: list[int] = []
    broken: list[str] = []
    # Plain writes, not a writable memory map: a full disk is then an error and not a crash.
    with atomic_path(array) as temporary, temporary.open("wb") as out:
        _write_header(out, (len(files), *shape))
        for position, file in enumerate(files):
            try:
                out.write(decode(file, *shape).tobytes())
                kept.append(position)
            except UnreadableImageError as error:
                broken.append(f"{file}: {error}")
        if not kept:
            raise InputError(
                f"None of the {len(files)} image files can be read; the first is {broken[0]}."
            )
        # NumPy pads the header so that a smaller first axis fits in the same bytes.
        out.seek(0)
        _write_header(out, (len(kept), *shape))
    write_json(index, {"kept": kept, "broken": broken})


def _write_header(out: BinaryIO, shape: tuple[int, ...]) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, header)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or any(not isinstance(side, int) or side < 1 for side in pair):
        raise InputError(f"The size must be height and width in pixels, but is {size!r}.")
    return pair[0], pair[1]
