"""Trees judged by folds: by scikit-learn's own, and what stands for all folds."""

import keras
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import log_loss

import automl_kit as ak
from automl_kit.custom_blocks.token_linear import TokenLinear
from automl_kit.custom_blocks.tree_layer import Trees
from automl_kit.data import load_table, stratified_folds
from automl_kit.evaluation import Folds
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.by_fitting import fit_folds
from automl_kit.evaluation.deadline import Deadline
from automl_kit.evaluation.graph_trainer import GraphTrainer
from automl_kit.evaluation.objectives import resolve_objective
from automl_kit.evaluation.rows import Rows, TrainingData


@pytest.fixture(scope="module")
def table():
    return load_table("iris")


TREES = {"table/architecture": "trees", "table/trees/trees": 50, "table/trees/leaf": 5}
FOREST = {**TREES, "table/trees/kind": "forest", "table/trees/features": 0.0}
BOOSTING = {**TREES, "table/trees/kind": "boosting", "table/trees/rate": 0.06,
            "table/trees/leaves": 7}  # fmt: skip


def searched(table, folder, values):
    task = ak.StructuredDataClassifier(
        max_trials=1, initial_hps=[values], seed=0, verbose=0, directory=folder,
        evaluation=Folds(3),
    )  # fmt: skip
    return task.fit(table.x_train, table.y_train)


@pytest.fixture
def caught(monkeypatch):
    """What a trial was judged on: its rows, the folds and the run."""
    found, train = {}, GraphTrainer.train_folds

    def spy(self, trial, data, held, run):
        found.update(rows=data.all_rows(), held=held, run=run)
        return train(self, trial, data, held, run)

    monkeypatch.setattr(GraphTrainer, "train_folds", spy)
    return found


def test_the_score_is_that_of_scikit_learns_forest_on_the_same_folds(table, tmp_path, caught):
    task = searched(table, tmp_path, FOREST)
    rows, held = caught["rows"], caught["held"]
    ids, every = rows.ids(), np.arange(len(rows))
    expected = stratified_folds(ids, 3, caught["run"].seed_for(0, 3))
    for one, other in zip(held, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    outputs = np.zeros((len(rows), 3))
    for part, fold in enumerate(held):
        rest = np.setdiff1d(every, fold)
        seed = caught["run"].seed_for(0, 1, part) % 2**31
        forest = RandomForestClassifier(50, min_samples_leaf=5, random_state=seed)
        outputs[fold] = forest.fit(rows.x[rest], ids[rest]).predict_proba(rows.x[fold])
    trial = task.tuner_.best_trial()
    assert trial.score == pytest.approx(log_loss(ids, np.clip(outputs, 1e-7, 1)), rel=1e-3)
    np.testing.assert_allclose(
        task.tuner_.trainer.checkpoints.held_out(trial.trial_id), outputs, atol=1e-5
    )
    whole = RandomForestClassifier(
        50, min_samples_leaf=5, random_state=caught["run"].seed_for(0, 1, 0) % 2**31
    ).fit(rows.x, ids)
    network = task.tuner_.load_model(trial)
    np.testing.assert_allclose(network(rows.x), whole.predict_proba(rows.x), atol=1e-5)


def test_boosting_stands_for_its_folds_by_the_mean_of_their_scores(table, tmp_path, caught):
    task = searched(table, tmp_path, BOOSTING)
    rows, ids = caught["rows"], caught["rows"].ids()
    scores = []
    for fold in caught["held"]:
        rest = np.setdiff1d(np.arange(len(rows)), fold)
        model = HistGradientBoostingClassifier(
            learning_rate=0.06, max_iter=50, max_leaf_nodes=7, min_samples_leaf=5,
            early_stopping=False,
        ).fit(rows.x[rest], ids[rest])  # fmt: skip
        scores.append(model.decision_function(rows.x))
    mean = np.exp(np.mean(scores, axis=0))
    network = task.tuner_.load_model(task.tuner_.best_trial())
    expected = mean / mean.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(network(rows.x), expected, atol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Trees(3, "boosting", trees=8),
        lambda: Trees(3, "forest", trees=8),
        lambda: TokenLinear(3, order=2, rarest=1),
    ],
    ids=["boosting", "forest", "tokens"],
)
def test_what_is_fitted_does_not_depend_on_the_number_of_cores(make, monkeypatch):
    """Folds are fitted side by side where there are several; each has a seed of its own."""
    random = np.random.default_rng(0)
    layer = make()
    x = random.integers(2, 9, (90, 6)).astype(layer.entry_dtype)
    y = np.eye(3, dtype="float32")[(x[:, 0] + random.integers(0, 3, 90)).astype(int) % 3]
    held, found = np.array_split(np.arange(90), 5), []
    for cores in (1, 3):
        monkeypatch.setattr("joblib.cpu_count", lambda cores=cores: cores)
        layer, entry = make(), keras.Input((6,), dtype=x.dtype.name)
        model = keras.Model(entry, keras.layers.Softmax()(layer(entry)))
        model.compile("sgd", "categorical_crossentropy")
        data = TrainingData(Rows(x, y, None), None, 1, 8)
        run = Run(None, None, lambda *numbers: 0)
        trained = fit_folds(
            model, data, held, [1, 2, 3, 4, 5], resolve_objective("val_loss"), run, lambda m: None
        )
        found.append((trained.held_out, layer.found))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    for name, array in found[0][1].items():
        np.testing.assert_array_equal(array, found[1][1][name])


@pytest.mark.parametrize(("seconds", "folds"), [(1e-9, 1), (1e6, 5)])
def test_without_time_no_fold_is_begun_and_none_fitted_to_all_rows(seconds, folds):
    """The first fold is judged in any case, and its network kept."""
    random = np.random.default_rng(0)
    x = random.normal(size=(90, 4)).astype("float32")
    y = np.eye(2, dtype="float32")[(x[:, 0] > 0).astype(int)]
    held = np.array_split(np.arange(90), 5)
    layer, entry = Trees(2, "forest", trees=5), keras.Input((4,))
    model = keras.Model(entry, keras.layers.Softmax()(layer(entry)))
    model.compile("sgd", "categorical_crossentropy")
    sizes, learned = [], layer.learned
    layer.learned = lambda x, *others: sizes.append(len(x)) or learned(x, *others)
    run = Run(None, None, lambda *numbers: 0, deadline=Deadline(seconds))
    kept = []
    trained = fit_folds(
        model, TrainingData(Rows(x, y, None), None, 1, 8), held, [1, 2, 3, 4, 5],
        resolve_objective("val_loss"), run, kept.append,
    )  # fmt: skip
    assert sizes == [72] * folds + [90] * (folds == 5)
    assert trained.cut is (folds < 5)
    assert (trained.held_out is None) is trained.cut
    assert kept == [model]
