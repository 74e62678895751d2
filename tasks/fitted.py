"""What a task can do once it is fitted: predict, judge, list its trials, export."""

import functools
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from automl_kit import export
from automl_kit.data import load_for, unpacked
from automl_kit.problems import Problem
from automl_kit.tasks import checks
from automl_kit.tasks.fitted_columns import with_names
from automl_kit.tasks.predictions import as_predictions
from automl_kit.tuners import SearchTuner

FITTED = (
    "model_", "schema_", "problem_", "classes_", "tuner_", "genotype_", "cell_history_",
    "n_features_in_", "feature_names_in_", "_sample", "_columns", "_board", "_cost",
)  # fmt: skip


class FittedTask(BaseEstimator):  # type: ignore[misc]
    """The part of a task that works with the result of its search.

    Attributes:
        schema_: What the data looks like.
        problem_: What is predicted.
        model_: The exported model: raw input in, predictions (n, columns) out.
        tuner_: The tuner, for the trials' details.
    """

    schema_: Any
    problem_: Problem
    model_: keras.Model
    tuner_: SearchTuner
    modality: ClassVar[Any]
    loss: Any
    metrics: list[Any] | None
    _sample: Any

    def _forget(self) -> None:
        """Removes what an earlier fit left: a fit that fails leaves no model with wrong labels."""
        for name in FITTED:
            self.__dict__.pop(name, None)

    def _unpacked(self, X: Any, y: Any = None) -> tuple[Any, Any]:
        """Data and labels, out of a `tf.data.Dataset` where they are in one."""
        return unpacked(X, y, images=self.modality.name == "image")

    def _outputs(self, X: Any) -> NDArray[np.float32]:
        """The model's outputs, (n, columns)."""
        check_is_fitted(self, "model_")
        X, _ = self._unpacked(X)
        return export.outputs_of(self.model_, self.schema_, with_names(self, X))

    def _judged(self, X: Any, y: Any) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Values of the targets (n,), and the model's outputs (n, columns)."""
        check_is_fitted(self, "model_")
        X, y = self._unpacked(X, y)
        loaded = load_for(self.schema_, with_names(self, X), y)
        return self.problem_.encode(loaded.labels), self._outputs(loaded.x)

    def predict(
        self, X: Any = None, *, x: Any = None, batch_size: int | None = None, verbose: Any = None
    ) -> NDArray[Any]:
        """Predicts each row; of classes the most probable one.

        Args:
            X: Data as in `fit`.
            x: AutoKeras's name for X.
            batch_size: AutoKeras has it; rows are answered alike in any batch.
            verbose: Likewise; nothing is printed.

        Returns:
            Predictions (n,), labels in the type that `fit` was given. For a file that can't be
            read None, with a warning.

        Raises:
            InputError: If the data is not what the task was fitted on.
        """
        outputs = self._outputs(checks.one_of(X, x))
        return as_predictions(self.problem_.decode(outputs), self.problem_.predicted(outputs))

    def evaluate(
        self,
        X: Any = None,
        y: Any = None,
        *,
        x: Any = None,
        batch_size: int | None = None,
        verbose: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Judges the task on data it hasn't seen.

        Args:
            X: Data as in `fit`.
            y: Targets as in `fit`.
            x: AutoKeras's name for X.
            batch_size: AutoKeras has it; rows are answered alike in any batch.
            verbose: Likewise; nothing is printed.
            return_dict: Whether all metrics are given by name.

        Returns:
            As Keras and AutoKeras give it, [loss, score]: of a classifier log-loss and accuracy,
            or the `loss` and each of the `metrics` that the constructor was given. With
            `return_dict` a dictionary of these and of all others; see the problem, such as
            `automl_kit.evaluation.classification_metrics`.
        """
        values, outputs = self._judged(checks.one_of(X, x), y)
        figures = self.problem_.metrics(values, outputs, self.loss, self.metrics)
        count = 2 if self.metrics is None else 1 + len(self.metrics)
        return figures if return_dict else list(figures.values())[:count]

    def leaderboard(self) -> pd.DataFrame:
        """All trials, best first, failed ones last; see `automl_kit.report.leaderboard`.

        Of an ensemble the column `weight` has each trial's share. What the whole model costs is in
        `attrs["model"]` of the table: its "parts" (networks), "parameters", "megabytes", and the
        "milliseconds" that one row takes.
        """
        if "_board" in self.__dict__:  # A copy from another process has no tuner.
            board: pd.DataFrame = self._board
            return board.copy()
        check_is_fitted(self, "tuner_")
        board = self.tuner_.leaderboard()
        if "model_" in self.__dict__:
            if "_cost" not in self.__dict__:
                self._cost = export.model_cost(self.model_, self._sample)
            joined = self.tuner_.joins and "weight" in board
            parts = int((board["weight"] > 0).sum()) if joined else 1
            board.attrs["model"] = {"parts": parts, **self._cost}
        return board

    def export_model(self, path: str | Path | None = None, format: str | None = None) -> Any:
        """Writes the model to a file that takes raw input and gives predictions.

        The file is read back, and its predictions are compared with this object's.

        Args:
            path: Where to: `model.keras`, `model.onnx`, `model.tflite`, or a folder for a
                SavedModel. None gives the Keras model itself, compiled, as AutoKeras does.
            format: "keras", "tf_saved_model", "onnx" or "litert"; by default by the suffix.

        Returns:
            The path, or the Keras model.

        Raises:
            ExportError: If the graph can't be written in that format, or what was read
                back predicts something else.
        """
        check_is_fitted(self, "model_")
        if path is None:
            # The network is one layer of the model: unless it is unfolded, nothing of it is seen.
            self.model_.summary = functools.partial(
                type(self.model_).summary, self.model_, expand_nested=True
            )
            return self.model_
        return export.write_model(
            self.model_,
            path,
            problem=self.problem_,
            schema=self.schema_.to_json(),
            format=format,
            sample=self._sample,
            expected=export.predict_in_batches(self.model_, self._sample),
        )

    def __getstate__(self) -> dict[str, Any]:
        """For copies in other processes: without the tuner and its files, but with its trials."""
        state = dict(super().__getstate__())
        if "tuner_" in state:
            state["_board"] = self.leaderboard()
        for name in ("tuner_", "_scratch", "_modality"):
            state.pop(name, None)
        if "model_" in state:  # Keras warns of the optimizer, which was never used.
            state["model_"] = keras.Model(self.model_.input, self.model_.output, name="model")
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Brings a copy back; its model is compiled again."""
        super().__setstate__(state)
        if "model_" in state:
            self.problem_.compile(self.model_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
