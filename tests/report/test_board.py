"""The leaderboard of an oracle, ours or KerasTuner's."""

import keras_tuner
import pandas as pd
import pytest
from keras_tuner.engine.trial import Trial

from automl_kit.report import leaderboard
from automl_kit.report.closing import board_text

COLUMNS = ["trial", "score", "parameters", "flops", "seconds", "epochs", "status", "error"]


def _trial(number, score=None, message=None, status=None, values=None, step=0, **figures):
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.values = values or {"table/kind": "linear", "rate": int(number) / 10}
    if status is None:
        status = "FAILED" if score is None else "COMPLETED"
    trial = Trial(hyperparameters, trial_id=str(number), status=status, message=message)
    trial.score, trial.best_step = score, step
    for name, value in figures.items():
        trial.metrics.register(name, "min")
        for at, each in enumerate(value if isinstance(value, list) else [value]):
            trial.metrics.update(name, each, step=at)
    return trial


def _board(*trials, objective="val_loss"):
    oracle = keras_tuner.oracles.RandomSearchOracle(objective)
    oracle.trials = {trial.trial_id: trial for trial in trials}
    return leaderboard(oracle)


def test_the_best_is_first_and_failed_trials_last_with_their_reason():
    board = _board(
        _trial(0, message="MemoryError: too large\n\nTraceback", seconds=0.5),
        _trial(1, score=0.7, parameters=120, seconds=2.5, epochs=3),
        _trial(2, score=0.3, parameters=80, seconds=1.5, epochs=2),
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
    board = _board()
    assert board.empty
    assert board.columns.tolist() == COLUMNS


@pytest.mark.parametrize(
    ("objective", "order"),
    [
        ("val_loss", ["0", "2", "10", "1"]),
        (keras_tuner.Objective("val_f1", "max"), ["1", "2", "10", "0"]),
        (["val_loss", keras_tuner.Objective("cost", "max")], ["0", "2", "10", "1"]),
    ],
)
def test_the_order_is_the_objectives_and_older_trials_come_first(objective, order):
    trials = [_trial(number, score=score) for number, score in [(0, 1), (10, 2), (2, 2), (1, 3)]]
    assert _board(*trials, objective=objective).trial.tolist() == order


def test_a_trial_that_was_cut_is_partial_and_no_rival_of_whole_ones():
    board = _board(
        _trial(0, score=0.1, status="RUNNING", epochs=3),
        _trial(1, score=0.5),
        _trial(2, status="RUNNING"),
        _trial(3),
    )
    assert board.trial.tolist() == ["1", "0", "2", "3"]
    assert board.status.tolist() == ["COMPLETED", "PARTIAL", "RUNNING", "FAILED"]
    assert board.score.tolist()[1] == 0.1


@pytest.mark.filterwarnings("ignore:All-NaN axis:RuntimeWarning")  # KerasTuner's, of such a figure
def test_results_that_are_no_numbers_are_shown_behind_those_that_are():
    board = _board(
        _trial(0, score=float("nan"), val_accuracy=0.5),
        _trial(1, score=0.5, val_accuracy=float("nan")),
        _trial(2, score=float("inf")),
    )
    assert board.trial.tolist() == ["1", "2", "0"]
    assert board.status.tolist() == ["COMPLETED"] * 3
    assert pd.isna(board.score[2])
    assert pd.isna(board.val_accuracy[0])


def test_figures_stand_beside_the_score_but_the_objective_not_twice():
    board = _board(_trial(0, score=0.5, loss=0.4, val_loss=0.5, val_accuracy=0.9, latency=0.01))
    assert board.columns.tolist()[:5] == ["trial", "score", "val_accuracy", "loss", "latency"]
    assert (board.val_accuracy[0], board.loss[0]) == (0.9, 0.4)


def test_figures_are_those_of_the_epoch_that_the_score_is_of():
    board = _board(_trial(0, score=0.5, step=1, val_accuracy=[0.7, 0.9, 0.8]))
    assert board.val_accuracy.tolist() == [0.9]
    assert _board(_trial(0, score=0.5, step=9, a=[0.7, 0.9])).a.tolist() == [0.9]


@pytest.mark.parametrize("name", [*COLUMNS, "val_accuracy"])
def test_a_hyperparameter_called_as_a_column_stands_beside_it(name):
    plain = _board(_trial(0, score=0.5, parameters=3, seconds=1.0, epochs=2, val_accuracy=0.9))
    board = _board(
        _trial(0, score=0.5, parameters=3, seconds=1.0, epochs=2, val_accuracy=0.9,
               values={name: "theirs", f"hp:{name}": "another"})
    )  # fmt: skip
    assert board.columns.is_unique
    assert board[name].tolist() == plain[name].tolist()
    assert board[f"hp:{name}"].tolist() == ["another"]
    assert board[f"hp:hp:{name}"].tolist() == ["theirs"]


def test_a_figure_called_as_a_column_stands_beside_it():
    board = _board(_trial(7, score=0.5, trial=0.25, status_=1.0, values={"score": 3}))
    assert board.trial.tolist() == ["7"]
    assert board["metric:trial"].tolist() == [0.25]
    assert (board.score[0], board["hp:score"][0]) == (0.5, 3)


def test_of_a_traceback_the_last_line_is_told():
    board = _board(
        _trial(0, message='Traceback (most recent call last):\n  File "a.py"\nOops: no\n')
    )
    assert board.error.tolist() == ["Oops: no"]


def test_a_search_of_kerastuner_has_a_leaderboard(tmp_path):
    class Tuner(keras_tuner.RandomSearch):
        def run_trial(self, trial, *args, **kwargs):
            return {"loss": trial.hyperparameters.Float("score", 0, 1), "accuracy": 0.5}

    tuner = Tuner(objective="loss", max_trials=3, directory=tmp_path, project_name="p", seed=1)
    tuner.search(verbose=0)
    board = leaderboard(tuner.oracle)
    assert board.score.is_monotonic_increasing
    assert board["hp:score"].tolist() == board.score.tolist()
    assert board.accuracy.tolist() == [0.5] * 3


def test_the_text_shows_the_best_ten_in_a_hundred_columns():
    trials = [_trial(n, score=n + 0.12345, parameters=12345, val_accuracy=0.5) for n in range(11)]
    text = board_text(_board(*trials, _trial(11, message="Error: " + "long " * 50)))
    lines = text.splitlines()
    assert lines[0].split() == [
        "trial", "score", "val_accuracy", "parameters", "seconds", "status",
    ]  # fmt: skip
    assert lines[1].split() == ["0", "0.123", "0.500", "12,345", "-", "COMPLETED"]
    assert len(lines) == 12
    assert lines[-1] == "and 2 more"
    failed = board_text(_board(_trial(0, message="Error: " + "long " * 50))).splitlines()[1]
    assert "FAILED  Error: long" in failed
    assert len(failed) == 100


def test_the_text_of_no_trial():
    assert board_text(_board()) == "No trial has begun."
