from types import SimpleNamespace

import keras_tuner
import pandas as pd
from keras_tuner.engine.trial import Trial

from automl_kit.report import leaderboard


def _trial(number, score=None, message=None, **figures):
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.values = {"table/kind": "linear", "rate": number / 10}
    status = "COMPLETED" if score is not None else "FAILED"
    trial = Trial(hyperparameters, trial_id=str(number), status=status, message=message)
    trial.score = score
    for name, value in figures.items():
        trial.metrics.register(name, "min")
        trial.metrics.update(name, value)
    return trial


def _tuner(*trials):
    completed = sorted((t for t in trials if t.score is not None), key=lambda t: t.score)
    oracle = SimpleNamespace(
        trials={trial.trial_id: trial for trial in trials}, completed=lambda: completed
    )
    return SimpleNamespace(oracle=oracle)


def test_the_best_is_first_and_failed_trials_last_with_their_reason():
    board = leaderboard(
        _tuner(
            _trial(0, message="MemoryError: too large\n\nTraceback", seconds=0.5),
            _trial(1, score=0.7, parameters=120, seconds=2.5, epochs=3),
            _trial(2, score=0.3, parameters=80, seconds=1.5, epochs=2),
        )
    )
    assert board.trial.tolist() == ["2", "1", "0"]
    assert board.score.tolist()[:2] == [0.3, 0.7]
    assert board.parameters.tolist() == [80, 120, pd.NA]
    assert board.parameters.dtype == board.epochs.dtype == "Int64"
    assert board.seconds.tolist() == [1.5, 2.5, 0.5]
    assert board.status.tolist() == ["COMPLETED", "COMPLETED", "FAILED"]
    assert board.error.tolist() == ["", "", "MemoryError: too large"]
    assert board.rate.tolist() == [0.2, 0.1, 0.0]
    assert set(board["table/kind"]) == {"linear"}


def test_before_any_trial_it_is_empty_with_its_columns():
    board = leaderboard(_tuner())
    assert board.empty
    assert board.columns.tolist() == [
        "trial", "score", "parameters", "seconds", "epochs", "status", "error",
    ]  # fmt: skip
