"""The finals: the best trials of an evaluation that only ranks, trained in full."""

from collections.abc import Sequence
from pathlib import Path

from automl_kit import files
from automl_kit.compat import Trial, TrialStatus
from automl_kit.errors import ProjectError
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.failures import describe
from automl_kit.evaluation.full import FullTraining
from automl_kit.evaluation.graph_trainer import GraphTrainer
from automl_kit.oracles.trial_figures import note_figures

SHARE = 0.4  # of a time budget, kept for the finals and the ending after them


class Finals:
    """Trains the best trials alone, so that the best of them can be the model.

    A finalist is a trial of the same number with figures of its own: those of its full training.
    The trial keeps the score by which the strategy chose it.

    Args:
        folder: The project's.
        trainer: Builds and trains networks.
    """

    def __init__(self, folder: Path, trainer: GraphTrainer):
        self.folder, self.trainer = folder, trainer

    def run(self, trials: Sequence[Trial], run: Run, least: float, more: float) -> None:
        """Trains those that weren't trained yet, as long as there is time.

        Args:
            trials: The best ones, best first.
            run: The search.
            least: Seconds to leave in any case.
            more: How often longer than one of them what follows takes.
        """
        done = finals_of(self.folder)
        names = {trial.trial_id for trial in done}
        missing = [trial for trial in trials if trial.trial_id not in names]
        for number, trial in enumerate(missing):
            if run.deadline.remaining() <= least:
                break
            parts = len(missing) - number + more
            run.reserve = lambda elapsed: least
            run.allowed = lambda elapsed, whole, parts=parts: (  # type: ignore[misc]
                (run.deadline.remaining() + elapsed - least) / parts - elapsed
            )
            run.progress.stage_begin(
                f"Training trial {trial.trial_id} alone, finalist {number + 1} of {len(missing)}"
            )
            try:
                result = FullTraining().evaluate(trial, run)
            except Exception as error:
                run.progress.message(f"Trial {trial.trial_id} failed alone ({describe(error)}).")
                continue
            if result.partial:
                break
            if result.held_out is not None:
                self.trainer.checkpoints.save_held_out(trial.trial_id, result.held_out)
            done.append(self._finalist(trial, result))
            best_first = sorted(done, key=self._loss)
            files.write_json(_file(self.folder), [final.get_state() for final in best_first])

    def _loss(self, trial: Trial) -> float:
        score = float(trial.score)
        return -score if self.trainer.objective.direction == "max" else score

    def _finalist(self, trial: Trial, result: Result) -> Trial:
        final = Trial(trial.hyperparameters, trial.trial_id, TrialStatus.COMPLETED)
        goal = self.trainer.objective
        final.score, final.best_step = result.score, result.epoch
        for name, value in {goal.name: result.score, **result.logs}.items():
            direction = goal.direction if name == goal.name else "min"
            final.metrics.register(name, direction)
            final.metrics.update(name, value, step=result.epoch)
        note_figures(final, result.figures)
        return final


def finals_of(folder: Path) -> list[Trial]:
    """The finalists that were trained, best first; none where there are none.

    Raises:
        ProjectError: If the note of them is damaged.
    """
    path = _file(folder)
    if not path.exists():
        return []
    try:
        found = [Trial.from_state(state) for state in files.read_json(path)]
        if not all(isinstance(trial.score, float) for trial in found):
            raise ValueError("a finalist without a score")
    except ProjectError:
        raise
    except Exception as error:  # whatever is in the file, it is the file's fault
        raise ProjectError(
            f"{path} is damaged ({type(error).__name__}: {error}). Remove it, and search again."
        ) from error
    return found


def _file(folder: Path) -> Path:
    return folder / "finals.json"
