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


TWO = RANDOM.dirichlet(np.ones(2), 200)
TWO_IDS = (RANDOM.random(200) < 0.3 + 0.4 * TWO[:, 1]).astype(int)


@pytest.mark.parametrize(
    ("name", "judge", "of_labels"),
    [
        ("Precision", metrics.precision_score, True),
        ("precision", metrics.precision_score, True),
        ("Recall", metrics.recall_score, True),
        ("recall", metrics.recall_score, True),
        ("f1", metrics.f1_score, True),
        ("jaccard", metrics.jaccard_score, True),
        ("roc_auc", metrics.roc_auc_score, False),
        ("AUC", metrics.roc_auc_score, False),
        ("average_precision", metrics.average_precision_score, False),
    ],
)
def test_of_two_classes_they_are_those_of_the_second_one(name, judge, of_labels):
    """As scikit-learn's, where the other class would give another number."""
    found = resolve_objective(name)
    outputs = TWO.argmax(axis=1) if of_labels else TWO[:, 1]
    expected = judge(TWO_IDS, outputs)
    # Keras's area is a sum over 200 thresholds.
    assert found.score(TWO_IDS, TWO) == pytest.approx(
        expected, abs=0.004 if name == "AUC" else 1e-6
    )
    first = judge(1 - TWO_IDS, 1 - outputs)
    assert of_labels or name == "average_precision" or first == pytest.approx(expected)
    assert abs(first - expected) > 0.02 or not of_labels
    assert found.of_second_class


@pytest.mark.parametrize(
    "name", ["balanced_accuracy", "f1_macro", "loss", "TopKCategoricalAccuracy"]
)
def test_others_are_of_all_classes(name):
    assert not resolve_objective(name).of_second_class


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("val_loss", "max"),
        ("loss", "max"),
        ("val_accuracy", "min"),
        ("val_AUC", "min"),
        ("F1Score", "min"),
        ("MeanSquaredError", "max"),
        ("balanced_accuracy", "min"),
        ("neg_log_loss", "min"),
        ("roc_auc", "min"),
    ],
)
def test_a_direction_in_which_a_metric_gets_worse_is_refused(name, wrong):
    right = "min" if wrong == "max" else "max"
    assert resolve_objective(keras_tuner.Objective(name, right)).direction == right
    with pytest.raises(InputError, match=rf"direction is '{wrong}'; pass direction='{right}'"):
        resolve_objective(keras_tuner.Objective(name, wrong))


@pytest.mark.parametrize(
    ("name", "direction"),
    [("val_left_accuracy", "max"), ("val_right_auc_1", "max"), ("val_right_f1_score", "max"),
     ("val_left_loss", "min"), ("val_a_b_mean_squared_error", "min")],
)  # fmt: skip
def test_the_figures_of_heads_are_taken_as_they_are_logged(name, direction):
    found = resolve_objective(name, logged=("val_",))
    assert (found.name, found.direction, found.score) == (name, direction, None)
    wrong = keras_tuner.Objective(name, "min" if direction == "max" else "max")
    with pytest.raises(InputError, match="is better when it is"):
        resolve_objective(wrong, logged=("val_",))


def test_a_figure_that_nobody_knows_needs_a_direction():
    own = keras_tuner.Objective("val_left_profit", "max")
    assert resolve_objective(own, logged=("val_",)).direction == "max"
    with pytest.raises(InputError, match=r"Objective\('val_left_profit', direction='max'\)"):
        resolve_objective("val_left_profit", logged=("val_",))


def test_what_is_no_metric_or_does_not_fit_is_told():
    with pytest.raises(InputError, match="no metric called"):
        resolve_objective("nonsense")
    with pytest.raises(InputError, match="3 classes"):
        resolve_objective("f1").score(IDS, PROBABILITIES)


def test_nan_beats_nothing():
    objective = resolve_objective("val_loss")
    assert objective.better(0.1, 0.2)
    assert not objective.better(float("nan"), 0.2)
