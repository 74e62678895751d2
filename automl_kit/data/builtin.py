"""Data sets that need no network."""

import gzip
import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl_kit.data.docstrings import LIBRARIES, docstrings_of
from automl_kit.data.splits import stratified_split
from automl_kit.errors import InputError

_TEST_SHARE = 0.2
_SPLIT_SEED = 0  # the same test set for everyone
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
_FASHION_FILES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


@dataclass(frozen=True)
class Dataset:
    """A data set with a test part.

    Attributes:
        x_train: Training data: an array with n rows, or a DataFrame.
        y_train: Training labels, shape (n,).
        x_test: Test data.
        y_test: Test labels.
    """

    x_train: Any
    y_train: NDArray[Any]
    x_test: Any
    y_test: NDArray[Any]


def load_digits() -> Dataset:
    """Loads scikit-learn's 1,797 handwritten digits: uint8 (n, 8, 8) from 0 to 16, labels 0–9.

    A fifth is held out for testing, stratified, always the same.
    """
    from sklearn.datasets import load_digits as load

    bunch = load()
    return _split(bunch.images.astype(np.uint8), bunch.target, bunch.target)


def load_table(name: Literal["iris", "wine", "breast_cancer"]) -> Dataset:
    """Loads one of scikit-learn's tables: a DataFrame of numbers, labels as strings.

    A fifth is held out for testing, stratified, always the same.

    Args:
        name: "iris" (150 rows, 3 classes), "wine" (178, 3) or "breast_cancer" (569, 2).

    Raises:
        InputError: If there is no such table.
    """
    from sklearn import datasets

    loaders = {
        "iris": datasets.load_iris,
        "wine": datasets.load_wine,
        "breast_cancer": datasets.load_breast_cancer,
    }
    if name not in loaders:
        raise InputError(f"There is no table {name!r}; expected one of {', '.join(loaders)}.")
    bunch = loaders[name](as_frame=True)
    ids = bunch.target.to_numpy()
    return _split(bunch.data, np.asarray(bunch.target_names, dtype=str)[ids], ids)


def load_docstrings(seed: int = 0) -> Dataset:
    """Makes a text set from installed libraries: which one does a docstring come from?

    1,600 docstrings for training and 400 for testing, as many from each of keras, numpy,
    pandas and sklearn, from different source files; the libraries' names are masked. The
    texts depend on the installed versions. Nothing is imported.

    Args:
        seed: Another one gives other docstrings.

    Raises:
        InputError: If one of the libraries is not there.
    """
    generator = np.random.default_rng(seed)
    parts: tuple[list[str], list[str]] = ([], [])
    labels: tuple[list[str], list[str]] = ([], [])
    seen: set[str] = set()
    for library in LIBRARIES:
        for part, names, texts in zip(
            parts, labels, docstrings_of(library, (400, 100), generator, seen), strict=True
        ):
            part += texts
            names += [library] * len(texts)
    arrays: list[NDArray[Any]] = []
    for part, names in zip(parts, labels, strict=True):
        order = generator.permutation(len(part))
        arrays += [np.array(part, dtype=object)[order], np.array(names)[order]]
    return Dataset(*arrays)


def load_fashion_mnist(path: str | os.PathLike[str] | None = None) -> Dataset:
    """Loads Fashion-MNIST: uint8 (60000, 28, 28) and (10000, 28, 28), labels 0–9.

    Args:
        path: A folder with the four files *-ubyte.gz of Xiao, Rasul and Vollgraf
            (arXiv:1708.07747); by default where Debian's package dataset-fashion-mnist puts
            them.

    Raises:
        InputError: If a file is missing or damaged.
    """
    folder = _DEBIAN if path is None else Path(path).expanduser()
    absent = [name for name in _FASHION_FILES.values() if not (folder / name).is_file()]
    if absent:
        raise InputError(
            f"Fashion-MNIST is not in {folder}: {', '.join(absent)} missing. Install Debian's "
            "package dataset-fashion-mnist, or pass the folder that has its four .gz files."
        )
    arrays = {part: _read_idx(folder / name) for part, name in _FASHION_FILES.items()}
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise InputError(
                f"The {part} files of Fashion-MNIST in {folder} do not belong together: images of "
                f"shape {images.shape}, labels of shape {labels.shape}. Copy the files again."
            )
        arrays[f"y_{part}"] = labels.astype(np.int64)
    return Dataset(**arrays)


def _split(x: Any, y: NDArray[Any], ids: NDArray[Any]) -> Dataset:
    train, test = stratified_split(ids, _TEST_SHARE, _SPLIT_SEED)
    if hasattr(x, "iloc"):
        parts = [x.iloc[rows].reset_index(drop=True) for rows in (train, test)]
    else:
        parts = [x[rows] for rows in (train, test)]
    return Dataset(parts[0], y[train], parts[1], y[test])


def _read_idx(path: Path) -> NDArray[np.uint8]:
    """Reads the IDX format: 0, 0, type 8 (uint8), rank, each size as 4 bytes, the values."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} can't be read as gzip: {error}. Copy it again.") from error
    rank = content[3] if content[:3] == b"\x00\x00\x08" and len(content) > 3 else 0
    start = 4 + 4 * rank
    shape = tuple(int(size) for size in np.frombuffer(content[4:start], dtype=">u4"))
    if not 1 <= rank <= 4 or len(shape) != rank or len(content) - start != math.prod(shape):
        raise InputError(f"{path} is not a whole IDX file of bytes. Copy it again.")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape).copy()
