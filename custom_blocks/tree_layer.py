"""Random forests, extra trees and boosted trees as a layer."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_kit.custom_blocks.fitted_layer import FittedLayer
from automl_kit.custom_blocks.tree_paths import LEAVES, sums_of, tree_paths
from automl_kit.custom_blocks.tree_tables import (
    LEAST,
    Arrays,
    between_values,
    boosting_tables,
    forest_tables,
    joined_boosting,
)

KINDS = ("forest", "extra", "boosting")
_SMALL = 1_000_000  # numbers
_MOST_NODES = 1 << 23  # float32 holds their numbers, and more than 200 MB help nobody


@keras.saving.register_keras_serializable(package="automl_kit")
class Trees(FittedLayer):
    """Trees that scikit-learn fits to the layer's input, as scores (n, classes).

    Args:
        classes: How many classes there are.
        kind: "forest" (`RandomForestClassifier`), "extra" (`ExtraTreesClassifier`) or "boosting"
            (`HistGradientBoostingClassifier`).
        trees: How many, a class and iteration for "boosting".
        leaf: Rows in a leaf at least.
        features: Share of the columns that a split looks at; 0 for their square root. Not for
            "boosting".
        rate: The learning rate of "boosting".
        leaves: Leaves of a tree of "boosting" at most.

    Example:
        >>> import numpy as np
        >>> from automl_kit.custom_blocks.tree_layer import Trees
        >>> x, ids = np.float32([[0], [1], [2], [3]]), np.array([0, 0, 1, 1])
        >>> layer = Trees(2, "extra", trees=5)
        >>> layer.build(x.shape)
        >>> layer.fit_to(x, ids, None, seed=0)
        >>> np.asarray(layer(x)).argmax(axis=1).tolist()
        [0, 0, 1, 1]
    """

    def __init__(
        self,
        classes: int,
        kind: str = "forest",
        trees: int = 200,
        leaf: int = 1,
        features: float = 0.0,
        rate: float = 0.1,
        leaves: int = 31,
        **kwargs: Any,
    ):
        super().__init__(classes, **kwargs)
        self.kind, self.trees, self.leaf, self.features = kind, trees, leaf, features
        self.rate, self.leaves = rate, leaves

    @property
    def uses_all_cores(self) -> bool:
        """Forests have their trees grown side by side."""
        return self.kind != "boosting"

    def joined(self, folds: list[Arrays]) -> Arrays | None:
        """Of boosting the mean of its scores: the trees of all folds together."""
        return joined_boosting(folds) if self.kind == "boosting" else None

    def learned(
        self, x: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> Arrays:
        """Fits the trees; gives their tables."""
        estimator = self._estimator(seed, len(x))
        x = np.asarray(x, "float32")
        # On small data boosting's threads wait for each other longer than they work.
        threads = 1 if x.size < _SMALL else None
        with threadpool_limits(threads, user_api="openmp"):
            estimator.fit(x, ids, sample_weight=weights)
        make = boosting_tables if self.kind == "boosting" else forest_tables
        tables = make(estimator, self.classes)
        return {**tables, "nodes": between_values(tables["nodes"], x)}

    def stock_model(self, arrays: Arrays, columns: int) -> keras.Model:
        """Embeddings as tables, and as many steps down as the deepest tree has levels."""
        x = keras.Input((columns,), name="values")
        if "baseline" not in arrays:
            values = _table(arrays["values"])(_walk(x, arrays))  # (n, T, classes)
            shares = ops.sum(values, axis=1) * (1.0 / len(arrays["roots"]))
            return keras.Model(x, ops.log(ops.maximum(shares, LEAST)))
        sums = _sums(x, arrays)
        seen = len(arrays["seen"])
        if seen < self.classes:  # The others have their baseline alone.
            place = np.eye(self.classes, dtype="float32")[arrays["seen"]]
            sums = ops.matmul(sums, place)
        return keras.Model(x, sums + arrays["baseline"])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("kind", "trees", "leaf", "features", "rate", "leaves")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _estimator(self, seed: int, rows: int) -> Any:
        from sklearn.ensemble import (
            ExtraTreesClassifier,
            HistGradientBoostingClassifier,
            RandomForestClassifier,
        )

        if self.kind == "boosting":
            return HistGradientBoostingClassifier(
                learning_rate=self.rate,
                max_iter=self.trees,
                max_leaf_nodes=self.leaves,
                min_samples_leaf=self.leaf,
                early_stopping=False,
                random_state=seed,
            )
        make = RandomForestClassifier if self.kind == "forest" else ExtraTreesClassifier
        most = _MOST_NODES // (2 * self.trees)
        return make(
            self.trees,
            min_samples_leaf=self.leaf,
            max_features=self.features or "sqrt",
            max_leaf_nodes=most if most < rows else None,
            n_jobs=-1,
            random_state=seed,
        )


def _sums(x: Any, arrays: Arrays) -> Any:
    """The scores of boosted trees, (n, classes seen): of each leaf reached its value."""
    seen = len(arrays["seen"])
    sizes = np.diff([*arrays["roots"], len(arrays["nodes"])])
    if max(sizes) >= 2 * LEAVES:
        values = _table(arrays["values"])(_walk(x, arrays))
        return ops.sum(ops.reshape(values, (-1, len(arrays["roots"]) // seen, seen)), axis=1)
    paths = tree_paths(arrays)
    values = arrays["values"][paths[-1], 0]  # (T, l)
    classes = np.eye(seen, dtype="float32")[np.arange(len(values)) % seen]
    return sums_of(x, paths, values[:, :, None] * classes[:, None])


def _walk(x: Any, arrays: Arrays) -> Any:
    """Goes down all trees with rows (n, d); gives the leaves that they end in, (n, T)."""
    nodes = _table(arrays["nodes"])
    roots = keras.layers.Dense(len(arrays["roots"]), trainable=False)
    start = roots(ops.zeros_like(x[:, :1]))  # the same for each row
    roots.set_weights([np.zeros((1, len(arrays["roots"]))), arrays["roots"].astype("float32")])
    place = ops.cast(start, "int32")
    for _ in range(int(arrays["depth"])):
        node = nodes(place)  # (n, T, 4)
        value = ops.take_along_axis(x, ops.cast(node[..., 0], "int32"), axis=1)
        below = ops.less_equal(value, node[..., 1])
        place = ops.cast(ops.where(below, node[..., 2], node[..., 3]), "int32")
    return place


def _table(rows: NDArray[Any]) -> keras.layers.Embedding:
    """Rows of a table by their numbers."""
    table = keras.layers.Embedding(*rows.shape, embeddings_initializer="zeros", trainable=False)
    table.build(None)
    table.set_weights([rows])
    return table
