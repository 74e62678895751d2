"""What a search leaves on disk, and how it is read again after a kill.

A trial has a file of its own and the oracle a small one; what the trials' files tell is not
written a second time. KerasTuner 1.4.8 writes lists of all trials with each trial.
"""

import secrets
from pathlib import Path
from typing import Any

import keras_tuner

from automl_kit import files
from automl_kit.compat import Trial, TrialStatus
from automl_kit.errors import AutoMLKitError, ProjectError

ENDED = (TrialStatus.COMPLETED, TrialStatus.FAILED)


class OracleState(keras_tuner.Oracle):  # type: ignore[misc]
    """An oracle whose state is whole on disk at every moment."""

    trials: dict[str, Trial]
    _search: str | None = None  # Marks the trials of this search; None in older projects.
    _places: dict[str, tuple[int, int]]  # Of the trials that had ended when they were read.
    _curves: dict[str, dict[int, float]] | None = None

    @property
    def curves(self) -> dict[str, dict[int, float]]:
        """The objective of trials by step, where a pruner asks for it; kept in their files."""
        if self._curves is None:
            self._curves = {}
        return self._curves

    def open(self) -> None:
        """Goes on with the search in the project's folder, or begins one where there is none.

        Trials without an oracle's file are what an overwrite left that was cut short: they are
        no part of the search that begins.

        Raises:
            ProjectError: If there is a search and its state can't be read.
        """
        if Path(self._get_oracle_fname()).exists():
            self.reload()
        else:
            self.save()

    def get_state(self) -> dict[str, Any]:
        """The state that the trials' files don't hold; its size doesn't grow with them."""
        state: dict[str, Any] = super().get_state()
        for name in ("start_order", "end_order", "run_times", "tried_so_far", "id_to_hash"):
            del state[name]
        state["display"] = {"search_start": None, "trial_start": {}, "trial_number": {}}
        state["search"] = self._search
        return state

    def set_state(self, state: dict[str, Any]) -> None:
        """Sets the state; the trials were read before."""
        super().set_state(
            {
                "start_order": list(self.trials),
                "end_order": [],
                "run_times": {},
                "tried_so_far": [],
                "id_to_hash": {},
                **state,
            }
        )

    def save(self) -> None:
        """Writes the oracle's own file, whole or not at all."""
        if self._search is None and not self.trials:
            self._search = secrets.token_hex(8)
        files.write_json(self._get_oracle_fname(), self.get_state())

    def _save_trial(self, trial: Trial) -> None:
        """Writes a trial's file, with its place among those that ended."""
        state = {**trial.get_state(), "search": self._search}
        if self.end_order and self.end_order[-1] == trial.trial_id:
            state["ended"] = len(self.end_order) - 1
        elif trial.status in ENDED and trial.trial_id in self.end_order:  # It was judged again.
            state["ended"] = self.end_order.index(trial.trial_id)
        if trial.trial_id in self.curves:
            state["curve"] = list(self.curves[trial.trial_id].items())
        files.write_json(self._trial_file(trial.trial_id), state)

    def _trial_file(self, trial_id: str) -> Path:
        return Path(self._get_trial_dir(trial_id)) / "trial.json"

    def reload(self) -> None:
        """Reads the state on disk afresh, and settles what a kill left between two writes.

        Raises:
            ProjectError: If there is no search, or its state can't be read.
        """
        if not Path(self._get_oracle_fname()).exists():
            raise ProjectError(
                f"There is no search in {self._project_dir}: it has no oracle.json. "
                "Expected the folder of a search that was begun."
            )
        try:
            state = files.read_json(self._get_oracle_fname())
            self._read_trials(state.get("search"))
            self.set_state(state)
            self.ongoing_trials.clear()
            self._settle()
        except AutoMLKitError:
            raise
        except (RuntimeError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProjectError(
                f"The project in {self._project_dir} is damaged ({type(error).__name__}: {error}). "
                "Remove the folder, or start over with overwrite=True."
            ) from error
        self.save()

    def _read_trials(self, search: str | None) -> None:
        """Reads the trials of a search; others are what an overwrite left that was cut short."""
        self._search, self.trials, self._places, self._curves = search, {}, {}, {}
        found = {}
        for file in Path(self._project_dir).glob("trial_*/trial.json"):
            state = files.read_json(file)
            if state.get("search") == search:
                found[state["trial_id"]] = state
        # A folder lists them in any order; what depends on it would differ after a resume.
        for trial_id in sorted(found, key=int):
            self.trials[trial_id] = trial = Trial.from_state(found[trial_id])
            if curve := found[trial_id].get("curve"):
                self.curves[trial_id] = {int(step): float(value) for step, value in curve}
            if trial.status in ENDED:
                place = int(found[trial_id].get("ended", len(found)))
                self._places[trial_id] = (place, int(trial_id))

    def _settle(self) -> None:
        """Counts the trials that ended, in the order in which they did, and queues the others."""
        self.start_order = list(self.trials)
        self.end_order = sorted(self._places, key=self._places.__getitem__)
        self._run_times.update(dict.fromkeys(self.end_order, 1))
        self._retry_queue = [name for name in self.start_order if name not in self._places]
        self._retry_queue.reverse()  # It is taken from its end.
        for trial in self.trials.values():
            if trial.trial_id in self._places:
                self.update_space(trial.hyperparameters)
            else:
                trial.metrics = type(trial.metrics)()
            self._record_values(trial)
