"""What every oracle here does around the choice of hyperparameters, made durable.

A durable oracle starts from given hyperparameters, takes 0 as a seed, goes on after
failed trials, finds every completed trial after a kill, and costs the same a trial
however many there were: KerasTuner 1.4.8 writes lists of all trials with each one.
"""

import random
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus

from automl_kit import files
from automl_kit.errors import AutoMLKitError, ProjectError
from automl_kit.oracles.settings import OracleSettings
from automl_kit.oracles.space import Space

ENDED = (TrialStatus.COMPLETED, TrialStatus.FAILED)


class DurableOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """A mixin for oracles of KerasTuner, AutoKeras and ours.

    Attributes:
        initial_values: Hyperparameters to try first, each a dictionary name → value.
    """

    initial_values: list[dict[str, Any]]
    trials: dict[str, Trial]
    _best: Trial | None = None

    def make_durable(self, settings: OracleSettings) -> None:
        """Sets what the constructors of KerasTuner's oracles can't take, or read otherwise.

        They read `seed=0` as no seed, and stop after three failures in a row.
        """
        self.initial_values = [dict(values) for values in settings.initial_hps]
        if settings.hyperparameters is not None:
            self.hyperparameters = settings.hyperparameters
        self.tune_new_entries = settings.tune_new_entries
        self.allow_new_entries = settings.allow_new_entries
        self.max_retries_per_trial = settings.max_retries_per_trial
        self.max_consecutive_failed_trials = settings.max_consecutive_failed_trials
        self.verbose = 0
        if settings.seed is not None:
            self.seed = self._seed_state = settings.seed

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
            proposal: dict[str, Any] = super().populate_space(trial_id)
        finally:
            random.setstate(state[0])
            np.random.set_state(state[1])
        if proposal.get("values") is not None:
            proposal["values"] = self._completed(proposal["values"])
        return proposal

    def seed_for(self, *numbers: int) -> int:
        """A 32-bit seed made of the oracle's and some numbers."""
        return int(np.random.SeedSequence([self.seed, *numbers]).generate_state(1)[0])

    def _completed(self, values: dict[str, Any]) -> dict[str, Any]:
        """Gives active hyperparameters that aren't named their defaults.

        KerasTuner would draw them, without a seed (`ensure_active_values`).
        """
        hps = keras_tuner.HyperParameters()
        hps.values = dict(values)
        for hp in self.hyperparameters.space:
            hps.merge([hp], overwrite=False)  # Otherwise it puts the default over the proposal.
        return dict(hps.values)

    def _random_values(self) -> dict[str, Any] | None:
        """The next of the initial values while there are some, then random ones."""
        if len(self.start_order) < len(self.initial_values):
            return dict(self.initial_values[len(self.start_order)])
        values: dict[str, Any] | None = super()._random_values()
        return self._left_over() if values is None else values

    def _left_over(self) -> dict[str, Any] | None:
        """A member of a finite space that wasn't tried; KerasTuner stops after 20 repeats."""
        space = Space(self.hyperparameters.space)
        members = space.members() if space.finite else iter(())
        return next((member for member in members if not self._duplicate(member)), None)

    def _record_values(self, trial: Trial) -> None:
        """Notes a trial's active values as tried.

        KerasTuner's `ensure_active_values` loses a value where another hyperparameter of the
        same name, under another condition, isn't active; and draws missing ones without a seed.
        """
        hps = trial.hyperparameters
        known = {hp.name for hp in hps.space}
        unknown = {name: value for name, value in hps.values.items() if name not in known}
        hps.values = {**Space(hps.space).with_defaults(hps.values), **unknown}
        self._tried_so_far.discard(self._id_to_hash[trial.trial_id])
        self._id_to_hash[trial.trial_id] = self._compute_values_hash(hps.values)
        self._tried_so_far.add(self._id_to_hash[trial.trial_id])

    # What was found

    @property
    def sign(self) -> int:
        """1 where higher scores are better, -1 where lower ones are."""
        return 1 if self.objective.direction == "max" else -1

    def best_trial(self) -> Trial | None:
        """The best completed trial, the first one among equals; None before there is one."""
        return self._best

    def completed(self) -> list[Trial]:
        """The completed trials, best first; failed ones are never among them."""
        trials = [t for t in self.trials.values() if t.status == "COMPLETED"]
        return sorted(trials, key=self._rank)

    def needed_checkpoints(self) -> set[str]:
        """Ids of the trials whose weights may still be asked for: that of the best one."""
        return set() if self._best is None else {self._best.trial_id}

    def pareto_front(self) -> list[Trial]:
        """The trials that no other one beats in all objectives; of one objective the best."""
        return [] if self._best is None else [self._best]

    def measures(self, figure: str) -> bool:
        """Whether a figure is one of the objectives."""
        return bool(self.objective.name == figure)

    def note_figures(self, trial_id: str, figures: dict[str, float]) -> None:
        """Notes what a trial cost among its metrics; smaller is better."""
        metrics = self.trials[trial_id].metrics
        for name, value in figures.items():
            if not metrics.exists(name):  # A trial that is run again has them.
                metrics.register(name, "min")
            metrics.update(name, value)

    def _rank(self, trial: Trial) -> tuple[float, int]:
        # Among equals the first one: only its checkpoint was kept.
        return -self.sign * trial.score, int(trial.trial_id)

    def _note_best(self, trial: Trial) -> None:
        if trial.status != TrialStatus.COMPLETED:
            return
        if self._best is None or self._rank(trial) < self._rank(self._best):
            self._best = trial

    @keras_tuner.synchronized  # type: ignore[untyped-decorator]
    def end_trial(self, trial: Trial) -> None:
        """Ends a trial, as KerasTuner does."""
        super().end_trial(trial)
        self._note_best(self.trials[trial.trial_id])

    def _check_consecutive_failures(self) -> None:
        """KerasTuner's looks at all trials after each; it is needed only where there is a limit."""
        if self.max_consecutive_failed_trials is not None:
            super()._check_consecutive_failures()

    # State: what the trials' own files tell is not written a second time

    def get_state(self) -> dict[str, Any]:
        """The state that the trials' files don't hold; its size doesn't grow with them."""
        state: dict[str, Any] = super().get_state()
        for name in ("start_order", "end_order", "run_times", "tried_so_far", "id_to_hash"):
            del state[name]
        state["display"] = {"search_start": None, "trial_start": {}, "trial_number": {}}
        return state

    def set_state(self, state: dict[str, Any]) -> None:
        """Sets the state; the trials were read before."""
        super().set_state(
            {
                "start_order": sorted(self.trials, key=int),
                "end_order": [],
                "run_times": {},
                "tried_so_far": [],
                "id_to_hash": {},
                **state,
            }
        )

    def save(self) -> None:
        """Writes the oracle's own file, whole or not at all."""
        files.write_json(self._get_oracle_fname(), self.get_state())

    def _save_trial(self, trial: Trial) -> None:
        """Writes a trial's file, with its place among those that ended."""
        state = trial.get_state()
        if self.end_order and self.end_order[-1] == trial.trial_id:
            state["ended"] = len(self.end_order) - 1
        files.write_json(self._trial_file(trial.trial_id), state)

    def _trial_file(self, trial_id: str) -> Path:
        return Path(self._get_trial_dir(trial_id)) / "trial.json"

    def reload(self) -> None:
        """Reads the state on disk, and settles what a kill left between two writes.

        Raises:
            ProjectError: If the state can't be read.
        """
        try:
            super().reload()
            self._settle()
        except AutoMLKitError:
            raise
        except (RuntimeError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProjectError(
                f"The project in {self._project_dir} is damaged ({type(error).__name__}: {error}). "
                "Remove the folder, or start over with overwrite=True."
            ) from error
        self.save()

    def _settle(self) -> None:
        """Counts the trials that ended, in the order in which they did, and queues the others."""
        # Found in the folder's order; what depends on it would differ after a resume.
        self.trials = dict(sorted(self.trials.items(), key=lambda item: int(item[0])))
        self.start_order = list(self.trials)
        ended = [trial for trial in self.trials.values() if trial.status in ENDED]
        places = {trial.trial_id: self._place(trial) for trial in ended}
        self.end_order = sorted(places, key=lambda trial_id: places[trial_id])
        self._run_times.update(dict.fromkeys(self.end_order, 1))
        self._retry_queue = [trial_id for trial_id in self.start_order if trial_id not in places]
        self._retry_queue.reverse()  # It is taken from its end.
        self._best = None
        for trial in self.trials.values():
            if trial.trial_id in places:
                self.update_space(trial.hyperparameters)
                self._note_best(trial)
            else:
                trial.metrics = type(trial.metrics)()
            self._record_values(trial)

    def _place(self, trial: Trial) -> tuple[int, int]:
        state = files.read_json(self._trial_file(trial.trial_id))
        return int(state.get("ended", len(self.trials))), int(trial.trial_id)
