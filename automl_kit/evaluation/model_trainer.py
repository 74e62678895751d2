"""Training the models of a KerasTuner hypermodel, as KerasTuner does."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.compat import best_of_history
from automl_kit.errors import InputError
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.callbacks import StopIfPruned, StopInTime, TellProgress
from automl_kit.evaluation.flops import flops, has_graph
from automl_kit.evaluation.latency import latency
from automl_kit.evaluation.objectives import MissingObjectiveError
from automl_kit.evaluation.rows import Rows


class ResultError(InputError, TypeError):
    """What a user's training gave is no result, and no trial's will be: the search ends."""


@dataclass(frozen=True)
class FitCall:
    """What `search` was called with: the arguments of the model's `fit`.

    Attributes:
        args: Those by place.
        kwargs: Those by name.
    """

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def folds(self, number: int | None, seed: int) -> "list[tuple[FitCall, NDArray[np.intp]]]":
        """Cuts the training rows into folds; see `automl_kit.evaluation.base.Data`.

        Held-out rows given as `validation_data` are left out of it.
        """
        rows, named = self._rows("Folds are cut of")
        held = rows.cut(number, seed)
        rest = {k: v for k, v in named.items() if k not in ("validation_data", "validation_split")}
        return [(_judged_by(rows, fold, rest), fold) for fold in held]

    def fewer(
        self, share: float, epochs: int | None, seed: int, judges_all_rows: bool
    ) -> "FitCall":
        """A part of the training rows, and fewer epochs; see `automl_kit.evaluation.base.Data`."""
        call = self
        if share != 1.0:
            rows, named = self._rows("Fewer rows are taken of")
            call = FitCall((), {**_named(rows.sample(share, seed)), **named})
        return call if epochs is None else replace(call, kwargs={**call.kwargs, "epochs": epochs})

    def draw(self, number: int, seed: int) -> Rows:
        """Draws training rows; see `automl_kit.evaluation.base.Data`."""
        return self._rows("Rows are drawn of")[0].draw(number, seed)

    def _rows(self, why: str) -> tuple[Rows, dict[str, Any]]:
        """The training rows, and the other arguments by name."""
        named = dict(zip(("x", "y"), self.args, strict=False)) | self.kwargs
        x, y = named.pop("x", None), named.pop("y", None)
        leaves = [*keras.tree.flatten(x), *keras.tree.flatten(y)]
        if x is None or y is None or not all(isinstance(leaf, np.ndarray) for leaf in leaves):
            kinds = ", ".join(sorted({type(leaf).__name__ for leaf in leaves}))
            raise InputError(
                f"{why} x and y given as NumPy arrays. "
                f"Received: {kinds or 'no x and y'}. Pass arrays, or evaluation='full'."
            )
        return Rows(x, y, named.pop("sample_weight", None)), named


def _judged_by(rows: Rows, fold: NDArray[np.intp], rest: dict[str, Any]) -> FitCall:
    train = rows.take(np.setdiff1d(np.arange(len(rows)), fold))
    held = rows.take(fold)
    judged = (held.x, held.y) if held.weights is None else (held.x, held.y, held.weights)
    return FitCall((), {**_named(train), "validation_data": judged, **rest})


def _named(rows: Rows) -> dict[str, Any]:
    """Training rows as arguments of the model's `fit`."""
    weights = {} if rows.weights is None else {"sample_weight": rows.weights}
    return {"x": rows.x, "y": rows.y, **weights}


class ModelTrainer:
    """Trains as `keras_tuner.Tuner.run_trial` does, under a seed and a deadline.

    Args:
        run_trial: KerasTuner's, of the tuner: (trial, *args, **kwargs) → results.
        objective: What trials are scored by, KerasTuner's value.
        measures: Whether a figure such as "latency" is asked for.
        build: KerasTuner's, of the tuner: hyperparameters → a compiled model.

    Attributes:
        callbacks: Those that KerasTuner's copies of the user's are joined by.
        seeds: Of the executions still to come of the trial under way.
        trains: Whether the model that is built goes on with an earlier rung's weights.
        part: Number of the network where a trial has several.
        model: The one that was built last.
    """

    def __init__(
        self,
        run_trial: Callable[..., Any],
        objective: Any,
        measures: Callable[[str], bool],
        build: Callable[[Any], keras.Model],
    ):
        self.run_trial, self.objective, self.measures = run_trial, objective, measures
        self.build = build
        self.callbacks: list[keras.callbacks.Callback] = []
        self.seeds: Callable[[], int] | None = None
        self.trains = True
        self.part: int | None = None
        self.model: keras.Model | None = None

    def train(self, trial: Any, data: FitCall, run: Run, part: int | None = None) -> Result:
        """Trains a model, each execution under its own seed; notes what it cost."""
        started = time.monotonic()
        stop = StopInTime(run.time_is_over)
        executions = iter(range(10**9))
        extra = () if part is None else (part,)
        self.seeds = lambda: run.seed_for(int(trial.trial_id), 1, next(executions), *extra)
        asked = part in (None, 0)  # Of folds one after the other the first one's curve counts.
        prune = StopIfPruned(
            lambda step, score: (
                asked and not stop.cut and run.gives_up(trial.trial_id, step, score)
            ),
            self.objective.name,
        )
        self.callbacks = [stop, TellProgress(run.progress), prune]
        self.part = part
        try:
            results = self.run_trial(trial, *data.args, **_of_rung(run, trial, data.kwargs))
        finally:
            self.seeds, self.callbacks, self.part = None, [], None
            run.startup = max(run.startup, stop.first_batch or 0.0)
        result = as_result(results, self.objective)
        figures = {"seconds": time.monotonic() - started}
        if self.model is not None and self.model.built:
            figures["parameters"] = self.model.count_params()
            if has_graph(self.model) or self.measures("flops"):
                figures["flops"] = flops(self.model)
            if self.measures("latency"):
                figures["latency"] = latency(self.model)
        self.model = None
        reason = f"time was over after {stop.epoch} epochs" if stop.cut else ""
        pruned = prune.cut and not stop.cut
        if pruned:
            planned = (prune.params or {}).get("epochs")
            figures["planned"] = planned or prune.epochs
            reason = f"the pruner stopped it after {prune.epochs} of {planned} epochs"
        return replace(
            result, figures={**figures, **result.figures}, partial=stop.cut or pruned,
            pruned=pruned, reason=reason,
        )  # fmt: skip

    def untrained(self, hp: Any, data: FitCall, rows: Rows, seed: int) -> keras.Model:
        """Builds a model; see `automl_kit.evaluation.base.Trainer`. Layers aren't adapted."""
        self.seeds, self.trains = (lambda: seed), False
        try:
            return self.build(hp)
        finally:
            self.seeds, self.model, self.trains = None, None, True


def _of_rung(run: Run, trial: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the epochs of a trial's rung, where its oracle gives it one."""
    rung = run.rung(trial.hyperparameters.values)
    if rung is None:
        return kwargs
    return {**kwargs, "epochs": rung.epochs, "initial_epoch": rung.first_epoch}


def as_result(results: Any, objective: Any) -> Result:
    """What a user's training gave, as a result; several executions are averaged.

    Args:
        results: A `Result`, a Keras `History`, a dictionary of metrics, a number, or a list.
        objective: The `keras_tuner.Objective`.

    Raises:
        MissingObjectiveError: If the objective isn't in it.
        ResultError: If it is something else.
    """
    if isinstance(results, Result):
        return results
    if isinstance(results, list | tuple) and results:
        each = [as_result(one, objective) for one in results]
        names = set.intersection(*(set(one.logs) for one in each))
        logs = {name: float(np.mean([one.logs[name] for one in each])) for name in names}
        epoch = int(np.mean([one.epoch for one in each]))
        figures = {name: sum(one.figures.get(name, 0) for one in each) for name in each[0].figures}
        return Result(logs[objective.name], epoch, each[-1].curve, logs, figures)
    if isinstance(results, keras.callbacks.History):
        return _of_history(results, objective)
    if isinstance(results, int | float | np.floating | np.integer):
        return Result(float(results), logs={objective.name: float(results)})
    if isinstance(results, dict):
        _check_measured(objective, results)
        return Result(float(results[objective.name]), logs=dict(results))
    raise ResultError(
        "Expected the return value of Tuner.run_trial() to be one of float, dict, "
        "keras.callbacks.History, or a list of one of these types; so too that of "
        f"HyperModel.fit(). Received: {results!r} of type {type(results).__name__}. "
        "Did you forget to return the metrics?"
    )


def _of_history(history: keras.callbacks.History, objective: Any) -> Result:
    _check_measured(objective, history.history)
    logs, epoch = best_of_history(history, objective)
    curve = [float(value) for value in history.history.get(objective.name, [])]
    figures = {"epochs": len(history.epoch)}
    return Result(float(logs[objective.name]), epoch, curve, dict(logs), figures)


def _check_measured(objective: Any, logs: dict[str, Any]) -> None:
    names = getattr(objective, "name_to_direction", None) or [objective.name]
    missing = [name for name in names if name not in logs]
    if missing:
        raise MissingObjectiveError(
            f"The objective {missing[0]!r} is not among what the model logs: "
            f"{', '.join(sorted(logs))}. Name one of these, or compile it as a metric."
        )
