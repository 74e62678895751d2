"""Classification behind the interface of problems."""

import json
import pickle

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from automl_kit.custom_blocks import ClassificationHead
from automl_kit.data import LoneClassWarning
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation import resolve_objective
from automl_kit.problems import Classification, problem_from_json

LABELS = ["no", "yes", "yes", "yes", "maybe", "maybe"]


def learned(labels=LABELS):
    problem = Classification()
    return problem, problem.learn(labels)


def test_labels_become_ids_targets_and_labels_again():
    problem, values = learned()
    assert values.tolist() == [1, 2, 2, 2, 0, 0]
    assert problem.columns == 3
    targets = problem.targets(values)
    assert targets.dtype == np.float32
    assert targets.tolist() == np.eye(3)[values].tolist()
    assert problem.decode(targets).tolist() == LABELS
    assert problem.encode(["yes", "maybe"]).tolist() == [2, 0]
    assert problem.strata(values) is values
    with pytest.raises(InputError, match="perhaps"):
        problem.encode(["perhaps"])
    with pytest.raises(InputError, match="1 class only"):
        learned(["a", "a"])


def test_weights_by_label_become_weights_by_id():
    problem, values = learned()
    assert problem.weights(None, values) is None
    assert problem.weights({"yes": 3}, values) == {0: 1.0, 1: 1.0, 2: 3.0}
    found = problem.weights("balanced", values)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=values)
    assert [found[n] for n in range(3)] == pytest.approx(expected.tolist())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("even", "'balanced' or a dictionary, got 'even'"),
        ({"yes": 0}, "class_weight of 'yes' must be a number above 0, got 0"),
        ({"yes": -1}, "number above 0, got -1"),
        ({"yes": "2"}, "class_weight of 'yes' must be a number above 0, got '2'"),
        ({"yes": float("nan")}, "number above 0, got nan"),
        ({"perhaps": 1}, "'perhaps'"),
    ],
)
def test_weights_that_mean_nothing_are_refused(given, message):
    problem, values = learned(["no", "yes"])
    with pytest.raises(InputError, match=message):
        problem.weights(given, values)


@pytest.mark.parametrize("name", ["Precision", "Recall", "AUC", "f1", "average_precision"])
def test_which_class_a_metric_is_about_is_told(name):
    problem, _ = learned(["no", "yes"])
    (note,) = problem.notes(resolve_objective(name))
    assert note == f"val_{name} is that of the class 'yes'."
    assert learned()[0].notes(resolve_objective(name)) == []


@pytest.mark.parametrize("name", ["val_loss", "accuracy", "f1_macro"])
def test_nothing_is_told_of_metrics_of_all_classes(name):
    assert learned(["no", "yes"])[0].notes(resolve_objective(name)) == []


def test_its_metrics_are_the_loss_and_the_usual_score_first():
    problem, _ = learned(["no", "yes"])
    outputs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], "float32")
    found = problem.metrics(np.array([0, 1, 1]), outputs)
    assert list(found) == ["loss", "accuracy", "balanced_accuracy", "roc_auc", "log_loss"]
    assert (
        found["loss"]
        == found["log_loss"]
        == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.4])), rel=1e-5)
    )
    assert found["accuracy"] == pytest.approx(2 / 3)


def test_one_sigmoid_ends_in_two_probabilities_and_a_softmax_as_it_is():
    problem, _ = learned(["no", "yes"])
    entry = keras.Input((1,))
    model = keras.Model(entry, problem.finish(entry))
    np.testing.assert_allclose(model(np.array([[0.25], [1.0]])), [[0.75, 0.25], [0.0, 1.0]])
    wide = keras.Input((3,))
    rows = np.array([[0.2, 0.3, 0.5]], "float32")
    np.testing.assert_array_equal(keras.Model(wide, problem.finish(wide))(rows), rows)
    problem.compile(model)
    loss, accuracy = model.evaluate(np.array([[0.25], [0.9]]), np.array([0, 1]), verbose=0)
    assert loss == pytest.approx(-np.mean(np.log([0.75, 0.9])), rel=1e-5)
    assert accuracy == 1


def test_a_head_takes_the_users_loss_and_metrics():
    problem, _ = learned()
    head = problem.head("head", dropout=0.25)
    assert isinstance(head, ClassificationHead)
    own = head.loss, head.metrics
    problem.settle(head, None, None)
    assert (head.loss, head.metrics) == own
    problem.settle(head, "mse", ["AUC"])
    assert (head.loss, head.metrics) == ("mse", ["AUC"])


def test_it_is_read_again_from_json():
    problem, values = learned()
    stored = json.loads(json.dumps(problem.to_json()))
    back = problem_from_json(stored)
    assert isinstance(back, Classification)
    assert back.encode(LABELS).tolist() == values.tolist()
    assert pickle.loads(pickle.dumps(problem)).to_json() == problem.to_json()
    for damaged in ([], {"problem": "classification"}, {"problem": "magic"}, None):
        with pytest.raises(ProjectError):
            problem_from_json(damaged)


def test_a_class_of_one_row_is_warned_of():
    problem, values = learned()
    with pytest.warns(LoneClassWarning, match="'no'"):
        problem.check_split(values)
