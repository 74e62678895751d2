"""How a format is written, and how its file is run again to be checked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from numpy.typing import NDArray

from automl_kit.export.raw import Raw


@dataclass(frozen=True)
class Writer:
    """How a format is written and run; each module `to_…` has one as WRITER.

    Attributes:
        write: Writes (model, path, metadata as JSON).
        run: Loads the file at a path and gives its predictions of raw inputs.
        tolerance: Largest difference of predictions to the fitted model's. Other runtimes
            than TensorFlow sum in another order.
        folder_mark: The file by which a folder of this format is known; None for a single file.
    """

    write: Callable[[keras.Model, Path, dict[str, Any]], None]
    run: Callable[[Path, Raw], NDArray[Any]]
    tolerance: float
    folder_mark: str | None = None
