"""scikit-learn's own checks on a small classifier that takes its input through this package.

The neural classifiers are too slow for all of them here; what the checks say about
inputs and labels (messages, types, warnings) is decided in automl_kit.data.
"""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from automl_kit.data import (
    LabelEncoder,
    as_frame,
    check_width,
    infer_schema,
    load_structured,
    to_raw,
)


class Linear(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        frame, labels, _ = load_structured(X, y)
        self.encoder_ = LabelEncoder().fit(labels)
        self.classes_ = self.encoder_.classes_
        self.n_features_in_ = frame.shape[1]
        self.schema_ = infer_schema(frame)
        self.model_ = LogisticRegression(C=100.0, max_iter=1000)
        self.model_.fit(self._matrix(frame), self.encoder_.encode(labels))
        return self

    def predict_proba(self, X):
        check_is_fitted(self)
        check_width(X, self.n_features_in_, type(self).__name__)
        return self.model_.predict_proba(self._matrix(as_frame(X)))

    def predict(self, X):
        return (
            self.encoder_.decode(self.predict_proba(X).argmax(axis=1)) if self._fitted() else None
        )

    def _fitted(self):
        check_is_fitted(self)
        return True

    def _matrix(self, frame):
        parts = to_raw(frame, self.schema_).values()
        numbers = [
            np.array([[len(text)] for text in part[:, 0]]) if part.dtype == object else part
            for part in parts
        ]
        return np.nan_to_num(np.hstack(numbers).astype(np.float64))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([Linear()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_named_columns_in_another_order_and_extra_ones_change_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = as_frame(np.random.default_rng(0).normal(size=(40, 3))).set_axis(
            ["a", "b", "c"], axis=1
        )
        y = (frame["a"] > 0).map({True: "yes", False: "no"})
        model = Linear().fit(frame, y)
        other = frame[["c", "a", "b"]].assign(extra="x")
        np.testing.assert_array_equal(model.predict_proba(other), model.predict_proba(frame))
