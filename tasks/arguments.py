"""The arguments that every task takes."""

from pathlib import Path
from typing import Any

import keras
import keras_tuner

from automl_kit.evaluation import Evaluation, Pruner
from automl_kit.tasks.graphs import GraphLike
from automl_kit.tuners import SearchTuner, Strategy


class TaskArguments:
    """A task's constructor, which scikit-learn's `get_params` and `clone` read."""

    def __init__(
        self,
        num_classes: int | None = None,
        multi_label: bool = False,
        loss: Any = None,
        metrics: list[Any] | None = None,
        project_name: str | None = None,
        max_trials: int = 10,
        directory: str | Path | None = None,
        objective: str | keras_tuner.Objective | list[Any] = "val_loss",
        tuner: str | type[SearchTuner] | Strategy | None = None,
        overwrite: bool = False,
        seed: int | None = None,
        max_model_size: int | None = None,
        *,
        evaluation: str | Evaluation | None = None,
        pruner: str | Pruner | None = None,
        ending: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        validation_split: float = 0.2,
        time_budget: float | None = None,
        class_weight: dict[Any, float] | str | None = None,
        initial_hps: list[dict[str, Any]] | None = None,
        start_from: str | Path | None = None,
        callbacks: list[keras.callbacks.Callback] | None = None,
        graph: GraphLike | None = None,
        verbose: int = 1,
    ):
        """Keeps the arguments as they are, as scikit-learn wants it; `fit` checks them.

        The positional ones are in AutoKeras's order.

        Args:
            num_classes: How many classes there must be; None for as many as the labels have.
            multi_label: AutoKeras has it; True is refused, since a row has one class here.
            loss: A Keras loss of one-hot targets; None for cross-entropy.
            metrics: Keras metrics of one-hot targets that are logged, and given by `evaluate`,
                beside it; None for accuracy.
            project_name: The project's folder in `directory`; by default the task's name.
            max_trials: Networks to try, those of an earlier run in the same project counted.
            directory: Folder for the project. By default a temporary one, which goes with
                the object: name one to be able to go on after a kill.
            objective: What trials are judged by on held-out rows: any Keras or scikit-learn
                metric by name, or a `keras_tuner.Objective`. With the tuner "pareto" it may be a
                list, such as ["val_loss", "parameters"]; the first one scores trials. Of two
                classes, precision, recall and their like are those of the second one.
            tuner: A strategy: its name, such as "greedy" or "evolution", a class of
                `automl_kit.tuners`, or `Evolution.configured(population_size=20)`; None or "auto"
                for "pareto" where there are several objectives, "evolution" where the graph has
                cells to choose, and else "greedy".
            overwrite: Whether a project in that folder is replaced; otherwise it goes on.
            seed: Seed of split, proposals and trainings; None draws one.
            max_model_size: The most weights a network may have; larger ones fail their trial.
            evaluation: How trials are judged: "full", by one training and the held-out rows;
                "folds"; or an evaluation such as `automl_kit.evaluation.Folds(5)`. Cheaper ones
                train the best trials whole at the end: `Proxy(rows=0.2, epochs=3)`, a smaller
                task; "zero_cost", by untrained networks; "sharing", by weights that cells share.
                None for folds where they are cheap: of tables up to 10,000 rows, unless you give a
                graph or validation data.
            pruner: Ends trials that fall behind the others on their way: "median" (worse than the
                median of the others so far), "asha" (not among the best third at epochs 1, 3, 9 …),
                "pasha" (the same, no longer than the ranking needs), "wilcoxon" (worse on the
                same folds), or a pruner such as `automl_kit.evaluation.MedianPruner(warmup=3)`;
                None for nobody.
            ending: What becomes of the trials: "refit" trains the best one's network on all rows;
                "ensemble" averages the best ones' networks, weighted by the rows that they
                haven't seen; "average" and "best" see `automl_kit.ending`. None for an ensemble
                where trials are judged by folds, else for a refit.
            epochs: Epochs a trial at most; the learning rate falls to 0 over them. By default
                chosen by the task.
            batch_size: Rows a batch; by default chosen by the number of rows.
            validation_split: Share of the rows held out to judge trials by, stratified.
            time_budget: Seconds for the whole of `fit`: reading, encoding, the search, and the
                final training on all rows. It is checked after every batch. Where it is too short
                for whole trainings the first trials are brought to their ends in fewer epochs, and
                the final one takes half of it.
            class_weight: Weight of each label in the loss, on held-out rows too, or "balanced".
            initial_hps: Hyperparameters to try first; by default the task's own.
            start_from: Folder of an earlier project of data like this, `directory`/`project_name`:
                its three best trials' hyperparameters are tried first, and networks start from
                the weights of its best one where layers are called and shaped alike. It is only
                read.
            callbacks: Keras callbacks, copied for each training.
            graph: Your own search space: a pair of AutoKeras nodes (input, output of a
                ClassificationHead), or a function that returns one.
            verbose: 0 for silence, 1 for a live line on terminals, 2 for plain lines.
        """
        self.num_classes = num_classes
        self.multi_label = multi_label
        self.loss = loss
        self.metrics = metrics
        self.max_trials = max_trials
        self.tuner = tuner
        self.evaluation = evaluation
        self.pruner = pruner
        self.ending = ending
        self.objective = objective
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_split = validation_split
        self.time_budget = time_budget
        self.class_weight = class_weight
        self.initial_hps = initial_hps
        self.start_from = start_from
        self.max_model_size = max_model_size
        self.callbacks = callbacks
        self.graph = graph
        self.directory = directory
        self.project_name = project_name
        self.overwrite = overwrite
        self.seed = seed
        self.verbose = verbose
