"""What a task makes of its search: resume, refusals, failures, budgets."""

import copy
import json
import threading
import time

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score
from small_tables import quick, table

from automl_kit.custom_blocks import TABLE_PRESETS
from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.tasks.structured import Tables


@pytest.fixture(scope="module")
def fitted():
    """One classifier for all that only ask it."""
    frame, labels = table(200)
    return quick(max_trials=1).fit(frame, labels), frame, labels


def test_the_first_trials_are_the_tasks_presets_and_later_ones_change_them(monkeypatch):
    assert Tables.presets == {None: TABLE_PRESETS}
    presets = [  # one of each architecture
        preset for number, preset in enumerate(TABLE_PRESETS)
        if preset["table/architecture"]
        not in {before["table/architecture"] for before in TABLE_PRESETS[:number]}
    ]  # fmt: skip
    assert len(presets) > 2
    monkeypatch.setattr(Tables, "presets", {None: presets})
    frame, labels = table()
    classifier = quick(max_trials=len(presets) + 1, epochs=1, graph=None).fit(frame, labels)
    board = classifier.leaderboard().astype({"trial": int}).set_index("trial")
    for number, preset in enumerate(presets):
        assert board.loc[number, list(preset)].to_dict() == preset
    values = [
        str(sorted(trial.hyperparameters.values.items()))
        for trial in classifier.tuner_.oracle.trials.values()
    ]
    assert len(set(values)) == len(presets) + 1


def test_the_same_seed_gives_the_same_search():
    frame, labels = table()
    first, second = (quick(tuner="random").fit(frame, labels) for _ in range(2))
    drop = ["seconds"]
    pd.testing.assert_frame_equal(
        first.leaderboard().drop(columns=drop), second.leaderboard().drop(columns=drop)
    )
    np.testing.assert_array_equal(first.predict_proba(frame), second.predict_proba(frame))


def test_the_same_call_goes_on_and_another_is_refused(tmp_path):
    frame, labels = table()
    first = quick(directory=tmp_path).fit(frame, labels)
    more = quick(directory=tmp_path, max_trials=3).fit(frame, labels)
    board = more.leaderboard().set_index("trial")
    assert len(board) == 3
    before = first.leaderboard().set_index("trial")
    assert (board.loc[before.index, "seconds"] == before.seconds).all()
    with pytest.raises(ProjectError, match="data was"):
        quick(directory=tmp_path).fit(frame.iloc[:80], labels[:80])
    with pytest.raises(ProjectError, match=r"another search: seed was 0, is 1\. Choose"):
        quick(directory=tmp_path, seed=1).fit(frame, labels)
    with pytest.raises(ProjectError, match="another search: objective was"):
        quick(directory=tmp_path, objective="val_accuracy").fit(frame, labels)
    again = quick(directory=tmp_path, objective="val_accuracy", overwrite=True)
    assert len(again.fit(frame, labels).leaderboard()) == 2


def test_a_damaged_project_is_told(tmp_path):
    frame, labels = table()
    quick(directory=tmp_path).fit(frame, labels)
    (tmp_path / "structured_classifier" / "oracle.json").write_text("{")
    with pytest.raises(ProjectError, match="damaged"):
        quick(directory=tmp_path, max_trials=3).fit(frame, labels)


def test_a_trial_that_was_running_when_killed_is_repeated_and_no_other(tmp_path):
    frame, labels = table()
    quick(directory=tmp_path).fit(frame, labels)
    file = next((tmp_path / "structured_classifier").glob("trial_1/trial.json"))
    trial = json.loads(file.read_text())
    file.write_text(json.dumps({**trial, "status": "RUNNING", "score": None}))
    resumed = quick(directory=tmp_path).fit(frame, labels).leaderboard().set_index("trial")
    assert list(resumed.status) == ["COMPLETED"] * 2
    assert resumed.loc["1", "score"] == pytest.approx(trial["score"])


def test_networks_that_are_too_large_fail_their_trial_and_the_reason_is_kept():
    frame, labels = table()
    classifier = quick(max_model_size=10)
    with pytest.raises(SearchError, match="Oversized model"):
        classifier.fit(frame, labels)
    assert classifier.leaderboard().error.str.contains("Oversized").all()


def test_a_time_budget_ends_a_long_search_with_a_model():
    """The one trial would take hours: it is cut, and its network at its best epoch is the model."""
    frame, labels = table()
    started = time.monotonic()
    classifier = quick(max_trials=50, epochs=10**6, time_budget=5).fit(frame, labels)
    assert time.monotonic() - started < 20
    board = classifier.leaderboard()
    assert board.status.tolist() == ["PARTIAL"]
    assert board.seconds.sum() < 10
    assert "time was over after" in board.error[0]
    trial = classifier.tuner_.load_model(classifier.tuner_.best_trial())
    expected = classifier.tuner_.get_best_model()
    for found, kept in zip(trial.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(found, kept)


@pytest.mark.parametrize("tuner", ["bayesian", "hyperband"])
def test_scores_of_other_tuners_are_the_objectives_on_held_out_rows(tuner):
    frame, labels = table()
    held = {"validation_data": (frame[80:], labels[80:])}
    classifier = quick(tuner=tuner, objective="f1_macro").fit(frame[:80], labels[:80], **held)
    board = classifier.leaderboard()
    assert classifier.tuner_.searched.name == tuner
    assert board.status.tolist() == ["COMPLETED"] * 2
    expected = f1_score(labels[80:], classifier.predict(frame[80:]), average="macro")
    assert board.score[0] == pytest.approx(expected)
    assert board.score[0] == classifier.tuner_.best_trial().score


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_trials": 0}, "max_trials"),
        ({"tuner": "magic"}, "There is no strategy"),
        ({"objective": "magic"}, "no metric called"),
        ({"epochs": 0}, "epochs"),
        ({"time_budget": -1}, "time_budget"),
        ({"validation_split": 2}, "validation_split"),
        ({"class_weight": {"maybe": 2}}, "maybe"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_arguments_are_told(arguments, message):
    frame, labels = table()
    with pytest.raises(InputError, match=message):
        quick(**arguments).fit(frame, labels)


def test_callbacks_of_the_user_see_every_epoch_of_trial_and_refit():
    frame, labels = table()
    seen = []

    class Watch(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            return Watch()

        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, "val_loss" in logs))

    classifier = quick(max_trials=1, callbacks=[Watch()]).fit(frame, labels)
    epochs = classifier.tuner_.best_trial().best_step + 1
    assert seen == [(0, True), (1, True), *((epoch, False) for epoch in range(epochs))]


def test_callbacks_that_can_not_be_copied_are_told():
    class Locked(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.lock = threading.Lock()

    frame, labels = table()
    with pytest.raises(SearchError, match=r"callbacks \(Locked\) can't be copied"):
        quick(max_trials=1, callbacks=[Locked()]).fit(frame, labels)


def test_a_second_fit_that_fails_leaves_no_model_with_the_wrong_labels(fitted):
    classifier, frame, labels = copy.copy(fitted[0]), *fitted[1:]
    assert classifier.classes_.tolist() == ["no", "yes"]
    classifier.set_params(max_model_size=1)
    with pytest.raises(SearchError, match="Oversized"):
        classifier.fit(frame, np.where(labels == "yes", "up", "down"))
    for name in ("classes_", "model_", "schema_", "problem_", "feature_names_in_"):
        assert not hasattr(classifier, name)
    with pytest.raises(NotFittedError):
        classifier.predict(frame)
    with pytest.raises(InputError):
        classifier.fit(frame, ["one"] * len(frame))
    assert not hasattr(classifier, "classes_")
