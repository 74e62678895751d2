"""Weights of an earlier network for the layers of a new one that are called and shaped alike."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from automl_kit.custom_blocks import FittedLayer
from automl_kit.evaluation.build import load_weights, weights_of


def warm_start(model: keras.Model, path: Path) -> int:
    """Takes over the weights of those layers whose names and shapes agree.

    A layer's name is that in the file of weights, which Keras makes of its class and its place
    among the layers of that class. Layers that learn from data before training, and embeddings,
    whose rows mean other words, keep what they have.

    Args:
        model: A built network; it has the weights afterwards.
        path: A file of weights of another one; what can't be read is not taken.

    Returns:
        How many layers were taken over.
    """
    own = [layer for layer in model._flatten_layers() if _keeps_its_own(layer)]
    kept = [layer.get_weights() for layer in own]
    taken = 0
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OSError, KeyError):
        file = Path(folder) / "own.weights.h5"
        weights_of(model).save_weights(file)
        with h5py.File(file, "r+") as mine, h5py.File(path, "r") as theirs:
            for name, arrays in _layers(mine).items():
                taken += _take(arrays, _layers(theirs).get(name, {}))
        if taken:
            load_weights(model, file)
    for layer, weights in zip(own, kept, strict=True):
        layer.set_weights(weights)
    return taken


def _keeps_its_own(layer: Any) -> bool:
    fitted = hasattr(layer, "adapt") or isinstance(layer, FittedLayer)
    return fitted or isinstance(layer, keras.layers.Embedding)


def _layers(file: h5py.File) -> dict[str, dict[str, h5py.Dataset]]:
    """The datasets of each layer in a file of weights, by the layer's and the variable's name."""
    found: dict[str, dict[str, h5py.Dataset]] = {}

    def visit(name: str, item: Any) -> None:
        elsewhere = isinstance(item, h5py.Dataset) and (item.external or item.is_virtual)
        if isinstance(item, h5py.Dataset) and "/vars/" in name and not elsewhere:
            layer, variable = name.rsplit("/vars/", 1)
            found.setdefault(layer, {})[variable] = item

    file.visititems(visit)
    return found


def _take(mine: dict[str, h5py.Dataset], theirs: dict[str, h5py.Dataset]) -> bool:
    """Overwrites a layer's arrays by another's, where all of them are shaped alike."""
    if {name: item.shape for name, item in mine.items()} != {
        name: item.shape for name, item in theirs.items()
    }:
        return False
    arrays = {name: np.asarray(item[()]) for name, item in theirs.items()}
    numbers = all(np.issubdtype(array.dtype, np.number) for array in arrays.values())
    if not numbers or not all(np.isfinite(array).all() for array in arrays.values()):
        return False
    for name, array in arrays.items():
        mine[name][...] = array
    return True
