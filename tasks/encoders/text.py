"""Texts as the user has them, as one int32 matrix of token ids."""

import re
from typing import Any

import keras
import numpy as np

from automl_kit.custom_blocks.layouts import TokenLayout
from automl_kit.errors import InputError

MAX_TOKENS = 20_000
MAX_LENGTH = {"whitespace": 512, "character": 1024}

# Scripts written without spaces between words: Thai and Lao, Burmese, Khmer, kana of both widths,
# Han, those beyond the first 65,536 characters too.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003134f]"
)
_SAMPLE = 1_000


def fit_encoder(
    texts: np.ndarray, max_tokens: int = MAX_TOKENS, length: int | None = None
) -> tuple[keras.Model, TokenLayout]:
    """Makes the model that turns texts into ids of their tokens, in order of falling frequency.

    Tokens are words between spaces, in lower case (ASCII letters only: TensorFlow's strings know
    no others) and without ASCII punctuation. Where more than a third of the letters belong to
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
        TokenLayout(vocabulary_size=5, length=3)
        >>> encoder(keras.ops.convert_to_tensor([["B, d!"]])).numpy().tolist()
        [[2, 1, 0]]
    """
    split = _split_of(texts)
    if length is None:
        length = _length_of(texts, split)
    how: dict[str, Any] = {
        "standardize": "lower_and_strip_punctuation" if split == "whitespace" else "lower",
        "split": split,
        "output_sequence_length": length,
    }
    learning = keras.layers.TextVectorization(max_tokens, **how)
    learning.adapt(np.asarray(texts, dtype=object), batch_size=256)
    words = learning.get_vocabulary(include_special_tokens=False)
    if not words:
        raise InputError(
            f"The {len(texts)} training texts have no word: each is empty or punctuation only. "
            "Check that the column of texts is the right one."
        )
    # A vocabulary that was learned is saved as lines of a file, in the locale's encoding: tokens
    # with line breaks, and letters that another locale lacks, could not be read back. One that is
    # given stands in the model's JSON.
    vectorize = keras.layers.TextVectorization(vocabulary=words, name="tokens", **how)
    text = keras.Input((1,), dtype="string", name="text")
    ids = keras.ops.cast(vectorize(text), "int32")
    encoder = keras.Model(text, ids, name="text_encoder")
    return encoder, TokenLayout(int(vectorize.vocabulary_size()), length)


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
