"""What a classifier can do once it is fitted: predict, judge, list its trials, export."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from automl_kit import export
from automl_kit.data import LabelEncoder, load_for
from automl_kit.evaluation import classification_metrics
from automl_kit.report import leaderboard
from automl_kit.tuners import SearchTuner


class FittedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The part of a classifier that works with the result of its search.

    Attributes:
        classes_: The labels, sorted, (k,).
        schema_: What the data looks like.
        model_: The exported model: raw input in, probabilities (n, k) out.
        tuner_: The tuner, for the trials' details.
    """

    classes_: NDArray[Any]
    label_encoder_: LabelEncoder
    schema_: Any
    model_: keras.Model
    tuner_: SearchTuner
    _sample: Any

    def _raw(self, data: Any) -> Any:
        """Data as the encoder takes it."""
        return export.to_raw_inputs(data, self.schema_)

    def _load_unlabelled(self, X: Any) -> Any:
        """Reads data without labels, in any form."""
        self._check_width(X)
        return load_for(self.schema_, X, labelled=False).x

    def _load_labelled(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Reads data with labels, in any form."""
        check_is_fitted(self, "model_")
        self._check_width(X)
        data, labels, _ = load_for(self.schema_, X, y)
        return data, labels

    def _check_width(self, X: Any) -> None:
        """Checks the number of columns, where a task has any."""

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probabilities of the classes, (n, k), columns as in `classes_`.

        Raises:
            InputError: If the data is not what the classifier was fitted on.
        """
        check_is_fitted(self, "model_")
        return export.predict_in_batches(self.model_, self._raw(self._load_unlabelled(X)))

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row, in the labels that `fit` was given, (n,)."""
        ids = self.predict_proba(X).argmax(axis=1)
        return self.label_encoder_.decode(ids)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Accuracy on the given data and labels."""
        data, labels = self._load_labelled(X, y)
        hits = self.predict_proba(data).argmax(axis=1) == self.label_encoder_.encode(labels)
        return float(np.average(hits, weights=sample_weight))

    def evaluate(self, X: Any, y: Any = None) -> dict[str, float]:
        """Judges the classifier on data it hasn't seen.

        Returns:
            `accuracy`, `balanced_accuracy`, `roc_auc` and `log_loss`; see
            `automl_kit.evaluation.classification_metrics`.
        """
        data, labels = self._load_labelled(X, y)
        ids = self.label_encoder_.encode(labels)
        return classification_metrics(ids, self.predict_proba(data))

    def leaderboard(self) -> pd.DataFrame:
        """All trials, best first, failed ones last; see `automl_kit.report.leaderboard`."""
        check_is_fitted(self, "tuner_")
        return leaderboard(self.tuner_)

    def export_model(self, path: str | Path | None = None, format: str | None = None) -> Any:
        """Writes the model to a file that takes raw input and gives probabilities.

        The file is read back, and its probabilities are compared with this object's.

        Args:
            path: Where to: `model.keras`, `model.onnx`, `model.tflite`, or a folder for a
                SavedModel. None gives the Keras model itself, as AutoKeras does.
            format: "keras", "tf_saved_model", "onnx" or "litert"; by default by the suffix.

        Returns:
            The path, or the Keras model.

        Raises:
            ExportError: If the graph can't be written in that format, or what was read
                back predicts something else.
        """
        check_is_fitted(self, "model_")
        if path is None:
            return self.model_
        return export.write_model(
            self.model_,
            path,
            classes=self.classes_.tolist(),
            schema=self.schema_.to_json(),
            format=format,
            sample=self._sample,
            expected=export.predict_in_batches(self.model_, self._sample),
        )

    def __getstate__(self) -> dict[str, Any]:
        """For copies in other processes: without the tuner and its files."""
        state = dict(super().__getstate__())
        for name in ("tuner_", "_scratch"):
            state.pop(name, None)
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
