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
from automl_kit.tasks.encoders.spelling import letter_numbers, spelled
from automl_kit.tasks.encoders.word_counts import common_words
from automl_kit.tasks.encoders.words import word_hashes

MAX_TOKENS = 20_000
MAX_LENGTH = {"whitespace": 512, "character": 1024, "letters": 2048}
_WHOLE = {"whitespace": 98, "character": 98, "letters": 90}  # percent of the training texts

# Scripts written without spaces between words: Thai and Lao, Burmese, Khmer, kana of both widths,
# Han, those beyond the first 65,536 characters too.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003134f]"
)
_SAMPLE = 1_000


def fit_encoder(
    texts: np.ndarray,
    max_tokens: int = MAX_TOKENS,
    length: int | None = None,
    letters: bool = False,
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
        letters: Whether words are spelled too, behind the tokens; see `spelled`. As many
            characters are read as hold 90 % of the texts whole, at most 2,048.

    Returns:
        The encoder, a Keras model of stock layers with one string input "text" of shape (n, 1),
        which gives int32 ids (n, length + letters): 0 padding, 1 unknown. And the ids' layout.

    Raises:
        InputError: There are no texts, or none has a token.

    Example:
        >>> import keras, numpy as np
        >>> encoder, layout = fit_encoder(np.array(["a b b", "b c"], dtype=object))
        >>> layout
        TokenLayout(vocabulary_size=5, length=3, characters=False, letters=0)
        >>> encoder(keras.ops.convert_to_tensor([["B, d!"]])).numpy().tolist()
        [[2, 1, 0]]
    """
    split = _split_of(texts)
    if length is None:
        length = _length_of(texts, split)
    text = keras.Input((1,), dtype="string", name="text")
    characters = alphabet(texts)
    width = length if split == "character" else _width_of(texts, length) + 1
    ids = keras.layers.TextVectorization(
        standardize=None, split="character", output_sequence_length=width,
        vocabulary=characters, name="characters",
    )(text)  # fmt: skip
    tokenize = _words if split == "whitespace" else _letters
    parts, tokens = tokenize(ids, texts, characters, max_tokens - 2, length)
    if not tokens:
        raise InputError(
            f"The {len(texts)} training texts have no word: each is empty or punctuation only. "
            "Check that the column of texts is the right one."
        )
    spelling = []
    if letters and split == "whitespace":
        longest = min(width, _length_of(texts, "letters"))
        spelling = [spelled(ids, letter_numbers(texts, characters), longest)]
    encoded = keras.ops.concatenate([parts, *spelling], axis=1) if spelling else parts
    encoder = keras.Model(text, keras.ops.cast(encoded, "int32"), name="text_encoder")
    columns = sum(part.shape[1] for part in spelling)
    return encoder, TokenLayout(tokens + 2, length, split == "character", columns)


def _words(
    ids: Any, texts: np.ndarray, characters: list[str], most: int, length: int
) -> tuple[Any, int]:
    """Ids of words (n, length), and how many there are."""
    hashes, is_word = word_hashes(ids, characters, length)
    common = common_words(texts, characters, length, most)
    if not len(common):
        return hashes, 0
    known = keras.layers.IntegerLookup(vocabulary=common, name="tokens")
    return keras.ops.where(is_word, known(hashes) + 1, 0), len(common)


def _letters(
    ids: Any, texts: np.ndarray, characters: list[str], most: int, length: int
) -> tuple[Any, int]:
    """Ids of characters (n, length), and how many there are."""
    counts = Counter(one_letter(character) for one in texts for character in one)
    common = sorted(counts, key=lambda letter: (-counts[letter], letter))[:most]
    number = {letter: place for place, letter in enumerate(common, start=2)}
    known = [number.get(one_letter(character), UNKNOWN) for character in characters]
    return keras.ops.take(np.array([PADDING, UNKNOWN, *known], dtype=np.int64), ids), len(common)


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
    whole = np.percentile(counts, _WHOLE[split])
    return int(np.clip(np.ceil(whole), 1, MAX_LENGTH[split]))
