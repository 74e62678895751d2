"""The arguments that the three classifiers take."""

from pathlib import Path
from typing import Any

import keras
import keras_tuner

from automl_kit.tasks.graphs import GraphLike
from automl_kit.tuners import Strategy


class ClassifierArguments:
    """A classifier's constructor, which scikit-learn's `get_params` and `clone` read."""

    def __init__(
        self,
        *,
        max_trials: int = 10,
        tuner: str | type[Strategy] = "greedy",
        objective: str | keras_tuner.Objective | list[Any] = "val_loss",
        epochs: int | None = None,
        batch_size: int | None = None,
        validation_split: float = 0.2,
        time_budget: float | None = None,
        class_weight: dict[Any, float] | str | None = None,
        initial_hps: list[dict[str, Any]] | None = None,
        max_model_size: int | None = None,
        callbacks: list[keras.callbacks.Callback] | None = None,
        graph: GraphLike | None = None,
        directory: str | Path | None = None,
        project_name: str | None = None,
        overwrite: bool = False,
        seed: int | None = None,
        verbose: int = 1,
    ):
        """Keeps the arguments as they are, as scikit-learn wants it; `fit` checks them.

        Args:
            max_trials: Networks to try, those of an earlier run in the same project counted.
            tuner: A strategy by name, such as "greedy" or "evolution", or a `Strategy` class;
                see `automl_kit.tuners`.
            objective: What trials are judged by on held-out rows: any Keras or scikit-learn
                metric by name, or a `keras_tuner.Objective`. With the tuner "pareto" it may be a
                list, such as ["val_loss", "parameters"]; the first one scores trials.
            epochs: Epochs a trial at most; the learning rate falls to 0 over them. By default
                chosen by the task.
            batch_size: Rows a batch; by default chosen by the number of rows.
            validation_split: Share of the rows held out to judge trials by, stratified.
            time_budget: Seconds for the search. It is checked after every batch; the final
                training on all rows is left out where it would not fit.
            class_weight: Weight of each label in the loss, on held-out rows too, or "balanced".
            initial_hps: Hyperparameters to try first; by default the task's own.
            max_model_size: The most weights a network may have; larger ones fail their trial.
            callbacks: Keras callbacks, copied for each training.
            graph: Your own search space: a pair of AutoKeras nodes (input, output of a
                ClassificationHead), or a function that returns one.
            directory: Folder for the project. By default a temporary one, which goes with
                the object: name one to be able to go on after a kill.
            project_name: The project's folder in `directory`; by default the task's name.
            overwrite: Whether a project in that folder is replaced; otherwise it goes on.
            seed: Seed of split, proposals and trainings; None draws one.
            verbose: 0 for silence, 1 for a live line on terminals, 2 for plain lines.
        """
        self.max_trials = max_trials
        self.tuner = tuner
        self.objective = objective
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.time_budget = time_budget
        self.class_weight = class_weight
        self.initial_hps = initial_hps
        self.max_model_size = max_model_size
        self.callbacks = callbacks
        self.graph = graph
        self.directory = directory
        self.project_name = project_name
        self.overwrite = overwrite
        self.seed = seed
        self.verbose = verbose
