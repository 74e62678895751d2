"""Texts as the user has them, as one int32 matrix of token ids."""

import itertools
import re
from collections import Counter
from typing import Any

import keras
import numpy as np

from automl_kit.custom_blocks.layouts import TokenLayout
from automl_kit.errors import InputError
from automl_kit.tasks.encoders.letters import PADDING, UNKNOWN, alphabet, one_letter
from automl_kit.tasks.encoders.words import word_hashes

MAX_TOKENS = 20_000
MAX_LENGTH = {"whitespace": 512, "character": 1024}

# Scripts written without spaces between words: Thai and Lao, Burmese, Khmer, kana of both widths,
# Han, those beyond the first 65,536 characters too.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003134f]"
)
_SAMPLE = 1_000
_BATCH = 256


def fit_encoder(
    texts: np.ndarray, max_tokens: int = MAX_TOKENS, length: int | None = None
) -> tuple[keras.Model, TokenLayout]:
    """Makes the model that turns texts into ids of their tokens, in order of falling frequency.

    Tokens are words between spaces, without punctuation and whatever their capitals, widths and
    spaces, in every script; see `letters`. Where more than a third of the letters belong to
    scripts that write no spaces, such as Japanese, tokens are single characters.

    Args:
        texts: Training texts, (n,) strings.
        max_tokens: Ids at most, padding and unknown included.
        length: Tokens a text; shorter ones are padded with 0, longer ones cut. None for what
            holds 98 % of the training texts whole, at most 512 words or 1024 characters.

    Returns:
        The encoder, a Keras model of stock layers with one string input "text" of shape (n, 1),
        which gives int32 ids (n, length): 0 padding, 1 unknown. And the ids' layout.

    Raises:
        InputError: There are no texts, or none has a token.

    Example:
        >>> import keras, numpy as np
        >>> encoder, layout = fit_encoder(np.array(["a b b", "b c"], dtype=object))
        >>> layout
        TokenLayout(vocabulary_size=5, length=3, characters=False)
        >>> encoder(keras.ops.convert_to_tensor([["B, d!"]])).numpy().tolist()
        [[2, 1, 0]]
    """
    split = _split_of(texts)
    if length is None:
        length = _length_of(texts, split)
    text = keras.Input((1,), dtype="string", name="text")
    tokenize = _words if split == "whitespace" else _letters
    ids, tokens = tokenize(text, texts, alphabet(texts), max_tokens - 2, length)
    if not tokens:
        raise InputError(
            f"The {len(texts)} training texts have no word: each is empty or punctuation only. "
            "Check that the column of texts is the right one."
        )
    encoder = keras.Model(text, keras.ops.cast(ids, "int32"), name="text_encoder")
    return encoder, TokenLayout(tokens + 2, length, split == "character")


def _words(
    text: Any, texts: np.ndarray, characters: list[str], most: int, length: int
) -> tuple[Any, int]:
    """Ids of words (n, length), and how many there are."""
    hashes, is_word = word_hashes(text, characters, length, _width_of(texts, length))
    read = keras.Model(text, [hashes, is_word])
    counts: Counter[int] = Counter()
    for start in range(0, len(texts), _BATCH):
        found, there = read(_column(texts[start : start + _BATCH]))
        counts.update(np.asarray(found)[np.asarray(there)].tolist())
    common = sorted(counts, key=lambda word: (-counts[word], word))[:most]
    if not common:
        return hashes, 0
    known = keras.layers.IntegerLookup(vocabulary=np.array(common, dtype=np.int64), name="tokens")
    return keras.ops.where(is_word, known(hashes) + 1, 0), len(common)


def _letters(
    text: Any, texts: np.ndarray, characters: list[str], most: int, length: int
) -> tuple[Any, int]:
    """Ids of characters (n, length), and how many there are."""
    counts = Counter(one_letter(character) for one in texts for character in one)
    common = sorted(counts, key=lambda letter: (-counts[letter], letter))[:most]
    number = {letter: place for place, letter in enumerate(common, start=2)}
    known = [number.get(one_letter(character), UNKNOWN) for character in characters]
    ids = keras.layers.TextVectorization(
        standardize=None, split="character", output_sequence_length=length,
        vocabulary=characters, name="characters",
    )(text)  # fmt: skip
    return keras.ops.take(np.array([PADDING, UNKNOWN, *known], dtype=np.int64), ids), len(common)


def _column(texts: np.ndarray) -> Any:
    return keras.ops.convert_to_tensor([[text] for text in texts.tolist()], dtype="string")


def _width_of(texts: np.ndarray, length: int) -> int:
    """Characters that hold the first `length` words of every text; a bound for odd ones."""
    ends = (_end_of(text, length) for text in texts)
    return min(2 * max(ends, default=1) + 64, 20 * length + 100)


def _end_of(text: str, words: int) -> int:
    """Where the last of the first words of a text ends."""
    found = itertools.islice(re.finditer(r"\S+", text), words)
    return max((match.end() for match in found), default=1)


def _split_of(texts: np.ndarray) -> str:
    """How texts fall into tokens, by the scripts of up to 1,000 of them, evenly spaced."""
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    letters = sum(character.isalpha() for text in sample for character in text)
    unspaced = sum(len(_UNSPACED.findall(text)) for text in sample)
    return "character" if unspaced > letters / 3 else "whitespace"


def _length_of(texts: np.ndarray, split: str) -> int:
    counts: list[Any] = [len(text.split() if split == "whitespace" else text) for text in texts]
    if not counts:
        raise InputError("There are no training texts; expected at least one.")
    return int(np.clip(np.ceil(np.percentile(counts, 98)), 1, MAX_LENGTH[split]))
