"""Writing a model to a file that is checked before it is called written."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.backend import channels_last
from automl_kit.errors import AutoMLKitError, ExportError
from automl_kit.export.folders import atomic_folder
from automl_kit.export.formats import MODULES, resolve_format
from automl_kit.export.metadata import Metadata
from automl_kit.export.raw import Raw
from automl_kit.export.stock import require_stock
from automl_kit.export.writer import Writer
from automl_kit.files import atomic_path
from automl_kit.problems.problem import Problem
from automl_kit.quiet import silenced


def write_model(
    model: keras.Model,
    path: str | os.PathLike[str],
    *,
    problem: Problem,
    schema: dict[str, Any],
    format: str | None = None,
    sample: Raw,
    expected: NDArray[Any],
) -> Path:
    """Writes an assembled model, reloads the file and compares its probabilities.

    The file takes its place only after the comparison; a failure leaves what was there.
    LiteRT and ONNX files of image models take images of the training size only, since
    these formats can't resize as the encoder does; the others take any size.

    Args:
        model: What `assemble` gave.
        path: Where to; the suffix tells the format. Folders on the way are made.
        problem: What it predicts.
        schema: The input's schema, as its `to_json()` gives it.
        format: See `resolve_format`.
        sample: Raw inputs, what `to_raw_inputs` gives, a few rows; images of the
            training size.
        expected: The fitted object's probabilities of the sample, shape (n, k).

    Returns:
        The path of the file, or of the folder of a SavedModel.

    Raises:
        InputError: If path and format name no format.
        ExportError: If the model can't be written in this format, or the file's probabilities
            differ from `expected` by more than 1e-5 (ONNX and LiteRT: 1e-4).
        ProjectError: If the disk is full or the folder can't be written.
    """
    path, name = resolve_format(path, format)
    writer: Writer = import_module(f"automl_kit.export.{MODULES[name][1]}").WRITER
    metadata = Metadata.of(problem, schema).to_json()
    require_stock(model)
    mark = writer.folder_mark
    target = atomic_path(path) if mark is None else atomic_folder(path, mark)
    with target as temporary:
        with silenced(), channels_last():
            _write(writer, model, temporary, metadata, path)
            got = _run(writer, temporary, sample, path)
        _compare(got, expected, writer.tolerance, path)
    return path


def _write(
    writer: Writer, model: keras.Model, temporary: Path, metadata: dict[str, Any], path: Path
) -> None:
    try:
        writer.write(model, temporary, metadata)
    except (AutoMLKitError, OSError):
        raise  # An OSError is a full disk or a folder that can't be written.
    except tf.errors.OpError as error:  # TensorFlow's own file system does not raise OSError.
        raise ExportError(f"Can't write {path}: {error.message}. Free some space.") from error
    except Exception as error:
        raise ExportError(
            f"The model can't be written to {path} in this format: {error!r:.300}. "
            "Export it as .keras instead."
        ) from error


def _run(writer: Writer, temporary: Path, sample: Raw, path: Path) -> NDArray[Any]:
    try:
        return writer.run(temporary, sample)
    except Exception as error:
        raise ExportError(
            f"{path} was written but can't be loaded again, so it was removed: {error!r:.300}."
        ) from error


def _compare(got: NDArray[Any], expected: NDArray[Any], tolerance: float, path: Path) -> None:
    if got.shape != expected.shape:
        raise ExportError(
            f"The model written to {path} gives probabilities of shape {got.shape} where the "
            f"fitted one gives {expected.shape}, so the file was removed."
        )
    difference = float(np.abs(got - expected).max(initial=0.0))
    if not difference <= tolerance:  # NaN is a difference too.
        raise ExportError(
            f"The model written to {path} gives other probabilities than the fitted one: they "
            f"differ by up to {difference:.2g}, more than {tolerance:g}, so the file was removed. "
            "Please report this; other formats may work."
        )
