"""The table of all trials of a search."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from automl_kit.oracles.trial_figures import JUDGED_AGAIN, PRUNED, is_whole
from automl_kit.report.agreement import agreement
from automl_kit.report.pruned import pruning

if TYPE_CHECKING:
    import keras_tuner

    from automl_kit.compat import Trial

FIRST_COLUMNS = ["trial", "score", "parameters", "flops", "seconds", "epochs", "status", "error"]
_COSTS = ("parameters", "flops", "seconds", "epochs")
_HIDDEN = (*_COSTS, PRUNED, JUDGED_AGAIN, "planned")  # told by the status, or in `attrs`
_ORDER = ("COMPLETED", "ESTIMATED", "PRUNED", "PARTIAL", "RUNNING")  # failed ones come last


def leaderboard(oracle: "keras_tuner.Oracle") -> pd.DataFrame:
    """Lists the trials of a search, best first, failed ones last.

    Args:
        oracle: The oracle of the search: `tuner.oracle`, one of KerasTuner's too.

    Returns:
        One row a trial: `trial` (its id), `score` (of the objective), its other figures under
        their own names, such as `val_accuracy`, then `parameters` (weights of the network),
        `flops` (floating-point operations a row; none of a model without a graph of layers),
        `seconds`, `epochs` (run), `status` (COMPLETED, ESTIMATED where something cheaper than a
        whole training gave the score, PRUNED, PARTIAL where time was over before it was done,
        RUNNING or FAILED), `error` (why it failed or ended early) and one column a
        hyperparameter. A hyperparameter that is called as one of these columns is shown as
        "hp:score" or the like, a figure as "metric:trial". Of a trial that was estimated and then
        trained whole, `estimate` is the first score.

        In its `attrs`, where there is something to say: "pruning", what a pruner saved, see
        `automl_kit.report.pruned.pruning`; "finalists", how well estimates and whole trainings
        agree, see `automl_kit.report.agreement.agreement`.

    Example:
        >>> import keras_tuner
        >>> from automl_kit.report import leaderboard
        >>> leaderboard(keras_tuner.oracles.RandomSearchOracle("val_loss")).columns[:2].tolist()
        ['trial', 'score']
    """
    objective, sign = _objective(oracle)
    trials = sorted(oracle.trials.values(), key=lambda trial: _place(trial, sign))
    figures = _figure_names(trials, objective)
    metrics = _columns(figures, FIRST_COLUMNS, "metric")
    taken = [*FIRST_COLUMNS, *metrics.values()]
    names = dict.fromkeys(name for trial in trials for name in trial.hyperparameters.values)
    hps = _columns(names, taken, "hp")
    rows = [_row(trial, metrics, hps) for trial in trials]
    order = [*FIRST_COLUMNS[:2], *metrics.values(), *FIRST_COLUMNS[2:], *hps.values()]
    frame = pd.DataFrame(rows, columns=order)
    board = frame.astype(
        {"score": "float64", "parameters": "Int64", "flops": "Int64", "epochs": "Int64"}
    )
    for name, told in (("pruning", pruning(trials)), ("finalists", agreement(trials))):
        if told:
            board.attrs[name] = told
    return board


def with_weights(board: pd.DataFrame, counts: Mapping[str, int]) -> pd.DataFrame:
    """A leaderboard with each trial's share in the mean of networks, as the column "weight".

    Args:
        board: What `leaderboard` gave.
        counts: How often each trial counts, by id; none where there is no mean.
    """
    if not counts or "weight" in board:
        return board
    shares = [counts.get(trial, 0) / sum(counts.values()) for trial in board["trial"]]
    board.insert(2, "weight", shares)
    return board


def _objective(oracle: Any) -> tuple[str, int]:
    """Name and sign of what trials are ranked by; of several objectives it is the first one."""
    objective = oracle.objective[0] if isinstance(oracle.objective, list) else oracle.objective
    return objective.name, -1 if objective.direction == "max" else 1


def _status(trial: "Trial") -> str:
    """A trial that was cut waits, with a score, to be gone on with."""
    if trial.status == "RUNNING" and trial.score is not None:
        return "PARTIAL"
    if trial.status != "COMPLETED" or is_whole(trial):
        return str(trial.status)
    return "PRUNED" if trial.metrics.exists(PRUNED) else "ESTIMATED"


def _place(trial: "Trial", sign: int) -> tuple[Any, ...]:
    """What trials are sorted by: status, score (those that are no number last), age."""
    status = _status(trial)
    rank = _ORDER.index(status) if status in _ORDER else len(_ORDER)
    score = math.nan if trial.score is None else float(trial.score)
    unknown = math.isnan(score)
    number = trial.trial_id
    age = (0, int(number), "") if number.isdecimal() else (1, 0, number)  # ids of other tuners
    return rank, unknown, 0.0 if unknown else sign * score, age


def _figure_names(trials: Sequence["Trial"], objective: str) -> list[str]:
    """The figures beside the score and the costs, those of held-out rows first."""
    names = dict.fromkeys(name for trial in trials for name in trial.metrics.metrics)
    beside = [name for name in names if name != objective and name not in _HIDDEN]
    return sorted(beside, key=lambda name: not name.startswith("val_"))


def _columns(names: Iterable[str], taken: Sequence[str], kind: str) -> dict[str, str]:
    """A column for each name: the name itself, or with its kind before it where it is taken."""
    names = list(names)
    columns: dict[str, str] = {}
    for name in names:
        column = name
        while column in taken or (column != name and column in names):
            column = f"{kind}:{column}"
        columns[name] = column
    return columns


def _row(trial: "Trial", metrics: dict[str, str], hps: dict[str, str]) -> dict[str, Any]:
    return {
        "trial": trial.trial_id,
        "score": trial.score,
        **{column: _figure(trial, name) for name, column in metrics.items()},
        **{name: _figure(trial, name) for name in _COSTS},
        "status": _status(trial),
        "error": _error(trial),
        **{hps[name]: value for name, value in trial.hyperparameters.values.items()},
    }


def _error(trial: "Trial") -> str:
    """Why a trial failed, in a line; KerasTuner's own loop keeps the traceback alone."""
    lines = (trial.message or "").strip().splitlines()
    if not lines:
        return ""
    return lines[-1 if lines[0].startswith("Traceback") else 0]


def _figure(trial: "Trial", name: str) -> float | None:
    """A figure of a trial in the epoch that its score is of, or else the last one."""
    if not trial.metrics.exists(name):
        return None
    history = trial.metrics.get_history(name)
    of_score = [h for h in history if h.step == trial.best_step] or history[-1:]
    return float(of_score[0].mean()) if of_score else None
