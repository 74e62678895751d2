"""Objectives by name: what they are, which way they go, what they give."""

import keras_tuner
import numpy as np
import pytest
from sklearn import metrics

from automl_kit.errors import InputError
from automl_kit.evaluation import resolve_objective

RANDOM = np.random.default_rng(0)
PROBABILITIES = RANDOM.dirichlet(np.ones(3), 60)
IDS = RANDOM.integers(0, 3, 60)


@pytest.mark.parametrize(
    ("name", "full", "direction"),
    [
        ("loss", "val_loss", "min"),
        ("val_accuracy", "val_accuracy", "max"),
        ("balanced_accuracy", "val_balanced_accuracy", "max"),
        ("neg_log_loss", "val_neg_log_loss", "max"),
        ("F1Score", "val_F1Score", "max"),  # KerasTuner would minimise it.
        ("MeanSquaredError", "val_MeanSquaredError", "min"),
    ],
)
def test_names_and_directions(name, full, direction):
    found = resolve_objective(name)
    assert (found.name, found.direction) == (full, direction)


def test_values_are_scikit_learns_and_keras_own():
    ids = PROBABILITIES.argmax(axis=1)
    expected = {
        "balanced_accuracy": metrics.balanced_accuracy_score(IDS, ids),
        "f1_macro": metrics.f1_score(IDS, ids, average="macro"),
        "roc_auc": metrics.roc_auc_score(IDS, PROBABILITIES, multi_class="ovr"),
        "neg_log_loss": -metrics.log_loss(IDS, PROBABILITIES),
        "CategoricalAccuracy": np.mean(ids == IDS),
    }
    for name, value in expected.items():
        assert resolve_objective(name).score(IDS, PROBABILITIES) == pytest.approx(value, rel=1e-5)


def test_a_direction_of_ones_own_wins():
    objective = keras_tuner.Objective("val_AUC", "min")
    assert resolve_objective(objective).direction == "min"


def test_what_is_no_metric_or_does_not_fit_is_told():
    with pytest.raises(InputError, match="no metric called"):
        resolve_objective("nonsense")
    with pytest.raises(InputError, match="3 classes"):
        resolve_objective("f1").score(IDS, PROBABILITIES)


def test_nan_beats_nothing():
    objective = resolve_objective("val_loss")
    assert objective.better(0.1, 0.2)
    assert not objective.better(float("nan"), 0.2)
