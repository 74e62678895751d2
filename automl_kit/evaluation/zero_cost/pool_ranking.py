"""A random pool ranked by zero-cost scores: where a search may start."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost.ranks import log_rank
from automl_kit.evaluation.zero_cost.scores import DEFAULT_SCORES
from automl_kit.evaluation.zero_cost.vectors import ScoreVectors, score_vectors
from automl_kit.oracles.space import Space

_TRIES = 20  # draws for a member that wasn't drawn yet


@dataclass(frozen=True)
class PoolRanking:
    """The members of a pool, best first; those that can't be scored last.

    Attributes:
        names: The scores.
        members: Hyperparameters, each a dictionary name → value; of graphs those of their blocks.
        scores: (members, scores), NaN where one can't be had.
        log_ranks: (members,), see `log_rank`.
    """

    names: tuple[str, ...]
    members: tuple[dict[str, Any], ...]
    scores: NDArray[np.float64]
    log_ranks: NDArray[np.float64]

    def best(self, number: int) -> list[dict[str, Any]]:
        """The first so many that have scores: `initial_hps` of a search."""
        known = zip(self.members, self.scores, strict=True)
        return [dict(values) for values, row in known if not np.isnan(row).any()][:number]


def rank_pool(
    hypermodel: Any,
    x: Any,
    y: Any = None,
    size: int = 100,
    *,
    scores: Sequence[str] = DEFAULT_SCORES,
    batch: int = 64,
    seed: int = 0,
) -> PoolRanking:
    """Ranks random members of a space by what their untrained networks promise.

    Args:
        hypermodel: As `score_vectors` takes it, as are the arguments not named here.
        x: Training inputs.
        y: Their targets.
        size: Members to draw, each other ones; fewer where the space has no more.
        scores: Names of scores; their log-rank counts.
        batch: Rows by which networks are scored.
        seed: Of the members too.

    Raises:
        InputError: If none of them can be scored.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from automl_kit.evaluation.zero_cost import rank_pool
        >>> def build(hp):
        ...     width = hp.Int("width", 1, 9)
        ...     return keras.Sequential([keras.Input((3,)), keras.layers.Dense(width)])
        >>> ranking = rank_pool(build, np.eye(3), size=5, scores=("parameters",))
        >>> first, second = ranking.best(2)  # as initial_hps=…
        >>> first["width"] > second["width"]
        True
    """
    found = score_vectors(hypermodel, x, y, scores=scores, batch=batch, seed=seed)
    return ranked(found, draw(lambda: found.space, size, seed, found.key))


def draw(
    space: Callable[[], Space],
    size: int,
    seed: int,
    key: Callable[[Mapping[str, Any]], Hashable] | None = None,
) -> Iterator[dict[str, Any]]:
    """Random members of a space, no two of one key.

    Args:
        space: Gives the space, which may grow from draw to draw.
        size: How many at most.
        seed: Of the draws.
        key: What tells members apart; None for their hyperparameters.
    """
    rng, seen = np.random.default_rng(seed), set()
    for _ in range(size):
        known = space()
        for _ in range(_TRIES):
            values = dict(known.sample(rng))
            name = known.key(values) if key is None else key(values)
            if name not in seen:
                seen.add(name)
                yield values
                break


def ranked(vectors: ScoreVectors, members: Iterator[dict[str, Any]]) -> PoolRanking:
    """Scores members and ranks them.

    Raises:
        InputError: If none of them can be scored.
    """
    scored = [(values, vectors(values)) for values in members]
    if not scored or all(np.isnan(row).any() for _, row in scored):
        reason = next(iter(vectors.failures.values()), "there are none")
        raise InputError(
            f"None of {len(scored)} random members could be scored by {', '.join(vectors.names)}: "
            f"{reason}"
        )
    # A member of a space that grew has by now what was found after it.
    values = [vectors.completed(member) for member, _ in scored]
    scores = np.stack([row for _, row in scored])
    ranks = log_rank(scores)
    order = np.argsort(-ranks, kind="stable")
    return PoolRanking(
        vectors.names, tuple(values[place] for place in order), scores[order], ranks[order]
    )
