"""KerasTuner's and AutoKeras's oracles, made durable.

A durable oracle starts from given hyperparameters, takes 0 as a seed, goes on
after failed trials, and after a kill finds every trial that was completed.
"""

import random
from typing import Any

import keras_tuner
import numpy as np
from autokeras.tuners import greedy
from keras_tuner.engine.trial import Trial, TrialStatus

from automl_kit.errors import ProjectError

ENDED = (TrialStatus.COMPLETED, TrialStatus.FAILED)


class DurableOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """What every oracle of ours does around the choice of hyperparameters; a mixin.

    Attributes:
        initial_values: Hyperparameters to try first, each a dictionary name → value.
    """

    initial_values: list[dict[str, Any]]
    trials: dict[str, Trial]

    def make_durable(self, seed: int | None, initial_values: list[dict[str, Any]]) -> None:
        """Sets what the constructors of KerasTuner's oracles can't take.

        They read `seed=0` as no seed, and stop after three failures in a row.
        """
        self.initial_values = [dict(values) for values in initial_values]
        self.max_consecutive_failed_trials = None
        self.verbose = 0
        if seed is not None:
            self.seed = self._seed_state = seed

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Proposes; its random numbers depend only on the seed and the number of the trial.

        AutoKeras's greedy oracle draws from NumPy's global generator and KerasTuner's
        Bayesian one from a generator that isn't saved: both would differ after a resume.
        """
        state = random.getstate(), np.random.get_state()
        entropy = np.random.SeedSequence([self.seed, len(self.start_order)])
        word = int(entropy.generate_state(1)[0])
        np.random.seed(word)
        random.seed(word)
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
        return values

    def needed_checkpoints(self) -> set[str]:
        """Ids of the trials whose weights may still be asked for: that of the best one."""
        return {trial.trial_id for trial in self.completed()[:1]}

    def completed(self) -> list[Trial]:
        """The completed trials, best first; failed ones are never among them."""
        trials = [t for t in self.trials.values() if t.status == "COMPLETED"]
        sign = -1 if self.objective.direction == "max" else 1
        # Among equals the first one: only its checkpoint was kept.
        return sorted(trials, key=lambda t: (sign * t.score, int(t.trial_id)))

    def reload(self) -> None:
        """Reads the state on disk, and settles what a kill left between two writes.

        Raises:
            ProjectError: If the state can't be read.
        """
        try:
            super().reload()
        except ProjectError:
            raise
        except (RuntimeError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProjectError(
                f"The project in {self._project_dir} is damaged ({type(error).__name__}: {error}). "
                "Remove the folder, or start over with overwrite=True."
            ) from error
        # Found in the folder's order; what depends on it would differ after a resume.
        self.trials = dict(sorted(self.trials.items(), key=lambda item: int(item[0])))
        for trial in self.trials.values():
            self._settle(trial)
        self.save()

    def _settle(self, trial: Trial) -> None:
        """Counts a trial as ended if its own file says so, and queues it again if not."""
        if trial.trial_id not in self.start_order:
            self.start_order.append(trial.trial_id)
        if trial.status in ENDED:
            if trial.trial_id in self._retry_queue:
                self._retry_queue.remove(trial.trial_id)
            if trial.trial_id not in self.end_order:
                self.end_order.append(trial.trial_id)
                self.update_space(trial.hyperparameters)
        else:
            trial.metrics = type(trial.metrics)()
            if trial.trial_id in self.end_order:
                self.end_order.remove(trial.trial_id)
            if trial.trial_id not in self._retry_queue:
                self._retry_queue.append(trial.trial_id)
        self._record_values(trial)


class GreedyOracle(DurableOracle, greedy.GreedyOracle):  # type: ignore[misc]
    """AutoKeras's greedy search (Jin et al. 2019): random changes of one group of the best."""


class RandomOracle(DurableOracle, keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]
    """Random search without repeats."""


class BayesianOracle(DurableOracle, keras_tuner.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """KerasTuner's Gaussian process with an upper confidence bound."""


class HyperbandOracle(DurableOracle, keras_tuner.oracles.HyperbandOracle):  # type: ignore[misc]
    """Hyperband (Li et al. 2018): many short trials, the best ones go on."""

    def needed_checkpoints(self) -> set[str]:
        """Those of brackets still under way too: their trials may be continued."""
        under_way = {
            entry["id"]
            for bracket in self._brackets
            for rung in bracket["rounds"]
            for entry in rung
        }
        return super().needed_checkpoints() | under_way
