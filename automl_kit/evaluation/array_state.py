"""The state of a training on disk: arrays and JSON in one file, replaced whole, without pickle."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit import files
from automl_kit.errors import ProjectError

Arrays = dict[str, NDArray[Any]]


def save(path: Path, arrays: Arrays, told: dict[str, Any]) -> None:
    """Writes arrays and what goes with them as JSON.

    Raises:
        ProjectError: If the file can't be written.
    """
    with files.atomic_path(path) as temporary:
        np.savez(temporary, told=np.frombuffer(json.dumps(told).encode(), "uint8"), **arrays)  # type: ignore[arg-type]


def load(path: Path) -> tuple[Arrays, dict[str, Any]] | None:
    """Reads what `save` wrote; None if nothing was.

    Raises:
        ProjectError: If the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
        told = json.loads(arrays.pop("told").tobytes())
        if not isinstance(told, dict):
            raise ValueError(f"expected an object, got {type(told).__name__}")
        return arrays, told
    except Exception as error:  # NumPy, zip and JSON have a dozen kinds for what isn't theirs
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> ProjectError:
    """The error that tells of a file that can't be read."""
    return ProjectError(
        f"{path} is damaged ({type(error).__name__}: {error}). Remove it, or start over with "
        "overwrite=True."
    )


def refuse_other(directory: Path, told: dict[str, Any], found: dict[str, Any]) -> None:
    """Raises ProjectError if the search on disk isn't the one that is asked for.

    Args:
        directory: Where it is.
        told: What must be equal, by name.
        found: What the file says.
    """
    different = sorted(key for key, value in told.items() if found.get(key) != value)
    if different:
        raise ProjectError(
            f"{directory} has a search with other {', '.join(different)}. "
            "Choose another directory, or start over with overwrite=True."
        )


def fingerprint(x: NDArray[Any], ids: NDArray[np.int64]) -> str:
    """Tells data sets apart: of the shape, all labels and 64 rows."""
    digest = hashlib.sha256(f"{x.shape} {x.dtype}".encode())
    digest.update(np.ascontiguousarray(ids).tobytes())
    rows = np.linspace(0, len(x) - 1, min(64, len(x))).astype(int)
    digest.update(np.ascontiguousarray(x[rows]).tobytes())
    return digest.hexdigest()
