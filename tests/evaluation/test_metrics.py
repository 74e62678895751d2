"""The four figures against scikit-learn's and by hand."""

import math

import numpy as np
import pytest
from sklearn import metrics

from automl_kit.evaluation import classification_metrics


def test_two_classes_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    found = classification_metrics(np.array([0, 1, 1, 0]), probabilities)
    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == 0.75
    assert found["roc_auc"] == 1.0
    assert found["log_loss"] == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.4, 0.7])))


def test_three_classes_as_scikit_learn_has_them():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(3), 60).astype("float32")
    ids = random.integers(0, 3, 60)
    found = classification_metrics(ids, probabilities)
    rows = probabilities.astype("float64")
    rows /= rows.sum(axis=1, keepdims=True)
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(ids, rows, multi_class="ovr"))
    assert found["balanced_accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(ids, rows.argmax(axis=1))
    )


def test_one_class_present_has_no_area():
    found = classification_metrics(np.array([1, 1]), np.array([[0.4, 0.6], [0.6, 0.4]]))
    assert math.isnan(found["roc_auc"])
    assert found["accuracy"] == 0.5
