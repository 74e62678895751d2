"""Training by Keras's own `fit`, for what compiled programs can't do.

That is: the user's callbacks, rows that don't fit into memory, losses and optimizers of other
kinds.
"""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from automl_kit.custom_blocks import GrowDropPath
from automl_kit.errors import InputError
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.build import load_weights
from automl_kit.evaluation.callbacks import (
    CheckFinite,
    KeepBestEpoch,
    ScoreEpoch,
    StopIfPruned,
    StopInTime,
    TellProgress,
    predict,
)
from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.evaluation.fit import fit
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.rows import TrainingData
from automl_kit.evaluation.trained import Trained

PATIENCE = 10  # AutoKeras's, in epochs


class KerasTrainer:
    """Trains a network with Keras's `fit`.

    Args:
        objective: What counts.
        checkpoints: Where trainings that were cut are kept.
        hooks: Gives the callback by which a tuner's own `on_epoch_end` and its like are heard.
    """

    def __init__(
        self,
        objective: Objective,
        checkpoints: Checkpoints,
        hooks: Callable[[Any], keras.callbacks.Callback] | None,
    ):
        self.objective, self.checkpoints, self.hooks = objective, checkpoints, hooks

    def train(
        self,
        trial: Any,
        model: keras.Model,
        data: TrainingData,
        epochs: tuple[int, int],
        seed: int,
        run: Run,
        part: int | None,
    ) -> tuple[Trained, float]:
        """Fits a network, going on where its training was cut.

        Args:
            trial: The trial.
            model: Built and compiled; it has the best epoch's weights afterwards.
            data: The rows.
            epochs: The first epoch, from 0, and where it ends.
            seed: Of order and noise.
            run: The search.
            part: Number of the network where a trial has several.

        Returns:
            What came, and the seconds that an earlier part of the training took.
        """
        started = time.monotonic()
        stop = StopInTime(run.time_is_over)
        best, (first, last), before = KeepBestEpoch(self.objective), epochs, 0.0
        if first:
            advance(model, first, data)
        if part is None and (cut := self._go_on(trial.trial_id, model, best)) is not None:
            first, before = cut
            advance(model, first, data)  # The epoch that was cut begins again.
        keras.utils.set_random_seed((seed + first) % 2**32)
        asked = part in (None, 0)  # Of folds one after the other the first one's curve counts.
        prune = StopIfPruned(
            lambda step, score: (
                asked and not stop.cut and run.gives_up(trial.trial_id, step, score)
            ),
            self.objective.name,
        )
        callbacks = [*self._callbacks(trial, data, run, last, best), stop, prune]
        curves = fit(model, data, callbacks, last, first)
        done = stop.epoch if stop.cut else stop.epoch + 1
        goes_on = stop.cut or (prune.cut and run.stopped_go_on)
        if goes_on and part is None:
            told = {
                "epoch": done, "best": best.epoch, "logs": best.logs,
                "curve": best.curve[: done - epochs[0]],
                "seconds": before + time.monotonic() - started,
            }  # fmt: skip
            self.checkpoints.save_cut(trial.trial_id, model, told)
        best.restore()
        trained = Trained(
            best.logs, best.epoch, done if stop.cut or prune.cut else len(best.curve),
            {**curves, self.objective.name: best.curve}, _held_out(model, data), stop.cut,
            prune.cut and not stop.cut, stop.first_batch or 0.0, by_keras=True,
        )  # fmt: skip
        return trained, before

    def _go_on(
        self, trial_id: str, model: keras.Model, best: KeepBestEpoch
    ) -> tuple[int, float] | None:
        """Takes up a training that was cut, if one was.

        Returns:
            The epoch to begin with, and the seconds that the training took before.
        """
        told = self.checkpoints.load_cut(trial_id, model)
        if told is None:
            return None
        now = model.get_weights()
        load_weights(model, self.checkpoints.path(trial_id))
        best.begin_with(told["best"], told["logs"], told["curve"], model.get_weights())
        model.set_weights(now)
        return int(told["epoch"]), float(told["seconds"])

    def _callbacks(
        self, trial: Any, data: TrainingData, run: Run, epochs: int, best: KeepBestEpoch
    ) -> list[keras.callbacks.Callback]:
        callbacks: list[keras.callbacks.Callback] = []
        if self.objective.score is not None and data.held_out is not None:
            ids = data.held_out.ids()
            if ids is None:
                raise InputError(
                    f"The objective {self.objective.name!r} judges classes, and the targets are "
                    "none; pass 'val_loss', or a metric that the head logs."
                )
            batch = max(256, data.batch_size)
            callbacks.append(ScoreEpoch(self.objective, data.held_out.x, ids, batch))
        callbacks += [CheckFinite(self.objective), best, TellProgress(run.progress, epochs)]
        callbacks.append(GrowDropPath(epochs))
        if self.hooks is not None:
            callbacks.append(self.hooks(trial))
        return [*callbacks, *self._early_stopping(data), *data.user_callbacks()]

    def _early_stopping(self, data: TrainingData) -> list[keras.callbacks.Callback]:
        early = keras.callbacks.EarlyStopping
        if any(isinstance(callback, early) for callback in data.callbacks):
            return []
        goal = self.objective
        return [early(goal.name, mode=goal.direction, patience=PATIENCE, min_delta=1e-4)]


def advance(model: keras.Model, epochs: int, data: TrainingData) -> None:
    """Puts the learning rate where the epochs that the network had already would have left it.

    Rungs are comparable then: in each the rate falls to the end of its schedule.
    """
    steps = -(-len(data.train) // data.batch_size)
    model.optimizer.iterations.assign(epochs * steps)


def _held_out(model: keras.Model, data: TrainingData) -> Any:
    """The network's outputs on held-out rows; None where it has several."""
    if data.held_out is None or len(model.outputs) != 1:
        return None
    return np.asarray(predict(model, data.held_out.x, max(256, data.batch_size)))
