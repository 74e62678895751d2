"""How good a trial is: the interface of evaluations, what they are given and what they give."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.curves import Curves
from automl_kit.evaluation.deadline import Deadline
from automl_kit.progress import Progress


@dataclass(frozen=True)
class Result:
    """What a trial came to.

    Attributes:
        score: Of the objective, at the best epoch.
        epoch: The best epoch, from 0.
        curve: The score after each epoch.
        logs: Everything that was measured at the best epoch, by name. The score is noted under
            the objective's name where it isn't among it.
        figures: What it cost: "seconds", "parameters", "epochs", "latency".
        held_out: Outputs on rows it hasn't seen, in the order of those rows; what ensembles and
            calibration are made of. None where there are none.
        partial: Whether time or a pruner cut it. It is no rival of whole trials.
        pruned: Whether it was the pruner; what time cut is gone on with when there is time.
        estimate: Whether something cheaper than a whole training gave the score: no rival of whole
            ones either. The best of such trials are judged again, see `Evaluation`.
        reason: Why it was cut.
    """

    score: float
    epoch: int = 0
    curve: Sequence[float] = ()
    logs: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    held_out: NDArray[Any] | None = None
    partial: bool = False
    pruned: bool = False
    estimate: bool = False
    reason: str = ""


class Data(Protocol):
    """Rows to train and to judge by; evaluations take parts of them."""

    def folds(self, number: int | None, seed: int) -> "list[tuple[Data, NDArray[np.intp]]]":
        """Cuts all rows into folds, stratified by class; None for as many as suit them.

        Returns:
            For each fold what is trained on the others and judged by it, and its rows' numbers
            among all.

        Raises:
            InputError: If the data can't be cut.
        """

    def fewer(self, share: float, epochs: int | None, seed: int, judges_all_rows: bool) -> "Data":
        """Takes a part of the training rows, of each class the same part, and fewer epochs.

        Args:
            share: Of the rows, above 0; 1 for all.
            epochs: Of a whole training; None for as many as there are.
            seed: By which rows are drawn.
            judges_all_rows: Whether rows that are held out are cut into folds with the others: of
                them only a part is taken, too.

        Raises:
            InputError: If the rows can't be told apart.
        """

    def draw(self, number: int, seed: int) -> Any:
        """Draws training rows: `Rows`, so many or all that there are.

        Raises:
            InputError: If rows can't be drawn from the data.
        """


class Trainer(Protocol):
    """Turns a trial's hyperparameters into a trained network."""

    def untrained(self, hp: Any, data: Any, rows: Any, seed: int) -> Any:
        """Builds a network as a trial does, and trains nothing.

        Args:
            hp: The hyperparameters; those that it asks for besides are added.
            data: What it would be trained on.
            rows: Some of it, by which layers such as Normalization are fitted.
            seed: Of its weights.
        """

    def train(self, trial: Any, data: Any, run: "Run", part: int | None = None) -> Result:
        """Trains one network of a trial and keeps its weights.

        Args:
            trial: The trial.
            data: What to train on and to judge by.
            run: The search.
            part: Number of the network where a trial has several; None where it has one.
        """


class Pruner(Protocol):
    """Ends trials that fall behind.

    A pruner is a value, as an evaluation is: two that describe themselves alike do the same. It
    keeps no state: all it knows is in the curves, which are kept with the trials.
    """

    @property
    def steps(self) -> str:
        """After what it is asked: "epochs" or "folds"."""

    @property
    def finalists(self) -> int:
        """How many of the best trials are trained to their ends where it stopped them."""

    def describe(self) -> dict[str, Any]:
        """Name and settings as JSON values: part of a project's identity."""

    def stop(self, trial_id: str, step: int, curves: Curves) -> bool:
        """Whether a trial should end here.

        Args:
            trial_id: The trial.
            step: How many epochs or folds it has done.
            curves: The scores of all trials by step, higher is better; this one's up to here.
        """


@dataclass
class Run:
    """One call of a search, as evaluations see it.

    Attributes:
        trainer: Builds and trains networks; None where nothing is trained.
        data: All rows.
        seed_for: Gives a seed for some numbers, such as a trial's.
        deadline: When the time budget ends.
        progress: Hears what happens.
        reserve: Seconds to keep for the ending, given those that the trial took so far.
        allowed: Given the seconds that a trial took so far and those of a whole training, how many
            more it may take for the next ones and the ending to have their time.
        rung: Gives what part of a training hyperparameters stand for (see
            `automl_kit.oracles.rung.Rung`); None for a whole one.
        pruner: Ends trials that fall behind; None for none.
        curves: The scores of each trial by step: what the pruner compares.
        keeps: Whether networks may be asked for; those of an estimate aren't.
        direction: Of the objective, "max" or "min".
        space: Gives all hyperparameters that are known, as a `keras_tuner.HyperParameters`.
        startup: Seconds that a trial took so far, at most, until its first batch was done.
        folder: The project's, where an evaluation may keep a state of its own; None for none.
        budget: Seconds of the whole search in all its runs; None without a limit.
        prepared: What the evaluation's `prepare` made for its `evaluate`.
    """

    trainer: Trainer | None
    data: Any
    seed_for: Callable[..., int]
    deadline: Deadline = field(default_factory=Deadline)
    progress: Progress = field(default_factory=Progress)
    reserve: Callable[[float], float] = lambda elapsed: 0.0
    allowed: Callable[[float, float], float] = lambda elapsed, whole: math.inf
    rung: Callable[[Mapping[str, Any]], Any] = lambda values: None
    pruner: Pruner | None = None
    curves: Curves = field(default_factory=Curves)
    keeps: bool = True
    direction: str = "max"
    space: Callable[[], Any] | None = None
    startup: float = 0.0
    folder: Path | None = None
    budget: float | None = None
    prepared: Any = None

    def train(self, trial: Any, data: Any, part: int | None = None) -> Result:
        """Trains one network of a trial; see `Trainer.train`."""
        assert self.trainer is not None, "this search trains nothing"
        return self.trainer.train(trial, data, self, part)

    def train_folds(self, trial: Any, number: int | None, seed: int) -> Result | None:
        """Trains a network a fold side by side; None where that can't be.

        Args:
            trial: The trial.
            number: How many folds; None for as many as suit the rows.
            seed: By which they are cut.
        """
        train = getattr(self.trainer, "train_folds", None)
        cut = getattr(self.data, "held_by_fold", None)
        if train is None or cut is None:
            return None
        result: Result | None = train(trial, self.data, cut(number, seed), self)
        return result

    def asks(self, steps: str) -> bool:
        """Whether there is a pruner that is asked after steps of a kind."""
        return self.pruner is not None and self.pruner.steps == steps

    @property
    def stopped_go_on(self) -> bool:
        """Whether trials that the pruner stops may be gone on with."""
        return self.pruner is not None and self.pruner.finalists > 0

    def gives_up(self, trial_id: str, step: int, score: float, steps: str = "epochs") -> bool:
        """Notes what a trial scored on its way, and says whether the pruner ends it there.

        Args:
            trial_id: The trial.
            step: How many of the steps it has done.
            score: The objective then.
            steps: What they are, "epochs" or "folds".
        """
        if self.pruner is None or not self.asks(steps):
            return False
        self.curves.note(trial_id, step, score)
        return self.pruner.stop(trial_id, step, self.curves)

    def time_is_over(self, elapsed: float = 0.0, ahead: float = 0.0) -> bool:
        """Whether a trial must end for the ending to have its time.

        Args:
            elapsed: Seconds that it took so far.
            ahead: Seconds that its next step takes, which nothing can cut short.
        """
        left = self.deadline.remaining() - ahead
        return self.deadline.limited and left <= self.reserve(elapsed)

    def may_begin(self) -> bool:
        """Whether another trial would get beyond its first batch, which nothing can cut short."""
        left = self.deadline.remaining() - self.reserve(0.0)
        return not self.deadline.limited or left > self.startup


class Evaluation(Protocol):
    """Judges trials: by a full training, by folds, by a proxy, by a table.

    An evaluation is a value: two that describe themselves alike do the same, and it can be sent
    to another process. See `FullTraining` for the simplest one.

    One that is cheaper than a whole training marks its results as estimates, and has two attributes
    more: `finalists`, how many of the best trials are judged again when all were tried, and
    `whole`, the evaluation by which they are. See `Proxy`.

    One that can't judge everything may have two methods more, see `WeightSharing`: `check`, which
    refuses a hypermodel before any data is read, and `judges`, which says of some hyperparameters
    of a graph which ones its scores depend on; the others keep the values that the search begins
    with.
    """

    def describe(self) -> dict[str, Any]:
        """Name and settings as JSON values: part of a project's identity."""

    def prepare(self, run: Run) -> None:
        """Does what is done once before the trials; called again, it goes on."""

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Judges a trial.

        Raises:
            Exception: Whatever its training raises; the search notes it and goes on.
        """
