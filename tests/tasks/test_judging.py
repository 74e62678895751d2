"""By what a task's trials are judged: held-out rows, weights, metrics."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, precision_score, recall_score
from small_tables import quick, table

from automl_kit.data import LoneClassWarning
from automl_kit.errors import InputError


@pytest.fixture(scope="module")
def fitted():
    """One classifier for all that only ask it."""
    frame, labels = table(200)
    return quick(max_trials=1).fit(frame, labels), frame, labels


def test_held_out_data_of_ones_own_judges_trials_and_class_weights_weigh_it():
    """The score is the loss of these rows, each weighted as its class."""
    frame, labels = table()
    held, truth = frame[80:], labels[80:]
    for given in ({"yes": 5, "no": 0.5}, {"no": 1}):
        classifier = quick(max_trials=1, class_weight=given)
        classifier.fit(frame[:80], labels[:80], validation_data=(held, truth))
        probabilities = classifier.predict_proba(held)
        rows = [given.get(label, 1) for label in truth]
        losses = -np.log(probabilities[np.arange(40), (truth == "yes").astype(int)])
        # Keras divides the sum of weighted losses by the number of rows.
        expected = np.sum(rows * losses) / 40
        assert classifier.tuner_.best_trial().score == pytest.approx(expected, rel=1e-3)


def test_evaluate_gives_loss_and_accuracy_and_all_metrics_by_name(fitted):
    classifier, frame, labels = fitted
    loss, accuracy = classifier.evaluate(frame, labels)
    probabilities = classifier.predict_proba(frame).astype("float64")
    assert loss == pytest.approx(log_loss(labels, probabilities, labels=["no", "yes"]), rel=1e-4)
    assert accuracy == accuracy_score(labels, classifier.predict(frame))
    found = classifier.evaluate(frame, labels, return_dict=True)
    assert list(found) == ["loss", "accuracy", "balanced_accuracy", "roc_auc", "log_loss"]
    assert (found["loss"], found["accuracy"]) == (loss, accuracy)
    assert found["log_loss"] == loss


@pytest.mark.compiled
def test_rows_of_no_weight_are_as_if_they_were_not_there():
    """Of two thirds that contradict the others the weights are 0; on held-out rows too."""
    x = np.tile(np.arange(2.0), 45)
    frame = pd.DataFrame({"x": x, "more": np.arange(90) % 5})
    labels = np.where(x > 0, "b", "a")
    weights = np.zeros(90)
    weights[::3] = 1
    labels[weights == 0] = np.where(x[weights == 0] > 0, "a", "b")
    given = {"max_trials": 1, "epochs": 12, "batch_size": 8}
    classifier = quick(**given).fit(frame, labels, sample_weight=weights)
    counted = weights > 0
    assert classifier.score(frame[counted], labels[counted]) == 1
    assert classifier.score(frame[~counted], labels[~counted]) == 0
    assert classifier.tuner_.best_trial().score < 0.3


@pytest.mark.parametrize("objective", ["Precision", "recall"])
def test_a_metric_of_two_classes_is_of_the_second_and_says_so(objective, capsys):
    frame, labels = table()
    held, truth = frame[80:], labels[80:]
    classifier = quick(max_trials=1, objective=objective, verbose=2)
    classifier.fit(frame[:80], labels[:80], validation_data=(held, truth))
    judge = {"Precision": precision_score, "recall": recall_score}[objective]
    predicted = classifier.predict(held)
    expected = judge(truth, predicted, pos_label="yes", zero_division=0)
    assert classifier.tuner_.best_trial().score == pytest.approx(expected)
    assert f"val_{objective} is that of the class 'yes'." in capsys.readouterr().out


@pytest.mark.compiled
def test_weights_of_classes_decide_between_indistinct_rows():
    frame = pd.DataFrame({"x": np.tile(np.arange(10.0), 12)})
    labels = np.repeat(["a", "b"], 60)
    for favoured in ("a", "b"):
        classifier = quick(max_trials=1, epochs=10, class_weight={favoured: 50.0}, graph=None)
        assert (classifier.fit(frame, labels).predict(frame) == favoured).all()


def test_a_class_of_one_row_is_trained_on_with_a_warning():
    frame, labels = table()
    labels = labels.astype(object)
    labels[5] = "maybe"
    with pytest.warns(LoneClassWarning, match="1 class has one row only: 'maybe'") as caught:
        classifier = quick(max_trials=1).fit(frame, labels)
    lone = [warning for warning in caught if warning.category is LoneClassWarning]
    assert [warning.filename for warning in lone] == [__file__]
    assert classifier.classes_.tolist() == ["maybe", "no", "yes"]
    assert (classifier.predict_proba(frame)[:, 0] > 0).all()
    with pytest.raises(InputError, match="1 class only"):
        quick().fit(frame, ["yes"] * len(frame))
