"""The arguments that every task of texts takes."""

from pathlib import Path
from typing import Any

import keras
import keras_tuner

from automl_kit.evaluation import Evaluation, Pruner
from automl_kit.tasks.arguments import TaskArguments
from automl_kit.tasks.graphs import GraphLike
from automl_kit.tuners import SearchTuner, Strategy


class TextArguments(TaskArguments):
    """A constructor with the column of texts beside the other arguments."""

    def __init__(  # noqa: D417
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
        text_column: str | None = None,
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
        """Keeps the arguments as they are; `fit` checks them.

        Args:
            num_classes: This and what is not named here: see `TaskArguments`.
            text_column: The column of texts, where the data is a table or a file with several;
                by default "text", or the only one of strings beside the labels.
        """
        self.text_column = text_column
        super().__init__(
            num_classes=num_classes, multi_label=multi_label, loss=loss, metrics=metrics,
            project_name=project_name, max_trials=max_trials, directory=directory,
            objective=objective, tuner=tuner, overwrite=overwrite, seed=seed,
            max_model_size=max_model_size, evaluation=evaluation, pruner=pruner, ending=ending,
            epochs=epochs, batch_size=batch_size, validation_split=validation_split,
            time_budget=time_budget, class_weight=class_weight, initial_hps=initial_hps,
            start_from=start_from, callbacks=callbacks, graph=graph, verbose=verbose,
        )  # fmt: skip
