"""Reading X and y in every form in which a user may pass them.

Where X is a table in a file or a DataFrame, y may be the name of the target
column. Without it, the target of a file is the column called "label", "target"
or "class", in this order, and else the last column; a note says which.
"""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from numpy.typing import NDArray

from automl_kit.data.csv_files import as_written
from automl_kit.data.given import check_lengths, given_labels, is_path, target_note
from automl_kit.data.loaded_images import LoadedImages, load_images
from automl_kit.data.schema import Schema, TableSchema, TextSchema
from automl_kit.data.table_files import is_file
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
    if is_path(X) or (isinstance(X, pd.DataFrame) and isinstance(y, str)):
        frame, labels, notes = _table(X, y, labelled, schema)
        if frame.shape[1] == 0:
            raise InputError(f"There is no column beside the target {_name(labels)!r}.")
    else:
        frame, labels, notes = as_frame(X, schema), given_labels(y, labelled), []
    check_lengths(len(frame), labels, "rows")
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
    elif is_path(X) or is_table:
        frame, labels, notes = _table(X, y, labelled)
        target = None if labels is not None else usual_target(frame.columns)
        name = text_column(frame, column if column in frame.columns or labelled else None, target)
        if labelled and column is None and pd.api.types.is_numeric_dtype(frame[name]):
            raise InputError(
                f"Column {name!r} holds numbers, and no text. Name the column of texts "
                "(text_column=, --text-column), or use the classifier of tables."
            )
        texts = as_texts((as_written(frame, X, [name]) if is_path(X) else frame)[name])
    else:
        texts, labels = as_texts(X), given_labels(y, labelled)
    check_lengths(len(texts), labels, "texts")
    if labels is not None and not any(texts):
        raise InputError("All texts are empty; there is nothing to learn from.")
    return LoadedTexts(texts, labels, notes, name)


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
    if is_path(X):
        frame = as_written(frame, X, [target])
    return frame.drop(columns=target), frame[target], target_note(y, target)


def _name(labels: Any) -> object:
    return getattr(labels, "name", None)
