"""What an encoder tells the blocks about the tensor that it makes.

A layout is a small value, JSON-able with `dataclasses.asdict`, that an input
node carries from the task to the blocks. No TensorFlow here.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TableLayout:
    """How an encoded table lies in its one float32 matrix.

    The matrix has shape (n, numeric + len(cardinalities)): first standardised
    numbers without NaN, then the ids of categories as floats.

    Attributes:
        numeric: How many leading columns are numbers.
        cardinalities: How many ids each category column has, 0 (unseen) included.
        edges: Increasing quantile edges of each numeric column, in the units of
            the encoded matrix; empty where a column has none.
    """

    numeric: int
    cardinalities: tuple[int, ...] = ()
    edges: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TableLayout":
        """Builds the layout from what `dataclasses.asdict` gave, or from its JSON."""
        return cls(
            numeric=int(config["numeric"]),
            cardinalities=tuple(int(size) for size in config["cardinalities"]),
            edges=tuple(tuple(float(edge) for edge in column) for column in config["edges"]),
        )


@dataclass(frozen=True)
class TokenLayout:
    """How encoded texts lie in their int32 matrix of shape (n, length + letters).

    Ids are in order of falling frequency: 0 is padding, 1 an unknown token. Letters have numbers
    of their own: 0 and 1 as tokens, 2 for what stands before and behind every word.

    Attributes:
        vocabulary_size: How many ids there are, padding and unknown included.
        length: Tokens a text, padded or cut.
        characters: Whether tokens are single characters, not words.
        letters: Columns behind those of the tokens that spell the words; 0 where there are none.
    """

    vocabulary_size: int
    length: int
    characters: bool = False
    letters: int = 0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TokenLayout":
        """Builds the layout from what `dataclasses.asdict` gave, or from its JSON."""
        characters, letters = bool(config.get("characters", False)), int(config.get("letters", 0))
        return cls(int(config["vocabulary_size"]), int(config["length"]), characters, letters)
