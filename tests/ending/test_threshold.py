"""The threshold of two classes: where it helps, where it isn't known to, and who uses it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

import automl_kit as ak
from automl_kit.ending.threshold import best_threshold
from automl_kit.errors import ProjectError
from automl_kit.evaluation.objectives import resolve_objective
from automl_kit.problems import Classification, problem_from_json
from automl_kit.tasks.predictions import as_predictions


def rows(n, share=0.1, shift=0.0, seed=0):
    """Probabilities of a rare class, their logits moved by `shift`."""
    random = np.random.default_rng(seed)
    ids = (random.uniform(size=n) < share).astype(int)
    logits = random.normal(2.0 * ids - 1, 1.0) * 2 + np.log(share / (1 - share)) + shift
    second = 1 / (1 + np.exp(-logits))
    return np.stack([1 - second, second], axis=1), ids


@pytest.mark.parametrize(
    ("name", "score"), [("f1", f1_score), ("balanced_accuracy", balanced_accuracy_score)]
)
def test_the_threshold_of_some_rows_is_better_on_others(name, score):
    outputs, ids = rows(3000)
    found = best_threshold(outputs, ids, resolve_objective(name))
    assert found < 0.5
    others, truth = rows(3000, seed=1)
    usual = score(truth, others[:, 1] > 0.5)
    assert score(truth, others[:, 1] > found) > usual + 0.01
    tried = max(score(ids, outputs[:, 1] > t) for t in np.linspace(0.01, 0.99, 99))
    assert score(ids, outputs[:, 1] > found) > tried - 0.005


@pytest.mark.parametrize("name", ["val_loss", "roc_auc", "precision", "recall", "neg_log_loss"])
def test_scores_that_no_threshold_is_for_have_none(name):
    assert best_threshold(*rows(3000), resolve_objective(name)) == 0.5


def test_few_rows_and_more_classes_have_none():
    outputs, ids = rows(49, share=0.3)
    assert best_threshold(outputs, ids, resolve_objective("f1")) == 0.5
    outputs, ids = rows(9_999, shift=2)
    assert best_threshold(outputs, ids, resolve_objective("accuracy")) == 0.5
    outputs, ids = rows(10_000, shift=2)
    assert best_threshold(outputs, ids, resolve_objective("accuracy")) > 0.6
    three = np.full((500, 3), 1 / 3)
    assert best_threshold(three, np.arange(500) % 3, resolve_objective("f1_macro")) == 0.5


def test_what_says_nothing_seldom_has_one():
    """By chance both halves may say so: less than half of the time."""
    found = []
    for seed in range(15):
        random = np.random.default_rng(seed)
        second = random.uniform(0.4, 0.6, 400)
        outputs, ids = np.stack([1 - second, second], axis=1), random.integers(0, 2, 400)
        found.append(best_threshold(outputs, ids, resolve_objective("balanced_accuracy")))
    assert np.mean(np.array(found) == 0.5) > 0.5


def test_a_search_for_f1_predicts_by_it_and_so_does_its_file(tmp_path):
    random = np.random.default_rng(0)
    x = pd.DataFrame(random.normal(size=(400, 3)), columns=list("abc"))
    y = np.where(x["a"] + random.normal(size=400) > 1.6, "rare", "common")
    assert sorted(set(y)) == ["common", "rare"]
    forest = {"table/architecture": "trees", "table/trees/kind": "forest",
              "table/trees/trees": 50, "table/trees/leaf": 10}  # fmt: skip
    found = ak.StructuredDataClassifier(
        max_trials=1, initial_hps=[forest], objective="f1", seed=0, verbose=0, directory=tmp_path
    ).fit(x, y)
    threshold = found.problem_.threshold
    assert threshold < 0.5
    second = found.predict_proba(x)[:, 1] > threshold
    predicted = found.predict(x)
    assert predicted.tolist() == np.where(second, "rare", "common").tolist()
    assert found.score(x, y) == pytest.approx(accuracy_score(y, predicted))
    assert found.evaluate(x, y)[1] == pytest.approx(accuracy_score(y, predicted))
    loaded = ak.load_model(found.export_model(tmp_path / "model.keras"))
    assert loaded.predict(x).tolist() == predicted.tolist()
    again = ak.StructuredDataClassifier(
        max_trials=1, initial_hps=[forest], objective="f1", seed=0, verbose=0, directory=tmp_path
    ).fit(x, y)  # goes on with what is there
    assert again.problem_.threshold == threshold


@pytest.mark.parametrize("threshold", [0, 1.5, "low", True, None])
def test_a_damaged_threshold_is_told(threshold):
    problem = Classification()
    problem.learn(["a", "b"])
    told = {**problem.to_json(), "threshold": threshold}
    with pytest.raises(ProjectError, match="threshold"):
        problem_from_json(told)


def test_a_predicted_number_knows_its_class():
    labels = as_predictions(np.array([5, 7]), np.array([0, 1]))
    assert int(np.argmax(labels[1])) == 1
    assert int(np.argmax(labels[::-1][0])) == 1
