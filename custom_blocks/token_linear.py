"""Logistic regression on n-grams of token ids, as a layer."""

from typing import Any, ClassVar

import keras
import numpy as np
import scipy.sparse as sp
from keras import ops
from numpy.typing import NDArray

from automl_kit.custom_blocks.fitted_layer import FittedLayer
from automl_kit.custom_blocks.ngram_trie import Trie, count_ngrams, table, walk
from automl_kit.custom_blocks.ngram_weights import (
    COUNTS,
    SCALES,
    class_scale,
    inverse_frequencies,
    weigh_counts,
)
from automl_kit.custom_blocks.tree_tables import LEAST

Arrays = dict[str, NDArray[Any]]
_STEPS = 1_000  # of the solver at most
# Of debian_ja's models of 11 classes (C = 30) 3.8 s and log-loss .7533 where scikit-learn's 1e-4
# takes 5 s for .7524. liblinear's dual solver takes 2.6 s, but draws from one generator for the
# whole process: what it finds depends on who else fits at the same time.
_TOLERANCE = 0.01


@keras.saving.register_keras_serializable(package="automl_kit")
class TokenLinear(FittedLayer):
    """Scores of scikit-learn's `LogisticRegression` on n-grams, one class against the rest.

    An n-gram counts by how often it is in the text and in how few texts it is, texts are of unit
    length (TF-IDF), and for each class n-grams may be scaled by what they say of it; see
    `ngram_weights`. Class c has the probability σ(m_c), divided by the sum over all classes, as
    `OneVsRestClassifier` has it: with a scale of their own for each class, the features of the
    classes differ, and the multinomial model takes several times as long.

    Takes int32 ids (n, length), 0 for padding and 1 for unknown, and gives (n, classes).

    Args:
        classes: How many classes there are.
        order: Tokens of the longest n-grams.
        rarest: In how many training texts an n-gram must be.
        counts: How repeated n-grams count: "sublinear", 1 + log of their number, or "binary".
        scale: "plain", "odds" or "evidence".
        strength: C, the inverse of the penalty.

    Example:
        >>> import numpy as np
        >>> from automl_kit.custom_blocks.token_linear import TokenLinear
        >>> x, ids = np.int32([[2, 3], [2, 4], [5, 3], [5, 4]]), np.array([0, 0, 1, 1])
        >>> layer = TokenLinear(2, order=1, rarest=1)
        >>> layer.build(x.shape)
        >>> layer.fit_to(x, ids, None, seed=0)
        >>> np.asarray(layer(x)).argmax(axis=1).tolist()
        [0, 0, 1, 1]
    """

    entry_dtype: ClassVar[str] = "int32"

    def __init__(
        self,
        classes: int,
        order: int = 2,
        rarest: int = 2,
        counts: str = COUNTS[0],
        scale: str = SCALES[0],
        strength: float = 100.0,
        **kwargs: Any,
    ):
        super().__init__(classes, **kwargs)
        self.order, self.rarest = order, rarest
        self.counts, self.scale, self.strength = counts, scale, strength

    def learned(
        self, x: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> Arrays:
        """Counts the n-grams and fits the models; gives the trie and its nodes' weights."""
        trie, rows, nodes = count_ngrams(x, self.order, self.rarest)
        shape = (len(x), trie.nodes)
        found = sp.csr_matrix((np.ones(len(rows)), (rows, nodes - 1)), shape=shape)
        frequencies = inverse_frequencies(found)
        features = weigh_counts(found, self.counts, frequencies)
        kernel, bias = self._fit(features, ids, weights, seed)
        values = np.zeros((trie.nodes + 2, 1 + kernel.shape[1]), "float32")
        values[1:-1, 0] = frequencies
        values[1:-1, 1:] = kernel * frequencies[:, None]
        return {**trie.arrays(), "values": values, "bias": bias.astype("float32")}

    def _fit(
        self, features: Any, ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights (features, m) and intercepts (m,) of a model a class; of two classes, of one."""
        fitted = [1] if self.classes == 2 else list(range(self.classes))
        kernel = np.zeros((features.shape[1], len(fitted)))
        bias = np.full(len(fitted), np.log(LEAST))
        for place, number in enumerate(fitted):
            inside = ids == number
            if inside.all():
                bias[place] = -np.log(LEAST)
            elif inside.any():
                scale = class_scale(features, inside, self.scale, weights)
                kept = np.flatnonzero(scale)
                model = _one_class(features, kept, scale, inside, weights, self.strength, seed)
                kernel[kept, place] = model.coef_[0] * scale[kept]
                bias[place] = model.intercept_[0]
        return kernel, bias

    def stock_model(self, arrays: Arrays, columns: int) -> keras.Model:
        """Embeddings as tables: of the trie's nodes, and of their weights."""
        ids = keras.Input((columns,), dtype="int32", name="ids")
        nodes = walk(ids, Trie.from_arrays(arrays))
        nodes, times = _distinct(nodes) if self.counts == "sublinear" else _present(nodes)
        values = table(arrays["values"])(nodes)  # (n, length, 1 + m)
        total = ops.squeeze(ops.matmul(ops.expand_dims(times, 1), values), 1)
        length = ops.sqrt(ops.sum(ops.square(times * values[..., 0]), axis=1, keepdims=True))
        margins = total[:, 1:] / ops.maximum(length, LEAST) + arrays["bias"]
        if self.classes == 2:
            margins = ops.concatenate([-margins, margins], axis=1)
        return keras.Model(ids, -ops.softplus(-margins))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("order", "rarest", "counts", "scale", "strength")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _one_class(
    features: Any,
    kept: NDArray[np.int64],
    scale: NDArray[np.float64],
    inside: NDArray[np.bool_],
    weights: NDArray[Any] | None,
    strength: float,
    seed: int,
) -> Any:
    """Logistic regression of one class against the rest, on scaled features."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=strength, solver="liblinear", dual=False, tol=_TOLERANCE, max_iter=_STEPS,
        random_state=seed,
    )  # fmt: skip
    scaled = (features if len(kept) == len(scale) else features[:, kept]) @ sp.diags(scale[kept])
    return model.fit(sp.csr_matrix(scaled), inside, sample_weight=weights)


def _present(nodes: Any) -> tuple[Any, Any]:
    """The nodes of each row once, and 1 for each, 0 where there is none."""
    nodes = ops.sort(nodes, axis=1)
    return nodes, ops.cast(ops.logical_and(nodes > 0, _is_new(nodes)), "float32")


def _distinct(nodes: Any) -> tuple[Any, Any]:
    """The nodes of each row once, and 1 + log of how often each is there, 0 for no node."""
    nodes = ops.sort(nodes, axis=1)
    width = nodes.shape[1]
    new = _is_new(nodes)
    starts = ops.sort(ops.where(new, np.arange(width, dtype="int32")[None], width), axis=1)
    ends = ops.pad(starts[:, 1:], [[0, 0], [0, 1]], constant_values=width)
    nodes = ops.take_along_axis(nodes, ops.minimum(starts, width - 1), axis=1)
    count = ops.cast(ends - starts, "float32")
    there = ops.logical_and(nodes > 0, count > 0)
    return nodes, ops.where(there, 1 + ops.log(ops.maximum(count, 1.0)), 0.0)


def _is_new(nodes: Any) -> Any:
    """Where a sorted row has another node than the place before."""
    before = ops.pad(nodes[:, :-1], [[0, 0], [1, 0]], constant_values=-1)
    return ops.not_equal(nodes, before)
