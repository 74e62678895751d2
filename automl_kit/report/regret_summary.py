"""What simulated searches come to: regret at budgets, over seeds."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Axis = Literal["evaluation", "seconds"]


def regret_at(
    frame: pd.DataFrame, budgets: Sequence[float], axis: Axis = "evaluation"
) -> pd.DataFrame:
    """Summarises regret over seeds after given budgets.

    A search that ended by itself keeps the best it found, and is counted in `ended`. Where a
    search wasn't run as far as a budget, or had evaluated nothing by then, there is no figure:
    the mean is NaN, not that of the other seeds.

    Args:
        frame: What `automl_kit.benchmark.simulate` gives, or several of them concatenated.
        budgets: Numbers of evaluations or of seconds.
        axis: Which of the two.

    Returns:
        A row a method and budget, methods in the frame's order: `method`, `budget`, `mean`,
        `sd` (over seeds, of the sample; NaN for one seed), `runs` (seeds), `ended` (searches
        that had ended by themselves before), `nothing` (searches that never evaluated a cell).

    Example:
        >>> frame = pd.DataFrame({"method": "a", "seed": [0, 0, 1], "evaluation": [1, 2, 1],
        ...     "seconds": [5.0, 9.0, 6.0], "regret": [3.0, 1.0, 2.0], "ended_by": "search"})
        >>> regret_at(frame, [1, 2])["mean"].tolist(), regret_at(frame, [2])["ended"].tolist()
        ([2.5, 1.5], [1])
    """
    rows = []
    for method, of_method in frame.groupby("method", sort=False):
        runs = [run for _, run in of_method.groupby("seed", sort=False)]
        regrets = np.array([_regrets(run, budgets, axis) for run in runs])
        lasts = np.array([run[axis].iloc[-1] for run in runs])
        by_itself = np.array([run["ended_by"].iloc[-1] == "search" for run in runs])
        nothing = sum(int(run["evaluation"].iloc[-1]) == 0 for run in runs)
        for place, budget in enumerate(budgets):
            column = regrets[:, place]
            rows.append(
                {
                    "method": method,
                    "budget": budget,
                    "mean": column.mean(),
                    "sd": column.std(ddof=1) if len(column) > 1 else np.nan,
                    "runs": len(column),
                    "ended": int((by_itself & (lasts < budget)).sum()),
                    "nothing": nothing,
                }
            )
    columns = ["method", "budget", "mean", "sd", "runs", "ended", "nothing"]
    return pd.DataFrame(rows, columns=columns)


def _regrets(run: pd.DataFrame, budgets: Sequence[float], axis: Axis) -> NDArray[np.float64]:
    """A search's regret after each budget (budgets,); NaN where there is none."""
    at = run[axis].to_numpy(float)
    places = np.searchsorted(at, budgets, side="right") - 1
    regrets = run["regret"].to_numpy(float)[np.maximum(places, 0)]
    # Time that was too short for another cell changes nothing; evaluations not done would have.
    ended_by = run["ended_by"].iloc[-1]
    goes_on = ended_by == "search" or (axis == "seconds" and ended_by == "seconds")
    unknown = (places < 0) | ((np.asarray(budgets) > at[-1]) & (not goes_on))
    result: NDArray[np.float64] = np.where(unknown, np.nan, regrets)
    return result
