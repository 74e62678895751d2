"""How trials are judged and searches end where nobody says."""

import numpy as np
import pytest

import automl_kit as ak
from automl_kit.evaluation import Folds, FullTraining, MedianPruner
from automl_kit.tasks.how_judged import ending_of, judged_by
from automl_kit.tuners import get_strategy

TABLE, IMAGE = ak.StructuredDataClassifier, ak.ImageClassifier


def judged(task, tuner="greedy", rows=100, apart=False):
    return judged_by(task, get_strategy(tuner), rows, apart)[0]


def test_tables_of_few_rows_are_judged_by_folds_and_end_in_an_ensemble():
    assert judged(TABLE()) == Folds()
    assert ending_of(TABLE(), Folds()) == "ensemble"
    assert judged(TABLE(loss="categorical_crossentropy")) == Folds()


@pytest.mark.parametrize(
    ("task", "more"),
    [
        (TABLE(), {"rows": 10_001}),
        (TABLE(), {"apart": True}),
        (TABLE(), {"tuner": "hyperband"}),
        (TABLE(graph=lambda: None), {}),
        (TABLE(callbacks=[object()]), {}),
        (TABLE(metrics=["AUC"]), {}),
        (TABLE(loss="mean_squared_error"), {}),
        (IMAGE(), {}),
        (IMAGE(), {"tuner": "darts"}),
    ],
    ids=["rows", "apart", "rungs", "graph", "callbacks", "metrics", "loss", "images", "stages"],
)
def test_else_by_one_training_and_end_in_a_refit(task, more):
    evaluation = judged(task, **more)
    assert evaluation == FullTraining()
    assert ending_of(task, evaluation) == "refit"


def test_what_is_given_counts():
    task = TABLE(evaluation="full", ending="average")
    assert judged(task) == FullTraining()
    assert ending_of(task, Folds()) == "average"
    assert judged(IMAGE(evaluation=Folds(3))) == Folds(3)


def test_a_strategy_has_its_own_way_where_folds_are_dear():
    own = get_strategy("efficient")
    assert judged_by(IMAGE(), own, 100, False) == (own.evaluation, own.pruner)
    assert judged_by(TABLE(), own, 100, False) == (Folds(), None)
    assert judged_by(IMAGE(evaluation="full"), own, 100, False) == (FullTraining(), None)
    assert judged_by(IMAGE(pruner="median"), own, 100, False)[1] == MedianPruner()


def test_the_encoder_knows_categories_of_all_rows_that_judge(tmp_path):
    """The encoder learns nothing of labels; a rare category may be in a few rows only."""
    rare = np.array(["a", "b"] * 20 + ["c"], dtype=object)
    labels = np.array([0, 1] * 20 + [1])
    task = TABLE(max_trials=1, epochs=1, seed=0, verbose=0, directory=tmp_path)
    task.fit(rare[:, None], labels)
    assert task.tuner_.evaluation == Folds()
    layout = task.tuner_.hypermodel.inputs[0].layout
    assert layout.cardinalities == (4,)
