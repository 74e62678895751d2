"""Trees of scikit-learn as tables, one row a node, that any runtime can walk. No TensorFlow here.

The way of Hummingbird's TreeTraversal (Nakandala et al., "A tensor compiler for unified machine
learning prediction serving", OSDI 2020, section 4.1): leaves point to themselves, so that all
trees are walked for as many steps as the deepest has levels.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
_NEVER = 3e38  # the threshold of a leaf, below which all values are
_ROUNDING = 2e-6  # what runtimes may differ by
LEAST = 1e-9  # of a probability: its logarithm must be a number


def forest_tables(forest: Any, classes: int) -> Arrays:
    """Tables of a random forest or of extra trees.

    Args:
        forest: A fitted `RandomForestClassifier` or `ExtraTreesClassifier`.
        classes: How many there are; the forest may have seen some of them only.

    Returns:
        "nodes" float32 (N, 4): feature, threshold, the node where the value is at most it, the
        other; "values" float32 (N, classes): of a leaf each class's share; "roots" (T,); "depth".
    """
    parts, values, roots, start = [], [], [], 0
    for estimator in forest.estimators_:
        tree = estimator.tree_
        leaf = tree.children_left < 0
        own = np.arange(tree.node_count)
        parts.append(
            _nodes(
                np.where(leaf, 0, tree.feature),
                np.where(leaf, _NEVER, tree.threshold),
                np.where(leaf, own, tree.children_left) + start,
                np.where(leaf, own, tree.children_right) + start,
            )
        )
        shares = np.zeros((tree.node_count, classes))
        counts = tree.value[:, 0, :]
        shares[:, forest.classes_] = counts / counts.sum(axis=1, keepdims=True)
        values.append(np.where(leaf[:, None], shares, 0.0))
        roots.append(start)
        start += tree.node_count
    depth = max(estimator.tree_.max_depth for estimator in forest.estimators_)
    return {
        "nodes": np.concatenate(parts),
        "values": np.concatenate(values).astype("float32"),
        "roots": np.array(roots, "int32"),
        "depth": np.array(depth, "int32"),
    }


def boosting_tables(model: Any, classes: int) -> Arrays:
    """Tables of a `HistGradientBoostingClassifier` of numbers without missing ones.

    Returns:
        As `forest_tables` gives, but "values" (N, 1), the trees of an iteration side by side, one
        a class seen (of two classes one), and besides "baseline" float32 (classes,) and "seen",
        the classes that there are trees for.
    """
    parts, values, roots, start, depth = [], [], [], 0, 0
    for predictor in (tree for iteration in model._predictors for tree in iteration):
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        own = np.arange(len(nodes))
        parts.append(
            _nodes(
                np.where(leaf, 0, nodes["feature_idx"]),
                np.where(leaf, _NEVER, nodes["num_threshold"]),
                np.where(leaf, own, nodes["left"]) + start,
                np.where(leaf, own, nodes["right"]) + start,
            )
        )
        values.append(np.where(leaf, nodes["value"], 0.0)[:, None])
        roots.append(start)
        start += len(nodes)
        depth = max(depth, int(nodes["depth"].max()))
    seen = model.classes_ if len(model.classes_) > 2 else model.classes_[1:]
    baseline = np.full(classes, np.log(LEAST))  # of a class that no row is of
    baseline[model.classes_] = 0.0
    baseline[seen] = np.ravel(model._baseline_prediction)
    return {
        "nodes": np.concatenate(parts),
        "values": np.concatenate(values).astype("float32"),
        "roots": np.array(roots, "int32"),
        "depth": np.array(depth, "int32"),
        "baseline": baseline.astype("float32"),
        "seen": np.array(seen, "int32"),
    }


def joined_boosting(models: list[Arrays]) -> Arrays | None:
    """Tables of the mean of several models' scores.

    Args:
        models: What `boosting_tables` gave of each.

    Returns:
        Likewise, all their trees; None where they haven't seen the same classes.
    """
    if any(not np.array_equal(model["seen"], models[0]["seen"]) for model in models):
        return None
    starts = np.cumsum([0, *(len(model["nodes"]) for model in models)])
    nodes = [model["nodes"].copy() for model in models]
    for start, table in zip(starts, nodes, strict=False):
        table[:, 2:] += start
    roots = [model["roots"] + start for start, model in zip(starts, models, strict=False)]
    return {
        "nodes": np.concatenate(nodes),
        "values": np.concatenate([model["values"] for model in models]) / np.float32(len(models)),
        "roots": np.concatenate(roots),
        "depth": np.max([model["depth"] for model in models]),
        "baseline": np.mean([model["baseline"] for model in models], axis=0),
        "seen": models[0]["seen"],
    }


def columns_apart(models: list[Arrays], columns: int) -> list[Arrays]:
    """Models' tables where the columns that each has added stand one after the other.

    Args:
        models: What `boosting_tables` gave of each; all have added as many.
        columns: How many columns they have in common, which come first.
    """
    apart = []
    widths = [_added(model) for model in models]
    for number, model in enumerate(models):
        nodes = model["nodes"].copy()
        nodes[nodes[:, 0] >= columns, 0] += sum(widths[:number])
        apart.append({**model, "nodes": nodes})
    return apart


def _added(model: Arrays) -> int:
    """How many columns a model has added: three for a pair, and those of encoded categories."""
    encoded = (
        model["categories"].shape[1] * model["encodings"].shape[2] if ("encodings" in model) else 0
    )
    return encoded + (3 * model["pairs"].shape[2] if "pairs" in model else 0)


def between_values(nodes: NDArray[np.float32], x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Moves thresholds that are a training value a little way to the next one.

    Other runtimes round what is in front of the trees otherwise; a value that is a threshold
    would then be on either side of it. Boosting has many such, where values occur several times.

    Args:
        nodes: A table of nodes, (N, 4).
        x: The rows that the trees were fitted to, (n, d).

    Returns:
        The table; each row of `x` goes the way that it went.
    """
    moved = nodes.copy()
    for feature in np.unique(nodes[:, 0]).astype(int):
        own = (nodes[:, 0] == feature) & (nodes[:, 1] < _NEVER)
        values = np.unique(x[:, feature])
        at = nodes[own, 1]
        following = np.searchsorted(values, at, side="right")
        is_value = values[np.maximum(following - 1, 0)] == at
        step = _ROUNDING * np.maximum(np.abs(at), 1.0)
        gap = values[np.minimum(following, len(values) - 1)] - at
        moved[own, 1] = np.where(is_value & (gap > 0), at + np.minimum(step, gap / 4), at)
    return moved


def _nodes(
    feature: NDArray[Any], threshold: NDArray[Any], left: NDArray[Any], right: NDArray[Any]
) -> NDArray[np.float32]:
    return np.stack([feature, _at_most(threshold), left, right], axis=1).astype("float32")


def _at_most(threshold: NDArray[Any]) -> NDArray[np.float32]:
    """The largest float32s that aren't larger: the same float32 values are at most these."""
    threshold = np.clip(threshold, -_NEVER, _NEVER)
    narrow = threshold.astype("float32")
    below = np.nextafter(narrow, np.float32(-np.inf))
    return np.where(narrow > threshold, below, narrow)
