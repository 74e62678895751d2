"""Evolution: new hyperparameters from those of good trials, screened by a model."""

from typing import Any, Literal, Unpack

import numpy as np

from automl_kit.errors import InputError
from automl_kit.oracles.candidate_scores import CandidateScores, ScoredEncoding, ScoredPool
from automl_kit.oracles.dimensions import Genes, Values
from automl_kit.oracles.encodings import Encoding
from automl_kit.oracles.learning import LearningOracle, Record
from automl_kit.oracles.screening import Screen, default_first_trials
from automl_kit.oracles.settings import OracleArguments, check_at_least_one, check_shares
from automl_kit.oracles.surrogate import expected_improvement

UNSCREENED = 1 / 3  # of the children, where a model sees hyperparameters
FIRST_CELLS = 6  # random trials at most, where a model sees graphs
LOCAL = 3  # of the best, whose neighbours are candidates where a model sees graphs
_OF_POOL = (2**32, 1)  # apart from the numbers of trials


class EvolutionOracle(LearningOracle):
    """Aging evolution (Real et al. 2019) over KerasTuner hyperparameters.

    The population is the latest `population_size` trials: whoever is old leaves it, however
    good. A parent is the best of `tournament_size` drawn from it; a child is a parent, sometimes
    crossed with another one, with one or two hyperparameters changed. With `candidates` above 1,
    so many members are made for a trial, half of them children and half at random, and the one
    of largest expected improvement by a Gaussian process on the trials so far is proposed; the
    others cost no training. Nothing is proposed twice.

    On a space of cells alone, told by `network_key`, the model sees what the cells' graphs look
    like (see `automl_kit.spaces.GraphFeatures`), and all members that differ from one of the best
    three trials in one choice are candidates too.

    Args:
        objective: A metric's name, or a `keras_tuner.Objective`.
        max_trials: Trials to run.
        population_size: Trials that may be parents.
        tournament_size: Members drawn to choose a parent from. For a second parent two at most
            with `candidates=1`; else it is any member, since a model chooses among the children.
        first_trials: Random trials before the first child; by default a fifth of the trials,
            from 5 to 16, and of cells 6 at most.
        crossover: "uniform", "one_point" or None.
        crossover_rate: Share of children with two parents.
        mutation_rate: Chance of each hyperparameter to be changed; None for one or two changes.
        elites: The best trials so far, so many, that stay in the population whatever their age.
        candidates: Members that are screened for a proposal; 1 for evolution as published.
        unscreened: Share of the children that are proposed as they come, whatever the model says
            of them; None for a third, and for none of cells. A model of hyperparameters misjudges
            some: after 500 trials on NAS-Bench-201 (24 seeds, not those that are reported) a
            search without them missed the best CIFAR-10 cell by .05 on average, with a quarter or
            a half of them never.
        common: See `OracleArguments`.

    Raises:
        InputError: If an argument is out of its range.

    Example:
        >>> import keras_tuner
        >>> space = keras_tuner.HyperParameters()
        >>> _ = space.Int("depth", 1, 50)
        >>> objective = keras_tuner.Objective("val_loss", "min")
        >>> oracle = EvolutionOracle(objective, max_trials=20, seed=0, hyperparameters=space)
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = 10,
        *,
        population_size: int = 50,
        tournament_size: int = 10,
        first_trials: int | None = None,
        crossover: Literal["uniform", "one_point"] | None = "uniform",
        crossover_rate: float = 0.25,
        mutation_rate: float | None = None,
        elites: int = 5,
        candidates: int = 300,
        unscreened: float | None = None,
        **common: Unpack[OracleArguments],
    ):
        super().__init__(objective, max_trials, **common)
        check_at_least_one(
            population_size=population_size, tournament_size=tournament_size,
            candidates=candidates, first_trials=first_trials,
        )  # fmt: skip
        check_shares(
            crossover_rate=crossover_rate,
            unscreened=unscreened or 0.0,
            mutation_rate=mutation_rate or 0.0,
        )
        if elites < 0:
            raise InputError(f"elites must be at least 0. Received: {elites}")
        if crossover not in ("uniform", "one_point", None):
            raise InputError(
                f"crossover must be 'uniform', 'one_point' or None. Received: {crossover!r}"
            )
        self.population_size = self.generation_size = population_size
        self.tournament_size = tournament_size
        self.first_trials = first_trials or default_first_trials(max_trials)
        self._chooses_first_trials = first_trials is None
        self.crossover = crossover
        self.crossover_rate = crossover_rate if crossover else 0.0
        self.mutation_rate = mutation_rate
        self.elites = elites
        self.candidates = candidates
        self.unscreened = unscreened
        self._screen = Screen(self.first_trials, lambda record: record.score)
        self._scores: CandidateScores | None = None
        self._pool: ScoredPool | None = None

    @property
    def candidate_scores(self) -> CandidateScores | None:
        """Scores of members that cost no training, such as zero-cost ones; None for none.

        Set before the first trial or after a reload, as `network_key` is; see `CandidateScores`.
        """
        return self._scores

    @candidate_scores.setter
    def candidate_scores(self, scores: CandidateScores | None) -> None:
        self._scores = scores
        self._encoding = None

    def propose(self, rng: np.random.Generator) -> Values | None:
        """A child of the population; the first ones are random, or the best by their scores."""
        if self._scores is not None and len(self.start_order) < self._scores.first:
            return self._first_untried(self.pool.rows)
        if len(self.history) < self._random_trials() or len(self.leaders) < 2:
            return None
        children = self._children(rng)
        if self.candidates > 1 and rng.random() >= self._unscreened():
            children = self._screened(self._with_others(children, rng))
        return self._first_untried(children)

    def _random_trials(self) -> int:
        """How many trials there are before the first child."""
        few = self._chooses_first_trials and self.encoding.knows_graphs
        return min(self.first_trials, FIRST_CELLS) if few else self.first_trials

    def _unscreened(self) -> float:
        if self.unscreened is not None:
            return self.unscreened
        return 0.0 if self.encoding.knows_graphs else UNSCREENED

    def _first_untried(self, rows: Genes) -> Values | None:
        found = (self.space.decode(row) for row in rows)
        return next((values for values in found if not self.tried(values)), None)

    @property
    def pool(self) -> ScoredPool:
        """The members that were scored, where there are scores."""
        assert self._scores is not None
        if self._pool is None:
            rng = np.random.default_rng([self.seed, *_OF_POOL])
            self._pool = ScoredPool(self._scores, self.space, self._key, rng)
        return self._pool

    def _make_encoding(self) -> Encoding:
        self._pool = None
        made = super()._make_encoding()
        return made if self._scores is None else ScoredEncoding(made, self.pool)

    # Evolution

    def _population(self) -> list[Record]:
        """The latest trials and the elites, best first."""
        members = {r.trial_id: r for r in self.leaders[: self.elites]}
        members.update((r.trial_id, r) for r in self.history[-self.population_size :])
        return sorted(members.values(), key=lambda record: record.worth, reverse=True)

    def _children(self, rng: np.random.Generator) -> Genes:
        """Children (n, dimensions): for each a tournament, perhaps a second one, changes."""
        number = max(20, self.candidates // 2)  # Some of them may have been tried.
        population = np.stack([record.row for record in self._population()])
        children = self._winners(population, self.tournament_size, number, rng)
        crossed = rng.random(number) < self.crossover_rate
        if crossed.any():
            # Of two at most: the best of ten would be the other parent again and again. Where the
            # model picks among the children, any member does: with a tournament of two, regret on
            # NAS-Bench-201 after 50 evaluations was .40, .80 on CIFAR-10, CIFAR-100, without one
            # .35, .74 (seeds 5000 to 5039).
            entrants = min(2, self.tournament_size) if self.candidates == 1 else 1
            others = self._winners(population, entrants, int(crossed.sum()), rng)
            one_point = self.crossover == "one_point"
            children[crossed] = self.space.cross_rows(children[crossed], others, rng, one_point)
        if self.mutation_rate is not None:
            return self.space.change_rows(children, self.mutation_rate, rng)
        children = self.space.mutate_rows(children, rng)
        again = rng.random(number) < 0.5
        children[again] = self.space.mutate_rows(children[again], rng)
        return children

    def _winners(
        self, population: Genes, entrants: int, number: int, rng: np.random.Generator
    ) -> Genes:
        """The best of each of so many tournaments (number, dimensions)."""
        drawn = rng.integers(len(population), size=(number, entrants))
        winners: Genes = population[drawn.min(axis=1)]  # The best come first.
        return winners

    # Screening

    def _with_others(self, children: Genes, rng: np.random.Generator) -> Genes:
        """All candidates: children, strangers, and of cells the neighbours of the best."""
        rows = np.concatenate([children, self._strangers(rng)])
        if not self.encoding.knows_graphs:
            return rows
        near = [self.space.neighbour_rows(record.row) for record in self.leaders[:LOCAL]]
        unique: Genes = np.unique(np.concatenate([rows, *near]), axis=0)
        return unique

    def _strangers(self, rng: np.random.Generator) -> Genes:
        """Random members (n, dimensions), so that no part of the space is out of sight."""
        number = max(1, self.candidates // 2)
        if self._scores is None:
            return self.space.sample_rows(number, rng)
        drawn = rng.integers(len(self.pool.rows), size=number)
        return np.concatenate([self.pool.rows[drawn], self.pool.rows[:number]])

    def _screened(self, rows: Genes) -> Genes:
        """The candidates in the order of their expected improvement; those without scores not."""
        if self._scores is not None:
            rows = rows[self.pool.places(rows)[0]]
        model = self._screen.model(self.encoding, self.history, self.leaders)
        mean, deviation = model.predict(self.encoding(rows))
        return rows[np.argsort(-expected_improvement(mean, deviation, model.best), kind="stable")]
