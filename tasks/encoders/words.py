"""Texts as numbers of their words, in stock Keras layers: the words' hashes, one a place.

Where letters stand for numbers c, a word of letters c_0, c_1, … has the hash Σ c_i B^i modulo
2^64. With H the sum of c_i B^i from a text's beginning, a word between two places is the
difference of H there, divided by the power of B at its start: B is odd, so that it can be divided.
"""

from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from automl_kit.tasks.encoders.letters import MOST, tables

_BASE = 0x9E3779B97F4A7C15
_MODULUS = 1 << 64


def word_hashes(ids: Any, characters: list[str], length: int) -> tuple[Any, Any]:
    """Hashes of the first words of texts.

    Args:
        ids: Keras tensor of ids of characters (n, width), 0 for padding.
        characters: What `letters.alphabet` gave; the first has the id 2.
        length: Words a text.

    Returns:
        int64 (n, length), and whether there is a word at each place, bool (n, length).
    """
    width = ids.shape[1]
    codes, counts, between = tables(characters)
    forward, inverse = powers(MOST * (width + 1))
    count = ops.take(counts, ids)
    ends = ops.cumsum(count, axis=1)
    starts = ends - count
    terms = [
        ops.take(codes[:, place], ids) * ops.take(forward, starts + place) for place in range(MOST)
    ]
    sums = ops.cumsum(terms[0] + terms[1] + terms[2], axis=1)

    # Where words may end: the first places between words, in their order.
    places = np.arange(width, dtype=np.int64)[None]
    nowhere = width
    most = min(width, 4 * length + 64)
    stops = ops.sort(ops.where(ops.take(between, ids) > 0, places, nowhere), axis=1)[:, :most]
    at = ops.minimum(stops, width - 1)
    sums, ends = (ops.take_along_axis(values, at, axis=1) for values in (sums, ends))
    sums_before, ends_before = (_shifted(values) for values in (sums, ends))
    is_word = ops.logical_and(stops < nowhere, ends > ends_before)
    hashes = (sums - sums_before) * ops.take(inverse, ends_before)

    # Words without the gaps that several spaces leave.
    order = np.arange(most, dtype=np.int64)[None]
    kept = ops.sort(ops.where(is_word, order, order + most), axis=1)[:, :length]
    is_word = kept < most
    hashes = ops.take_along_axis(hashes, ops.where(is_word, kept, kept - most), axis=1)
    missing = max(0, length - most)
    if missing:
        hashes = ops.pad(hashes, [[0, 0], [0, missing]])
        is_word = ops.pad(is_word, [[0, 0], [0, missing]])
    return hashes, is_word


def _shifted(values: Any) -> Any:
    """Each place's value is the one before; the first is 0."""
    return ops.pad(values, [[0, 0], [1, 0]])[:, :-1]


def powers(number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Powers of the base from 0, and of its inverse, modulo 2^64, as signed numbers."""
    found = []
    for factor in (_BASE, pow(_BASE, -1, _MODULUS)):
        values = np.empty(number, dtype=np.uint64)
        value = 1
        for place in range(number):
            values[place] = value
            value = value * factor % _MODULUS
        found.append(values.view(np.int64))
    return found[0], found[1]
