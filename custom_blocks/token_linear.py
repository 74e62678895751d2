"""Logistic regression on n-grams of token ids, as a layer."""

from typing import Any, ClassVar

import keras
import numpy as np
import scipy.sparse as sp
from keras import ops
from numpy.typing import NDArray

from automl_kit.custom_blocks.fitted_layer import FittedLayer
from automl_kit.custom_blocks.letter_ngrams import count_in_words
from automl_kit.custom_blocks.ngram_counts import distinct, present
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
READS = ("tokens", "letters", "both")
SHORTEST, LONGEST = 3, 5  # n-grams of letters, borders of words included
# Of 65,000 n-grams of letters in two texts of package descriptions, twice as many are in one only:
# parts of names, which are found as words.
_RAREST_OF_LETTERS = 2
_STEPS = 1_000  # of the solver at most
# Package descriptions of 14 classes, words and letters, a quarter of the training texts held out:
# log-loss .5562 in 5.5 s; .5565 in 6.5 s at .01, .582 at .1. liblinear's dual solver takes 3.6 s,
# but draws from one generator for the whole process: what it finds depends on who else fits.
_TOLERANCE = 0.03


@keras.saving.register_keras_serializable(package="automl_kit")
class TokenLinear(FittedLayer):
    """Scores of scikit-learn's `LogisticRegression` on n-grams, one class against the rest.

    An n-gram counts by how often it is in the text and in how few texts it is, texts are of unit
    length (TF-IDF), and for each class n-grams may be scaled by what they say of it; see
    `ngram_weights`. Class c has the probability σ(m_c), divided by the sum over all classes, as
    `OneVsRestClassifier` has it: with a scale of their own for each class, the features of the
    classes differ, and the multinomial model takes several times as long.

    Takes int32 ids (n, length), 0 for padding and 1 for unknown, and gives (n, classes). Behind
    the tokens there may be the letters of their words; n-grams of 3 to 5 of these, in a word and
    its borders, are told apart from those of tokens, and of unit length by themselves.

    Args:
        classes: How many classes there are.
        order: Tokens of the longest n-grams.
        rarest: In how many training texts an n-gram must be; one of letters in two at least.
        counts: How repeated n-grams count: "sublinear", 1 + log of their number, or "binary".
        scale: "plain", "odds" or "evidence".
        strength: C, the inverse of the penalty.
        reads: "tokens", "letters" or "both".
        tokens: How many columns are tokens; None for all.

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
        reads: str = READS[0],
        tokens: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(classes, **kwargs)
        self.reads, self.tokens = reads, tokens
        self.order, self.rarest = order, rarest
        self.counts, self.scale, self.strength = counts, scale, strength

    def learned(
        self, x: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> Arrays:
        """Counts the n-grams and fits the models; gives the tries and their nodes' weights."""
        counted = {name: self._count(name, x[:, columns]) for name, columns in self._parts()}
        frequencies = [inverse_frequencies(found) for _, found in counted.values()]
        features = [
            weigh_counts(found, self.counts, one)
            for (_, found), one in zip(counted.values(), frequencies, strict=True)
        ]
        kernel, bias = self._fit(sp.hstack(features, format="csr"), ids, weights, seed)
        arrays: Arrays = {"bias": bias.astype("float32")}
        ends = np.cumsum([one.shape[1] for one in features])
        for name, own, one in zip(counted, np.split(kernel, ends[:-1]), frequencies, strict=True):
            values = np.zeros((len(one) + 2, 1 + own.shape[1]), "float32")
            values[1:-1, 0] = one
            values[1:-1, 1:] = own * one[:, None]
            learned = {**counted[name][0].arrays(), "values": values}
            arrays |= {f"{name}.{key}": array for key, array in learned.items()}
        return arrays

    def _parts(self) -> list[tuple[str, slice]]:
        """What is read, and in which columns it is."""
        known = {"tokens": slice(self.tokens), "letters": slice(self.tokens, None)}
        return [(name, part) for name, part in known.items() if self.reads in (name, "both")]

    def _count(self, name: str, ids: NDArray[Any]) -> tuple[Trie, Any]:
        """The n-grams of a part, and how often each is in each text, a sparse matrix."""
        if name == "letters":
            return count_in_words(ids, SHORTEST, LONGEST, max(self.rarest, _RAREST_OF_LETTERS))
        trie, rows, nodes = count_ngrams(ids, self.order, self.rarest)
        shape = (len(ids), trie.nodes)
        return trie, sp.csr_matrix((np.ones(len(rows)), (rows, nodes - 1)), shape=shape)

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
                model = _one_class(features, scale, inside, weights, self.strength, seed)
                kernel[:, place] = model.coef_[0] * scale
                bias[place] = model.intercept_[0]
        return kernel, bias

    def stock_model(self, arrays: Arrays, columns: int) -> keras.Model:
        """Embeddings as tables: of the trie's nodes, and of their weights."""
        ids = keras.Input((columns,), dtype="int32", name="ids")
        parts = [self._margins(name, ids[:, columns], arrays) for name, columns in self._parts()]
        margins = sum(parts[1:], parts[0]) + arrays["bias"]
        if self.classes == 2:
            margins = ops.concatenate([-margins, margins], axis=1)
        return keras.Model(ids, -ops.softplus(-margins))

    def _margins(self, name: str, ids: Any, arrays: Arrays) -> Any:
        """What the n-grams of a part say of each class, (n, m)."""
        trie = Trie.from_arrays({key: arrays[f"{name}.{key}"] for key in Trie.NAMES})
        nodes = walk(ids, trie, SHORTEST if name == "letters" else 1)
        nodes, times = distinct(nodes) if self.counts == "sublinear" else present(nodes)
        values = table(arrays[f"{name}.values"])(nodes)  # (n, length, 1 + m)
        total = ops.squeeze(ops.matmul(ops.expand_dims(times, 1), values), 1)
        length = ops.sqrt(ops.sum(ops.square(times * values[..., 0]), axis=1, keepdims=True))
        return total[:, 1:] / ops.maximum(length, LEAST)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("order", "rarest", "counts", "scale", "strength", "reads", "tokens")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _one_class(
    features: Any,
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
    scaled = features.copy()
    scaled.data *= scale[scaled.indices]
    scaled.eliminate_zeros()
    return model.fit(scaled, inside, sample_weight=weights)
