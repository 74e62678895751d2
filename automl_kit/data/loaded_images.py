"""Reading images and their labels in every form in which a user may pass them."""

from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from automl_kit.data.given import are_paths, check_lengths, given_labels, is_path, target_note
from automl_kit.data.image_files import (
    ImageFiles,
    Size,
    read_files,
    read_folder,
    read_image_csv,
    read_npz,
)
from automl_kit.data.images import as_images
from automl_kit.data.table_files import TABLES, read_table
from automl_kit.data.targets import find_target
from automl_kit.errors import InputError


class LoadedImages(NamedTuple):
    """Images, and what became of the files asked for.

    Attributes:
        x: (n, height, width, channels).
        labels: (n,) or None.
        notes: What the user should know.
        files: The files asked for, in their order; empty where the images were an array.
        rows: The place of each image among these, where some couldn't be read; else None.
    """

    x: NDArray[Any]
    labels: Any
    notes: list[str]
    files: list[str]
    rows: list[int] | None


def load_images(
    X: object,
    y: object = None,
    *,
    cache: Path,
    size: Size = None,
    channels: int | None = None,
    labelled: bool = True,
) -> LoadedImages:
    """Loads images.

    Args:
        X: Whatever `as_images` takes; a folder with one folder a class; a table of paths and
            labels; a .npz file; or a list, array or Series of image files.
        y: Labels; or the name of the target column of a table or of the array of a .npz file.
        cache: A folder for what is decoded from files.
        size: Height and width for images from files; by default their median size, 64
            pixels at most.
        channels: Channels for images from files; by default 1 if all are grey, else 3.
        labelled: False where labels are not needed, as for predictions.

    Raises:
        InputError: If the images or the labels can't be read, or their lengths differ.
        ProjectError: If `cache` can't be written.
    """
    notes: list[str] = []
    if is_path(X):
        files, notes = _image_files(X, y, cache, size, channels, labelled)
    elif are_paths(X):
        files = read_files(list(X), given_labels(y, labelled), cache, size, channels=channels)
    else:
        images, labels = as_images(X, channels), given_labels(y, labelled)
        check_lengths(len(images), labels, "images")
        return LoadedImages(images, labels, [], [], None)
    what = "Left out {}." if labelled else "No prediction for {}."
    notes += [what.format(entry) for entry in files.broken]
    rows = None if files.rows is None or len(files.rows) == len(files.asked) else files.rows
    return LoadedImages(files.images, files.labels, notes, files.asked, rows)


def _image_files(
    X: Any, y: object, cache: Path, size: Size, channels: int | None, labelled: bool
) -> tuple[ImageFiles, list[str]]:
    path = Path(X).expanduser()
    if y is not None and not isinstance(y, str):
        raise InputError(f"The labels of {path} are read from there; pass no y.")
    name = path.name.lower()
    notes: list[str] = []
    if path.is_dir():
        if y is not None:
            raise InputError(f"{path} is a folder; its folders are the labels, pass no y.")
        files = read_folder(path, cache, size, channels=channels, labelled=labelled)
    elif name.endswith(".npz"):
        files = read_npz(path, y)
    elif name.endswith(TABLES):
        target = y
        if labelled or y is not None:
            columns = list(read_table(path).columns)
            if labelled or y in columns:
                target = find_target(columns, y)
                notes = target_note(y, target)
            else:
                target = None
        files = read_image_csv(path, target, cache, size, channels=channels)
    elif labelled or not path.exists():
        what = "is of an unknown type" if path.exists() else "does not exist"
        raise InputError(
            f"{path} {what}; expected a folder with one folder of images a class, a table of "
            "paths and labels (.csv, .parquet, .jsonl) or a .npz file."
        )
    else:
        files = read_files([path], None, cache, size, channels=channels)
    if labelled and files.labels is None:
        raise InputError(f"{path} has no labels: expected an array called 'y'.")
    return files, notes
