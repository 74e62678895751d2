"""A time budget: what it covers, what it cuts, and how what was cut is gone on with."""

import json
import time
from contextlib import contextmanager
from typing import ClassVar

import autokeras as ak
import keras
import numpy as np
import pytest

from automl_kit.custom_blocks import ClassificationHead
from automl_kit.errors import SearchError
from automl_kit.evaluation import Folds
from automl_kit.evaluation.deadline import Deadline
from automl_kit.progress import Progress
from automl_kit.search.clock import Clock
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.testing.trainings import Formula, Hypermodel, points
from automl_kit.tuners import Evolution, RandomSearch

X, Y = points(48)
TRAIN, HELD = (X[:32], Y[:32]), (X[32:], Y[32:])
BATCHES = 4  # an epoch, of 8 rows


class Told(Progress):
    """Keeps what is told."""

    def __init__(self):
        self.trials, self.messages, self.stages, self.left = [], [], [], None

    @contextmanager
    def search(self, told):
        self.left = told.seconds_left
        yield

    def trial_end(self, told):
        self.trials.append(told)

    def message(self, text):
        self.messages.append(text)

    def stage_begin(self, told):
        self.stages.append(told)


class CutAfter(keras.callbacks.Callback):
    """Has time be over after so many batches of a training; notes each batch's epoch and rate."""

    batches = None
    seen: ClassVar[list] = []
    rates: ClassVar[list] = []

    def __deepcopy__(self, memo):
        return type(self)()

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        optimizer = self.model.optimizer
        CutAfter.rates.append((int(optimizer.iterations), float(optimizer.learning_rate)))

    def on_train_batch_end(self, batch, logs=None):
        CutAfter.seen.append(self.epoch)


@pytest.fixture
def cut(monkeypatch):
    """Sets the number of batches after which time is over, for the next call."""
    passed = []

    def over(deadline):
        return CutAfter.batches is not None and len(CutAfter.seen) >= CutAfter.batches

    monkeypatch.setattr(Deadline, "remaining", lambda self: 0.0 if over(self) else 1e6)
    monkeypatch.setattr(Deadline, "limited", property(lambda self: True))

    def set_batches(number):
        CutAfter.batches, CutAfter.seen, CutAfter.rates = number, [], []
        return passed

    return set_batches


def nodes():
    entry = ak.Input(name="node")
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    return entry, ClassificationHead(name="head", dropout=0.0)(block(entry))[0]


def searched(folder, max_trials=1, progress=None, tuner=RandomSearch, **more):
    model = AutoModel(
        *nodes(), tuner=tuner, max_trials=max_trials, directory=folder, seed=0, **more
    )
    model.search(
        *TRAIN, validation_data=HELD, epochs=3, batch_size=8, verbose=0, callbacks=[CutAfter()],
        progress=progress or Told(),
    )  # fmt: skip
    return model.tuner


def cut_files(tuner, trial="0"):
    return sorted(p.name for p in (_folder(tuner) / f"trial_{trial}").glob("cut.*"))


def _folder(tuner):
    from pathlib import Path

    return Path(tuner.project_dir)


def test_a_trial_that_is_cut_is_partial_and_gone_on_with(tmp_path, cut):
    """Cut in the second of three epochs: the next call begins with that epoch."""
    cut(BATCHES + 2)
    told = Told()
    tuner = searched(tmp_path, progress=told)
    assert CutAfter.seen == [0] * BATCHES + [1] * 2
    assert [(trial.status, trial.best) for trial in told.trials] == [("PARTIAL", None)]
    assert told.trials[0].reason == "time was over after 1 of 3 epochs"
    assert tuner.leaderboard().status.tolist() == ["PARTIAL"]
    assert cut_files(tuner) == ["cut.json", "cut.weights.h5"]
    record = json.loads((_folder(tuner) / "trial_0" / "cut.json").read_text())
    assert (record["epoch"], len(record["curve"])) == (1, 1)
    network = tuner.get_best_model()
    loss = network.evaluate(*HELD, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(tuner.best_trial().score, rel=1e-4)
    first = record["seconds"]

    cut(None)
    tuner = searched(tmp_path)
    assert CutAfter.seen == [1] * BATCHES + [2] * BATCHES
    # The schedule goes on where whole epochs left it, to the end that it would have had.
    assert [step for step, _ in CutAfter.rates] == list(range(BATCHES, 3 * BATCHES))
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED"]
    assert board.epochs.tolist() == [3]
    assert board.seconds[0] > first
    assert board.error.tolist() == [""]
    assert cut_files(tuner) == []


def test_the_same_object_goes_on_too(tmp_path, cut):
    cut(2)
    model = AutoModel(*nodes(), tuner="random", max_trials=1, directory=tmp_path, seed=0)
    call = {"validation_data": HELD, "epochs": 2, "batch_size": 8, "verbose": 0}
    model.fit(*TRAIN, **call, callbacks=[CutAfter()])
    assert model.tuner.best_trial().status == "RUNNING"
    seconds = model.tuner.leaderboard().seconds[0]
    cut(None)
    model.fit(*TRAIN, **call, callbacks=[CutAfter()])
    board = model.tuner.leaderboard()
    assert (board.status[0], board.epochs[0]) == ("COMPLETED", 2)
    assert board.seconds[0] > seconds


def test_a_partial_trial_is_never_best_over_a_whole_one(tmp_path, cut):
    class Flattered(RandomSearch):
        """What is cut seems far better than what is whole."""

        def run_trial(self, trial, *args, **kwargs):
            from dataclasses import replace

            result = super().run_trial(trial, *args, **kwargs)
            score = -9.0 if result.partial else result.score
            return replace(result, score=score)

    cut(3 * BATCHES + 1)
    tuner = searched(tmp_path, max_trials=2, tuner=Flattered)
    board = tuner.leaderboard()
    assert board.status.tolist() == ["COMPLETED", "PARTIAL"]
    assert board.score[1] == -9
    assert tuner.best_trial().trial_id == "0"
    assert tuner.oracle.get_best_trials(1)[0].trial_id == "0"
    assert tuner.pareto_front() == [tuner.best_trial()]


def test_a_cut_in_the_last_batch_of_all_is_no_cut(tmp_path, cut):
    cut(3 * BATCHES)
    tuner = searched(tmp_path, max_trials=2)
    assert tuner.leaderboard().status.tolist() == ["COMPLETED"]
    assert cut_files(tuner) == []


def test_a_cut_that_can_not_be_read_begins_anew(tmp_path, cut):
    cut(BATCHES + 2)
    tuner = searched(tmp_path)
    (_folder(tuner) / "trial_0" / "cut.weights.h5").write_bytes(b"")
    cut(None)
    tuner = searched(tmp_path)
    assert CutAfter.seen == [0] * BATCHES + [1] * BATCHES + [2] * BATCHES
    assert tuner.leaderboard().epochs.tolist() == [3]


def test_folds_that_are_cut_are_partial_and_begun_anew(tmp_path, cut):
    cut(10)
    told = Told()
    tuner = searched(tmp_path, progress=told, evaluation=Folds(2))
    assert tuner.leaderboard().status.tolist() == ["PARTIAL"]
    assert told.trials[0].reason == "fold 2: time was over after 2 of 3 epochs"
    cut(None)
    tuner = searched(tmp_path, evaluation=Folds(2))
    assert tuner.leaderboard().status.tolist() == ["COMPLETED"]
    assert len(CutAfter.seen) == 2 * 3 * 2  # Two folds of sixteen rows of training.


def test_a_model_of_a_hypermodel_that_is_cut_is_partial_and_trained_again(tmp_path, cut):
    def search(limit):
        cut(limit)
        tuner = Evolution(Hypermodel(), "val_loss", 1, seed=0, directory=tmp_path)
        tuner.search(
            *TRAIN, validation_data=HELD, epochs=3, batch_size=8, callbacks=[CutAfter()], verbose=0
        )
        return tuner

    tuner = search(BATCHES + 2)
    assert tuner.leaderboard().status.tolist() == ["PARTIAL"]
    assert tuner.best_trial().message == "time was over after 1 epochs"
    tuner = search(None)
    assert tuner.leaderboard().status.tolist() == ["COMPLETED"]
    assert len(CutAfter.seen) == 3 * BATCHES


def test_time_that_is_over_before_the_first_trial_is_told(tmp_path):
    tuner = Evolution(Hypermodel(), "val_loss", 3, directory=tmp_path, evaluation=Formula())
    with pytest.raises(SearchError, match="No trial was completed within the time budget"):
        tuner.search(X, Y, time_budget=1, started=time.monotonic() - 2, verbose=0)
    assert not tuner.oracle.trials


class Second(Formula):
    """Each trial takes a second of a clock that only it moves."""

    now = 1000.0

    def evaluate(self, trial, run):
        Second.now += 1
        return super().evaluate(trial, run)


@pytest.fixture
def clock(monkeypatch):
    """The clock of budgets and deadlines."""
    for module in ("clock", "loop"):
        monkeypatch.setattr(f"automl_kit.search.{module}.time.monotonic", lambda: Second.now)


def _trials_of(folder, budget, started=None, progress=None):
    tuner = RandomSearch(
        Hypermodel(), "val_loss", 50, directory=folder, seed=0, evaluation=Second()
    )
    tuner.search(X, Y, time_budget=budget, started=started, verbose=0, progress=progress or Told())
    return len(tuner.oracle.trials)


def test_a_budget_is_of_all_runs_together_and_of_what_came_before_the_search(tmp_path, clock):
    assert _trials_of(tmp_path / "a", 10) == 10
    assert _trials_of(tmp_path / "b", 10, started=Second.now - 4) == 6
    assert _trials_of(tmp_path / "c", 4) == 4
    assert _trials_of(tmp_path / "c", 4) == 4
    assert _trials_of(tmp_path / "c", 7) == 7
    told = Told()
    assert _trials_of(tmp_path / "c", 9, progress=told) == 9
    recorded = json.loads((tmp_path / "c" / "untitled_project" / "clock.json").read_text())
    assert recorded["seconds"] == pytest.approx(9)


def test_the_seconds_left_after_a_resume_are_told(tmp_path, clock):
    _trials_of(tmp_path, 4)
    left = []

    class Listens(Told):
        @contextmanager
        def search(self, told):
            left.append(told.seconds_left())
            yield

    _trials_of(tmp_path, 10, progress=Listens())
    assert left == [pytest.approx(6)]


def test_a_clock_that_a_kill_lost_is_at_least_what_the_trials_took(tmp_path):
    assert Clock(tmp_path, at_least=lambda: 7.0).used() == pytest.approx(7, abs=0.5)
    assert Clock(tmp_path, at_least=lambda: 7.0).left(10) == pytest.approx(3, abs=0.5)
    clock = Clock(tmp_path, started=time.monotonic() - 20)
    clock.save()
    assert Clock(tmp_path, at_least=lambda: 7.0).left(10) == 0
    assert Clock(tmp_path).used() == pytest.approx(20, abs=0.5)
    assert Clock(tmp_path).left(None) is None


def test_a_budgeted_search_leaves_time_for_its_ending(tmp_path):
    """Trials that would go on for ever; the last training comes after them, within the budget."""
    model = AutoModel(*nodes(), tuner="random", max_trials=500, directory=tmp_path, seed=0)
    told = Told()
    started = time.monotonic()
    model.search(
        *TRAIN, validation_data=HELD, validation_split=0.3, epochs=1, batch_size=8, verbose=0,
        time_budget=8, progress=told,
    )  # fmt: skip
    assert not any("No time" in text for text in told.messages)
    assert len(told.stages) == 1
    assert told.stages[0].startswith("Training the best model on all rows, 1 epoch")
    assert time.monotonic() - started < 20
    assert 1 <= len(told.trials) < 500
    record = json.loads((_folder(model.tuner) / "final.json").read_text())
    assert record["trial_id"] == model.tuner.best_trial().trial_id
    assert np.isfinite(model.predict(X[:2], verbose=0)).all()
