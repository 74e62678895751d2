"""The cells that simulated searches end with."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from automl_kit.benchmark.figure_table import FigureTable


def chosen(frame: pd.DataFrame, table: FigureTable, columns: Iterable[str]) -> pd.DataFrame:
    """What each search ends with, its best by score (the first one among equals).

    Args:
        frame: What `simulate` gives.
        table: The table that it was run on.
        columns: Figures of the row to add, such as the test accuracy.

    Returns:
        A row a search: `method`, `seed`, `evaluation` (at which it was found), `score`, `row`
        and the columns. Of a search that evaluated nothing, `evaluation` is 0, the rest missing:
        take means with `skipna=False`, or they are those of the other searches.

    Raises:
        NotInTableError: If the table has no such column.
    """
    found_best = frame.assign(far=frame["regret"].fillna(np.inf))  # idxmin refuses NaN alone
    first_best = found_best.groupby(["method", "seed"], sort=False)["far"].idxmin()
    ends = frame.loc[first_best, ["method", "seed", "evaluation", "score", "row"]]
    found = ends["row"].notna().to_numpy()
    rows = ends["row"].fillna(0).to_numpy(int)
    figures: dict[str, Any] = {
        name: np.where(found, table.column(name)[rows], np.nan) for name in columns
    }
    return ends.reset_index(drop=True).assign(**figures)
