"""The best trials of cheap scores, trained whole at the end."""

import itertools
from dataclasses import dataclass, field

import numpy as np
import pytest

from automl_kit.errors import SearchError
from automl_kit.evaluation.base import Result, Run
from automl_kit.evaluation.deadline import Deadline
from automl_kit.oracles.trial_figures import is_whole, score_in_search
from automl_kit.progress import Progress
from automl_kit.search.finalists import judge_finalists
from automl_kit.testing.searches import noise
from automl_kit.testing.trainings import Formula, Hypermodel, points
from automl_kit.tuners import Evolution, LocalSearch, Pareto

X, Y = points(12)


def own(trial):
    return {k: trial.hyperparameters.values[k] for k in ("units", "rate", "bias")}


@dataclass(frozen=True)
class Whole(Formula):
    """Fails for some trials."""

    failing: tuple[str, ...] = ()

    def evaluate(self, trial, run):
        if trial.trial_id in self.failing:
            raise ValueError("too large")
        return super().evaluate(trial, run)


@dataclass(frozen=True)
class Cheap:
    """Ranks trials by the loss that a whole training has, and some noise."""

    finalists: int = 3
    whole: Whole = field(default_factory=Whole)

    def describe(self):
        return {"name": "cheap"}

    def prepare(self, run):
        pass

    def evaluate(self, trial, run):
        score = noise(own(trial)) + 10 + 0.2 * noise({"more": own(trial)})
        return Result(score, figures={"parameters": 5.0}, estimate=True)


def searched(folder, trials, tuner=Evolution, **settings):
    objective = ["val_loss", "parameters"] if tuner is Pareto else "val_loss"
    found = tuner(
        Hypermodel(), objective=objective, max_trials=trials, seed=3, directory=folder,
        evaluation=Cheap(**settings),
    )  # fmt: skip
    found.search(X, Y, verbose=0)
    return found


def test_the_best_few_are_judged_whole_and_one_of_them_wins(tmp_path):
    tuner = searched(tmp_path, 10)
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED"] * 3 + ["ESTIMATED"] * 7
    assert (board.estimate >= 10).all()
    assert (board.score[:3] < 1).all()
    assert board.score[3:].tolist() == board.estimate[3:].tolist()
    # They are the three of the least estimates.
    assert board.estimate[:3].max() < board.estimate[3:].min()
    best = tuner.best_trial()
    assert best.trial_id == board.trial[0]
    assert best.score == noise(own(best)) == board.score[:3].min()
    both = list(zip(board.score[:3], board.estimate[:3], strict=True))
    agree = [(a[0] < b[0]) == (a[1] < b[1]) for a, b in itertools.combinations(both, 2)]
    told = board.attrs["finalists"]
    assert told["trials"] == 3
    assert told["kendall"] == pytest.approx(2 * np.mean(agree) - 1)


def test_strategies_go_on_to_learn_from_estimates(tmp_path):
    searched(tmp_path, 6, LocalSearch)
    tuner = searched(tmp_path, 9, LocalSearch)
    records = {record.trial_id: record.score for record in tuner.oracle.history}
    again = [t for t in tuner.oracle.trials.values() if is_whole(t)]
    assert len(again) >= 3
    for trial in again:
        assert trial.score < 1 < score_in_search(trial)
        assert records.get(trial.trial_id, -score_in_search(trial)) == -score_in_search(trial)


def test_what_was_judged_is_kept_after_a_kill(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    calls = []
    plain = Whole.evaluate

    def second(self, trial, run):
        calls.append(trial.trial_id)
        if len(calls) == 2:
            raise Killed
        return plain(self, trial, run)

    monkeypatch.setattr(Whole, "evaluate", second)
    with pytest.raises(Killed):
        searched(tmp_path, 8)
    first = searched(tmp_path, 8).leaderboard()
    assert len(calls) == 4  # The first one isn't judged again, the second is.
    assert calls[1] == calls[2]
    monkeypatch.undo()
    whole = searched(tmp_path / "whole", 8).leaderboard()
    assert first.trial.tolist() == whole.trial.tolist()
    assert first.score.tolist() == whole.score.tolist()


def test_where_one_fails_the_next_takes_its_place(tmp_path):
    best = [t.trial_id for t in searched(tmp_path / "a", 8).oracle.completed() if is_whole(t)]
    tuner = searched(tmp_path / "b", 8, whole=Whole(failing=(best[0],)))
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED"] * 3 + ["ESTIMATED"] * 4 + ["FAILED"]
    assert board.trial.tolist()[-1] == best[0]
    assert board.error.tolist()[-1] == "ValueError: too large"
    assert tuner.best_trial().trial_id != best[0]


def test_estimates_alone_are_no_model(tmp_path):
    every = tuple(map(str, range(4)))
    with pytest.raises(SearchError, match=r"All 4 trials failed.*too large"):
        searched(tmp_path, 4, whole=Whole(failing=every))


class Clock(Deadline):
    """A deadline that is told what is left."""

    limited = True
    left = 10.0

    def remaining(self):
        return self.left


class Told(Progress):
    """Keeps messages."""

    def __init__(self):
        self.messages = []

    def message(self, text):
        self.messages.append(text)


def test_the_first_one_is_begun_as_long_as_there_is_time(tmp_path, monkeypatch):
    monkeypatch.setattr("automl_kit.search.session.train_finalists", lambda session, run: None)
    searched(tmp_path, 5)
    monkeypatch.undo()
    tuner = Evolution(
        Hypermodel(), objective="val_loss", max_trials=5, seed=3, directory=tmp_path,
        evaluation=Cheap(),
    )  # fmt: skip
    clock, told, parts = Clock(), Told(), []
    run = Run(tuner.trainer, None, lambda *_: 0, clock, told, reserve=lambda elapsed: 10.0)

    def judge(trial):
        return Whole().evaluate(trial, run)

    judge_finalists(tuner.oracle, judge, run, 3, share=parts.append)
    # Nothing is left but what is kept for the ending: one is begun, no other.
    assert parts == [3]
    assert told.messages == [
        "Training the 3 best trials whole.",
        "No time is left for 2 of the 3 best trials.",
    ]
    clock.left = 0.0
    judge_finalists(tuner.oracle, judge, run, 3, share=parts.append)
    assert parts == [3]
    clock.left = 20.0
    judge_finalists(tuner.oracle, judge, run, 3, share=parts.append)
    assert parts == [3, 2, 1]
    assert sum(map(is_whole, tuner.oracle.trials.values())) == 3


def test_a_front_is_of_whole_trials(tmp_path):
    tuner = searched(tmp_path, 8, Pareto)
    front = tuner.pareto_front()
    assert front
    assert all(is_whole(trial) for trial in front)
    again = searched(tmp_path, 8, Pareto).pareto_front()
    assert [t.trial_id for t in again] == [t.trial_id for t in front]


def test_nothing_changes_where_nobody_asks(tmp_path):
    tuner = Evolution(
        Hypermodel(), objective="val_loss", max_trials=3, seed=3, directory=tmp_path,
        evaluation=Formula(),
    )  # fmt: skip
    tuner.search(X, Y, verbose=0)
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED"] * 3
    assert "estimate" not in board
    assert board.attrs == {}
