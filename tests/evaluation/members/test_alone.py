"""A compiled training of one network: cut by time, gone on with, given up by a pruner."""

import numpy as np
import pytest

from automl_kit.evaluation.base import Run
from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.evaluation.members import compiled
from automl_kit.evaluation.members.alone import train_alone
from automl_kit.evaluation.members.compiled import Fits
from automl_kit.evaluation.objectives import resolve_objective

from .test_training import HELD, IDS, TRAIN, X, data, network


class Over:
    """Time that is over after so many looks at the clock."""

    def __init__(self, looks):
        self.looks = looks

    limited = True

    def remaining(self):
        self.looks -= 1
        return 1.0 if self.looks >= 0 else 0.0


def trained(model, folder, looks=10**9, fits=None, pruner=None, epochs=6):
    checkpoints = Checkpoints(lambda trial_id: folder)
    run = Run(None, None, lambda *numbers: 0, deadline=Over(looks), pruner=pruner)
    given = data(TRAIN[0], HELD[0], epochs)
    fits = fits or Fits(resolve_objective("val_loss"))
    found, before = train_alone(model, given, (0, epochs), 3, "0", fits, checkpoints, run, "0")
    if found.cut or found.pruned:
        checkpoints.save("0", model)
    return found, before


# The clock is looked at after the first step of all, and after each epoch.
@pytest.mark.parametrize("looks", [1, 2, 4])
def test_a_training_that_was_cut_goes_on_to_the_same_end(tmp_path, looks):
    whole_model, cut_model = network(dropout=0.3), network(dropout=0.3)
    next_model = network(dropout=0.3, seed=9)
    whole, _ = trained(whole_model, tmp_path / "whole")
    (tmp_path / "cut").mkdir()
    cut, _ = trained(cut_model, tmp_path / "cut", looks)
    assert cut.cut
    assert 0 < cut.epochs < 6
    assert cut.reason(6) == f"time was over after {cut.epochs} of 6 epochs"
    gone_on, before = trained(next_model, tmp_path / "cut")
    assert not gone_on.cut
    assert before > 0
    assert gone_on.epochs == whole.epochs
    for name, curve in whole.curves.items():
        assert gone_on.curves[name] == pytest.approx(curve)
    np.testing.assert_allclose(gone_on.held_out, whole.held_out, atol=1e-6)
    np.testing.assert_allclose(gone_on.held_out, next_model(X[HELD[0]]), atol=1e-5)


def test_state_that_can_not_be_read_begins_anew(tmp_path):
    folder = tmp_path / "cut"
    folder.mkdir()
    trained(network(), folder, 2)
    (folder / "cut.npz").write_bytes(b"no arrays")
    whole, _ = trained(network(), tmp_path / "whole")
    anew, before = trained(network(), folder)
    assert before == 0
    np.testing.assert_allclose(anew.held_out, whole.held_out, atol=1e-6)


class After:
    """Gives a trial up after some epochs."""

    def __init__(self, epochs):
        self.epochs, self.heard = epochs, []

    steps, finalists = "epochs", 1

    def stop(self, trial_id, step, curves):
        self.heard.append((trial_id, step, curves[trial_id][step]))
        return step >= self.epochs


def test_a_pruner_hears_of_each_epoch_and_ends_it(tmp_path):
    pruner = After(3)
    found, _ = trained(network(), tmp_path, pruner=pruner)
    assert found.pruned
    assert found.epochs == 3
    assert found.reason(6) == "the pruner stopped it after 3 of 6 epochs"
    assert [(trial, step) for trial, step, _ in pruner.heard] == [("0", 1), ("0", 2), ("0", 3)]
    assert [value for _, _, value in pruner.heard] == found.curves["val_loss"]


def test_after_the_last_epoch_there_is_nothing_to_stop(tmp_path):
    pruner = After(3)
    found, _ = trained(network(), tmp_path, pruner=pruner, epochs=3)
    assert not found.pruned
    assert len(pruner.heard) == 3


def test_what_a_pruner_stopped_can_be_gone_on_with(tmp_path):
    whole, _ = trained(network(dropout=0.3), tmp_path / "whole")
    trained(network(dropout=0.3), tmp_path, pruner=After(3))
    found, before = trained(network(dropout=0.3, seed=9), tmp_path)
    assert before > 0
    assert found.curves["val_loss"] == pytest.approx(whole.curves["val_loss"])


def test_what_predicts_nothing_ends_when_its_patience_does(tmp_path, monkeypatch):
    """Rates so high that it only gets worse."""
    assert compiled.PATIENCE_STEPS == 300
    monkeypatch.setattr(compiled, "PATIENCE_STEPS", 60)
    found, _ = trained(network(rate=3.0), tmp_path, epochs=80)
    assert found.epochs < 80
    assert found.epochs - found.epoch >= 20  # 60 steps of 3 an epoch


def test_a_score_of_scikit_learn_is_the_objective(tmp_path):
    fits = Fits(resolve_objective("balanced_accuracy"))
    model = network()
    found, _ = trained(model, tmp_path, fits=fits)
    predicted = np.asarray(model(X[HELD[0]])).argmax(axis=1)
    own = IDS[HELD[0]]
    recalls = [np.mean(predicted[own == one] == one) for one in np.unique(own)]
    assert found.logs["val_balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert max(found.curves["val_balanced_accuracy"]) == found.logs["val_balanced_accuracy"]


def test_the_ending_is_told_how_long_the_training_took(tmp_path):
    """A refit of this trial would take about as long; its time must be left."""
    told = []

    def reserve(elapsed):
        told.append(elapsed)
        return 0.0

    run = Run(None, None, lambda *numbers: 0, deadline=Over(10**9), reserve=reserve)
    fits, given = Fits(resolve_objective("val_loss")), data(TRAIN[0], HELD[0], 3)
    checkpoints = Checkpoints(lambda trial_id: tmp_path)
    train_alone(network(), given, (0, 3), 3, "0", fits, checkpoints, run)
    assert 0 < told[0] < told[-1]
    assert told == sorted(told)
