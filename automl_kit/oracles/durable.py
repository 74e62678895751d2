"""State, seeds and failures, shared by all oracles.

Every oracle starts from given hyperparameters, takes any seed, goes on after failed trials,
proposes nothing twice, and finds every trial again after a kill.
"""

import hashlib
import itertools
import random
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Unpack

import keras_tuner
import numpy as np

from automl_kit import compat
from automl_kit.compat import Trial, TrialStatus
from automl_kit.oracles.rung import Rung
from automl_kit.oracles.settings import OracleArguments, check_arguments, checked_seed
from automl_kit.oracles.space import Space
from automl_kit.oracles.standings import Standings

compat.forget_dropped_oracles()

NetworkKey = Callable[[Mapping[str, Any]], Hashable]
"""What two trials share if their networks mean the same: from their hyperparameters."""


class DurableOracle(Standings):
    """The base of all oracles here; an oracle of KerasTuner's gets it as its first parent.

    Args:
        objective: A metric's name, or a `keras_tuner.Objective`.
        max_trials: Trials to run; None for no limit.
        common: See `OracleArguments`.

    Attributes:
        initial_hps: Hyperparameters to try first, each a dictionary name → value.

    Raises:
        InputError: If an argument doesn't exist, or can't have its value.

    Example:
        >>> import keras_tuner
        >>> class DurableRandomOracle(DurableOracle, keras_tuner.oracles.RandomSearchOracle):
        ...     "KerasTuner's random search that can be killed at any time."
        >>> oracle = DurableRandomOracle("val_loss", 20, seed=0, initial_hps=[{"depth": 3}])
    """

    _network_key: NetworkKey | None = None
    _made: tuple[int, int, Space] | None = None  # From which hyperparameters, and how many.

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = 10,
        **common: Unpack[OracleArguments],
    ):
        check_arguments(type(self), max_trials, common)
        seed = checked_seed(common.get("seed"))
        # KerasTuner reads 0 as no seed, and NumPy's generators in it take 32 bits only.
        super().__init__(objective=objective, seed=1)
        self.max_trials = max_trials
        self.seed: int = random.getrandbits(32) if seed is None else seed
        self._seed_state = self.seed
        self.initial_hps = [dict(values) for values in common.get("initial_hps") or []]
        space = common.get("hyperparameters")
        self.hyperparameters = keras_tuner.HyperParameters() if space is None else space
        self.tune_new_entries = common.get("tune_new_entries", True)
        self.allow_new_entries = common.get("allow_new_entries", True)
        self.max_retries_per_trial = common.get("max_retries_per_trial", 0)
        # Where it isn't told, KerasTuner stops after three failures in a row.
        self.max_consecutive_failed_trials = common.get("max_consecutive_failed_trials")
        self.verbose = 0

    # Proposals

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Proposes; its random numbers depend only on the seed and the number of the trial.

        AutoKeras's greedy oracle draws from NumPy's global generator and KerasTuner's
        Bayesian one from a generator that isn't saved: both would differ after a resume.
        """
        state = random.getstate(), np.random.get_state()
        word = self.seed_for(len(self.start_order))
        np.random.seed(word)
        random.seed(word)
        self._seed_state = word
        if hasattr(self, "_random_state"):
            self._random_state = np.random.RandomState(word)
        try:
            values = self._initial_values()
            values = self._proposed(trial_id) if values is None else values
        finally:
            random.setstate(state[0])
            np.random.set_state(state[1])
        if values is not None:
            return {"status": TrialStatus.RUNNING, "values": values}
        # What a running trial builds may add to the space.
        return {"status": TrialStatus.IDLE if self.ongoing_trials else TrialStatus.STOPPED}

    def _proposed(self, trial_id: str) -> dict[str, Any] | None:
        """What the strategy proposes, or where that was tried something else; None at the end."""
        values: dict[str, Any] | None = super().populate_space(trial_id).get("values")
        if values is not None:
            values = self._completed({name: _plain(value) for name, value in values.items()})
        if values is None or self._hash(values) in self._tried_so_far:
            values = self._random_values()
        return values

    def start_with(self, values: list[dict[str, Any]]) -> None:
        """Takes the first initial hyperparameters over from a search of another space.

        Args:
            values: In their place; names and values that this space hasn't are left out.
        """
        space = self._known_space()
        self.initial_hps[: len(values)] = [space.fitting(one) for one in values]

    def _initial_values(self) -> dict[str, Any] | None:
        """The initial values of the next trial, with defaults; None where there are none."""
        number = len(self.start_order)
        if number >= len(self.initial_hps):
            return None
        values = self._completed(self.initial_hps[number])
        return None if self._duplicate(values) else values

    def seed_for(self, *numbers: int) -> int:
        """A 32-bit seed made of the oracle's and some numbers."""
        return int(np.random.SeedSequence([self.seed, *numbers]).generate_state(1)[0])

    def _completed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Active hyperparameters, defaults for those not named, and names not known yet.

        KerasTuner would draw what isn't named, without a seed (`ensure_active_values`).
        """
        known = {hp.name for hp in self.hyperparameters.space}
        unknown = {name: value for name, value in values.items() if name not in known}
        return {**self._known_space().with_defaults(values), **unknown}

    def _random_values(self) -> dict[str, Any] | None:
        """Random values that weren't tried; None where there are no others.

        As KerasTuner's, which takes each hyperparameter apart and together again for each draw,
        ends a search after 20 repeats, and loses names that stand under two conditions.
        """
        space = self._known_space()
        rows = space.sample_rows(self._max_collisions, np.random.default_rng(self._seed_state))
        drawn = map(space.decode, rows)
        members = space.members() if space.finite else iter(())
        both = itertools.chain(drawn, members)
        return next((values for values in both if not self._duplicate(values)), None)

    def _known_space(self) -> Space:
        """The space as it is known now, made anew when it has grown."""
        hps = self.hyperparameters
        if self._made is None or self._made[:2] != (id(hps), len(hps.space)):
            self._made = id(hps), len(hps.space), Space(hps.space)
        return self._made[2]

    def rung(self, values: Mapping[str, Any]) -> Rung | None:
        """What part of a training a trial with these hyperparameters is; None for a whole one."""
        return None

    # What was tried

    @property
    def network_key(self) -> NetworkKey | None:
        """What tells networks apart; None for the hyperparameters themselves.

        A tuner that knows how networks are built may set it, before the first trial or after a
        reload: hyperparameters of equal keys are then tried once. `automl_kit.spaces.SameNetwork`
        makes one for hyperparameters of cells.
        """
        return self._network_key

    @network_key.setter
    def network_key(self, key: NetworkKey | None) -> None:
        self._network_key = key
        self._forget_tried()

    def _forget_tried(self) -> None:
        """Notes anew what was tried, as it is told apart now."""
        self._tried_so_far.clear()
        for trial in self.trials.values():
            self._record_values(trial)

    def _hash(self, values: Mapping[str, Any]) -> str:
        return str(self._compute_values_hash(values))

    def _compute_values_hash(self, values: Mapping[str, Any]) -> str:
        key = sorted(values.items()) if self._network_key is None else self._network_key(values)
        return hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()

    def _record_values(self, trial: Trial) -> None:
        """Notes a trial's active values as tried.

        KerasTuner's `ensure_active_values` loses a value where another hyperparameter of the
        same name, under another condition, isn't active; and draws missing ones without a seed.
        """
        hps = trial.hyperparameters
        known = {hp.name for hp in hps.space}
        unknown = {name: value for name, value in hps.values.items() if name not in known}
        # The oracle's space has all that a trial's has, but for what it was told not to take in.
        same = len(hps.space) == len(self.hyperparameters.space)
        space = self._known_space() if same else Space(hps.space)
        hps.values = {**space.with_defaults(hps.values), **unknown}
        before, now = self._id_to_hash[trial.trial_id], self._hash(hps.values)
        self._id_to_hash[trial.trial_id] = now
        self._tried_so_far.add(now)
        if before != now and before not in self._id_to_hash.values():
            self._tried_so_far.discard(before)

    def _check_consecutive_failures(self) -> None:
        """KerasTuner's looks at all trials after each; it is needed only where there is a limit."""
        if self.max_consecutive_failed_trials is not None:
            super()._check_consecutive_failures()


def _plain(value: Any) -> Any:
    """A value of Python's own type: KerasTuner's model gives NumPy's floats."""
    return value.item() if isinstance(value, np.generic) else value
