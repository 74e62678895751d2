"""Training the networks of an AutoKeras graph."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks import DropPath
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.build import (
    adapt,
    build_network,
    fit_layers,
    fitted_layers,
    load_weights,
    mean_of,
    parameters_of,
)
from automl_kit.evaluation.by_fitting import fit_folds, judge_fitted
from automl_kit.evaluation.by_keras import KerasTrainer
from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.evaluation.flops import flops
from automl_kit.evaluation.latency import latency
from automl_kit.evaluation.members.alone import train_alone
from automl_kit.evaluation.members.compiled import Fits
from automl_kit.evaluation.members.side_by_side import load_together, train_together
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.rows import Rows, TrainingData
from automl_kit.evaluation.trained import Trained


class GraphTrainer:
    """Builds, trains and brings back the networks of an AutoKeras graph.

    Args:
        graph: The graph.
        objective: What trials are scored by.
        checkpoints: The files of weights.
        max_model_size: The most weights that a network may have.
        hooks: Gives the callback by which a tuner's own `on_epoch_end` and its like are heard;
            None where a tuner has none, so that Keras's `fit` isn't needed for it.
        measures: Whether a figure such as "latency" is asked for.
        wanted: Whether the weights of a trial with some score may still be asked for.
        start: Gives a built network weights to start from.
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
        start: Callable[[keras.Model], object] | None = None,
    ):
        self.graph, self.objective, self.checkpoints = graph, objective, checkpoints
        self.max_model_size, self.measures, self.wanted = max_model_size, measures, wanted
        self.start = start
        self._by_keras = KerasTrainer(objective, checkpoints, hooks)
        self._fits = Fits(objective, lambda: hooks is not None)

    def train(self, trial: Any, data: TrainingData, run: Run, part: int | None = None) -> Result:
        """Builds and fits a network; its best epoch goes to the checkpoint.

        A trial that Hyperband goes on with starts from the weights and in the epoch where the
        earlier one ended, one that was cut from where it was.
        """
        started = time.monotonic()
        rung = run.rung(trial.hyperparameters.values)
        planned = data.planned_epochs(trial.hyperparameters.values)
        epochs = (0, planned) if rung is None else (rung.first_epoch, rung.epochs)
        seed = run.seed_for(int(trial.trial_id), 1, *(() if part is None else (part,)))
        model = self.build(trial.hyperparameters, data, epochs[1], seed)
        if rung is not None and rung.continued is not None:
            load_weights(model, self.checkpoints.path(rung.continued, part))
        trained, before = self._trained(trial, model, data, epochs, seed, run, part)
        run.startup = max(run.startup, trained.startup)
        score = trained.logs[self.objective.name]
        goes_on = trained.cut or (trained.pruned and part is None and run.stopped_go_on)
        wanted = run.keeps and (part is not None or self.wanted(trial.trial_id, score))
        if goes_on or wanted:
            self.checkpoints.save(trial.trial_id, model, part)
            self.checkpoints.save_curves(trial.trial_id, trained.curves)
        seconds = before + time.monotonic() - started
        return self._result(trained, self._figures(model, trained), seconds, epochs[1])

    def train_folds(
        self, trial: Any, data: TrainingData, held: Sequence[NDArray[np.intp]], run: Run
    ) -> Result | None:
        """Trains a network a fold, all of them side by side.

        Args:
            trial: The trial.
            data: All rows are those that it may be trained on.
            held: The numbers of the rows that each fold is judged by.
            run: The search.

        Returns:
            The trial's result, `held_out` in the order of all rows; None where the networks must
            be trained one after the other.
        """
        started = time.monotonic()
        if run.rung(trial.hyperparameters.values) is not None:
            return None
        seeds = [run.seed_for(int(trial.trial_id), 1, part) for part in range(len(held))]
        data = replace(data, epochs=data.planned_epochs(trial.hyperparameters.values))
        every = len(data.all_rows())
        model = self.build(
            trial.hyperparameters, data, data.epochs, seeds[0], every - min(map(len, held))
        )
        gives_up = None
        if run.asks("folds"):
            gives_up = partial(run.gives_up, trial.trial_id, steps="folds")
        if not model.trainable_weights and fitted_layers(model):
            found = fit_folds(
                model, data, held, seeds, self.objective, run,
                lambda network: self.checkpoints.save(trial.trial_id, network),
                gives_up,
            )  # fmt: skip
        else:
            found = train_together(
                model, data, held, seeds, trial.trial_id, self._fits, self.checkpoints, run
            )
        if found is None:
            return None
        run.startup = max(run.startup, found.startup)
        if run.keeps:
            self.checkpoints.save_curves(trial.trial_id, found.curves)
        figures = self._figures(model, found)
        return self._result(found, figures, time.monotonic() - started, data.epochs)

    def retrain(
        self, model: keras.Model, data: TrainingData, run: Run, seed: int, planned: int, epochs: int
    ) -> Trained | None:
        """Trains a network that was built anew, in as many epochs as there is time for.

        Args:
            model: What `build` gave.
            data: All rows, none held out.
            run: The search.
            seed: Of order and noise.
            planned: Epochs at which the learning rate has come to its end.
            epochs: Epochs to train.

        Returns:
            What came; None where only Keras's own `fit` can train it.
        """
        if not model.trainable_weights:  # Its layers are fitted already.
            return Trained({})
        grows = any(isinstance(layer, DropPath) for layer in model._flatten_layers())
        if grows and epochs < planned:  # It grows to the end of what is trained.
            return None
        found = train_alone(model, data, (0, epochs), seed, None, self._fits, self.checkpoints, run)
        return None if found is None else found[0]

    def build(
        self, hp: Any, data: TrainingData, epochs: int, seed: int, folded: int | None = None
    ) -> keras.Model:
        """Builds a trial's network and fits its preprocessing layers on the training rows.

        Args:
            hp: The trial's hyperparameters.
            data: The rows.
            epochs: Over which the learning rate falls.
            seed: Of the first weights.
            folded: Rows that each of several folds is trained on. Layers that are fitted to rows
                are fitted for each fold then, later.
        """
        self.tell_graph(data, epochs, folded)
        model = build_network(self.graph, hp, self.max_model_size, seed)
        if folded is None:
            adapt(model, data.train.x)
            fit_layers(model, data.train, seed)
        if self.start is not None:
            self.start(model)
        keras.utils.set_random_seed(seed)
        return model

    def untrained(self, hp: Any, data: TrainingData, rows: Rows, seed: int) -> keras.Model:
        """Builds a network; see `automl_kit.evaluation.base.Trainer`. Trees aren't fitted."""
        self.tell_graph(data, data.planned_epochs(hp.values))
        model = build_network(self.graph, hp, self.max_model_size, seed)
        adapt(model, rows.x)
        return model

    def tell_graph(self, data: TrainingData, epochs: int, rows: int | None = None) -> None:
        """Tells the graph what its learning-rate schedule depends on.

        Args:
            data: The rows.
            epochs: Over which the rate falls.
            rows: How many a network is trained on, where it isn't on the training rows.
        """
        self.graph.set_fit_args(0, epochs=epochs)
        self.graph.num_samples = rows or len(data.train)
        self.graph.rows_per_batch = data.batch_size

    def load(self, trial: Any) -> keras.Model:
        """The network of a trial whose weights were kept, at its best epoch.

        Of several networks it is their mean.

        Raises:
            FileNotFoundError: If they weren't kept.
        """
        together = self.checkpoints.together(trial.trial_id)
        if together is not None:
            return load_together(build_network(self.graph, trial.hyperparameters), together)
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

    def _trained(
        self,
        trial: Any,
        model: keras.Model,
        data: TrainingData,
        epochs: tuple[int, int],
        seed: int,
        run: Run,
        part: int | None,
    ) -> tuple[Trained, float]:
        """What came of the training, and the seconds that an earlier part of it took."""
        if not model.trainable_weights:  # Its layers are fitted already; one epoch judges them.
            epochs = (epochs[0], epochs[0] + 1)
            fitted = None
            if data.held_out is not None:
                fitted = judge_fitted(model, data.held_out, self.objective)
            if fitted is not None:
                return fitted, 0.0
        trial_id = trial.trial_id if part is None else None
        # A fold and a rung are parts of a training, whose lengths are to be alike.
        whole = part is None and run.rung(trial.hyperparameters.values) is None
        alone = run if whole else replace(run, allowed=Run.allowed)
        # Of folds that are trained one after the other the first one's curve counts.
        asked_as = trial.trial_id if part in (None, 0) else ""
        found = train_alone(
            model, data, epochs, seed, trial_id, self._fits, self.checkpoints, alone, asked_as
        )
        if found is not None:
            return found
        return self._by_keras.train(trial, model, data, epochs, seed, run, part)

    def _figures(self, model: keras.Model, trained: Trained) -> dict[str, float]:
        figures: dict[str, float] = {
            "parameters": parameters_of(model), "flops": flops(model), "epochs": trained.epochs,
        }  # fmt: skip
        if trained.by_keras:
            figures["by_keras"] = 1.0
        if trained.shortened < 1.0:
            figures["shortened"] = trained.shortened
        if self.measures("latency"):
            figures["latency"] = latency(model)
        return figures

    def _result(
        self, trained: Trained, figures: dict[str, float], seconds: float, planned: int
    ) -> Result:
        if trained.pruned and not trained.after:
            figures["planned"] = planned
        return Result(
            score=trained.logs[self.objective.name],
            epoch=trained.epoch,
            curve=trained.curves.get(self.objective.name, ()),
            logs=trained.logs,
            figures={**figures, "seconds": seconds},
            held_out=trained.held_out,
            partial=trained.cut or trained.pruned,
            pruned=trained.pruned,
            reason=trained.reason(planned),
        )
