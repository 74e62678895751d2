"""Training the networks of an AutoKeras graph."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from automl_kit.custom_blocks import GrowDropPath
from automl_kit.errors import InputError
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.build import (
    adapt,
    build_network,
    fit_layers,
    load_weights,
    mean_of,
    parameters_of,
)
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
from automl_kit.evaluation.latency import latency
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.rows import TrainingData

PATIENCE = 10  # AutoKeras's, in epochs


class GraphTrainer:
    """Builds, trains and brings back the networks of an AutoKeras graph.

    Args:
        graph: The graph.
        objective: What trials are scored by.
        checkpoints: The files of weights.
        max_model_size: The most weights that a network may have.
        hooks: Gives the callback by which a tuner's own `on_epoch_end` and its like are heard.
        measures: Whether a figure such as "latency" is asked for.
        wanted: Whether the weights of a trial with some score may still be asked for.
    """

    def __init__(
        self,
        graph: Any,
        objective: Objective,
        checkpoints: Checkpoints,
        max_model_size: int | None = None,
        hooks: Callable[[Any], keras.callbacks.Callback] | None = None,
        measures: Callable[[str], bool] = lambda figure: False,
        wanted: Callable[[str, float], bool] = lambda trial_id, score: True,
    ):
        self.graph, self.objective, self.checkpoints = graph, objective, checkpoints
        self.max_model_size, self.hooks = max_model_size, hooks
        self.measures, self.wanted = measures, wanted

    def train(self, trial: Any, data: TrainingData, run: Run, part: int | None = None) -> Result:
        """Builds and fits a network; its best epoch goes to the checkpoint.

        A trial that Hyperband goes on with starts from the weights and in the epoch where the
        earlier one ended, one that was cut from where it was.
        """
        started = time.monotonic()
        stop = StopInTime(run.time_is_over)
        rung = run.rung(trial.hyperparameters.values)
        epochs, first = (data.epochs, 0) if rung is None else (rung.epochs, rung.first_epoch)
        seed = run.seed_for(int(trial.trial_id), 1, *(() if part is None else (part,)))
        model = self.build(trial.hyperparameters, data, epochs, seed)
        if not model.trainable_weights:  # Its layers are fitted already; one epoch judges them.
            epochs = first + 1
        if rung is not None and rung.continued is not None:
            load_weights(model, self.checkpoints.path(rung.continued, part))
            _advance(model, first, data)
        best, begun, before = KeepBestEpoch(self.objective), first, 0.0
        if part is None and (cut := self._go_on(trial.trial_id, model, best)) is not None:
            first, before = cut
            _advance(model, first, data)  # The epoch that was cut begins again.
        keras.utils.set_random_seed((seed + first) % 2**32)
        prune = StopIfPruned(run.pruner, trial.trial_id, self.objective, run.curves)
        callbacks = [*self._callbacks(trial, data, run, epochs, best), stop, prune]
        curves = fit(model, data, callbacks, epochs, first)
        run.startup = max(run.startup, stop.first_batch or 0.0)
        if stop.cut and part is None:
            told = {
                "epoch": stop.epoch, "best": best.epoch, "logs": best.logs,
                "curve": best.curve[: stop.epoch - begun],
                "seconds": before + time.monotonic() - started,
            }  # fmt: skip
            self.checkpoints.save_cut(trial.trial_id, model, told)
        figures: dict[str, float] = {
            "parameters": parameters_of(model),
            "epochs": len(best.curve),
        }
        best.restore()
        score = best.logs[self.objective.name]
        if stop.cut or part is not None or self.wanted(trial.trial_id, score):
            self.checkpoints.save(trial.trial_id, model, part)
            self.checkpoints.save_curves(trial.trial_id, curves)
        if self.measures("latency"):
            figures["latency"] = latency(model)
        return Result(
            score=score,
            epoch=best.epoch,
            curve=best.curve,
            logs=best.logs,
            figures={**figures, "seconds": before + time.monotonic() - started},
            held_out=_held_out(model, data),
            partial=stop.cut or prune.cut,
            pruned=prune.cut and not stop.cut,
            reason=_reason(stop, prune, epochs),
        )

    def build(self, hp: Any, data: TrainingData, epochs: int, seed: int) -> keras.Model:
        """Builds a trial's network and fits its preprocessing layers on the training rows."""
        self.tell_graph(data, epochs)
        model = build_network(self.graph, hp, self.max_model_size, seed)
        adapt(model, data.train.x)
        fit_layers(model, data.train, seed)
        keras.utils.set_random_seed(seed)
        return model

    def tell_graph(self, data: TrainingData, epochs: int) -> None:
        """Tells the graph what its learning-rate schedule depends on."""
        self.graph.set_fit_args(0, epochs=epochs)
        self.graph.num_samples = len(data.train)
        self.graph.rows_per_batch = data.batch_size

    def load(self, trial: Any) -> keras.Model:
        """The network of a trial whose weights were kept, at its best epoch.

        Of several networks it is their mean.

        Raises:
            FileNotFoundError: If they weren't kept.
        """
        saved = self.checkpoints.saved(trial.trial_id)
        if not saved:
            raise FileNotFoundError(
                f"The weights of trial {trial.trial_id} were not kept; those of the best trial and "
                "of a Pareto front are."
            )
        return mean_of([self.restored(trial, path) for path in saved])

    def restored(self, trial: Any, path: Path) -> keras.Model:
        """A trial's network with the weights of a file."""
        return load_weights(build_network(self.graph, trial.hyperparameters), path)

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


def _reason(stop: StopInTime, prune: StopIfPruned, epochs: int) -> str:
    """Why a training didn't come to its end; empty where it did."""
    if stop.cut:
        return f"time was over after {stop.epoch} of {epochs} epochs"
    return f"the pruner stopped it after {stop.epoch + 1} of {epochs} epochs" if prune.cut else ""


def _advance(model: keras.Model, epochs: int, data: TrainingData) -> None:
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
