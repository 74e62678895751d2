"""Writing the network of an AutoModel, which takes arrays as its graph's input nodes get them."""

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from automl_kit.errors import ExportError
from automl_kit.export.stock import to_stock
from automl_kit.files import atomic_path

_TOLERANCE = 1e-5


def write_network(model: keras.Model, path: str | os.PathLike[str], sample: Any) -> Path:
    """Writes a network of stock layers to a .keras file, reads it back and compares.

    The file takes its place only after the comparison. It is opened by Keras alone.

    Args:
        model: A functional model.
        path: Where to; it ends in ".keras". Folders on the way are made.
        sample: A few rows of inputs, one array or several.

    Returns:
        The path.

    Raises:
        ExportError: If the path ends otherwise, a layer needs code besides Keras, or the file's
            outputs differ from the model's by more than 1e-5.

    Example:
        >>> import tempfile
        >>> entry = keras.Input((2,))
        >>> model = keras.Model(entry, keras.layers.Dense(1)(entry))
        >>> write_network(model, Path(tempfile.mkdtemp()) / "m.keras", np.ones((3, 2))).name
        'm.keras'
    """
    path = Path(path).expanduser()
    if path.suffix != ".keras":
        raise ExportError(f"An AutoModel is written to a .keras file; got {path.name!r}.")
    stock = to_stock(model)
    expected = _outputs(model, sample)
    with atomic_path(path) as temporary:
        stock.save(temporary)
        got = _outputs(keras.models.load_model(temporary, compile=False), sample)
        differences = [
            float(np.abs(a - b).max(initial=0.0)) for a, b in zip(got, expected, strict=True)
        ]
        if not max(differences) <= _TOLERANCE:  # NaN is a difference too.
            raise ExportError(
                f"The network written to {path} gives other outputs than the trained one: they "
                f"differ by up to {max(differences):.2g}, so the file was removed."
            )
    return path


def _outputs(model: keras.Model, sample: Any) -> list[Any]:
    return [np.asarray(part) for part in keras.tree.flatten(model.predict_on_batch(sample))]
