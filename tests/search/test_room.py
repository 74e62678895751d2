"""How a time budget that is too short for whole trainings is shared out."""

import math
from types import SimpleNamespace

import pytest

from automl_kit.search.session import Session

BUDGET = 1000.0
KEPT = 1.0 + 0.03 * BUDGET  # for what comes after the ending
MORE = 1.25  # how often longer the last training takes
ENDING = SimpleNamespace(more=MORE)


def session(left=BUDGET, ended=(), presets=4, max_trials=20, best=None, ending=ENDING):
    """A session with so many seconds left."""
    self = object.__new__(Session)
    self.time_budget, self.ending, self.finalists = BUDGET, ending, 0
    self.deadline = SimpleNamespace(limited=math.isfinite(left), remaining=lambda: left)
    oracle = SimpleNamespace(
        initial_hps=[{}] * presets, max_trials=max_trials, end_order=list(ended),
        best_trial=lambda: best,
    )  # fmt: skip
    self.tuner = SimpleNamespace(oracle=oracle)
    return self


def trial(**figures):
    metrics = SimpleNamespace(exists=figures.__contains__, get_last_value=figures.__getitem__)
    return SimpleNamespace(metrics=metrics)


def test_where_there_is_time_nothing_is_shortened():
    whole = 100.0
    assert session()._allowed(ENDING, 0.0, whole) >= whole
    assert session(left=math.inf)._allowed(ENDING, 0.0, 1e6) == math.inf


def test_first_trials_have_equal_parts_of_what_the_ending_does_not_need():
    whole = 300.0  # needs 375 s of the ending
    part = (BUDGET - KEPT - MORE * whole) / 4
    assert session()._allowed(ENDING, 0.0, whole) == pytest.approx(part)
    # 40 s later it has 40 s less; of two presets each has twice as much.
    assert session(left=BUDGET - 40)._allowed(ENDING, 40.0, whole) == pytest.approx(part - 40)
    assert session(presets=2)._allowed(ENDING, 0.0, whole) == pytest.approx(2 * part)
    assert session(max_trials=2)._allowed(ENDING, 0.0, whole) == pytest.approx(2 * part)


def test_the_ending_needs_no_more_than_half():
    assert session()._allowed(ENDING, 0.0, 1000.0) == pytest.approx(1000 / 4)
    room = BUDGET - KEPT - 0.5 * BUDGET
    assert session(presets=1)._allowed(ENDING, 0.0, 1000.0) == pytest.approx(room)
    alone = session(presets=1, ending=None)
    assert alone._allowed(None, 0.0, 5000.0) == pytest.approx(BUDGET - KEPT)


def test_a_fourth_of_a_training_is_the_least_while_there_is_room():
    whole = 1200.0
    assert session()._allowed(ENDING, 0.0, whole) == pytest.approx(300)
    assert session(left=700, ended="0")._allowed(ENDING, 0.0, whole) == pytest.approx(
        700 - KEPT - 500
    )


def test_the_first_trial_of_all_has_its_time_and_later_ones_are_not_shortened():
    assert session()._allowed(ENDING, 0.0, 1e5) == pytest.approx(BUDGET / (2 + MORE))
    assert session(ended="0123")._allowed(ENDING, 0.0, 1e5) == math.inf
    # Without presets the first trial of the strategy is it.
    assert session(presets=0)._allowed(ENDING, 0.0, 1e5) < math.inf
    assert session(presets=0, ended="0")._allowed(ENDING, 0.0, 1e5) == math.inf


@pytest.mark.parametrize(
    ("shortened", "seconds", "left", "ended", "over"),
    [
        (None, 300.0, 600.0, "0", False),  # it was trained whole
        (0.25, 300.0, 700.0, "0", True),  # a fourth takes 300 s, and there are 169
        (0.25, 100.0, 800.0, "0", False),
        (0.25, 100.0, 800.0, "0123", True),  # later trials are whole: 400 s, and there are 269
        (0.25, 60.0, 800.0, "0123", False),
        (0.25, 100.0, math.inf, "0123", False),  # gone on with, without a budget
    ],
)
def test_whether_the_ending_has_to_begin(shortened, seconds, left, ended, over):
    figures = {"seconds": seconds} if shortened is None else {
        "seconds": seconds, "shortened": shortened,
    }  # fmt: skip
    assert session(left, ended, best=trial(**figures))._has_no_room() is over
