"""Pairs of numbers: which, what of, and that trees see the same in a file."""

import keras
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from automl_kit.custom_blocks.number_pairs import choose_pairs, paired
from automl_kit.custom_blocks.tree_layer import Trees

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(600, 5)).astype("float32")
IDS = (X[:, 1] + X[:, 3] > 0).astype(int)


def test_the_pairs_are_of_the_numbers_that_say_most():
    assert choose_pairs(X, IDS, numbers=5, most=2, seed=0).tolist() == [[1], [3]]
    assert choose_pairs(X, IDS, numbers=3, most=9, seed=0).T.tolist() == [[0, 1], [0, 2], [1, 2]]


def test_difference_sum_and_product():
    found = paired(np.float32([[1, 2, 5]]), np.array([[0, 1], [2, 2]]))
    assert [one.tolist() for one in found] == [[[-4, -3]], [[6, 7]], [[5, 10]]]


def test_trees_see_them_and_so_does_their_file(tmp_path):
    alone, both = (
        Trees(2, "boosting", trees=20, leaves=4, pairs=pairs, numbers=5) for pairs in (0, 3)
    )
    losses = []
    for layer in (alone, both):
        layer.build(X.shape)
        layer.fit_to(X[:400], IDS[:400], None, seed=0)
        shares = np.asarray(keras.ops.softmax(layer(X[400:])))
        losses.append(-np.log(shares[np.arange(200), IDS[400:]]).mean())
    assert losses[1] < 0.7 * losses[0]

    pairs = both.found["pairs"][0]
    wide = np.concatenate([X, *paired(X, pairs)], axis=1)
    model = HistGradientBoostingClassifier(
        max_iter=20, max_leaf_nodes=4, min_samples_leaf=1, early_stopping=False, random_state=0
    ).fit(wide[:400], IDS[:400])
    both.stock().save(tmp_path / "trees.keras")
    read = keras.ops.softmax(keras.models.load_model(tmp_path / "trees.keras")(X))
    np.testing.assert_allclose(read, model.predict_proba(wide), atol=1e-6)


def test_a_single_number_has_no_pair():
    layer = Trees(2, "extra", trees=3, pairs=6, numbers=1)
    layer.build(X.shape)
    layer.fit_to(X, IDS, None, seed=0)
    assert "pairs" not in layer.found
