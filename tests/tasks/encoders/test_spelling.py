"""Letters of words, behind the ids of words."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.feature_extraction.text import CountVectorizer

from automl_kit.custom_blocks.letter_ngrams import count_in_words
from automl_kit.tasks.encoders.text import fit_encoder

TEXTS = ["the cat sat", "the cat the dog", "a dog", "the end"]


def letters_of(encoder, layout, texts):
    ids = np.asarray(encoder(tf.constant(texts)[:, None]))
    assert ids.shape == (len(texts), layout.length + layout.letters)
    return ids[:, layout.length :]


def fitted(texts):
    return fit_encoder(np.array(texts, dtype=object), letters=True)


def test_words_stand_between_borders():
    encoder, layout = fitted(TEXTS)
    (found,) = letters_of(encoder, layout, ["Cat, a!"])
    cat, a = found[1:4].tolist(), found[5]
    assert found[:7].tolist() == [2, *cat, 2, a, 2]
    assert cat[1] == a > 2
    assert not found[7:].any()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Café", "cafe"), ("Cafe\u0301", "cafe"), ("ｃａｔ", "cat"), ("c-a.t", "cat")],
)
def test_same_letters_are_the_same(one, other):
    encoder, layout = fitted([*TEXTS, "café"])
    first, second = letters_of(encoder, layout, [one, other])
    np.testing.assert_array_equal(first, second)


def test_letters_that_training_has_not_are_unknown():
    encoder, layout = fitted(TEXTS)
    (found,) = letters_of(encoder, layout, ["czt"])
    assert (found[:5] == 1).tolist() == [False, False, True, False, False]


def test_their_ngrams_are_those_of_scikit_learn():
    encoder, layout = fit_encoder(np.array(TEXTS * 5, dtype=object), letters=True)
    assert layout.letters == max(map(len, TEXTS)) + 2
    _, found = count_in_words(letters_of(encoder, layout, TEXTS), 3, 5, 1)
    expected = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(TEXTS)
    np.testing.assert_array_equal(found.sum(axis=1), expected.sum(axis=1))


def test_texts_read_by_character_are_not_spelled():
    encoder, layout = fitted(["東京は日本の首都です", "日本"])
    assert layout.letters == 0
    assert encoder.output_shape == (None, layout.length)


def test_a_saved_file_spells_the_same(tmp_path):
    encoder, layout = fitted(TEXTS)
    encoder.save(tmp_path / "m.keras")
    back = keras.models.load_model(tmp_path / "m.keras")
    texts = ["the naïve dog", ""]
    np.testing.assert_array_equal(
        letters_of(back, layout, texts), letters_of(encoder, layout, texts)
    )
