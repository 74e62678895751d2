"""N-grams counted and looked up again, against counting by hand."""

from collections import Counter

import keras
import numpy as np
import pytest

from automl_kit.custom_blocks.ngram_trie import Trie, count_ngrams, walk


def texts(n=200, length=20, words=40, seed=0):
    """Token ids with a few unknown ones among them, and padding behind; the first text is empty."""
    rng = np.random.default_rng(seed)
    ids = np.minimum(rng.zipf(1.4, (n, length)), words).astype("int32")
    ids[np.arange(length) >= rng.integers(1, length + 1, (n, 1))] = 0
    ids[0] = 0
    return ids


def by_hand(row, order):
    """All n-grams of a text that hold neither padding nor unknown tokens, as tuples."""
    places = [(at, size) for size in range(1, order + 1) for at in range(len(row) - size + 1)]
    grams = [tuple(row[at : at + size]) for at, size in places]
    return [gram for gram in grams if min(gram) > 1]


def grams_of(trie: Trie) -> dict[int, tuple[int, ...]]:
    """Each node's n-gram, read from its parents."""
    grams = {int(node): (int(token),) for token, node in enumerate(trie.first) if node}
    for node in range(1, trie.nodes + 1):
        for child in range(trie.start[node], trie.start[node + 1]):
            grams[child] = (*grams[node], int(trie.token[child]))
    return grams


def nodes_of(trie: Trie, ids):
    entry = keras.Input(ids.shape[1:], dtype="int32")
    return np.asarray(keras.Model(entry, walk(entry, trie))(ids))


@pytest.mark.parametrize(("order", "rarest"), [(1, 1), (2, 1), (2, 3), (4, 2)])
def test_ngrams_are_those_that_enough_texts_have(order, rarest):
    ids = texts()
    trie, rows, nodes = count_ngrams(ids, order, rarest)
    complete = [by_hand(row.tolist(), order) for row in ids]
    frequency = Counter(gram for grams in complete for gram in set(grams))
    grams = grams_of(trie)
    assert set(grams.values()) == {gram for gram, n in frequency.items() if n >= rarest}
    found = Counter((row, grams[node]) for row, node in zip(rows, nodes, strict=True))
    expected = Counter(
        (row, gram) for row, of_row in enumerate(complete) for gram in of_row
        if frequency[gram] >= rarest
    )  # fmt: skip
    assert found == expected


@pytest.mark.parametrize(("order", "rarest"), [(1, 2), (3, 1), (3, 2)])
def test_layers_find_the_nodes_of_new_texts(order, rarest):
    trie, *_ = count_ngrams(texts(seed=0), order, rarest)
    numbers = {gram: node for node, gram in grams_of(trie).items()}
    new = texts(seed=1, words=60)  # with tokens that no training text has
    found = nodes_of(trie, new)
    assert found.dtype == np.int32
    for row, nodes in zip(new.tolist(), found, strict=True):
        expected = [numbers[gram] for gram in by_hand(row, order) if gram in numbers]
        assert sorted(nodes[nodes > 0].tolist()) == sorted(expected)


def test_texts_without_a_known_token_have_no_node():
    for ids in (np.zeros((3, 4), "int32"), np.ones((3, 4), "int32")):
        trie, rows, _ = count_ngrams(ids, 2, 1)
        assert trie.nodes == len(rows) == 0
        assert not nodes_of(trie, texts(5, 4)).any()


def test_a_trie_survives_as_arrays():
    trie, *_ = count_ngrams(texts(), 2, 2)
    back = Trie.from_arrays(trie.arrays())
    np.testing.assert_array_equal(nodes_of(back, texts(seed=1)), nodes_of(trie, texts(seed=1)))
