"""N-grams of token ids, exactly: found by counting, and looked up again in stock Keras layers.

An n-gram is a node of a trie: its last token, below the node of the tokens before. Nodes are
numbered from 1, shorter n-grams first and then by parent and token, so that a node's children
stand side by side, in order of their tokens, and are found by bisection. Neither hashes nor
64-bit numbers are needed, which LiteRT and ONNX lack or handle in their own ways.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
import pandas as pd
from keras import ops
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
NO_NODE = 0
_FIRST_TOKEN = 2  # after padding and unknown
BORDER = 2  # where tokens are letters: what stands before and behind every word


@dataclass(frozen=True)
class Trie:
    """The n-grams of some texts.

    Attributes:
        first: The node of each token id by itself, (vocabulary,); 0 where it has none.
        token: The last token of each node, (nodes + 2,). The first and the last entry are no
            nodes: 0 stands for none, the last one ends every bisection.
        start: Where the children of each node begin, (nodes + 2,); those of one end where those
            of the next begin.
        depth: The order of the longest n-grams.
    """

    NAMES: ClassVar = ("first", "token", "start", "depth")

    first: Numbers
    token: Numbers
    start: Numbers
    depth: int

    @property
    def nodes(self) -> int:
        """How many n-grams there are."""
        return len(self.token) - 2

    def arrays(self) -> dict[str, Numbers]:
        """All of it, as arrays by name."""
        return {
            "first": self.first,
            "token": self.token,
            "start": self.start,
            "depth": np.array(self.depth),
        }

    @classmethod
    def of(cls, first: Numbers, token: Numbers, parent: Numbers, depth: int) -> "Trie":
        """Of nodes in their order.

        Args:
            first: The node of each token id by itself.
            token: The last token of each node, behind a 0 for none, (nodes + 1,).
            parent: The node above each node, (nodes,); 0 for the first tokens.
            depth: The order of the longest n-grams.
        """
        children = np.bincount(parent, minlength=len(token) + 1)
        roots, children[NO_NODE] = int(children[NO_NODE]), 0
        start = 1 + roots + np.concatenate([[0], np.cumsum(children)[:-1]])
        return cls(first, np.append(token, 0), start, depth)

    def parents(self) -> Numbers:
        """The node above each node, (nodes,); 0 for the first tokens."""
        nodes = np.arange(self.nodes + 2)
        below = np.repeat(nodes, np.diff(self.start, append=self.start[-1]))
        return np.concatenate([np.zeros(self.nodes - len(below), "int64"), below])

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "Trie":
        """Back from `arrays()`."""
        return cls(arrays["first"], arrays["token"], arrays["start"], int(arrays["depth"]))


def count_ngrams(ids: NDArray[Any], order: int, rarest: int) -> tuple[Trie, Numbers, Numbers]:
    """Finds the n-grams of 1 to `order` tokens that are in at least `rarest` texts.

    N-grams go neither over padding (0) nor over unknown tokens (1).

    Args:
        ids: Token ids, (n, length).
        order: Tokens of the longest n-grams.
        rarest: In how many texts an n-gram must be.

    Returns:
        The trie; and for each occurrence the row of its text and its node.

    Example:
        >>> import numpy as np
        >>> trie, rows, nodes = count_ngrams(np.array([[2, 3, 2], [2, 3, 0]]), 2, 2)
        >>> trie.nodes, list(zip(rows.tolist(), nodes.tolist()))
        (3, [(0, 1), (0, 2), (0, 1), (1, 1), (1, 2), (0, 3), (1, 3)])
    """
    flat = np.pad(np.asarray(ids, "int64"), ((0, 0), (0, 1))).ravel()
    return count_in_rows(flat, np.repeat(np.arange(len(ids)), ids.shape[1] + 1), order, rarest)


def count_in_rows(
    ids: Numbers, rows: Numbers, order: int, rarest: int
) -> tuple[Trie, Numbers, Numbers]:
    """As `count_ngrams`, of rows that stand one behind the other, each with padding at its end.

    Args:
        ids: Token ids of all rows, (d,).
        rows: The row that each belongs to, (d,).
        order: Tokens of the longest n-grams.
        rarest: In how many rows an n-gram must be.
    """
    vocabulary = max(int(ids.max(initial=0)), _FIRST_TOKEN) + 1
    first, tokens, parents = np.zeros(vocabulary, "int64"), [np.zeros(1, "int64")], []
    place = np.flatnonzero(ids >= _FIRST_TOKEN)
    above = np.zeros(len(place), "int64")
    found, nodes = [], 0
    for size in range(order):
        key, row = above * vocabulary + ids[place], rows[place]
        kept, number = _frequent(key, row, rarest)
        there = number >= 0
        row, place, above = row[there], place[there], number[there] + nodes + 1
        if not size:
            first[kept] = np.arange(1, len(kept) + 1)
        tokens.append(kept % vocabulary)
        parents.append(kept // vocabulary)
        found.append((row, above))
        nodes += len(kept)
        known = ids[place + 1] >= _FIRST_TOKEN
        place, above = place[known] + 1, above[known]
    places, numbers = (np.concatenate(parts) for parts in zip(*found, strict=True))
    trie = Trie.of(first, np.concatenate(tokens), np.concatenate(parents), order)
    return trie, places, numbers


def _frequent(key: Numbers, row: Numbers, rarest: int) -> tuple[Numbers, Numbers]:
    """Keys that are in enough rows, sorted; and the place of each key among them, -1 for none."""
    codes, distinct = pd.factorize(key)
    texts = codes
    if rarest > 1:
        width = len(distinct)
        texts = pd.unique(row * width + codes) % max(width, 1)
    enough = np.flatnonzero(np.bincount(texts, minlength=len(distinct)) >= rarest)
    enough = enough[np.argsort(distinct[enough])]
    number = np.full(len(distinct), -1, "int64")
    number[enough] = np.arange(len(enough))
    return distinct[enough], number[codes]


def walk(ids: Any, trie: Trie, shortest: int = 1) -> Any:
    """The nodes of all n-grams of texts, one after the other, 0 where one isn't in the trie.

    Args:
        ids: Keras tensor of token ids, int32 (n, length).
        trie: The n-grams.
        shortest: Tokens of the shortest n-grams that are given, at most `length`.

    Returns:
        int32 (n, length + length - 1 + …), one part for each order from the shortest.
    """
    steps = _steps(trie)
    first, children = table(trie.first[:, None]), table(_children(trie))
    # Bisection looks behind the last node, as far as its first step goes.
    token = table(np.pad(trie.token, (0, 1 << max(steps, default=0)))[:, None])
    tokens = ops.cast(ids, "float32")
    known = ops.where(ops.less(ids, len(trie.first)), ids, 0)
    node = ops.cast(first(known)[..., 0], "int32")
    parts = [node]
    for size, most in enumerate(steps[: ids.shape[1] - 1], start=1):
        range_ = ops.cast(children(node[:, :-1]), "int32")
        node = _child(token, range_[..., 0], range_[..., 1], tokens[:, size:], most)
        parts.append(node)
    parts = parts[shortest - 1 :]
    return ops.concatenate(parts, axis=1) if len(parts) > 1 else node


def _child(token: Any, begin: Any, end: Any, wanted: Any, steps: int) -> Any:
    """The node from `begin` to before `end` that has the wanted token, 0 for none.

    Few operations a step: each is paid for whenever Keras traces the network.
    """
    low = begin  # no child before it has a token above the wanted one
    for step in reversed(range(steps)):
        next_ = low + (1 << step)
        inside = ops.logical_and(ops.less(next_, end), token(next_)[..., 0] <= wanted)
        low = ops.where(inside, next_, low)
    hit = ops.logical_and(ops.less(low, end), ops.equal(token(low)[..., 0], wanted))
    return ops.where(hit, low, NO_NODE)


def _children(trie: Trie) -> Numbers:
    """Where the children of each node begin and end, (nodes + 2, 2); none has none."""
    ends = np.append(trie.start[1:], trie.start[-1])
    ranges = np.stack([trie.start, ends], axis=1)
    ranges[NO_NODE] = 0
    return ranges


def _steps(trie: Trie) -> list[int]:
    """For each order but the first, the steps of a bisection among the most siblings."""
    steps, ranges = [], _children(trie)
    begin, end = 1, 1 + int(trie.first.max(initial=0))
    for _ in range(1, trie.depth):
        sizes = ranges[begin:end, 1] - ranges[begin:end, 0]
        steps.append(int(sizes.max(initial=0)).bit_length())
        begin, end = end, int(trie.start[end])
    return steps


def table(rows: NDArray[Any]) -> keras.layers.Embedding:
    """Rows of a table by their numbers; float32 holds whole numbers below 2**24."""
    layer = keras.layers.Embedding(*rows.shape, embeddings_initializer="zeros", trainable=False)
    layer.build(None)
    layer.set_weights([rows.astype("float32")])
    return layer
