"""A training in compiled epochs: until its end, its patience's or its time's."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.callbacks import NonFiniteError
from automl_kit.evaluation.judging import judged
from automl_kit.evaluation.members.data import MemberData
from automl_kit.evaluation.members.program import Program
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.trained import Trained

_PIECE = 0.25  # seconds of steps after which the clock is looked at
_JUDGED_AT_ONCE = 1024  # rows of all members together
_CHECKS = 50  # times that a training is judged at most


@dataclass(frozen=True)
class Plan:
    """How a training goes.

    Attributes:
        rates: Gives the learning rates of steps from one to before another.
        decay: The weight decay.
        dropout: The rate of each dropout layer.
        epochs: Where it ends, counted from 0.
        first: The epoch it begins with.
        batch: Rows a step.
        seeds: One a member.
        patience: Epochs without anything better after which it ends; None for never.
        objective: What counts.
    """

    rates: Callable[[int, int], NDArray[np.float32]]
    decay: float
    dropout: Sequence[float]
    epochs: int
    batch: int
    seeds: list[int]
    objective: Objective
    first: int = 0
    patience: int | None = None

    @property
    def every(self) -> int:
        """Epochs from one judgement to the next."""
        return max(1, math.ceil((self.epochs - self.first) / _CHECKS))


@dataclass
class Course:
    """What came of a training so far.

    Attributes:
        epoch: The best epoch, from 0; -1 before anything was judged.
        logs: Its figures.
        curves: Every figure after each judged epoch, by name.
        epochs: Whole epochs done.
        weights: (members, …) of each weight at the best epoch.
        held_out: Each member's outputs on its held-out rows then.
        cut: Whether time ended it.
        pruned: Whether the pruner did.
    """

    epoch: int = -1
    logs: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    epochs: int = 0
    weights: list[NDArray[Any]] = field(default_factory=list)
    held_out: list[NDArray[Any]] = field(default_factory=list)
    cut: bool = False
    pruned: bool = False

    def trained(self, outputs: Any, startup: float) -> Trained:
        """The same for whoever doesn't care how it came.

        Args:
            outputs: On held-out rows, of all members.
            startup: Seconds until the first step was done.
        """
        return Trained(
            self.logs, self.epoch, self.epochs, self.curves, outputs, self.cut, self.pruned, startup
        )

    def told(self, plan: Plan) -> dict[str, Any]:
        """The course of a training that was cut, as a JSON value, up to its last whole epoch."""
        judged = self.epochs // plan.every
        curves = {name: curve[:judged] for name, curve in self.curves.items()}
        return {"best": self.epoch, "logs": self.logs, "curves": curves, "epochs": self.epochs}

    @staticmethod
    def of(told: Mapping[str, Any]) -> "Course":
        """What `told` gave; the epoch that was cut begins again."""
        return Course(
            int(told["best"]), dict(told["logs"]), dict(told["curves"]), int(told["epochs"])
        )


class Training:
    """Trains the members of a program; its best epoch, by all held-out rows, counts.

    Args:
        program: Compiled, with the members' first weights in it.
        data: The rows.
        plan: How it goes.
        over: Whether time is over.
        tell: Is told the share done, the epoch under way from 1, and all epochs.
        pruned: Whether an epoch with some score is the last one.
        before_epoch: Is told of each epoch before it begins.

    Attributes:
        startup: Seconds until the first step was done.
    """

    def __init__(
        self,
        program: Program,
        data: MemberData,
        plan: Plan,
        over: Callable[[], bool] = lambda: False,
        tell: Callable[[float, int, int], None] = lambda share, epoch, epochs: None,
        pruned: Callable[[int, float], bool] = lambda epoch, score: False,
        before_epoch: Callable[[int], None] = lambda epoch: None,
    ):
        self.program, self.data, self.plan = program, data, plan
        self.over, self.tell, self.pruned, self.before_epoch = over, tell, pruned, before_epoch
        self._begun, self.startup = time.monotonic(), 0.0
        self._piece = 1  # Steps until the clock is looked at; one while nothing is known.
        self._held_rows = np.concatenate(data.held) if data.held else np.arange(0)
        self._targets = np.asarray(data.y)[self._held_rows]
        self._weights = np.asarray(data.weights)[self._held_rows]

    def run(self, course: Course) -> Course:
        """Goes on with a course; gives it back."""
        plan = self.plan
        for epoch in range(plan.first + course.epochs, plan.epochs):
            self.before_epoch(epoch)
            losses, last = self._epoch(epoch), epoch + 1 == plan.epochs
            course.epochs += losses is not None
            course.cut = losses is None or (self.over() and not last)
            due = last or (epoch + 1 - plan.first) % plan.every == 0
            if due or course.cut:
                self._judge(epoch, losses, course)
            if due and not last and not course.cut:
                course.pruned = self.pruned(epoch, course.curves[self._goal][-1])
            if course.cut or course.pruned or self._is_tired(epoch, course):
                break
        return course

    def run_new(self) -> Course:
        """A course from its beginning."""
        return self.run(Course())

    @property
    def _goal(self) -> str:
        return self.plan.objective.name

    def _epoch(self, epoch: int) -> dict[str, float] | None:
        """The mean loss and accuracy of an epoch; None where time ended it."""
        plan, data = self.plan, self.data
        order = data.order(epoch, plan.seeds, plan.batch)
        steps, members = order.shape[:2]
        rates = np.repeat(plan.rates(epoch * steps, (epoch + 1) * steps)[:, None], members, axis=1)
        decay = np.full(members, plan.decay, "float32")
        seeds = np.array([seed % 2**31 for seed in plan.seeds], "int32")
        sums, done = np.zeros(2), 0
        while done < steps:
            piece = slice(done, min(steps, done + self._piece))
            started = time.monotonic()
            loss, hits = self.program.run(
                data.x, data.y, data.weights, order[piece], rates[piece], decay, seeds,
                np.int32(epoch * steps + done),
            )  # fmt: skip
            sums += [float(np.mean(loss)), float(np.mean(hits))]
            done = piece.stop
            seconds = (time.monotonic() - started) / (piece.stop - piece.start)
            self._piece = int(np.clip(_PIECE / max(seconds, 1e-6), 1, 4 * self._piece))
            self.startup = self.startup or time.monotonic() - self._begun
            self.tell((epoch + done / steps) / plan.epochs, epoch + 1, plan.epochs)
            if done < steps and self.over():
                return None
        return {"loss": float(sums[0]) / steps, "accuracy": float(sums[1]) / steps}

    def outputs(self) -> list[NDArray[Any]]:
        """Each member's outputs on its held-out rows, (n, classes)."""
        most = max(1, _JUDGED_AT_ONCE // len(self.data.held))
        pieces = [
            np.asarray(self.program.outputs(self.data.x, rows)) for rows in self.data.judged(most)
        ]
        return self.data.split(np.concatenate(pieces, axis=1))

    def _judge(self, epoch: int, losses: dict[str, float] | None, course: Course) -> None:
        logs = dict(losses or {})
        if not math.isfinite(logs.get("loss", 0.0)):
            raise NonFiniteError(f"loss is {logs['loss']} in epoch {epoch + 1}")
        held_out: list[NDArray[Any]] = []
        if len(self._held_rows):
            held_out, goal = self.outputs(), self.plan.objective
            outputs, loss = np.concatenate(held_out), self.program.loss
            logs.update(judged(loss, self._targets, outputs, self._weights, goal, epoch))
        for name, value in logs.items():
            course.curves.setdefault(name, []).append(value)
        value = logs.get(self._goal, -epoch)  # Where nothing is held out, the last epoch counts.
        if not len(self._held_rows):
            course.epoch, course.logs, course.weights = epoch, logs, self.program.weights()
        elif course.epoch < 0 or self.plan.objective.better(value, course.logs[self._goal]):
            course.epoch, course.logs, course.held_out = epoch, logs, held_out
            course.weights = self.program.weights()

    def _is_tired(self, epoch: int, course: Course) -> bool:
        patience = self.plan.patience
        return patience is not None and epoch - course.epoch >= max(patience, 2 * self.plan.every)
