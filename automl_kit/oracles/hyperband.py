"""Hyperband: many short trainings, of which the best go on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Unpack

import keras_tuner

from automl_kit.compat import Trial, TrialStatus
from automl_kit.errors import InputError
from automl_kit.oracles.durable import DurableOracle
from automl_kit.oracles.rung import Rung
from automl_kit.oracles.settings import OracleArguments, check_at_least_one
from automl_kit.oracles.state import ENDED

# KerasTuner's names, which tuners read: they stand among a trial's values, not in the space.
CONTINUED = "tuner/trial_id"
EPOCHS = "tuner/epochs"
FIRST_EPOCH = "tuner/initial_epoch"
BRACKET = "tuner/bracket"
RUNG = "tuner/round"
RESERVED = (CONTINUED, EPOCHS, FIRST_EPOCH, BRACKET, RUNG)


@dataclass(eq=False)
class _Bracket:
    """Successive halving: trials of few epochs, then of more.

    Attributes:
        number: How often the trials are halved; 0 for one rung of full trainings.
        sizes: How many trials each rung has room for.
        rungs: The ids of the trials of each.
        continued: Trials that went on into the next rung.
    """

    number: int
    sizes: list[int]
    rungs: list[list[str]]
    continued: set[str] = field(default_factory=set)


class HyperbandOracle(DurableOracle, keras_tuner.oracles.HyperbandOracle):  # type: ignore[misc]
    """Hyperband (Li et al. 2018): many short trainings, of which the best go on.

    The best trial is the best of those that were trained longest: a score after two epochs is
    no rival of one after fifty. All brackets follow from the trials, so that nothing is lost
    when a search is killed. A failed trial leaves its place in the next rung to another one.

    Args:
        objective: A metric's name, or a `keras_tuner.Objective`.
        max_trials: Trials to run; None for as many as the iterations bring.
        max_epochs: Epochs of the longest trainings.
        factor: How many times fewer trials, and more epochs, each rung has.
        hyperband_iterations: How often all brackets are run; by default once, and with
            `max_trials` as often as that takes.
        common: See `OracleArguments`.

    Raises:
        InputError: If an argument can't have its value.

    Example:
        >>> oracle = HyperbandOracle("val_loss", max_epochs=9, factor=3, seed=0)
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = None,
        *,
        max_epochs: int = 100,
        factor: int = 3,
        hyperband_iterations: int | None = None,
        **common: Unpack[OracleArguments],
    ):
        super().__init__(objective, max_trials, **common)
        check_at_least_one(max_epochs=max_epochs, hyperband_iterations=hyperband_iterations)
        if factor < 2:
            raise InputError(f"factor must be at least 2. Received: {factor}")
        self.max_epochs, self.factor = max_epochs, factor
        self.hyperband_iterations = hyperband_iterations or max_trials or 1
        self._forget()

    def _forget(self) -> None:
        self._brackets: list[Any] = []  # KerasTuner's, not used: they don't follow from trials.
        self._begun = 0  # Brackets.
        self._under_way: list[_Bracket] = []

    def rung(self, values: Mapping[str, Any]) -> Rung | None:
        """What part of a training a trial with these hyperparameters is."""
        if EPOCHS not in values:
            return None
        return Rung(values[EPOCHS], values[FIRST_EPOCH], values.get(CONTINUED))

    def _epochs_of(self, trial: Trial) -> int:
        return int(trial.hyperparameters.values[EPOCHS])

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Adds hyperparameters to the space.

        Raises:
            InputError: If one has a name that Hyperband needs itself.
        """
        for hp in hyperparameters.space:
            if hp.name in RESERVED:
                raise InputError(
                    f"Hyperband can't search a hyperparameter called {hp.name!r}: it tells the "
                    "tuner by that name how long to train. Rename the hyperparameter."
                )
        super().update_space(hyperparameters)

    # Proposals

    def _initial_values(self) -> None:
        """None here: initial values are trials of a first rung, see `_random_values`."""

    def _proposed(self, trial_id: str) -> dict[str, Any] | None:
        exhausted = False
        for bracket in self._brackets_in_turn():
            if not exhausted and len(bracket.rungs[0]) < bracket.sizes[0]:
                values = super()._initial_values() or self._random_values()
                if values is not None:
                    return self._begin(trial_id, bracket, 0, values)
                exhausted = True
            for rung in range(1, len(bracket.rungs)):
                best = self._promoted(bracket, rung, exhausted)
                if best is not None:
                    values = {**best.hyperparameters.values, CONTINUED: best.trial_id}
                    return self._begin(trial_id, bracket, rung, values)
        return None

    def _begin(
        self, trial_id: str, bracket: _Bracket, rung: int, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        told = {
            **values,
            EPOCHS: self._get_epochs(bracket.number, rung),
            FIRST_EPOCH: self._get_epochs(bracket.number, rung - 1) if rung else 0,
            BRACKET: bracket.number,
            RUNG: rung,
        }
        self._enter(trial_id, bracket, told)
        return told

    def _brackets_in_turn(self) -> Iterator[_Bracket]:
        """The brackets under way, and a new one while there may be more."""
        self._under_way = [b for b in self._under_way if not self._ended(b)]
        yield from list(self._under_way)
        if self._begun < self.hyperband_iterations * self._get_num_brackets():
            yield self._next_bracket()

    def _next_bracket(self) -> _Bracket:
        """The bracket that follows: those of the shortest trainings come first."""
        brackets = self._get_num_brackets()
        number = brackets - 1 - self._begun % brackets
        sizes = [self._get_size(number, rung) for rung in range(number + 1)]
        return _Bracket(number, sizes, [[] for _ in sizes])

    def _promoted(self, bracket: _Bracket, rung: int, exhausted: bool) -> Trial | None:
        """The trial that goes on into a rung; None where none does, or not yet.

        As in KerasTuner it is the best of those that ended, once there are more of them than
        will be left behind; a failed trial has ended too.
        """
        if len(bracket.rungs[rung]) >= bracket.sizes[rung]:
            return None
        left = [self.trials[t] for t in bracket.rungs[rung - 1] if t not in bracket.continued]
        ended = [trial for trial in left if trial.status in ENDED]
        full = self._closed(bracket, rung - 1, exhausted)
        room = len(bracket.rungs[rung - 1]) if full else bracket.sizes[rung - 1]
        if len(ended) <= room - bracket.sizes[rung] and not (full and len(ended) == len(left)):
            return None
        completed = [trial for trial in ended if trial.status == TrialStatus.COMPLETED]
        return min(completed, key=self._rank, default=None)

    def _closed(self, bracket: _Bracket, rung: int, exhausted: bool) -> bool:
        """Whether no further trial can come into a rung."""
        if len(bracket.rungs[rung]) >= bracket.sizes[rung]:
            return True
        if rung == 0:
            return exhausted
        before = [self.trials[trial_id] for trial_id in bracket.rungs[rung - 1]]
        return (
            self._closed(bracket, rung - 1, exhausted)
            and all(trial.status in ENDED for trial in before)
            and all(
                trial.trial_id in bracket.continued
                for trial in before
                if trial.status == TrialStatus.COMPLETED
            )
        )

    def _ended(self, bracket: _Bracket) -> bool:
        """Whether its last rung is closed and all trials have ended."""
        trials = [self.trials[trial_id] for rung in bracket.rungs for trial_id in rung]
        return self._closed(bracket, len(bracket.rungs) - 1, False) and all(
            trial.status in ENDED for trial in trials
        )

    def _compute_values_hash(self, values: Mapping[str, Any]) -> str:
        return DurableOracle._compute_values_hash(
            self, {name: value for name, value in values.items() if name not in RESERVED}
        )

    # What was found

    def _rank(self, trial: Trial) -> tuple[Any, ...]:
        part, *rest = super()._rank(trial)
        return part, -self._epochs_of(trial), *rest

    def needed_checkpoints(self) -> set[str]:
        """Those of brackets under way too, whose trials may go on, and of what is continued."""
        needed = super().needed_checkpoints()
        for bracket in self._under_way:
            needed.update(*bracket.rungs)
        return needed

    # State

    def _enter(self, trial_id: str, bracket: _Bracket, values: Mapping[str, Any]) -> None:
        if bracket not in self._under_way:
            self._begun += 1
            self._under_way.append(bracket)
        bracket.rungs[values[RUNG]].append(trial_id)
        if CONTINUED in values:
            bracket.continued.add(values[CONTINUED])

    def _settle(self) -> None:
        """Puts the trials into their brackets again, in the order in which they began."""
        super()._settle()
        self._forget()
        for trial_id, trial in self.trials.items():
            values = trial.hyperparameters.values
            past = values.get(CONTINUED)
            if past is None:
                open_ones = (b for b in self._under_way if len(b.rungs[0]) < b.sizes[0])
                bracket = next(open_ones, None) or self._next_bracket()
            else:
                bracket = next(b for b in self._under_way if past in b.rungs[values[RUNG] - 1])
            self._enter(trial_id, bracket, values)
