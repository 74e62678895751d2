"""A training in compiled epochs: until its end, its patience's or its time's."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.callbacks import NonFiniteError
from automl_kit.evaluation.judging import judged
from automl_kit.evaluation.members.course import Course
from automl_kit.evaluation.members.data import MemberData
from automl_kit.evaluation.members.pace import Pace
from automl_kit.evaluation.members.program import Program
from automl_kit.evaluation.objectives import Objective

_PIECE = 0.25  # seconds of steps after which the clock is looked at
_TELLING = 1.0  # seconds of steps that tell how long an epoch takes
_JUDGED_AT_ONCE = 1024  # rows of all members together
_CHECKS = 50  # times that a training is judged at most


@dataclass(frozen=True)
class Plan:
    """How a training goes.

    Attributes:
        rates: Gives the learning rates of steps of the plan.
        decay: The weight decay.
        dropout: The rate of each dropout layer.
        epochs: Where it ends, counted from 0.
        first: The epoch it begins with.
        batch: Rows a step.
        seeds: One a member.
        patience: Epochs without anything better after which it ends; None for never, and
            then the last epoch counts, at which the plan's rates have fallen.
        objective: What counts.
    """

    rates: Callable[[NDArray[Any]], NDArray[np.float32]]
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


class Training:
    """Trains the members of a program; its best epoch, by all held-out rows, counts.

    Args:
        program: Compiled, with the members' first weights in it.
        data: The rows.
        plan: How it goes.
        over: Whether time is over.
        allowed: Given the seconds of a training of all epochs, those that this one may still take;
            its plan is shortened to them.
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
        allowed: Callable[[float], float] = lambda whole: math.inf,
        tell: Callable[[float, int, int], None] = lambda share, epoch, epochs: None,
        pruned: Callable[[int, float], bool] = lambda epoch, score: False,
        before_epoch: Callable[[int], None] = lambda epoch: None,
    ):
        self.program, self.data, self.plan = program, data, plan
        self.over, self.allowed, self.tell = over, allowed, tell
        self.pruned, self.before_epoch = pruned, before_epoch
        self._begun, self.startup = time.monotonic(), 0.0
        self._looked, self._measured = False, (0.0, 0)  # seconds and steps
        self._piece = 1  # Steps until the clock is looked at; one while nothing is known.
        self._held_rows = np.concatenate(data.held) if data.held else np.arange(0)
        self._targets = np.asarray(data.y)[self._held_rows]
        self._weights = np.asarray(data.weights)[self._held_rows]

    def run(self, course: Course) -> Course:
        """Goes on with a course; gives it back."""
        plan = self.plan
        pace = self._pace = Pace(
            plan.epochs - plan.first, self.data.steps(plan.batch), course.planned
        )
        while pace.left:
            epoch, started = plan.first + course.epochs, time.monotonic()
            self.before_epoch(plan.first + int(pace.done))
            losses = self._epoch(epoch)
            if losses is not None:
                course.epochs, course.planned = course.epochs + 1, pace.done
            last = not pace.left
            course.cut = losses is None or (self.over() and not last)
            due = last or (epoch + 1 - plan.first) % plan.every == 0
            if due or course.cut:
                self._judge(epoch, losses, course)
            if due and len(self._held_rows) and not course.cut:
                course.pruned = self.pruned(epoch, course.curves[self._goal][-1]) and not last
            if course.cut or course.pruned or self._is_tired(epoch, course):
                break
            if pace.left:
                self._fit(time.monotonic() - max(started, self._begun + self.startup))
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
        order, pace = data.order(epoch, plan.seeds, plan.batch), self._pace
        steps, members = order.shape[:2]
        decay = np.full(members, plan.decay, "float32")
        seeds = np.array([seed % 2**31 for seed in plan.seeds], "int32")
        sums, done = np.zeros(2), 0
        while done < steps:
            piece = slice(done, min(steps, done + self._piece))
            places = plan.first * steps + pace.places(piece.stop - done)
            rates = np.repeat(plan.rates(places)[:, None], members, axis=1)
            started = time.monotonic()
            loss, hits = self.program.run(
                data.x, data.y, data.weights, order[piece], rates, decay, seeds,
                np.int32(epoch * steps + done),
            )  # fmt: skip
            sums += [float(np.mean(loss)), float(np.mean(hits))]
            done = piece.stop
            pace.advance(piece.stop - piece.start)
            seconds = (time.monotonic() - started) / (piece.stop - piece.start)
            if self.startup and not self._looked:
                self._look(time.monotonic() - started, piece.stop - piece.start)
            self._piece = int(np.clip(_PIECE / max(seconds, 1e-6), 1, 4 * self._piece))
            self.startup = self.startup or time.monotonic() - self._begun
            self.tell((plan.first + pace.done) / plan.epochs, epoch + 1, epoch + max(1, pace.left))
            if done < steps and self.over():
                return None
        return {"loss": float(sums[0]) / steps, "accuracy": float(sums[1]) / steps}

    def _look(self, seconds: float, steps: int) -> None:
        """Shortens the plan in its first epoch, which may take long, as soon as steps tell."""
        self._measured = self._measured[0] + seconds, self._measured[1] + steps
        if self._measured[0] > _TELLING:
            self._looked = True
            self._fit(self._measured[0] / self._measured[1] * self.data.steps(self.plan.batch))

    def _fit(self, epoch_seconds: float) -> None:
        """Brings the plan to its end in the time that is allowed."""
        whole = epoch_seconds * (self.plan.epochs - self.plan.first)
        self._pace.fit(epoch_seconds, self.allowed(whole))

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
        elif (
            course.epoch < 0
            or self.plan.patience is None
            or self.plan.objective.better(value, course.logs[self._goal])
        ):
            course.epoch, course.logs, course.held_out = epoch, logs, held_out
            course.weights = self.program.weights()

    def _is_tired(self, epoch: int, course: Course) -> bool:
        patience = self.plan.patience
        return patience is not None and epoch - course.epoch >= max(patience, 2 * self.plan.every)
