"""Trials that a pruner stops: what is noted of them, what survives a kill, who goes on."""

from dataclasses import dataclass

import keras
import pytest

from automl_kit.compat import TrialStatus
from automl_kit.custom_blocks import ClassificationHead
from automl_kit.errors import ProjectError
from automl_kit.evaluation import Folds, MedianPruner, PashaPruner, SuccessiveHalvingPruner
from automl_kit.evaluation.base import Result
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.searches import noise
from automl_kit.testing.trainings import Hypermodel, points
from automl_kit.tuners import Evolution, RandomSearch

X, Y = points(48)
EPOCHS = 9


@dataclass(frozen=True)
class Curved:
    """An evaluation whose loss falls to what follows from the hyperparameters."""

    def describe(self):
        return {"name": "curved"}

    def prepare(self, run):
        pass

    def evaluate(self, trial, run):
        goal = noise({k: trial.hyperparameters.values[k] for k in ("units", "rate", "bias")})
        curve = [goal + 1 / epoch for epoch in range(1, EPOCHS + 1)]
        figures = {"seconds": 0.1}
        for epochs, loss in enumerate(curve, 1):
            if run.gives_up(trial.trial_id, epochs, loss):
                figures |= {"epochs": epochs, "planned": EPOCHS}
                reason = f"stopped after {epochs}"
                return Result(
                    loss, epochs - 1, curve[:epochs], {"val_loss": loss}, figures,
                    partial=True, pruned=True, reason=reason,
                )  # fmt: skip
        figures["epochs"] = EPOCHS
        return Result(curve[-1], EPOCHS - 1, curve, {"val_loss": curve[-1]}, figures)


def searched(folder, trials, pruner="asha", tuner=Evolution, evaluation=None):
    found = tuner(
        Hypermodel(), objective="val_loss", max_trials=trials, seed=3, directory=folder,
        evaluation=evaluation or Curved(), pruner=pruner,
    )  # fmt: skip
    found.search(X, Y, verbose=0)
    return found


def curves(tuner):
    """By number: an id is as wide as the number of trials was when it began."""
    return {int(trial): curve for trial, curve in tuner.oracle.curves.items()}


def told(tuner):
    trials = tuner.oracle.completed()
    return [(int(t.trial_id), t.score, t.hyperparameters.values) for t in trials]


def test_stopped_trials_are_no_rivals_and_their_steps_are_counted(tmp_path):
    tuner = searched(tmp_path, 12)
    board = tuner.leaderboard()
    stopped = board[board.status == "PRUNED"]
    assert 3 <= len(stopped) < 12
    assert set(board.status) == {"PRUNED", "COMPLETED"}
    # Whole ones come first, whatever the scores.
    assert board.status.tolist() == ["COMPLETED"] * (12 - len(stopped)) + ["PRUNED"] * len(stopped)
    assert set(stopped.epochs) <= {1, 3, 9}
    assert set(stopped.error) == {f"stopped after {epochs}" for epochs in stopped.epochs}
    assert tuner.best_trial().trial_id == board.trial[0]
    assert "pruned" not in board
    assert board.attrs["pruning"] == {
        "stopped": len(stopped), "ended": 12, "epochs": stopped.epochs.sum(),
        "planned": EPOCHS * len(stopped),
    }  # fmt: skip
    # What strategies learn of them is what they had come to.
    records = {record.trial_id: record.score for record in tuner.oracle.history}
    for trial, score in zip(stopped.trial, stopped.score, strict=True):
        assert records.get(trial, -score) == -score


def test_curves_survive_the_process(tmp_path):
    whole = searched(tmp_path / "whole", 12)
    searched(tmp_path / "parts", 5)
    searched(tmp_path / "parts", 9)
    parts = searched(tmp_path / "parts", 12)
    assert curves(parts) == curves(whole)
    assert len(curves(parts)) == 12
    assert told(parts) == told(whole)


def test_another_pruner_is_another_search(tmp_path):
    searched(tmp_path, 1)
    with pytest.raises(ProjectError, match=r"pruner.* was .*asha"):
        searched(tmp_path, 1, pruner=None)
    with pytest.raises(ProjectError, match=r"pruner\.factor was 3, is 4"):
        searched(tmp_path, 1, pruner=SuccessiveHalvingPruner(factor=4))


def test_failures_in_a_row_are_not_what_a_pruner_stops(tmp_path):
    tuner = RandomSearch(
        Hypermodel(), objective="val_loss", max_trials=8, seed=3, directory=tmp_path,
        evaluation=Curved(), pruner=MedianPruner(startup=1), max_consecutive_failed_trials=1,
    )  # fmt: skip
    tuner.search(X, Y, verbose=0)
    assert len(tuner.oracle.trials) == 8
    assert {t.status for t in tuner.oracle.trials.values()} == {TrialStatus.COMPLETED}


def test_the_best_stopped_trial_goes_on_to_its_end(tmp_path):
    tuner = searched(tmp_path, 6, PashaPruner())
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED"] + ["PRUNED"] * 5
    assert board.epochs.tolist()[0] == EPOCHS
    assert max(board.epochs.tolist()[1:]) == 3
    # All curves fall alike, so that the best at the second rung is the best of all.
    assert board.score[0] + 1 / 3 - 1 / 9 == pytest.approx(
        min(min(tuner.oracle.curves[trial].values()) for trial in board.trial)
    )


# Trainings


class Best:
    """Stops all but the first trial after an epoch; the best one goes on."""

    steps, finalists = "epochs", 1

    def __init__(self, epochs=1):
        self.epochs = epochs

    def describe(self):
        return {"name": "best", "epochs": self.epochs}

    def stop(self, trial_id, step, curves):
        return step >= self.epochs


def trained(folder, epochs=6, pruner=None, by_keras=False, **more):
    import autokeras as ak

    entry = ak.Input(name="node")
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    output = ClassificationHead(name="head", dropout=0.0)(block(entry))[0]
    model = AutoModel(
        entry, output, tuner="random", max_trials=1, directory=folder, seed=0, pruner=pruner,
        ending="best", **more,
    )  # fmt: skip
    callbacks = [keras.callbacks.Callback()] if by_keras else None
    model.search(
        X[:32], Y[:32], validation_data=(X[32:], Y[32:]), epochs=epochs, batch_size=8,
        verbose=0, callbacks=callbacks,
    )  # fmt: skip
    return model.tuner


@pytest.mark.parametrize("by_keras", [False, True])
def test_a_training_goes_on_from_where_it_was_stopped(tmp_path, by_keras):
    whole = trained(tmp_path / "whole", by_keras=by_keras)
    tuner = trained(tmp_path / "stopped", pruner=Best(2), by_keras=by_keras)
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED"]
    assert board.epochs.tolist() == whole.leaderboard().epochs.tolist() == [6]
    assert list(tuner.oracle.curves["0"]) == [1, 2]
    if not by_keras:  # Keras's order of rows begins anew.
        assert board.score[0] == pytest.approx(whole.best_trial().score, rel=1e-5)
    loss = tuner.get_best_model().evaluate(X[32:], Y[32:], verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(board.score[0], rel=1e-4)
    assert not list((tmp_path / "stopped").glob("*/trial_0/cut.*"))


def test_a_hypermodels_training_is_stopped_too(tmp_path):
    class First(Best):
        finalists = 0

        def stop(self, trial_id, step, curves):
            return trial_id == "1" and step == 2

    tuner = RandomSearch(
        Hypermodel(), objective="val_loss", max_trials=2, seed=0, directory=tmp_path,
        pruner=First(), executions_per_trial=2,
    )  # fmt: skip
    tuner.search(X, Y, validation_data=(X, Y), epochs=3, verbose=0)
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED", "PRUNED"]
    assert board.error[1] == "the pruner stopped it after 2 of 3 epochs"
    assert board.attrs["pruning"]["planned"] == 3
    assert {trial: list(curve) for trial, curve in tuner.oracle.curves.items()} == {
        "0": [1, 2, 3], "1": [1, 2],
    }  # fmt: skip


def test_folds_one_after_the_other_are_stopped_by_their_scores(tmp_path):
    class Second(Best):
        steps, finalists = "folds", 0

        def stop(self, trial_id, step, curves):
            return trial_id == "1" and step >= 2

    tuner = RandomSearch(
        Hypermodel(), objective="val_loss", max_trials=2, seed=0, directory=tmp_path,
        pruner=Second(), evaluation=Folds(3),
    )  # fmt: skip
    tuner.search(X, Y, epochs=1, verbose=0)
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED", "PRUNED"]
    assert board.error[1] == "the pruner stopped it after 2 of 3 folds"
    assert [len(curve) for curve in tuner.oracle.curves.values()] == [3, 2]
