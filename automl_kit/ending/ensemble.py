"""The ensemble: the best trials' networks, averaged."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from automl_kit import files
from automl_kit.compat import Trial
from automl_kit.ending.calibration import temperature, tempered
from automl_kit.ending.selection import greedy_selection, mean_loss
from automl_kit.ending.threshold import best_threshold
from automl_kit.errors import ProjectError
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.build import mean_of
from automl_kit.evaluation.graph_trainer import GraphTrainer
from automl_kit.evaluation.rows import Rows

CANDIDATES = 10  # trials whose networks are kept
_EQUAL = 5  # trials that are averaged where rows are too few to weigh them
# On the 28 to 133 held-out rows of eight small tables greedy weights were worse than equal ones
# (log-loss .391 and .362). Where between these and many rows the border lies wasn't measured.
_ENOUGH = 200  # judged rows
_LOADING = 0.2  # seconds a member, on a core that does nothing else


class Ensemble:
    """Averages the networks of the best trials, as the rows that they haven't seen say.

    Args:
        folder: The project's.
        trainer: Keeps the trials' outputs and weights.
        judged: The rows that trials are judged by, in the order of their outputs.
        greedy: Whether weights are found greedily where there are rows enough; otherwise all
            count the same.
    """

    def __init__(self, folder: Path, trainer: GraphTrainer, judged: Rows, greedy: bool):
        self.folder, self.trainer, self.judged, self.greedy = folder, trainer, judged, greedy

    def seconds(self, trial: Trial | None, elapsed: float = 0.0) -> float:
        """What it takes: nothing is trained, but the members' networks are built and loaded."""
        return _LOADING * _EQUAL

    def run(self, trials: Sequence[Trial], run: Run) -> None:
        """Chooses the members and notes them.

        Args:
            trials: The completed trials, best first.
            run: The search.
        """
        known = self._known(trials)
        ids = self.judged.ids()
        members, heat, threshold = self._chosen(trials, known, ids), 1.0, 0.5
        if known and ids is not None:
            outputs, goal = dict(known), self.trainer.objective
            mean = np.average(
                [outputs[name] for name, _ in members], axis=0, weights=[n for _, n in members]
            )
            if goal.score is None:
                heat = temperature(mean, ids, self.judged.weights)
            threshold = best_threshold(mean, ids, goal)
        note = {"members": members, "temperature": heat, "threshold": threshold}
        files.write_json(_file(self.folder), note)
        if len(members) > 1:
            total = sum(count for _, count in members)
            told = ", ".join(f"{trial} ({count / total:.0%})" for trial, count in members)
            run.progress.message(f"The model is the mean of the networks of trials {told}.")

    def loss(self, trials: Sequence[Trial]) -> float | None:
        """The log-loss of the ensemble of some trials, on the rows that chose it; None for none."""
        known, ids = self._known(trials), self.judged.ids()
        if not known or ids is None:
            return None
        members, outputs = self._chosen(trials, known, ids), dict(known)
        chosen, counts = [outputs[name] for name, _ in members], [n for _, n in members]
        return mean_loss(chosen, counts, ids, self.judged.weights)

    def _known(self, trials: Sequence[Trial]) -> list[tuple[str, Any]]:
        """The best trials with weights and outputs, by id, best first."""
        checkpoints = self.trainer.checkpoints
        return [
            (trial.trial_id, outputs)
            for trial in trials[:CANDIDATES]
            if checkpoints.has_weights(trial.trial_id)
            and (outputs := checkpoints.held_out(trial.trial_id)) is not None
            and outputs.shape[:1] == (len(self.judged),)
        ]

    def _chosen(
        self, trials: Sequence[Trial], known: list[tuple[str, Any]], ids: Any
    ) -> list[tuple[str, int]]:
        if ids is None or not known:
            return [(trials[0].trial_id, 1)]
        names = [name for name, _ in known]
        if not self.greedy or len(ids) < _ENOUGH:
            return [(name, 1) for name in names[:_EQUAL]]
        counts = greedy_selection([o for _, o in known], ids, self.judged.weights)
        return [(name, int(n)) for name, n in zip(names, counts, strict=True) if n]


def members_of(folder: Path) -> list[tuple[str, int]]:
    """Which trials an ensemble is made of, and how often each counts; none where there is none.

    Raises:
        ProjectError: If the note of it is damaged.
    """
    return _noted(folder)[0]


def threshold_of(folder: Path) -> float:
    """The probability above which an ensemble predicts the second of two classes.

    Raises:
        ProjectError: If the note of it is damaged.
    """
    return _noted(folder)[2]


def _noted(folder: Path) -> tuple[list[tuple[str, int]], float, float]:
    """Members, temperature and threshold."""
    path = _file(folder)
    if not path.exists():
        return [], 1.0, 0.5
    note = files.read_json(path)
    try:
        found = [(str(trial), int(count)) for trial, count in note["members"]]
        heat = float(note.get("temperature", 1.0))
        threshold = float(note.get("threshold", 0.5))
        if min(count for _, count in found) < 1 or not 0 < heat < np.inf or not 0 < threshold < 1:
            raise ValueError("a member that doesn't count, or no temperature or threshold")
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _damaged(folder) from error
    return found, heat, threshold


def joined_network(trainer: GraphTrainer, trials: Mapping[str, Any], folder: Path) -> keras.Model:
    """The weighted mean of the networks of an ensemble's members, at its temperature.

    Args:
        trainer: Keeps their weights.
        trials: All trials by id.
        folder: The project's.

    Raises:
        ProjectError: If the note of the members is damaged, or names a trial that isn't there.
    """
    members, heat, _ = _noted(folder)
    if any(name not in trials for name, _ in members):
        raise _damaged(folder)
    networks = [trainer.load(trials[name]) for name, _ in members]
    mean = mean_of(networks, np.array([count for _, count in members], "float64"))
    return tempered(mean, heat)


def _damaged(folder: Path) -> ProjectError:
    return ProjectError(f"{_file(folder)} is damaged. Delete it, and search again.")


def _file(folder: Path) -> Path:
    return folder / "ensemble.json"
