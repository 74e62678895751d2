"""Figures of `tables.py`: judging probabilities, and tables of what was judged."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

METRICS = ("accuracy", "roc_auc", "log_loss", "seconds")
HIGHER = {"accuracy", "roc_auc"}
FLOOR = 1e-7  # about what float32 can say below 1: float64 is given no advantage by log(1e-16)


def judged(y: NDArray[np.int64], probabilities: NDArray[np.float64]) -> dict[str, float]:
    """Accuracy, ROC-AUC (one class against the rest, macro) and log-loss.

    Args:
        y: Ids of classes, (n,).
        probabilities: (n, k); clipped to at least 1e-7 and made to sum to 1 for the log-loss.

    Raises:
        ValueError: If there is not one finite probability a row and class.
    """
    expected = (len(y), int(y.max()) + 1)
    if probabilities.shape != expected or not np.isfinite(probabilities).all():
        raise ValueError(
            f"expected finite probabilities of shape {expected}, got {probabilities.shape} with "
            f"{(~np.isfinite(probabilities)).sum()} that are not finite"
        )
    clipped = probabilities.clip(FLOOR, 1)
    clipped /= clipped.sum(axis=1, keepdims=True)
    ranked = clipped[:, 1] if clipped.shape[1] == 2 else clipped
    return {
        "accuracy": float(accuracy_score(y, probabilities.argmax(axis=1))),
        "roc_auc": float(roc_auc_score(y, ranked, multi_class="ovr", average="macro")),
        "log_loss": float(log_loss(y, clipped, labels=np.arange(clipped.shape[1]))),
    }


def label(line: dict[str, Any]) -> str:
    """A contender as a table names it: what it is, its budget, its cores."""
    budget = f" {line['budget']:g} s" if line["budget"] else ""
    return f"{line['contender']}{budget}, {line['cores']} core{'s' * (line['cores'] > 1)}"


def set_table(lines: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Means over a set's folds; a row a contender.

    Returns:
        The metrics, NaN for a contender that failed on a fold, and `folds`, that were run.
    """
    frame = pd.DataFrame([{"": label(line), **line} for line in lines])
    for metric in METRICS:
        frame[metric] = frame.get(metric, np.nan)
    means = frame.groupby("")[list(METRICS)].agg(lambda column: column.mean(skipna=False))
    return means.assign(folds=frame.groupby("").size())


def rank_table(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean ranks by each metric and the mean log-loss over sets; a row a contender.

    Args:
        tables: Of the sets, by `set_table`, all with the same contenders; who failed is last.
    """
    ranks = pd.DataFrame()
    for metric in METRICS:
        columns = pd.concat([table[metric] for table in tables], axis=1)
        placed = columns.rank(ascending=metric not in HIGHER, na_option="bottom")
        ranks[f"rank by {metric}"] = placed.mean(axis=1)
    losses = pd.concat([table["log_loss"] for table in tables], axis=1)
    ranks["mean log_loss"] = losses.mean(axis=1, skipna=False)
    return ranks.sort_values("rank by log_loss")


def complete(tables: dict[str, pd.DataFrame], folds: int) -> dict[str, pd.DataFrame]:
    """The sets on which each contender of any table was run on all folds."""
    everyone = sorted({name for table in tables.values() for name in table.index})
    return {
        name: table.loc[everyone]
        for name, table in tables.items()
        if len(table) == len(everyone) and (table["folds"] == folds).all()
    }
