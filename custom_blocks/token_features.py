"""What text blocks do with token ids before they look them up, in `keras.ops` only."""

from typing import Any

from keras import ops

# (PRIME - 1) * FACTOR + the largest id stays below 2**31, so that int32 never overflows,
# on which TensorFlow, ONNX and LiteRT might disagree.
PRIME = 65_521
FACTOR = 30_011


def clip_ids(ids: Any, vocabulary: int) -> Any:
    """Makes ids of `vocabulary` and above unknown; ids are in order of falling frequency."""
    return ops.where(ids < vocabulary, ids, 1)


def ngram_ids(ids: Any, order: int, vocabulary: int, buckets: int) -> Any:
    """Joins ids with those of their n-grams, hashed to vocabulary … vocabulary + buckets - 1.

    Args:
        ids: int32 (n, length), all below `vocabulary`; 0 is padding, at the end.
        order: Words of the longest n-grams; 1 gives the ids back.
        vocabulary: Where the n-grams' ids begin.
        buckets: How many ids n-grams share, at most 65,521.

    Returns:
        int32 (n, order·length - order·(order - 1)/2); n-grams that reach into padding are 0.
    """
    length = ids.shape[1]
    parts, hashed = [ids], ids
    for step in range(1, min(order, length)):
        following = ids[:, step:]
        hashed = (hashed[:, :-1] % PRIME * FACTOR + following) % PRIME
        parts.append(ops.where(following > 0, vocabulary + hashed % buckets, 0))
    return ops.concatenate(parts, axis=1) if len(parts) > 1 else ids


def distinct_ids(ids: Any) -> Any:
    """Each id of a row once, in rising order, with zeros where it was repeated: a set of ids.

    Whether a word is in a text says more about its class than how often; Wang and Manning (2012),
    section 2.2.
    """
    ids = ops.sort(ids, axis=1)
    return ops.concatenate(
        [ids[:, :1], ops.where(ops.equal(ids[:, 1:], ids[:, :-1]), 0, ids[:, 1:])], axis=1
    )


def known(ids: Any) -> Any:
    """float32 (n, length, 1), 1 where an id is neither padding nor unknown."""
    return ops.expand_dims(ops.cast(ids > 1, "float32"), -1)
