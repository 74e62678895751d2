"""Which characters are the same letters: capitals, widths, accents, punctuation of every script.

A model's file holds stock layers alone, and those know ASCII letters only. So it reads characters,
by a list of all that may be met, and tables of what each stands for.
"""

import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

PADDING, UNKNOWN = 0, 1  # ids of characters before those of the list
MOST = 3  # letters that a character may stand for, as "ﬃ" does
_ASCII_MARKS = set("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'")
# ASCII, accented Latin, ligatures, both widths.
_FORMS = [(0x20, 0x7F), (0xA0, 0x180), (0xFB00, 0xFB07), (0xFF01, 0xFFEF)]
_LAST = 0x10000  # Punctuation beyond it belongs to scripts of the past.


def folded(character: str) -> str:
    """The letters that a character stands for; " " between words, "" for what is dropped.

    Letters are small, decomposed (NFKD), and of one width. Punctuation is dropped, and so are
    marks that nobody sees.

    Example:
        >>> [folded(character) for character in "ＡßK…"]
        ['a', 'ss', 'k', '']
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    kept = "".join(" " if letter.isspace() else letter for letter in plain if not _is_mark(letter))
    if " " in kept or character.isspace():
        return " "
    return kept if len(kept) <= MOST else character


def one_letter(character: str) -> str:
    """The single letter that a character is, where it is one: small, and of one width."""
    plain = unicodedata.normalize("NFKC", character).casefold()
    plain = unicodedata.normalize("NFKC", plain)
    return " " if character.isspace() else plain if len(plain) == 1 else character


def alphabet(texts: Iterable[str]) -> list[str]:
    """Characters of texts, and those that they could be written as elsewhere, sorted."""
    seen = set().union(*texts)
    letters = {letter for character in seen for letter in folded(character) or character}
    other = {form for one in seen | letters for form in (one.upper(), one.lower(), one.title())}
    known = seen | letters | {form for form in other if len(form) == 1}
    marks = [letter for letter in known if unicodedata.combining(letter)]
    for base in list(known):
        known |= {unicodedata.normalize("NFC", base + mark) for mark in marks}
    known = {character for character in known if len(character) == 1} | _always()
    return sorted(character for character in known if character != "\0")


def tables(characters: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """What ids of characters stand for.

    Args:
        characters: The list; its first has the id 2.

    Returns:
        Codes of the letters (k, MOST), 0 for none; how many letters each is, (k,); and 1 for what
        stands between words, (k,), the padding too.
    """
    codes = np.zeros((len(characters) + 2, MOST), dtype=np.int64)
    between = np.zeros(len(characters) + 2, dtype=np.int64)
    codes[UNKNOWN, 0], between[PADDING] = 1, 1
    for number, character in enumerate(characters, start=2):
        letters = folded(character)
        between[number] = letters == " "
        for place, letter in enumerate("" if letters == " " else letters):
            codes[number, place] = 2 + ord(letter)
    return codes, (codes > 0).sum(axis=1), between


def _always() -> set[str]:
    """What may stand around any word: punctuation and spaces of every script, and usual forms."""
    around = (chr(code) for code in range(1, _LAST) if not 0xD800 <= code < 0xE000)
    kept = {letter for letter in around if letter.isspace() or _is_mark(letter)}
    return kept | {chr(code) for first, end in _FORMS for code in range(first, end)}


def _is_mark(letter: str) -> bool:
    category = unicodedata.category(letter)
    unseen = category in ("Cc", "Cf") and not letter.isspace()
    return letter in _ASCII_MARKS or category.startswith("P") or unseen
