"""Categories encoded by the target: scikit-learn's encoder and trees, exported, folds joined."""

import keras
import keras_tuner
import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from automl_kit.custom_blocks import ClassificationHead, TableInput, TreesBlock
from automl_kit.custom_blocks.layouts import TableLayout
from automl_kit.custom_blocks.target_encoding import encoded, fit_encodings
from automl_kit.custom_blocks.tree_layer import Trees
from automl_kit.errors import InputError

RANDOM = np.random.default_rng(0)
SIZES = {1: 20, 2: 30}  # the first column is a number
N = 400
X = np.stack(
    [RANDOM.normal(size=N), RANDOM.integers(0, 20, N), RANDOM.integers(0, 30, N)], axis=1
).astype("float32")
TASTES = RANDOM.normal(size=20)  # what a value of the first category does
IDS = np.digitize(TASTES[X[:, 1].astype(int)] + 0.3 * X[:, 0], [-0.5, 0.5])


def references(ids, seed=3):
    """The columns that trees are fitted to, and those that they predict by."""
    values, known = X[:, 1:].astype(int), [np.arange(20), np.arange(30)]
    cross_fitted = np.zeros((N, 2 * (1 if ids.max() == 1 else 3)))
    for train, held in KFold(5, shuffle=True, random_state=seed).split(X):
        encoder = TargetEncoder(categories=known).fit(values[train], ids[train])
        cross_fitted[held] = encoder.transform(values[held])
    others = TargetEncoder(categories=known).fit(values, ids).transform(values)
    return tuple(
        np.concatenate([X[:, :1], 0 * X[:, 1:], added], axis=1) for added in (cross_fitted, others)
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_training_rows_are_encoded_by_others_and_new_ones_by_all(classes):
    ids = np.minimum(IDS, classes - 1)
    added, arrays = fit_encodings(X, ids, SIZES, seed=3)
    train, new = references(ids)
    np.testing.assert_allclose(added, train[:, 3:], atol=1e-6)
    entry = keras.Input((3,))
    model = keras.Model(entry, encoded(entry, arrays["categories"], arrays["encodings"]))
    np.testing.assert_allclose(model(X), new[:, 3:], atol=1e-6)


@pytest.mark.parametrize("kind", ["boosting", "extra"])
def test_trees_are_those_of_scikit_learn_on_the_same_columns(kind, tmp_path):
    layer = Trees(3, kind, trees=10, leaf=2, encoded=list(SIZES.items()))
    layer.build(X.shape)
    layer.fit_to(X, IDS, None, seed=3)
    reference = (
        HistGradientBoostingClassifier(
            max_iter=10, min_samples_leaf=2, early_stopping=False, random_state=3
        )
        if kind == "boosting"
        else ExtraTreesClassifier(10, min_samples_leaf=2, random_state=3)
    )
    train, new = (columns.astype("float32") for columns in references(IDS))
    expected = reference.fit(train, IDS).predict_proba(new)
    found = np.asarray(keras.ops.softmax(layer(X)))
    close = np.isclose(found, expected, atol=1e-5).all(axis=1)
    assert close.mean() > 0.99  # A threshold may lie between roundings of an encoding.
    layer.stock().save(tmp_path / "trees.keras")
    read = keras.models.load_model(tmp_path / "trees.keras")
    np.testing.assert_allclose(keras.ops.softmax(read(X)), found, atol=1e-6)
    again = Trees.from_config(layer.get_config())
    assert again.encoded == layer.encoded


@pytest.mark.parametrize("pairs", [0, 2])
def test_folds_of_boosting_keep_their_own_columns(pairs):
    layer = Trees(
        3, "boosting", trees=5, leaf=2, encoded=list(SIZES.items()), pairs=pairs, numbers=3
    )
    layer.build(X.shape)
    parts = [np.arange(N) % 3 != fold for fold in range(3)]
    folds = [layer.learned(X[part], IDS[part], None, seed=number)
             for number, part in enumerate(parts)]  # fmt: skip
    scores = []
    for fold in folds:
        layer.take(fold)
        scores.append(np.asarray(layer(X)))
    layer.take(layer.joined(folds))
    np.testing.assert_allclose(layer(X), np.mean(scores, axis=0), atol=1e-5)


def test_a_class_of_one_row_is_encoded_too():
    ids = IDS.copy()
    ids[0] = 3
    added, arrays = fit_encodings(X, ids, SIZES, seed=0)
    assert added.shape == (N, 8)
    assert np.isfinite(added).all()
    assert added[0, [3, 7]].max() == 0  # By rows that aren't of it.
    assert arrays["encodings"][int(X[0, 1]), 3] > 0


def test_folds_of_other_columns_are_not_joined():
    layer = Trees(3, "boosting", trees=2, leaf=1, pairs=2, numbers=3)
    layer.build(X.shape)
    few, more = (layer.learned(X[:rows], IDS[:rows], None, seed=0) for rows in (9, 40))
    assert "pairs" in more
    assert "pairs" not in few
    assert layer.joined([few, more]) is None


def test_rows_of_one_class_are_not_encoded():
    layer = Trees(2, "forest", trees=3, encoded=list(SIZES.items()))
    layer.build(X.shape)
    layer.fit_to(X, np.zeros(N, int), None, seed=0)
    assert np.asarray(layer(X)).argmax(axis=1).max() == 0


def test_only_wide_categories_are_encoded_and_only_they_ask_for_it(check_block):
    layout = TableLayout(numeric=1, cardinalities=(20, 5))
    x = np.stack([X[:30, 0], X[:30, 1], X[:30, 2] % 5], axis=1)
    block = TreesBlock(encoding="target", trees=5, name="trees")
    check_block(block, TableInput(layout), x, rank=2, draws=2)
    assert block._wide() == [(1, 20)]
    for sizes, asked in (((20, 5), True), ((12, 5), False)):
        hp, block, node = keras_tuner.HyperParameters(), TreesBlock(name="t"), TableInput()
        node.layout = TableLayout(1, sizes)
        ClassificationHead(num_classes=3)(block(node))
        block.build(hp, keras.Input((3,)))
        assert ("t/encoding" in hp.values) is asked


def test_an_encoding_of_another_name_is_refused():
    with pytest.raises(InputError, match="encoding must be one of ordinal, target or None"):
        TreesBlock(encoding="hash")
