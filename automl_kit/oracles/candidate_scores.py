"""Scores of members that nobody trained, such as zero-cost ones: a start, a model's columns."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl_kit.errors import InputError
from automl_kit.oracles.dimensions import Genes, Values
from automl_kit.oracles.distances import Array, Distance, GroupDistance, JoinedDistance
from automl_kit.oracles.encodings import Encoding
from automl_kit.oracles.space import Space


@dataclass(frozen=True)
class CandidateScores:
    """Scores that are cheap beside a training, and how a search uses them.

    A pool of random members is scored first. The search begins with its best by one score; then
    the model of the trials sees all scores, each as its place in the pool, and chooses among the
    pool and the neighbours and children of good trials, which are scored when they come up.

    Attributes:
        score: Gives the scores of hyperparameters, name → value; None for what isn't worth a trial.
        start: Which score ranks the first trials; higher is better.
        first: How many trials begin the search by it.
        pool: How many members are scored first.

    Raises:
        InputError: If a number is below 1, or `start` below 0.
    """

    score: Callable[[Mapping[str, Any]], Sequence[float] | None]
    start: int = 0
    first: int = 20
    pool: int = 2000

    def __post_init__(self) -> None:
        if self.first < 1 or self.pool < 1 or self.start < 0:
            raise InputError(
                "Expected first and pool from 1 and start from 0; got "
                f"first={self.first}, pool={self.pool}, start={self.start}."
            )


class ScoredPool:
    """Random members of a space with their scores.

    Args:
        given: How members are scored, and how many.
        space: The space.
        key: What tells networks apart; each is in the pool once.
        rng: By which members are drawn.

    Attributes:
        rows: The members (n, dimensions), best first.

    Raises:
        InputError: If no member that was drawn has scores, or not all have as many.
    """

    def __init__(
        self,
        given: CandidateScores,
        space: Space,
        key: Callable[[Values], Hashable],
        rng: np.random.Generator,
    ):
        self._given, self._space, self._key = given, space, key
        self._known: dict[Hashable, Sequence[float] | None] = {}
        self._by_row: dict[bytes, Sequence[float] | None] = {}
        drawn = space.sample_rows(2 * given.pool, rng)
        different = {key(space.decode(row)): row for row in drawn[::-1]}
        rows = np.stack(list(different.values())[: given.pool])
        has_scores, scores = self._scores(rows)
        if not has_scores.any() or scores.shape[1] <= given.start:
            raise InputError(
                f"Expected scores of members, {given.start + 1} or more; got "
                f"{scores.shape[1] if has_scores.any() else 'none'} of {len(rows)} members."
            )
        order = np.argsort(-scores[:, given.start], kind="stable")
        self.rows: Genes = rows[has_scores][order]
        self._sorted = np.sort(scores, axis=0)

    @property
    def scored(self) -> int:
        """How many networks were scored so far."""
        return len(self._known)

    def places(self, rows: Genes) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], Array]:
        """Which rows (n,) have scores, and of those each score's place in the pool, from 0 to 1."""
        has_scores, scores = self._scores(rows)
        places = [
            np.searchsorted(column, score, side="right") / len(column)
            for column, score in zip(self._sorted.T, scores.T, strict=True)
        ]
        return has_scores, np.stack(places, axis=1)

    def _scores(self, rows: Genes) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], Array]:
        found = [self._score(row) for row in rows]
        there = [one for one in found if one is not None]
        if len({len(one) for one in there}) > 1:
            raise InputError("Expected as many scores of each member; got different numbers.")
        width = len(there[0]) if there else 0
        has_scores = np.array([one is not None for one in found], bool)
        return has_scores, np.array(there, float).reshape(len(there), width)

    def _score(self, row: Genes) -> Sequence[float] | None:
        name = row.tobytes()
        if name not in self._by_row:
            values = self._space.decode(row)
            key = self._key(values)
            if key not in self._known:
                self._known[key] = self._given.score(values)
            self._by_row[name] = self._known[key]
        return self._by_row[name]


class ScoredEncoding:
    """Members as another encoding sees them, and by their scores, each a respect of its own.

    Args:
        inner: The other encoding.
        pool: The pool by which scores are places from 0 to 1.
    """

    def __init__(self, inner: Encoding, pool: ScoredPool):
        self._inner, self._pool = inner, pool
        self.knows_graphs = inner.knows_graphs
        scores = pool.places(pool.rows[:1])[1].shape[1]
        apart = GroupDistance([str(place) for place in range(scores)])
        self.distance: Distance = JoinedDistance(inner.distance, apart, scores)

    def __call__(self, rows: Genes) -> Array:
        """The columns of the other encoding, then the places; 0 where there are no scores."""
        has_scores, places = self._pool.places(rows)
        columns = np.zeros((len(rows), places.shape[1]))
        columns[has_scores] = places
        return np.concatenate([self._inner(rows), columns], axis=1)
