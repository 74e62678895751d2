"""Random forests, extra trees and boosted trees as a layer."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_kit.custom_blocks.fitted_layer import FittedLayer
from automl_kit.custom_blocks.number_pairs import choose_pairs, paired
from automl_kit.custom_blocks.target_encoding import encoded, fit_encodings
from automl_kit.custom_blocks.tree_paths import LEAVES, sums_of, tree_paths
from automl_kit.custom_blocks.tree_tables import (
    LEAST,
    Arrays,
    between_values,
    boosting_tables,
    columns_apart,
    forest_tables,
    joined_boosting,
)

KINDS = ("forest", "extra", "boosting")
_FEW = 10  # rows that further columns are learned from at least
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
        encoded: Columns of categories that the trees see as `target_encoding` has them, each with
            its number of ids.
        pairs: Of how many numbers, those that say most, pairs are columns too; see
            `number_pairs`.
        numbers: How many columns are numbers, the first ones.

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
        encoded: Sequence[Sequence[int]] = (),
        pairs: int = 0,
        numbers: int = 0,
        **kwargs: Any,
    ):
        super().__init__(classes, **kwargs)
        self.kind, self.trees, self.leaf, self.features = kind, trees, leaf, features
        self.rate, self.leaves = rate, leaves
        self.encoded = [(int(column), int(size)) for column, size in encoded]
        self.pairs, self.numbers = pairs, numbers

    @property
    def uses_all_cores(self) -> bool:
        """Forests have their trees grown side by side."""
        return self.kind != "boosting"

    def joined(self, folds: list[Arrays]) -> Arrays | None:
        """Of boosting the mean of its scores: the trees of all folds together."""
        if self.kind != "boosting":
            return None
        # Of few rows a fold may lack a class, or have no further columns.
        if len({(len(fold["seen"]), *sorted(fold)) for fold in folds}) > 1:
            return None
        added: Arrays = {
            name: np.concatenate([fold[name] for fold in folds])
            for name in ("encodings", "pairs")
            if name in folds[0]
        }
        if "encodings" in added:
            added["categories"] = folds[0]["categories"]
        trees = joined_boosting(columns_apart(folds, self._columns))
        return None if trees is None else {**trees, **added}

    def learned(
        self, x: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> Arrays:
        """Fits the trees; gives their tables."""
        estimator = self._estimator(seed, len(x))
        x, added = self._more_columns(np.asarray(x, "float32"), ids, seed)
        # On small data boosting's threads wait for each other longer than they work.
        threads = 1 if x.size < _SMALL else None
        with threadpool_limits(threads, user_api="openmp"):
            estimator.fit(x, ids, sample_weight=weights)
        make = boosting_tables if self.kind == "boosting" else forest_tables
        tables = make(estimator, self.classes)
        return {**tables, "nodes": between_values(tables["nodes"], x), **added}

    def _more_columns(
        self, x: NDArray[Any], ids: NDArray[Any], seed: int
    ) -> tuple[NDArray[Any], Arrays]:
        """The rows with pairs of numbers and encoded categories, and what makes them."""
        parts: list[NDArray[Any]] = [x]
        added: Arrays = {}
        if len(x) < _FEW or len(np.unique(ids)) == 1:
            return x, {}
        if self.pairs and self.numbers > 1:
            pairs = choose_pairs(x, ids, self.numbers, self.pairs, seed)
            parts += paired(x, pairs)
            added["pairs"] = pairs[None]
        if self.encoded:
            encodings, found = fit_encodings(x, ids, dict(self.encoded), seed)
            parts.append(encodings)
            added |= {"encodings": found["encodings"][None], "categories": found["categories"]}
            x = parts[0] = x.copy()
            x[:, [column for column, _ in self.encoded]] = 0.0  # The ids would only disturb.
        return np.concatenate(parts, axis=1), added

    def stock_model(self, arrays: Arrays, columns: int) -> keras.Model:
        """Embeddings as tables, and as many steps down as the deepest tree has levels."""
        x = entry = keras.Input((columns,), name="values")
        x = _widened(x, arrays)
        if "baseline" not in arrays:
            values = _table(arrays["values"])(_walk(x, arrays))  # (n, T, classes)
            shares = ops.sum(values, axis=1) * (1.0 / len(arrays["roots"]))
            return keras.Model(entry, ops.log(ops.maximum(shares, LEAST)))
        sums = _sums(x, arrays)
        seen = len(arrays["seen"])
        if seen < self.classes:  # The others have their baseline alone.
            place = np.eye(self.classes, dtype="float32")[arrays["seen"]]
            sums = ops.matmul(sums, place)
        return keras.Model(entry, sums + arrays["baseline"])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = (
            "kind",
            "trees",
            "leaf",
            "features",
            "rate",
            "leaves",
            "encoded",
            "pairs",
            "numbers",
        )
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


def _widened(x: Any, arrays: Arrays) -> Any:
    """Rows with the columns besides; of joined models those of each, one after the other."""
    pairs, encodings = arrays.get("pairs"), arrays.get("encodings")
    parts = [x]
    for model in range(max(len(arrays.get(name, ())) for name in ("pairs", "encodings"))):
        if pairs is not None:
            parts += paired(x, pairs[model])
        if encodings is not None:
            parts.append(encoded(x, arrays["categories"], encodings[model]))
    return keras.layers.Concatenate()(parts) if len(parts) > 1 else x


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
