"""Reading X and y in every form in which a user may pass them.

Where X is a table in a file or a DataFrame, y may be the name of the target
column. Without it, the target of a file is the column called "label", "target"
or "class", in this order, and else the last column; a note says which.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.csv_files import as_written
from automl_kit.data.image_files import (
    ImageFiles,
    Size,
    read_files,
    read_folder,
    read_image_csv,
    read_npz,
)
from automl_kit.data.images import as_images
from automl_kit.data.schema import Schema, TableSchema, TextSchema
from automl_kit.data.table_files import TABLES, is_file, read_table
from automl_kit.data.tables import as_frame
from automl_kit.data.targets import find_target, usual_target
from automl_kit.data.texts import as_texts, text_column
from automl_kit.errors import InputError


class LoadedTable(NamedTuple):
    """Structured data: features, labels (n,) or None, and what the user should know."""

    x: pd.DataFrame
    labels: Any
    notes: list[str]


class LoadedTexts(NamedTuple):
    """Texts (n,), labels (n,) or None, what the user should know, and the texts' column."""

    x: NDArray[Any]
    labels: Any
    notes: list[str]
    column: str | None


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


def load_structured(
    X: object, y: object = None, *, labelled: bool = True, schema: TableSchema | None = None
) -> LoadedTable:
    """Loads structured data.

    Args:
        X: Whatever `as_frame` takes: a DataFrame, an array, rows, or the path of a file.
        y: Labels, or the name of the target column where X is a file or a DataFrame.
        labelled: False where labels are not needed, as for predictions: without y no column
            is taken for the target.
        schema: What training found, where this is other data.

    Raises:
        InputError: If the data or the labels can't be read, or their lengths differ.
    """
    if _is_path(X) or (isinstance(X, pd.DataFrame) and isinstance(y, str)):
        frame, labels, notes = _table(X, y, labelled, schema)
        if frame.shape[1] == 0:
            raise InputError(f"There is no column beside the target {_name(labels)!r}.")
    else:
        frame, labels, notes = as_frame(X, schema), _given(y, labelled), []
    _check_lengths(len(frame), labels, "rows")
    return LoadedTable(frame, labels, notes)


def load_text(
    X: object, y: object = None, *, column: str | None = None, labelled: bool = True
) -> LoadedTexts:
    """Loads texts.

    Args:
        X: Whatever `as_texts` takes, a DataFrame, or the path of a table with a column of
            texts.
        y: Labels, or the name of the target column where X is a file or a DataFrame.
        column: The column of texts; by default "text", or the only one of strings beside the
            target. It is not looked for in data that has no columns.
        labelled: False where labels are not needed, as for predictions.

    Raises:
        InputError: If the data or the labels can't be read, or their lengths differ.
    """
    notes: list[str] = []
    name = None
    is_table = isinstance(X, pd.DataFrame) and (isinstance(y, str) or X.shape[1] > 1)
    if not labelled and isinstance(X, str) and not is_file(X):
        texts, labels = as_texts([X]), None
    elif _is_path(X) or is_table:
        frame, labels, notes = _table(X, y, labelled)
        target = None if labels is not None else usual_target(frame.columns)
        name = text_column(frame, column if column in frame.columns or labelled else None, target)
        if labelled and column is None and pd.api.types.is_numeric_dtype(frame[name]):
            raise InputError(
                f"Column {name!r} holds numbers, and no text. Name the column of texts "
                "(text_column=, --text-column), or use the classifier of tables."
            )
        texts = as_texts((as_written(frame, X, [name]) if _is_path(X) else frame)[name])
    else:
        texts, labels = as_texts(X), _given(y, labelled)
    _check_lengths(len(texts), labels, "texts")
    if labels is not None and not any(texts):
        raise InputError("All texts are empty; there is nothing to learn from.")
    return LoadedTexts(texts, labels, notes, name)


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
    if _is_path(X):
        files, notes = _image_files(X, y, cache, size, channels, labelled)
    elif _are_paths(X):
        files = read_files(list(X), _given(y, labelled), cache, size, channels=channels)
    else:
        images, labels = as_images(X, channels), _given(y, labelled)
        _check_lengths(len(images), labels, "images")
        return LoadedImages(images, labels, [], [], None)
    what = "Left out {}." if labelled else "No prediction for {}."
    notes += [what.format(entry) for entry in files.broken]
    rows = None if files.rows is None or len(files.rows) == len(files.asked) else files.rows
    return LoadedImages(files.images, files.labels, notes, files.asked, rows)


def load_for(
    schema: Schema, X: object, y: object = None, *, labelled: bool = True
) -> LoadedTable | LoadedTexts | LoadedImages:
    """Loads data for a model that was trained on data of a schema.

    Args:
        schema: What the training data looked like; images from files get their size.
        X: Data of that task, in any form.
        y: Labels, or the name of the target column.
        labelled: False where labels are not needed, as for predictions.

    Raises:
        InputError: If the data or the labels can't be read, or their lengths differ.
    """
    if isinstance(schema, TableSchema):
        return load_structured(X, y, labelled=labelled, schema=schema)
    if isinstance(schema, TextSchema):
        return load_text(X, y, column=schema.column, labelled=labelled)
    size = (schema.height, schema.width)
    # What is mapped into memory outlives its file, where the system allows its removal.
    with tempfile.TemporaryDirectory(prefix="automl_kit_", ignore_cleanup_errors=True) as cache:
        return load_images(
            X, y, cache=Path(cache), size=size, channels=schema.channels, labelled=labelled
        )


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
                notes = _note(y, target)
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


def _table(
    X: Any, y: object, labelled: bool, schema: TableSchema | None = None
) -> tuple[pd.DataFrame, Any, list[str]]:
    """Splits a file or a DataFrame into features and labels."""
    frame = as_frame(X, schema)
    if y is not None and not isinstance(y, str):
        return frame, y, []
    if not labelled and (y is None or y not in frame.columns):
        return frame, None, []
    target = find_target(frame.columns, y)
    if _is_path(X):
        frame = as_written(frame, X, [target])
    return frame.drop(columns=target), frame[target], _note(y, target)


def _note(y: object, target: str) -> list[str]:
    return [] if y is not None else [f"The labels are column {target!r}."]


def _given(y: object, labelled: bool) -> object:
    if isinstance(y, str):
        raise InputError(
            f"y is the string {y!r}: a target column can be named where X is a file or a "
            "DataFrame. Pass the labels."
        )
    if y is None and labelled:
        raise InputError(
            "A classifier requires y to be passed, but the target y is None. Pass the labels."
        )
    return y


def _check_lengths(n: int, labels: Any, what: str) -> None:
    if labels is None:
        return
    count = len(labels) if hasattr(labels, "__len__") else len(np.atleast_1d(np.asarray(labels)))
    if count != n:
        raise InputError(f"X has {n} {what}, but y has {count} labels; expected one label each.")


def _is_path(X: object) -> TypeGuard[str | os.PathLike[str]]:
    return isinstance(X, str | os.PathLike)


def _are_paths(X: Any) -> TypeGuard[Iterable[str | os.PathLike[str]]]:
    """Whether this is a list, an array or a Series of paths."""
    if isinstance(X, np.ndarray) and (X.ndim != 1 or X.dtype.kind not in "OU"):
        return False
    return (
        isinstance(X, list | tuple | np.ndarray | pd.Series)
        and len(X) > 0
        and all(map(_is_path, X))
    )


def _name(labels: Any) -> object:
    return getattr(labels, "name", None)
