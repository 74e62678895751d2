"""Trees and linear models: scikit-learn's probabilities, from layers of Keras alone."""

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression

import automl_kit as ak
from automl_kit.custom_blocks import (
    ClassificationHead,
    LinearBlock,
    TableInput,
    TokenInput,
    TreesBlock,
)
from automl_kit.custom_blocks.layouts import TokenLayout
from automl_kit.custom_blocks.linear_layer import Linear
from automl_kit.custom_blocks.tree_layer import Trees
from automl_kit.custom_blocks.tree_tables import between_values
from automl_kit.errors import InputError
from automl_kit.evaluation import Folds, FullTraining
from automl_kit.export.stock import require_stock

REFERENCES = {
    "forest": RandomForestClassifier(20, min_samples_leaf=2, random_state=3),
    "extra": ExtraTreesClassifier(20, min_samples_leaf=2, random_state=3),
    "boosting": HistGradientBoostingClassifier(
        max_iter=20, min_samples_leaf=2, early_stopping=False, random_state=3
    ),
}


def rows(classes, n=400):
    x, ids = make_classification(
        n, 8, n_informative=6, n_classes=classes, n_clusters_per_class=1, random_state=0
    )
    return x.astype("float32"), ids


def probabilities(layer, x):
    return np.asarray(keras.ops.softmax(layer(x)))


def fitted(layer, x, ids, weights=None):
    layer.build(x.shape)
    layer.fit_to(x, ids, weights, seed=3)
    return layer


@pytest.mark.parametrize("kind", REFERENCES)
@pytest.mark.parametrize("classes", [2, 3, 12])
def test_trees_give_what_scikit_learn_gives(kind, classes):
    x, ids = rows(classes)
    layer = fitted(Trees(classes, kind, trees=20, leaf=2), x[:300], ids[:300])
    expected = REFERENCES[kind].fit(x[:300], ids[:300]).predict_proba(x)
    np.testing.assert_allclose(probabilities(layer, x), expected, atol=1e-6)


@pytest.mark.parametrize("kind", REFERENCES)
def test_weights_of_rows_count(kind):
    x, ids = rows(3)
    weights = np.where(ids == 1, 5.0, 1.0)
    layer = fitted(Trees(3, kind, trees=20, leaf=2), x, ids, weights)
    expected = REFERENCES[kind].fit(x, ids, sample_weight=weights).predict_proba(x)
    np.testing.assert_allclose(probabilities(layer, x), expected, atol=1e-6)


@pytest.mark.parametrize(
    "make", [*(lambda n, k=k: Trees(n, k, trees=5) for k in REFERENCES), Linear]
)
@pytest.mark.parametrize("seen", [[0, 2], [0, 2, 3]])
def test_a_class_without_rows_is_all_but_impossible(make, seen):
    x, ids = rows(4)
    kept = np.isin(ids, seen)
    found = probabilities(fitted(make(4), x[kept], ids[kept]), x)
    absent = [number for number in range(4) if number not in seen]
    assert found.shape == (len(x), 4)
    assert (found[:, absent] < 1e-6).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (found[kept].argmax(axis=1) == ids[kept]).mean() > 0.8


@pytest.mark.parametrize("classes", [2, 3])
def test_linear_is_logistic_regression(classes):
    x, ids = rows(classes)
    expected = LogisticRegression(C=0.5, max_iter=1000).fit(x.astype(float), ids).predict_proba(x)
    layer = fitted(Linear(classes, 0.5), x, ids)
    np.testing.assert_allclose(probabilities(layer, x), expected, atol=1e-6)


@pytest.mark.parametrize("make", [lambda: Trees(3, "boosting", trees=5), lambda: Linear(3)])
def test_what_was_learned_is_saved_with_the_weights(make, tmp_path):
    x, ids = rows(3)

    def network():
        entry = keras.Input((8,))
        return keras.Model(entry, make()(entry))

    first, second = network(), network()
    first.layers[-1].fit_to(x, ids, None, seed=0)
    assert np.asarray(first(x)).any()
    assert not np.asarray(second(x)).any()  # not fitted yet
    first.save_weights(tmp_path / "w.weights.h5")
    second.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(second(x), first(x))
    stock = second.layers[-1].stock()
    require_stock(stock)
    np.testing.assert_array_equal(stock(x), first(x))


def test_a_threshold_is_no_training_value():
    x = np.repeat(np.float32([0, 1, 2, 5]), 300)[:, None]
    rng = np.random.default_rng(0)
    nodes = np.float32([[0, 1.0, 0, 0], [0, 1.5, 0, 0], [0, 5.0, 0, 0], [0, 3e38, 0, 0]])
    moved = between_values(nodes, x)
    assert 1.0 < moved[0, 1] < 1.001
    np.testing.assert_array_equal(moved[1:], nodes[1:])  # between, the largest, a leaf
    values = rng.normal(size=(2000, 1)).astype("float32").round(1)
    ids = (values[:, 0] + rng.normal(size=2000) > 0).astype(int)
    layer = fitted(Trees(2, "boosting", trees=10), values, ids)
    near = np.nextafter(values, np.float32(np.inf)), np.nextafter(values, np.float32(-np.inf))
    for other in near:  # as another runtime may round them
        np.testing.assert_array_equal(layer(other), layer(values))


def classifier(block, **more):
    entry = TableInput()
    graph = (entry, ClassificationHead()(block(entry)))
    return ak.StructuredDataClassifier(
        graph=graph, max_trials=1, epochs=3, seed=0, verbose=0, **more
    )


@pytest.fixture(scope="module")
def iris():
    x, y = load_iris(return_X_y=True, as_frame=True)
    x["town"] = np.array(["a", "b", "c"])[(y + np.arange(150) % 5 // 4) % 3]
    x.iloc[::9, 0] = np.nan
    return x, y.map({0: "x", 1: "y", 2: "z"})


@pytest.mark.parametrize("evaluation", [FullTraining(), Folds(2)], ids=["full", "folds"])
def test_a_search_of_trees_ends_in_every_format(iris, evaluation, tmp_path):
    x, y = iris
    found = classifier(TreesBlock(trees=10, name="t"), evaluation=evaluation).fit(x, y)
    assert found.score(x, y) > 0.9
    assert found.leaderboard()["epochs"].max() <= 2  # one a network
    assert (found.leaderboard()["parameters"] > 100).all()
    loaded = ak.load_model(found.export_model(tmp_path / "m.keras"))
    np.testing.assert_array_equal(loaded.predict_proba(x), found.predict_proba(x))
    found.export_model(tmp_path / "saved")
    # Both are run again, and their answers to training rows compared.
    found.export_model(tmp_path / "m.tflite")


def test_the_same_seed_gives_the_same_trees(iris):
    x, y = iris
    outputs = [
        classifier(TreesBlock(trees=5, name="t")).fit(x, y).predict_proba(x) for _ in range(2)
    ]
    np.testing.assert_array_equal(*outputs)


def test_trees_beside_a_network(iris):
    x, y = iris
    entry = TableInput()
    both = ak.Merge(merge_type="concatenate")(
        [TreesBlock(trees=5, name="t")(entry), ak.DenseBlock()(entry)]
    )
    found = ak.StructuredDataClassifier(
        graph=(entry, ClassificationHead()(both)), max_trials=1, epochs=30, seed=0, verbose=0
    ).fit(x, y)
    assert found.score(x, y) > 0.8


def test_what_is_trained_may_not_be_in_front(iris):
    x, y = iris
    entry = TableInput()
    graph = (entry, ClassificationHead()(TreesBlock(name="t")(ak.DenseBlock()(entry))))
    task = ak.StructuredDataClassifier(graph=graph, max_trials=1, epochs=1, seed=0, verbose=0)
    with pytest.raises(Exception, match="no layer that is trained may be in front"):
        task.fit(x, y)


def test_a_head_must_say_how_many_classes_there_are():
    block = LinearBlock(name="l")
    entry = TableInput()
    block(entry)
    with pytest.raises(InputError, match="'l' needs classes"):
        block.build(keras_tuner.HyperParameters(), keras.Input((3,)))


def test_kinds_that_there_are_not():
    with pytest.raises(InputError, match="forest, extra, boosting"):
        TreesBlock(kind="oak")


def test_rows_of_any_number_are_answered_alike():
    x, ids = rows(3)
    layer = fitted(Trees(3, "forest", trees=5), x, ids)
    function = tf.function(layer, input_signature=[tf.TensorSpec((None, 8))])
    np.testing.assert_allclose(function(x[:7]), function(x)[:7], atol=1e-5)
    assert pd.notna(np.asarray(function(x))).all()


def test_trees_take_the_ids_of_texts_too():
    """Whose node has a layout that isn't a table's."""
    block, node = TreesBlock(kind="extra", trees=3, name="trees"), TokenInput(TokenLayout(9, 4))
    ClassificationHead(num_classes=2)(block(node))
    built = block.build(keras_tuner.HyperParameters(), keras.Input((4,), dtype="int32"))
    assert built.shape == (None, 2)
