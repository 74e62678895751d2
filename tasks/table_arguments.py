"""The arguments that every task of tables takes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from automl_kit.evaluation import Evaluation, Pruner
from automl_kit.tasks.arguments import TaskArguments
from automl_kit.tasks.column_types import check_types
from automl_kit.tasks.graphs import GraphLike
from automl_kit.tuners import SearchTuner, Strategy


class TableArguments(TaskArguments):
    """A constructor with AutoKeras's two arguments about columns before the others."""

    def __init__(  # noqa: D417
        self,
        column_names: Sequence[str] | None = None,
        column_types: Mapping[str, str] | None = None,
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
        """Keeps the arguments as they are; `fit` checks them.

        Args:
            column_names: Names of the columns but for the target's. An array's columns have
                none of their own; of other tables these are read, in this order.
            column_types: "categorical" or "numerical" by a column's name. The types of the others
                are found from their values.
            num_classes: This and what follows: see `TaskArguments`.

        Raises:
            InputError: If a type is another one.
        """
        # AutoKeras refuses wrong types here; scikit-learn's constructors take anything else.
        if isinstance(column_types, Mapping):
            check_types(column_types)
        self.column_names = column_names
        self.column_types = column_types
        super().__init__(
            num_classes=num_classes, multi_label=multi_label, loss=loss, metrics=metrics,
            project_name=project_name, max_trials=max_trials, directory=directory,
            objective=objective, tuner=tuner, overwrite=overwrite, seed=seed,
            max_model_size=max_model_size, evaluation=evaluation, pruner=pruner, ending=ending,
            epochs=epochs, batch_size=batch_size, validation_split=validation_split,
            time_budget=time_budget, class_weight=class_weight, initial_hps=initial_hps,
            start_from=start_from, callbacks=callbacks, graph=graph, verbose=verbose,
        )  # fmt: skip
