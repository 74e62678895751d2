"""Small trees answered at once: all their questions, then one product with the paths to leaves.

The GEMM strategy of Hummingbird (Nakandala et al., "A tensor compiler for unified machine learning
prediction serving", OSDI 2020, section 4.1). For boosted trees of 15 leaves it takes a tenth of the
time of walking down them, which gathers a row of a table for each tree and level.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

LEAVES = 32  # of a tree at most; what is multiplied grows with their square
_FAR = 1e3  # more than a path has questions


def tree_paths(arrays: dict[str, NDArray[Any]]) -> tuple[NDArray[Any], ...]:
    """Questions and paths of trees, all of one size.

    Args:
        arrays: "nodes" and "roots" as `tree_tables` has them.

    Returns:
        Of T trees of at most q questions and l leaves: the features that are asked for, int32
        (T, q); the thresholds, float32 (T, q); the paths, float32 (T, q, l), 1 where a leaf is
        reached by a yes, -1 by a no, 0 where the question isn't on its path; how many yeses, less
        one, float32 (T, l); and the leaves' nodes, int32 (T, l), the first again where a tree has
        fewer.
    """
    trees = [_paths(arrays["nodes"], int(root)) for root in arrays["roots"]]
    questions = max(1, *(len(inner) for inner, _ in trees))
    leaves = max(len(ends) for _, ends in trees)
    features = np.zeros((len(trees), questions), "int32")
    thresholds = np.zeros((len(trees), questions), "float32")
    paths = np.zeros((len(trees), questions, leaves), "float32")
    least = np.full((len(trees), leaves), _FAR, "float32")
    numbers = np.zeros((len(trees), leaves), "int32")
    for tree, (inner, ends) in enumerate(trees):
        features[tree, : len(inner)] = arrays["nodes"][inner, 0]
        thresholds[tree, : len(inner)] = arrays["nodes"][inner, 1]
        place = {node: number for number, node in enumerate(inner)}
        numbers[tree] = ends[0][0]
        for leaf, (node, way) in enumerate(ends):
            numbers[tree, leaf] = node
            least[tree, leaf] = sum(yes for _, yes in way) - 1
            for question, yes in way:
                paths[tree, place[question], leaf] = 1.0 if yes else -1.0
    return features, thresholds, paths, least, numbers


def sums_of(x: Any, paths: tuple[NDArray[Any], ...], values: NDArray[Any]) -> Any:
    """The sum of the values of the leaves that rows reach: (n, d) to (n, c).

    Rows are the last axis inside: a question takes a whole column, and the product with the paths
    has one large side.

    Args:
        x: A Keras tensor of rows.
        paths: What `tree_paths` gave.
        values: Of the leaves, (T, l, c).
    """
    features, thresholds, signs, least, _ = paths
    trees, questions = features.shape
    leaves = signs.shape[2]
    one = ops.reshape(ops.sum(ops.zeros_like(x[:, :1])) + 1.0, (1, 1))
    places = ops.cast(_held(one, features.ravel()), "int32")
    asked = ops.take(ops.transpose(x), places, axis=0)  # (T q, n)
    yes = ops.cast(ops.less_equal(asked, _held(one, thresholds.reshape(-1, 1))), "float32")
    yes = ops.reshape(yes, (trees, questions, -1))
    # Of whole numbers: the path of one leaf is met, and is 1; all others are 0 or less.
    met = ops.matmul(_held(one, signs.transpose(0, 2, 1)), yes)
    met = ops.reshape(ops.relu(met - _held(one, least[:, :, None])), (trees * leaves, -1))
    total = ops.matmul(_held(one, values.reshape(trees * leaves, -1).T), met)
    return ops.transpose(total)


def _held(one: Any, numbers: NDArray[Any]) -> Any:
    """Numbers as a tensor that is a layer's weight, not a part of the configuration.

    Args:
        one: A Keras tensor (1, 1) of 1.
        numbers: Of any shape.
    """
    layer = keras.layers.Dense(numbers.size, use_bias=False, trainable=False)
    held = ops.reshape(layer(one), numbers.shape)
    layer.set_weights([numbers.reshape(1, -1)])
    return held


def _paths(nodes: NDArray[Any], root: int) -> tuple[list[int], list[tuple[int, Any]]]:
    """A tree's questions, and its leaves, each with the questions on its path and their answers."""
    inner: list[int] = []
    ends: list[tuple[int, Any]] = []
    waiting: list[tuple[int, Any]] = [(root, ())]
    while waiting:
        node, way = waiting.pop()
        left, right = int(nodes[node, 2]), int(nodes[node, 3])
        if left == node:
            ends.append((node, way))
            continue
        inner.append(node)
        waiting += [(left, (*way, (node, True))), (right, (*way, (node, False)))]
    return inner, ends
