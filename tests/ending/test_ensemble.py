"""Who is in an ensemble, at what temperature, and when further trials are no use."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import log_loss

from automl_kit.ending.ensemble import Ensemble, members_of
from automl_kit.errors import ProjectError
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.rows import Rows
from automl_kit.search.session import Session, patience

RANDOM = np.random.default_rng(0)
ROWS = 1200
IDS = RANDOM.integers(0, 3, ROWS)


def outputs(noise, heat=1.0):
    """Probabilities that know the class, but for noise; sure of themselves by a factor."""
    logs = (np.eye(3)[IDS] * 2 + RANDOM.normal(size=(ROWS, 3)) * noise) * heat
    shares = np.exp(logs)
    return (shares / shares.sum(axis=1, keepdims=True)).astype("float32")


def trials(*names):
    return [SimpleNamespace(trial_id=name) for name in names]


def ensemble(folder, kept, greedy=True, score=None):
    checkpoints = SimpleNamespace(has_weights=lambda name: name in kept, held_out=kept.get)
    goal = Objective("val_loss", "min", score)
    trainer = SimpleNamespace(checkpoints=checkpoints, objective=goal)
    rows = Rows(np.zeros((ROWS, 1)), np.eye(3)[IDS])
    return Ensemble(folder, trainer, rows, greedy)


def run():
    return Run(None, None, lambda *numbers: 0)


def test_its_loss_is_that_of_the_mean_that_it_will_be(tmp_path):
    kept = {"a": outputs(1.5), "b": outputs(1.6), "c": outputs(5.0)}
    found = ensemble(tmp_path, kept)
    found.run(trials("a", "b", "c"), run())
    members = members_of(tmp_path)
    mean = np.average([kept[name] for name, _ in members], axis=0, weights=[n for _, n in members])
    assert {"a", "b"} <= {name for name, _ in members}
    assert found.loss(trials("a", "b", "c")) == pytest.approx(
        log_loss(IDS, mean / mean.sum(axis=1, keepdims=True)), rel=1e-4
    )
    assert found.loss(trials("a", "b", "c")) < found.loss(trials("a"))
    assert found.loss([]) is None


def test_trials_without_weights_or_of_other_rows_are_no_members(tmp_path):
    kept = {"a": outputs(1.5), "short": outputs(1.0)[:10]}
    ensemble(tmp_path, kept).run(trials("gone", "short", "a"), run())
    assert members_of(tmp_path) == [("a", members_of(tmp_path)[0][1])]


def test_a_temperature_is_noted_where_networks_are_too_sure(tmp_path):
    kept = {"a": outputs(1.0, heat=3.0)}
    ensemble(tmp_path, kept).run(trials("a"), run())
    assert json.loads((tmp_path / "ensemble.json").read_text())["temperature"] > 1.5
    ensemble(tmp_path, kept, score=max).run(trials("a"), run())  # The loss isn't what counts.
    assert json.loads((tmp_path / "ensemble.json").read_text())["temperature"] == 1.0


@pytest.mark.parametrize("heat", [0, -1, "hot", float("inf")])
def test_a_temperature_that_can_not_be_is_refused(tmp_path, heat):
    note = {"members": [["0", 1]], "temperature": heat}
    (tmp_path / "ensemble.json").write_text(json.dumps(note))
    with pytest.raises(ProjectError, match=r"ensemble\.json is damaged"):
        members_of(tmp_path)


def session(tmp_path, losses, started, initial=2, rows=90):
    """A session after some trials, whose ensemble had these losses."""
    oracle = SimpleNamespace(start_order=range(started), initial_hps=[{}] * initial)
    found = Session.__new__(Session)
    found.tuner = SimpleNamespace(oracle=oracle)
    found.progress = SimpleNamespace(message=lambda text: None)
    found.ending = ensemble(tmp_path, {})
    found.ending.judged = Rows(np.zeros((rows, 1)), np.zeros((rows, 2)))
    found._losses = losses
    return found


def test_a_search_ends_after_trials_that_do_not_help(tmp_path):
    flat = [0.5, 0.4, 0.4, 0.4, 0.4, 0.4]
    assert patience(90) == 4
    assert session(tmp_path, flat, 6)._has_enough()
    assert not session(tmp_path, flat[:5], 5)._has_enough()  # The second one helped.
    assert not session(tmp_path, [*flat, 0.3], 7)._has_enough()
    assert not session(tmp_path, flat, 6, initial=7)._has_enough()
    assert not session(tmp_path, flat, 6, rows=200)._has_enough()


def test_more_rows_tell_smaller_differences():
    assert [patience(rows) for rows in (50, 101, 501, 2501)] == [4, 8, 15, 40]
