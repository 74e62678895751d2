"""The real sets of the benchmarks and their splits, and what figures depend on.

Imports nothing of automl_kit, so that peers can be run in environments of their own.
"""

import gzip
import importlib.metadata
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

SEED, FOLD_SEED, FOLDS = 0, 7, 5
SETS = ("fashion", "corn", "credit_g", "soybean", "segment")
TABLES = SETS[2:]


@dataclass(frozen=True)
class Part:
    """Training and test rows of one run.

    Attributes:
        x_train: Images (n, 28, 28) uint8, a Series of texts, or a DataFrame.
        y_train: Labels, (n,).
        x_test: As `x_train`.
        y_test: As `y_train`.
    """

    x_train: Any
    y_train: Any
    x_test: Any
    y_test: Any


def parts(data: Path, name: str, quick: bool = False) -> list[Part]:
    """Gives the runs of a set: the given split, or 5 stratified folds of a table.

    Args:
        data: The folder that holds `fashion_mnist/`, `reuters_corn/` and `structured/`.
        name: One of `SETS`.
        quick: Whether a few rows and one fold do, to see that a benchmark runs.
    """
    if name == "fashion":
        return [_fashion(data / "fashion_mnist", *((400, 200) if quick else (5000, 1000)))]
    if name == "corn":
        return [_corn(data / "reuters_corn", 500 if quick else None)]
    frame = pd.read_csv(data / "structured" / f"{name}.csv")
    labels = frame.pop("class")
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=FOLD_SEED).split(frame, labels)
    runs = [
        Part(frame.iloc[train], labels.iloc[train], frame.iloc[test], labels.iloc[test])
        for train, test in folds
    ]
    return runs[:1] if quick else runs


def _fashion(folder: Path, train: int, test: int) -> Part:
    """The first images of Fashion-MNIST's two files."""
    x, y = fashion_arrays(folder, "train")
    x_test, y_test = fashion_arrays(folder, "t10k")
    return Part(x[:train], y[:train], x_test[:test], y_test[:test])


def fashion_arrays(folder: Path, kind: str) -> tuple[Any, Any]:
    """All images (n, 28, 28) and labels of one of Fashion-MNIST's files, "train" or "t10k"."""
    images = gzip.decompress((folder / f"{kind}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{kind}-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, offset=8).astype("int64")


def _corn(folder: Path, rows: int | None) -> Part:
    """Reuters corn as it was split; of the training rows the first ones and all positive ones."""
    train, test = (pd.read_csv(folder / f"{name}.csv") for name in ("train", "test"))
    if rows is not None:
        train = train[(train["label"] == train["label"].max()) | (train.index < rows)]
    return Part(train["text"], train["label"], test["text"], test["label"])


def print_environment(*packages: str) -> None:
    """Prints machine, versions, seeds and threads."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = {
        name: os.environ[name]
        for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
        if name in os.environ
    }
    versions = " ".join(f"{name} {_version(name)}" for name in packages)
    print(
        f"{platform.platform()}, {cores} cores, Python {platform.python_version()}, {versions}, "
        f"seed {SEED}, fold seed {FOLD_SEED}, threads {threads or 'as the libraries choose'}",
        flush=True,
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"  # A peer that may be left out.
