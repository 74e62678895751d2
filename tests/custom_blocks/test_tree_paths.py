"""Trees answered by all their questions at once, against walking down them."""

import keras
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from automl_kit.custom_blocks import tree_layer
from automl_kit.custom_blocks.tree_layer import Trees
from automl_kit.custom_blocks.tree_paths import tree_paths

X = np.random.default_rng(0).normal(size=(500, 3)).astype("float32")
IDS = np.digitize(X.sum(axis=1) + X[:, 0] ** 2, [0, 2])


def layer(leaves, trees=4):
    made = Trees(3, "boosting", trees=trees, leaf=1, leaves=leaves)
    made.build(X.shape)
    made.fit_to(X, IDS, None, seed=0)
    return made


def test_paths_of_a_tree_drawn_by_hand():
    """x0 <= 1 goes to node 1 (a leaf), else to 2, where x1 <= 5 goes to 3, else to 4."""
    nodes = np.float32([[0, 1, 1, 2], [0, 3e38, 1, 1], [1, 5, 3, 4], [0, 3e38, 3, 3],
                        [0, 3e38, 4, 4]])  # fmt: skip
    arrays = {"nodes": nodes, "roots": np.array([0, 1])}  # and the leaf as a tree of its own
    features, thresholds, paths, least, numbers = tree_paths(arrays)
    np.testing.assert_array_equal(features[0], [0, 1])
    np.testing.assert_array_equal(thresholds[0], [1, 5])
    ways = zip(paths[0].T.tolist(), least[0], strict=True)
    by_node = dict(zip(numbers[0].tolist(), ways, strict=True))
    assert by_node == {1: ([1, 0], 0), 3: ([-1, 1], 0), 4: ([-1, -1], -1)}
    assert not paths[1].any()
    assert numbers[1].tolist() == [1, 1, 1]
    assert least[1, 0] == -1  # No question is to be met.
    assert (least[1, 1:] > 2).all()  # Leaves that the tree doesn't have are never reached.


@pytest.mark.parametrize("leaves", [2, 15, 32, 60])
def test_both_ways_give_what_scikit_learn_gives(leaves, monkeypatch):
    model = HistGradientBoostingClassifier(
        max_iter=4, max_leaf_nodes=leaves, min_samples_leaf=1, early_stopping=False
    )
    expected = model.fit(X, IDS).predict_proba(X)
    for most in (tree_layer.LEAVES, 0):  # 0: all are walked
        monkeypatch.setattr(tree_layer, "LEAVES", most)
        found = keras.ops.softmax(layer(leaves)(X))
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_small_trees_are_not_walked_and_no_rows_are_rows_too(tmp_path):
    names = [type(one).__name__ for one in layer(15).stock().layers]
    assert "Embedding" not in names
    assert "Embedding" in [type(one).__name__ for one in layer(60).stock().layers]
    stock = layer(15).stock()
    stock.save(tmp_path / "trees.keras")
    read = keras.models.load_model(tmp_path / "trees.keras")
    assert read(X[:0]).shape == (0, 3)
    np.testing.assert_array_equal(read(X), stock(X))
