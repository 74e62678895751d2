"""A training whose time is short comes to the end of its plan in fewer epochs."""

import numpy as np
import pytest

from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.evaluation.members import compiled
from automl_kit.evaluation.members.alone import train_alone
from automl_kit.evaluation.members.compiled import Fits
from automl_kit.evaluation.members.pace import Pace
from automl_kit.evaluation.members.training_recipe import AdamW
from automl_kit.evaluation.objectives import resolve_objective

from .test_training import HELD, TRAIN, data, network, run_of

STEPS = 3  # an epoch: 20 rows by 8


def walked(pace, steps=STEPS):
    """The places of all steps of an epoch."""
    places = []
    for _ in range(steps):
        places.extend(pace.places(1))
        pace.advance(1)
    return places


def test_with_time_a_step_is_a_step_of_the_plan_exactly():
    pace, places = Pace(4, 7), []
    while pace.left:
        places += walked(pace, 7)
        pace.fit(epoch_seconds=0.1 + len(places), seconds=1e9)
    assert places == list(range(28))
    assert walked(Pace(4, 7, done=2.0), 7) == list(range(14, 21))  # gone on with


@pytest.mark.parametrize("seconds", [0.0, 1.0, 3.9])
def test_what_is_left_is_spread_over_what_there_is_time_for(seconds):
    pace = Pace(10, STEPS)
    walked(pace)
    pace.fit(1.0, seconds)
    left = max(1, int(seconds))
    assert pace.left == left
    places = [place for _ in range(left) for place in walked(pace)]
    np.testing.assert_allclose(np.diff(places), 9 / left)
    assert places[0] == STEPS
    assert pace.done == pytest.approx(10)
    assert pace.left == 0


def test_within_an_epoch_and_back_when_time_was_underestimated():
    pace = Pace(6, STEPS)
    pace.advance(1)
    pace.fit(epoch_seconds=1.0, seconds=2.0)  # this epoch and one more
    assert pace.left == 2
    pace.advance(2)
    assert pace.left == 1
    pace.fit(epoch_seconds=1.0, seconds=100.0)
    assert pace.stride <= 1
    assert pace.left == pytest.approx(6 - pace.done, abs=1)
    while pace.left:
        walked(pace)
    assert pace.done == pytest.approx(6)


def trained(folder, monkeypatch, epochs=6, **others):
    """What came of a training, the places in its plan, and what `allowed` was told.

    With `left` so many epochs are allowed after the first.
    """
    places, told = [], []
    rates = AdamW.rates

    def spied(recipe, steps):
        places.extend(steps)
        return rates(recipe, steps)

    def allowed(elapsed, whole):
        told.append((elapsed, whole))
        return (others["left"] - len(told) + 1.5) * whole / epochs  # half an epoch to spare

    monkeypatch.setattr(AdamW, "rates", spied)
    run = run_of(allowed=allowed) if "left" in others else run_of()
    fits, given = Fits(resolve_objective("val_loss")), data(TRAIN[0], HELD[0], epochs)
    checkpoints = Checkpoints(lambda trial_id: folder)
    found, _ = train_alone(network(), given, (0, epochs), 3, "0", fits, checkpoints, run)
    return found, places, told


def test_a_training_is_brought_to_its_end(tmp_path, monkeypatch):
    found, places, told = trained(tmp_path, monkeypatch, left=3)
    assert found.shortened == pytest.approx(4 / 6)
    assert not found.cut
    assert found.epochs == 1 + 3
    assert len(places) == found.epochs * STEPS
    assert places[:STEPS] == [0, 1, 2]
    strides = np.diff(places)
    assert places[-1] + strides[-1] == pytest.approx(6 * STEPS)
    assert all(elapsed > 0 and whole > 0 for elapsed, whole in told)


def test_a_long_plan_that_patience_ends_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "PATIENCE_STEPS", 12 * STEPS)  # 100 epochs are as long
    found, _, told = trained(tmp_path, monkeypatch, epochs=25, left=0)
    assert not told
    assert found.shortened == 1
    assert found.epochs > 12


def test_without_a_budget_nothing_changes(tmp_path, monkeypatch):
    found, places, _ = trained(tmp_path, monkeypatch)
    assert found.shortened == 1
    assert places == list(range(6 * STEPS))


def test_without_held_out_rows_the_last_epoch_counts():
    fits, given = Fits(resolve_objective("val_loss")), data(epochs=3)
    found, _ = train_alone(network(), given, (0, 3), 3, None, fits, None, run_of())
    assert (found.epoch, found.epochs, found.held_out) == (2, 3, None)
    assert [len(curve) for curve in found.curves.values()] == [3, 3]
