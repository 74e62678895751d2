"""Words of every script are the same words, however they are written."""

import unicodedata

import keras
import numpy as np
import pytest

from automl_kit.tasks.encoders.letters import alphabet, folded, one_letter
from automl_kit.tasks.encoders.text import fit_encoder
from automl_kit.tasks.encoders.words import word_hashes

BASE, MODULUS = 0x9E3779B97F4A7C15, 1 << 64


def ids(encoder, text):
    return np.asarray(encoder(keras.ops.convert_to_tensor([[text]])))[0].tolist()


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("αθηνα οδος", "ΑΘΗΝΑ ΟΔΟΣ"),
        ("straße grün", "STRASSE GRÜN"),
        ("hello world", "ＨＥＬＬＯ　ｗｏｒｌｄ"),
        ("naïve café", unicodedata.normalize("NFD", "naïve café")),
        (unicodedata.normalize("NFD", "naïve café"), "NAÏVE CAFÉ"),
        ("привет мир", "«Привет, мир!»"),
        ("good film", "‘good’ — film…"),
        ("good film", "good\u2003film\u2029"),
        ("good film", "go\u00adod \u200bfilm\ufeff"),
        ("شكرا جزيلا", "شكرا، جزيلا؟"),
        ("अच्छी फ़िल्म", "अच्छी फ़िल्म।"),
        ("한국 영화", unicodedata.normalize("NFD", "한국 영화")),
        ("office", "oﬃce"),
    ],
)
def test_words(text, other):
    encoder, _ = fit_encoder(np.array([text, "x y"], dtype=object))
    found = ids(encoder, text)
    assert found[0] > 1
    assert ids(encoder, other) == found


@pytest.mark.parametrize(
    ("text", "other"),
    [("映画です", "映画 です"), ("アニメ", "ｱﾆﾒ"), ("ＡＢ型です", "ab型です"), ("了。", "了｡")],
)
def test_characters(text, other):
    encoder, _ = fit_encoder(np.array([text, text, "映画を見た", "日 本"], dtype=object))
    left, right = ids(encoder, text), ids(encoder, other)
    space = ids(encoder, " ")[0]
    left, right = ([one for one in row if one not in (0, space)] for row in (left, right))
    assert left == right


@pytest.mark.parametrize(
    ("text", "other"),
    [("resume", "résumé"), ("カ", "ガ"), ("no", "n o"), ("ab", "ba"), ("a", "aa")],
)
def test_what_is_another_word_stays_one(text, other):
    encoder, _ = fit_encoder(np.array([text, other], dtype=object))
    assert ids(encoder, text) != ids(encoder, other)
    assert 1 not in ids(encoder, other)


def test_a_words_hash_is_the_sum_of_its_letters_times_powers_of_the_base():
    characters = alphabet(["ab c"])
    text = keras.Input((1,), dtype="string")
    read = keras.layers.TextVectorization(
        standardize=None, split="character", output_sequence_length=21, vocabulary=characters
    )(text)
    model = keras.Model(text, word_hashes(read, characters, 3))
    hashes, there = model(keras.ops.convert_to_tensor([["  b, ß  ab "]]))
    words = ["b", "ss", "ab"]
    expected = [
        sum((2 + ord(letter)) * BASE**place for place, letter in enumerate(word)) % MODULUS
        for word in words
    ]
    assert np.asarray(there).tolist() == [[True] * 3]
    assert np.asarray(hashes).astype("uint64").tolist() == [expected]


def test_as_many_words_as_there_are_wherever_they_stand():
    generator = np.random.default_rng(0)
    words = [f"w{number}" for number in range(50)]
    texts = [
        "".join(
            generator.choice([" ", "  ", "\n\t", " — "]) + word
            for word in generator.choice(words, generator.integers(1, 30))
        )
        for _ in range(40)
    ]
    encoder, layout = fit_encoder(np.array(texts, dtype=object), length=20)
    number = {}
    for text in texts:
        split = text.replace("—", " ").split()[:20]
        found = ids(encoder, text)
        assert sum(one > 0 for one in found) == len(split)
        for word, one in zip(split, found, strict=False):
            assert number.setdefault(word, one) == one
    assert len(set(number.values())) == len(number) == layout.vocabulary_size - 2


@pytest.mark.parametrize("character", ["a", "A", "ß", "é", "…", "—", "\u00a0", "가", "ｶ", "😀"])
def test_folding_twice_is_folding_once(character):
    once = folded(character)
    assert "".join(folded(letter) for letter in once) == once
    assert one_letter(one_letter(character)) == one_letter(character)
