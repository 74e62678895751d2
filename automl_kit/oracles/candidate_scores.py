"""Scores of members that nobody trained, such as zero-cost ones: a start, a model's columns."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.oracles.dimensions import Genes, Values
from automl_kit.oracles.distances import Array, Distance, GroupDistance, JoinedDistance
from automl_kit.oracles.encodings import Encoding
from automl_kit.oracles.space import Space

Mask = NDArray[np.bool_]


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

    Example:
        >>> from automl_kit.oracles import CandidateScores, EvolutionOracle
        >>> oracle = EvolutionOracle("val_loss", max_trials=50, seed=0)
        >>> oracle.candidate_scores = CandidateScores(lambda values: [-values["layers"]], pool=100)
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
        self._places: dict[bytes, Array | None] = {}
        drawn = space.sample_rows(2 * given.pool, rng)
        self._sorted: Any = None  # Scores of the pool by column, once they are known.
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

    def places(self, rows: Genes) -> tuple[Mask, Array]:
        """Which rows (n,) have scores, and of those each score's place in the pool, from 0 to 1."""
        names = [row.tobytes() for row in rows]
        new = [at for at, name in enumerate(names) if name not in self._places]
        if new:
            has_scores, scores = self._scores(rows[new])
            found = [
                np.searchsorted(column, score, side="right") / len(column)
                for column, score in zip(self._sorted.T, scores.T, strict=True)
            ]
            placed = iter(np.stack(found, axis=1))
            for at, there in zip(new, has_scores, strict=True):
                self._places[names[at]] = next(placed) if there else None
        places = [self._places[name] for name in names]
        has_scores = np.array([one is not None for one in places], bool)
        width = self._sorted.shape[1]
        return has_scores, np.array([one for one in places if one is not None]).reshape(-1, width)

    def _scores(self, rows: Genes) -> tuple[Mask, Array]:
        """Which rows have scores, and those (those rows, scores)."""
        found = [self._score(self._space.decode(row)) for row in rows]
        there = [one for one in found if one is not None]
        width = len(there[0]) if there else 0
        if self._sorted is not None:
            width = self._sorted.shape[1]
        if any(len(one) != width for one in there):
            raise InputError("Expected as many scores of each member; got different numbers.")
        has_scores = np.array([one is not None for one in found], bool)
        return has_scores, np.array(there, float).reshape(len(there), width)

    def _score(self, values: Values) -> Sequence[float] | None:
        key = self._key(values)
        if key not in self._known:
            self._known[key] = self._given.score(values)
        return self._known[key]


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
