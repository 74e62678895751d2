"""N-grams of letters within words, against scikit-learn's."""

import keras
import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from automl_kit.custom_blocks.letter_ngrams import count_in_words
from automl_kit.custom_blocks.ngram_trie import walk

LETTERS = "abcdefghijkl"
LENGTH = 60


def texts(n=80, seed=0):
    """Words of 1 to 9 letters; the first text is empty."""
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list(LETTERS[:5]), rng.integers(1, 10))) for _ in range(40)]
    said = [" ".join(rng.choice(words, rng.integers(1, 7))) for _ in range(n)]
    return ["", *said[1:]]


def spelled(said):
    """Numbers of letters, a border before and behind every word, padding at the end."""
    ids = np.zeros((len(said), LENGTH + 2), "int32")
    for row, text in zip(ids, said, strict=True):
        numbers = [2, *(2 if one == " " else 3 + LETTERS.index(one) for one in text), 2]
        row[: len(numbers)] = numbers
    return ids


def grams_of(trie):
    """Each node's n-gram as letters."""
    grams = {int(node): (int(token),) for token, node in enumerate(trie.first) if node}
    for node in range(1, trie.nodes + 1):
        for child in range(trie.start[node], trie.start[node + 1]):
            grams[child] = (*grams[node], int(trie.token[child]))
    letters = dict(enumerate(LETTERS, start=3)) | {2: " "}
    return {node: "".join(letters[one] for one in gram) for node, gram in grams.items()}


@pytest.mark.parametrize(("shortest", "longest", "rarest"), [(3, 5, 2), (2, 4, 1), (3, 3, 4)])
def test_they_are_those_of_char_wb(shortest, longest, rarest):
    said = texts()
    of = CountVectorizer(analyzer="char_wb", ngram_range=(shortest, longest), min_df=rarest)
    expected = of.fit_transform(said).toarray()
    trie, found = count_in_words(spelled(said), shortest, longest, rarest)
    grams = grams_of(trie)
    columns = {grams[node]: node - 1 for node in grams if len(grams[node]) >= shortest}
    assert set(columns) == set(of.vocabulary_)
    order = [columns[gram] for gram in of.get_feature_names_out()]
    np.testing.assert_array_equal(found.toarray()[:, order], expected)
    assert found.sum() == expected.sum()  # Nothing is counted for beginnings.


def test_layers_find_those_of_new_texts():
    trie, _ = count_in_words(spelled(texts()), 3, 5, 2)
    grams, new = grams_of(trie), texts(seed=1)
    entry = keras.Input((LENGTH + 2,), dtype="int32")
    found = np.asarray(keras.Model(entry, walk(entry, trie, 3))(spelled(new)))
    of = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).build_analyzer()
    for text, nodes in zip(new, found, strict=True):
        expected = [gram for gram in of(text) if gram in grams.values()]
        assert sorted(grams[int(node)] for node in nodes if node) == sorted(expected)


def test_unknown_letters_part_ngrams():
    """c?d: nothing of three letters lies on one side of the unknown one."""
    trie, found = count_in_words(np.array([[2, 5, 1, 6, 2, 0], [2, 5, 6, 2, 0, 0]]), 3, 5, 1)
    assert set(grams_of(trie).values()) == {" ", " c", " cd", " cd ", "c", "cd", "cd "}
    assert not found[0].sum()


@pytest.mark.parametrize("ids", [np.zeros((2, 4)), np.full((2, 4), 2), np.ones((2, 4))])
def test_texts_without_letters_have_none(ids):
    trie, found = count_in_words(ids.astype("int32"), 3, 5, 1)
    assert trie.nodes == 0
    assert found.shape == (2, 0)
