"""Words counted without layers have the hashes that layers give them."""

from collections import Counter

import keras
import numpy as np

from automl_kit.tasks.encoders.letters import alphabet
from automl_kit.tasks.encoders.word_counts import common_words
from automl_kit.tasks.encoders.words import word_hashes

TEXTS = [
    "a b c d e f",
    "The naïve dog, ﬃ!",
    "the  DOG\u2028größe",
    "",
    "...",
    "cafe\u0301 café 東京",
    "a b c d e f",
]


def test_they_are_those_of_the_layers():
    characters = alphabet(TEXTS)
    text = keras.Input((1,), dtype="string")
    ids = keras.layers.TextVectorization(
        standardize=None, split="character", output_sequence_length=40, vocabulary=characters
    )(text)
    model = keras.Model(text, word_hashes(ids, characters, 2))
    hashes, there = map(np.asarray, model(keras.ops.convert_to_tensor([[t] for t in TEXTS])))
    counts = Counter(hashes[there].tolist())
    expected = sorted(counts, key=lambda word: (-counts[word], word))
    found = common_words(np.array(TEXTS, dtype=object), characters, 2, 100)
    assert found.tolist() == expected
    assert common_words(np.array(TEXTS, dtype=object), characters, 2, 3).tolist() == expected[:3]


def test_texts_without_words_have_none():
    assert not len(common_words(np.array(["", "?!"], dtype=object), alphabet(["?!"]), 4, 10))
