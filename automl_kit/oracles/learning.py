"""The base of strategies that propose from the trials so far."""

import bisect
import math
from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple, Unpack

import numpy as np

from automl_kit.compat import Trial, TrialStatus
from automl_kit.oracles.dimensions import Genes, Values
from automl_kit.oracles.durable import DurableOracle
from automl_kit.oracles.encodings import Encoding, encoding_of
from automl_kit.oracles.generations import Generation, generations
from automl_kit.oracles.settings import OracleArguments
from automl_kit.oracles.space import Space
from automl_kit.oracles.trial_figures import score_in_search

DRAWS = 100  # random members drawn before a space is walked through for one not tried yet


LEADERS = 100  # of the best trials kept in order, so that none has to be sorted again


class Record(NamedTuple):
    """A trial that ended.

    Attributes:
        trial_id: Its number.
        values: Its active hyperparameters.
        row: The same as genes, `Space.encode`.
        score: Its score, higher is better whatever the objective; None if it failed.
    """

    trial_id: str
    values: Values
    row: Genes
    score: float | None

    @property
    def worth(self) -> float:
        """The score, -inf for a failed trial."""
        return -math.inf if self.score is None else self.score


class LearningOracle(DurableOracle):
    """An oracle that proposes from what ended so far and never proposes anything twice.

    Subclasses define `propose`, and `learn` where they keep a state beside the trials.
    Everything follows from the seed and the trials in the order in which they ended, so
    that a search that was killed goes on as if it had not been. A finite space is tried
    to its last member; then the search ends.

    Args:
        objective: A metric's name, or a `keras_tuner.Objective`.
        max_trials: Trials to run.
        common: See `OracleArguments`.

    Attributes:
        generation_size: Trials that make up a generation, see `generations`.

    Raises:
        InputError: If an argument doesn't exist, or can't have its value.

    Example:
        >>> import keras_tuner
        >>> class Nearest(LearningOracle):
        ...     "Changes one hyperparameter of the best trial."
        ...     def propose(self, rng):
        ...         return self.space.mutate(self.leaders[0].values, rng) if self.leaders else None
        >>> space = keras_tuner.HyperParameters()
        >>> _ = space.Int("depth", 1, 50)
        >>> oracle = Nearest("val_loss", max_trials=20, seed=0, hyperparameters=space)
    """

    generation_size: int = 20

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = 10,
        **common: Unpack[OracleArguments],
    ):
        super().__init__(objective, max_trials, **common)
        self.history: list[Record] = []
        self.leaders: list[Record] = []  # The best completed ones, best first.
        self._learned = 0  # Records that `learn` has seen; part of the saved state.
        self._space: Space | None = None
        self._encoding: Encoding | None = None
        self._tried: dict[Hashable, int] = {}  # And by which trial first.
        self._begun = 0  # Trials whose hyperparameters are among the tried ones.
        self._left: Iterator[Values] | None = None

    # For subclasses

    def propose(self, rng: np.random.Generator) -> Values | None:
        """Hyperparameters for the next trial; None for any that weren't tried.

        Args:
            rng: The only source of random numbers to use.
        """
        raise NotImplementedError(f"{type(self).__name__} must define propose().")

    def learn(self, record: Record) -> None:
        """Takes in a trial, once each, in the order in which they ended."""

    @property
    def space(self) -> Space:
        """The space as it is known now."""
        assert self._space is not None
        return self._space

    @property
    def encoding(self) -> Encoding:
        """How a model sees its members."""
        if self._encoding is None:
            self._encoding = self._make_encoding()
        return self._encoding

    def _make_encoding(self) -> Encoding:
        return encoding_of(self.space, self.network_key)

    def tried(self, values: Values, before: int | None = None) -> bool:
        """Whether a trial of the same network was begun, before that of a number."""
        number = self._tried.get(self._key(values))
        return number is not None and (before is None or number < before)

    def _key(self, values: Values) -> Hashable:
        return self.space.key(values) if self.network_key is None else self.network_key(values)

    @property
    def generations(self) -> list[Generation]:
        """The trials that ended, so many at a time; see `Generation`."""
        ended = [self.trials[trial_id] for trial_id in self.end_order]
        return generations(ended, self.generation_size, self.sign)

    # What KerasTuner calls

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Proposes the hyperparameters of a new trial, or ends the search."""
        self._look_around()
        number = len(self.start_order)
        values: Values | None = None
        if number < len(self.initial_hps):
            values = self._completed(self.initial_hps[number])
        if values is None or self.tried(values):
            rng = np.random.default_rng([self.seed, number])
            values = self.propose(rng)
            if values is None or self.tried(values):
                values = self._untried(rng)
        if values is not None:
            return {"status": TrialStatus.RUNNING, "values": values}
        # What a running trial builds may add to the space.
        return {"status": TrialStatus.IDLE if self.ongoing_trials else TrialStatus.STOPPED}

    def _look_around(self) -> None:
        """Takes in what changed since the last proposal: the space, trials begun and ended."""
        if self._space is None or len(self._space.dimensions) != len(self.hyperparameters.space):
            self._space = Space(self.hyperparameters.space)
            self._left = self._encoding = None
            self._tried.clear()
            self._begun = 0
            known, self.history, self.leaders = len(self.history), [], []
            self._remember(self.end_order[:known])
        for trial_id in self.start_order[self._begun :]:
            values = self.trials[trial_id].hyperparameters.values
            key = self._key(self.space.with_defaults(values))
            self._tried.setdefault(key, int(trial_id))
        self._begun = len(self.start_order)
        self._remember(self.end_order[len(self.history) : self._learned])
        # One by one: after a kill there may be more of them than there were at a time before.
        for trial_id in self.end_order[len(self.history) :]:
            self._remember([trial_id])
            self.learn(self.history[-1])
            self._learned += 1

    def _remember(self, trial_ids: list[str]) -> None:
        for trial_id in trial_ids:
            record = self._record(self.trials[trial_id])
            self.history.append(record)
            if record.score is not None:
                bisect.insort(self.leaders, record, key=lambda other: -other.worth)
                del self.leaders[LEADERS:]

    def _record(self, trial: Trial) -> Record:
        completed = trial.status == TrialStatus.COMPLETED
        # An infinite score is no more of use than none.
        score = self.sign * score_in_search(trial) if completed else -math.inf
        row = self.space.encode(trial.hyperparameters.values)
        return Record(
            trial.trial_id, self.space.decode(row), row, score if math.isfinite(score) else None
        )

    def _untried(self, rng: np.random.Generator) -> Values | None:
        """A member that wasn't tried: a random one, or the next of those left."""
        for row in self.space.sample_rows(DRAWS, rng):
            values = self.space.decode(row)
            if not self.tried(values):
                return values
        if not self.space.finite:
            return None
        if self._left is None:
            self._left = self.space.members()
        for values in self._left:
            if not self.tried(values):
                return values
        return None

    # State

    def get_state(self) -> dict[str, Any]:
        """KerasTuner's state and how far `learn` has come."""
        return {**super().get_state(), "learned": self._learned}

    def set_state(self, state: dict[str, Any]) -> None:
        """Sets the state."""
        super().set_state(state)
        self._learned = int(state.get("learned", 0))
        self.history, self.leaders = [], []
        self._space = self._encoding = None

    def _forget_tried(self) -> None:
        super()._forget_tried()
        self._tried.clear()
        self._begun, self._left, self._encoding = 0, None, None
