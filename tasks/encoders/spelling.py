"""Texts as the letters of their words, in stock Keras layers."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from automl_kit.custom_blocks.ngram_trie import BORDER
from automl_kit.tasks.encoders.letters import UNKNOWN, folded

_NOTHING = 0


def letter_numbers(texts: Iterable[str], characters: list[str]) -> NDArray[np.int64]:
    """The number of the letter that each character is.

    Capitals, widths and accents make no difference, and punctuation is dropped, as in words. A
    character that stands for several letters, such as "ß", is one of its own.

    Args:
        texts: Training texts; letters that aren't in them are unknown.
        characters: What `letters.alphabet` gave; the first has the id 2.

    Returns:
        A number for each id of a character, (k + 2,): 0 for what is dropped, 1 for unknown
        letters, 2 between words, then letters in order of falling frequency.
    """
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(text)
    counts: Counter[str] = Counter()
    for character, number in seen.items():
        counts[_letter(character)] += number
    known = sorted(set(counts) - {"", " "}, key=lambda letter: (-counts[letter], letter))
    numbers = {"": _NOTHING, " ": BORDER}
    numbers |= {letter: number for number, letter in enumerate(known, start=BORDER + 1)}
    found = [numbers.get(_letter(character), UNKNOWN) for character in characters]
    return np.array([_NOTHING, UNKNOWN, *found], dtype=np.int64)


def spelled(ids: Any, numbers: NDArray[np.int64], length: int) -> Any:
    """The letters of texts, with a border before and behind every word.

    Args:
        ids: Keras tensor of ids of characters, (n, at least `length`), 0 for padding.
        numbers: What `letter_numbers` gave.
        length: Characters a text that are read.

    Returns:
        Numbers of letters (n, length + 2), 0 behind the last border.
    """
    found = ops.take(numbers, ids[:, :length])
    places = np.arange(length, dtype=np.int64)[None]
    kept = ops.sort(ops.where(found > 0, places, places + length), axis=1)
    there = kept < length
    found = ops.take_along_axis(found, ops.where(there, kept, kept - length), axis=1)
    found = ops.pad(ops.where(there, found, _NOTHING), [[0, 0], [1, 0]], constant_values=BORDER)
    found = ops.pad(found, [[0, 0], [0, 1]])
    before = ops.pad(found[:, :-1], [[0, 0], [1, 0]])
    is_end = ops.logical_and(ops.equal(found, _NOTHING), before > 0)
    return ops.where(is_end, BORDER, found)


def _letter(character: str) -> str:
    """Small and without marks; " " between words, "" for what is dropped."""
    return "".join(one for one in folded(character) if not unicodedata.combining(one))
