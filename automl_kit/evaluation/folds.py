"""Cross-validation: several networks a trial, each judged by rows that it hasn't seen."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.evaluation.base import Result, Run


@dataclass(frozen=True)
class Folds:
    """Trains one network a fold, side by side where they can be; the score is of all rows.

    Networks on vectors, such as those of tables, are trained as one batched network: all of them
    in each step. Others are trained one after the other; the score is then the folds' mean.

    All rows are cut, held-out ones included, stratified by class and by the search's seed, the
    same way for every trial. The trial's network is the mean of its networks.

    Args:
        number: How many folds; 2 or more. None for as many as suit the rows, 5 to 8; see
            `automl_kit.data.number_of_folds`.

    Raises:
        InputError: If `number` isn't a whole number from 2.

    Example:
        >>> Folds(5).describe()
        {'name': 'folds', 'number': 5}
    """

    number: int | None = None
    judges_all_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        number = 2 if self.number is None else self.number
        if isinstance(number, bool) or not isinstance(number, int) or number < 2:
            raise InputError(f"Folds needs a whole number of folds from 2. Received: {self.number}")

    def describe(self) -> dict[str, Any]:
        """Its name and how many folds."""
        return {"name": "folds", "number": self.number}

    def prepare(self, run: Run) -> None:
        """Nothing: folds are cut by the seed, the same way each time."""

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Trains a network a fold; where time cuts one, the trial is partial."""
        seed = run.seed_for(0, 3)
        if (together := run.train_folds(trial, self.number, seed)) is not None:
            return together
        parts: list[tuple[Result, NDArray[np.intp]]] = []
        folds = run.data.folds(self.number, seed)
        for part, (data, rows) in enumerate(folds):
            result = run.train(trial, data, part)
            parts.append((result, rows))
            asked = run.asks("folds") and not result.partial
            pruned = asked and run.gives_up(trial.trial_id, part + 1, result.score, "folds")
            if result.partial or (pruned and part + 1 < len(folds)):
                break
        joined = _joined([result for result, _ in parts], [rows for _, rows in parts])
        if joined.partial or len(parts) == len(folds):
            return joined
        reason = f"the pruner stopped it after {len(parts)} of {len(folds)} folds"
        return replace(joined, held_out=None, partial=True, pruned=True, reason=reason)


def _joined(results: list[Result], rows: list[NDArray[np.intp]]) -> Result:
    """One result of those of the folds; `rows` are the held-out rows of each."""
    names = set.intersection(*(set(result.logs) for result in results))
    logs = {name: float(np.mean([result.logs[name] for result in results])) for name in names}
    totals = ("seconds", "epochs")
    figures = {
        name: (np.sum if name in totals else np.mean)([result.figures[name] for result in results])
        for name in set.intersection(*(set(result.figures) for result in results))
    }
    if "parameters" in figures:  # Those of trees differ from fold to fold.
        figures["parameters"] = round(float(figures["parameters"]))
    last = results[-1]
    return Result(
        score=float(np.mean([result.score for result in results])),
        epoch=round(float(np.mean([result.epoch for result in results]))),
        logs=logs,
        figures={name: float(value) for name, value in figures.items()},
        held_out=None if last.partial else _out_of_fold(results, rows),
        partial=last.partial,
        pruned=last.pruned,
        reason=last.reason and f"fold {len(results)}: {last.reason}",
    )


def _out_of_fold(results: list[Result], rows: list[NDArray[np.intp]]) -> NDArray[Any] | None:
    """The outputs on held-out rows, (n, …), in the order of all rows."""
    pieces = [result.held_out for result in results if result.held_out is not None]
    if len(pieces) < len(results):
        return None
    outputs = np.empty((sum(map(len, rows)), *pieces[0].shape[1:]), pieces[0].dtype)
    for piece, places in zip(pieces, rows, strict=True):
        outputs[places] = piece
    return outputs
