"""The three classifiers on real data: search, resume, refusals, failures, export."""

import copy
import json
import pickle
import threading
import time

import autokeras as ak
import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score

import automl_kit
from automl_kit.custom_blocks import TABLE_PRESETS, ClassificationHead, TableInput
from automl_kit.data import LoneClassWarning, load_digits, load_table
from automl_kit.errors import InputError, ProjectError, SearchError


def _table(n=120):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": random.normal(40, 10, n),
            "city": random.choice(["Rome", "Oslo", None], n),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 999, n), "D"),
        }
    )
    frame.loc[::7, "age"] = np.nan
    labels = np.where((frame.city == "Rome") ^ (frame.age.fillna(40) > 55), "yes", "no")
    return frame, labels


def _graph():
    """A layer, which is trained in a moment."""
    entry = TableInput(name="table_input")
    block = ak.DenseBlock(num_layers=1, use_batchnorm=False, dropout=0.0, name="dense")
    return entry, ak.ClassificationHead(dropout=0.0, name="head")(block(entry))


def _quick(**more):
    given = {"max_trials": 2, "epochs": 2, "seed": 0, "verbose": 0, "graph": _graph}
    return automl_kit.StructuredDataClassifier(**{**given, **more})


LONG = ("digits", "texts", "iris", "no_weight", "decide_between", "images", "chapters", "learns")
"""Words of the tests whose epochs take longer than tracing their networks."""


@pytest.fixture(autouse=True)
def _eagerly(request):
    """Tracing networks of a moment takes longer than their epochs."""
    tf.config.run_functions_eagerly(not any(word in request.node.name for word in LONG))
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def fitted():
    """One classifier for all that only ask it."""
    frame, labels = _table(200)
    return _quick(max_trials=1).fit(frame, labels), frame, labels


def test_digits_are_learned_and_the_exported_file_answers_the_same(tmp_path):
    digits = load_digits()
    classifier = automl_kit.ImageClassifier(max_trials=1, epochs=3, seed=0, verbose=0)
    classifier.fit(digits.x_train[:600], digits.y_train[:600])
    assert classifier.score(digits.x_test, digits.y_test) > 0.8
    path = classifier.export_model(tmp_path / "digits.keras")
    back = automl_kit.load_model(path)
    np.testing.assert_allclose(
        back.predict_proba(digits.x_test), classifier.predict_proba(digits.x_test), atol=1e-6
    )


def test_texts_are_learned():
    texts = ["a good film", "a great film", "a bad film", "a poor film"] * 10
    labels = np.array([True, True, False, False] * 10)
    classifier = automl_kit.TextClassifier(max_trials=1, epochs=10, seed=0, verbose=0)
    assert classifier.fit(texts, labels).predict(["great", "poor"]).tolist() == [True, False]


def test_a_table_with_gaps_dates_and_unseen_values_goes_the_whole_way(tmp_path):
    frame, labels = _table()
    classifier = _quick().fit(frame, labels)
    other = frame.iloc[:5, ::-1].assign(extra=1)
    other.loc[0, "city"] = "Lima"
    assert set(classifier.predict(other)) <= {"yes", "no"}
    back = automl_kit.load_model(classifier.export_model(tmp_path / "m.keras"))
    assert (back.predict(frame) == classifier.predict(frame)).all()
    board = classifier.leaderboard()
    assert board.score.is_monotonic_increasing
    assert (board.seconds > 0).all()
    assert set(board.status) == {"COMPLETED"}


def test_the_first_trials_are_the_tasks_presets_and_later_ones_change_them():
    frame, labels = _table()
    classifier = _quick(max_trials=len(TABLE_PRESETS) + 1, epochs=1, graph=None).fit(frame, labels)
    board = classifier.leaderboard().set_index("trial")
    for number, preset in enumerate(TABLE_PRESETS):
        assert board.loc[str(number), list(preset)].to_dict() == preset
    values = [
        str(sorted(trial.hyperparameters.values.items()))
        for trial in classifier.tuner_.oracle.trials.values()
    ]
    assert len(set(values)) == len(TABLE_PRESETS) + 1


def test_the_same_seed_gives_the_same_search():
    frame, labels = _table()
    first, second = (_quick(tuner="random").fit(frame, labels) for _ in range(2))
    drop = ["seconds"]
    pd.testing.assert_frame_equal(
        first.leaderboard().drop(columns=drop), second.leaderboard().drop(columns=drop)
    )
    np.testing.assert_array_equal(first.predict_proba(frame), second.predict_proba(frame))


def test_the_same_call_goes_on_and_another_is_refused(tmp_path):
    frame, labels = _table()
    first = _quick(directory=tmp_path).fit(frame, labels)
    more = _quick(directory=tmp_path, max_trials=3).fit(frame, labels)
    board = more.leaderboard().set_index("trial")
    assert len(board) == 3
    before = first.leaderboard().set_index("trial")
    assert (board.loc[before.index, "seconds"] == before.seconds).all()
    with pytest.raises(ProjectError, match="data was"):
        _quick(directory=tmp_path).fit(frame.iloc[:80], labels[:80])
    with pytest.raises(ProjectError, match=r"another search: seed was 0, is 1\. Choose"):
        _quick(directory=tmp_path, seed=1).fit(frame, labels)
    with pytest.raises(ProjectError, match="another search: objective was"):
        _quick(directory=tmp_path, objective="val_accuracy").fit(frame, labels)
    again = _quick(directory=tmp_path, objective="val_accuracy", overwrite=True)
    assert len(again.fit(frame, labels).leaderboard()) == 2


def test_a_damaged_project_is_told(tmp_path):
    frame, labels = _table()
    _quick(directory=tmp_path).fit(frame, labels)
    (tmp_path / "structured_classifier" / "oracle.json").write_text("{")
    with pytest.raises(ProjectError, match="damaged"):
        _quick(directory=tmp_path, max_trials=3).fit(frame, labels)


def test_a_trial_that_was_running_when_killed_is_repeated_and_no_other(tmp_path):
    frame, labels = _table()
    _quick(directory=tmp_path).fit(frame, labels)
    file = next((tmp_path / "structured_classifier").glob("trial_1/trial.json"))
    trial = json.loads(file.read_text())
    file.write_text(json.dumps({**trial, "status": "RUNNING", "score": None}))
    resumed = _quick(directory=tmp_path).fit(frame, labels).leaderboard().set_index("trial")
    assert list(resumed.status) == ["COMPLETED"] * 2
    assert resumed.loc["1", "score"] == pytest.approx(trial["score"])


def test_networks_that_are_too_large_fail_their_trial_and_the_reason_is_kept():
    frame, labels = _table()
    classifier = _quick(max_model_size=10)
    with pytest.raises(SearchError, match="Oversized model"):
        classifier.fit(frame, labels)
    assert classifier.leaderboard().error.str.contains("Oversized").all()


def test_a_time_budget_ends_a_long_search_with_a_model():
    """The one trial would take hours: it is cut, and its network at its best epoch is the model."""
    frame, labels = _table()
    started = time.monotonic()
    classifier = _quick(max_trials=50, epochs=10**6, time_budget=5).fit(frame, labels)
    assert time.monotonic() - started < 20
    board = classifier.leaderboard()
    assert board.status.tolist() == ["PARTIAL"]
    assert board.seconds.sum() < 10
    assert "time was over after" in board.error[0]
    trial = classifier.tuner_.load_model(classifier.tuner_.best_trial())
    expected = classifier.tuner_.get_best_model()
    for found, kept in zip(trial.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(found, kept)


def test_a_graph_of_autokeras_blocks_is_searched_and_learns():
    """A column that tells the classes apart is learned by its one layer."""
    frame = pd.DataFrame({"x": np.r_[np.zeros(40), np.ones(40)], "noise": np.arange(80) % 7})
    labels = np.repeat(["a", "b"], 40)
    classifier = _quick(max_trials=1, epochs=8, batch_size=8).fit(frame, labels)
    assert classifier.score(frame, labels) == 1
    names = {hp.name for hp in classifier.tuner_.oracle.hyperparameters.space}
    assert {"dense/units_0", "learning_rate", "weight_decay"} <= names
    assert "table/architecture" not in names


def test_the_chapters_own_search_space_runs():
    digits = load_digits()
    entry = ak.ImageInput()
    output = ak.ConvBlock(num_blocks=1, num_layers=1, max_pooling=True, dropout=0.25)(
        ak.Normalization()(entry)
    )
    graph = entry, ClassificationHead(dropout=0.5)(output)
    classifier = automl_kit.ImageClassifier(graph=graph, max_trials=1, epochs=1, seed=0, verbose=0)
    classifier.fit(digits.x_train[:200], digits.y_train[:200])
    assert all(
        type(layer).__module__.startswith("keras.") for layer in classifier.export_model().layers
    )


@pytest.mark.parametrize("tuner", ["bayesian", "hyperband"])
def test_scores_of_other_tuners_are_the_objectives_on_held_out_rows(tuner):
    frame, labels = _table()
    held = {"validation_data": (frame[80:], labels[80:])}
    classifier = _quick(tuner=tuner, objective="f1_macro").fit(frame[:80], labels[:80], **held)
    board = classifier.leaderboard()
    assert classifier.tuner_.searched.name == tuner
    assert board.status.tolist() == ["COMPLETED"] * 2
    expected = f1_score(labels[80:], classifier.predict(frame[80:]), average="macro")
    assert board.score[0] == pytest.approx(expected)
    assert board.score[0] == classifier.tuner_.best_trial().score


def test_held_out_data_of_ones_own_judges_trials_and_class_weights_weigh_it():
    """The score is the loss of these rows, each weighted as its class."""
    frame, labels = _table()
    held, truth = frame[80:], labels[80:]
    for given in ({"yes": 5, "no": 0.5}, {"no": 1}):
        classifier = _quick(max_trials=1, class_weight=given)
        classifier.fit(frame[:80], labels[:80], validation_data=(held, truth))
        probabilities = classifier.predict_proba(held)
        rows = [given.get(label, 1) for label in truth]
        losses = -np.log(probabilities[np.arange(40), (truth == "yes").astype(int)])
        # Keras divides the sum of weighted losses by the number of rows.
        expected = np.sum(rows * losses) / 40
        assert classifier.tuner_.best_trial().score == pytest.approx(expected, rel=1e-3)


def test_evaluate_gives_loss_and_accuracy_and_all_metrics_by_name(fitted):
    classifier, frame, labels = fitted
    loss, accuracy = classifier.evaluate(frame, labels)
    probabilities = classifier.predict_proba(frame).astype("float64")
    assert loss == pytest.approx(log_loss(labels, probabilities, labels=["no", "yes"]), rel=1e-4)
    assert accuracy == accuracy_score(labels, classifier.predict(frame))
    found = classifier.evaluate(frame, labels, return_dict=True)
    assert list(found) == ["loss", "accuracy", "balanced_accuracy", "roc_auc", "log_loss"]
    assert (found["loss"], found["accuracy"]) == (loss, accuracy)
    assert found["log_loss"] == loss


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
    frame, labels = _table()
    with pytest.raises(InputError, match=message):
        _quick(**arguments).fit(frame, labels)


def test_iris_from_scikit_learn_through_its_own_tools():
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    iris = load_table("iris")
    classifier = _quick(max_trials=1, epochs=20, graph=None)
    assert clone(classifier).get_params() == classifier.get_params()
    scores = cross_val_score(classifier, iris.x_train, iris.y_train, cv=2)
    assert scores.mean() > 0.8


def test_callbacks_of_the_user_see_every_epoch_of_trial_and_refit():
    frame, labels = _table()
    seen = []

    class Watch(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            return Watch()

        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, "val_loss" in logs))

    classifier = _quick(max_trials=1, callbacks=[Watch()]).fit(frame, labels)
    epochs = classifier.tuner_.best_trial().best_step + 1
    assert seen == [(0, True), (1, True), *((epoch, False) for epoch in range(epochs))]


def test_callbacks_that_can_not_be_copied_are_told():
    class Locked(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.lock = threading.Lock()

    frame, labels = _table()
    with pytest.raises(SearchError, match=r"callbacks \(Locked\) can't be copied"):
        _quick(max_trials=1, callbacks=[Locked()]).fit(frame, labels)


def test_a_row_is_answered_the_same_alone_and_among_others(fitted):
    classifier, frame, _ = fitted
    together = classifier.predict_proba(frame)
    for row in (0, 70, 199):
        np.testing.assert_array_equal(classifier.predict_proba(frame.iloc[[row]])[0], together[row])


def test_rows_of_no_weight_are_as_if_they_were_not_there():
    """Of two thirds that contradict the others the weights are 0; on held-out rows too."""
    x = np.tile(np.arange(2.0), 45)
    frame = pd.DataFrame({"x": x, "more": np.arange(90) % 5})
    labels = np.where(x > 0, "b", "a")
    weights = np.zeros(90)
    weights[::3] = 1
    labels[weights == 0] = np.where(x[weights == 0] > 0, "a", "b")
    given = {"max_trials": 1, "epochs": 12, "batch_size": 8}
    classifier = _quick(**given).fit(frame, labels, sample_weight=weights)
    counted = weights > 0
    assert classifier.score(frame[counted], labels[counted]) == 1
    assert classifier.score(frame[~counted], labels[~counted]) == 0
    assert classifier.tuner_.best_trial().score < 0.3


def test_columns_have_names_where_the_data_had_and_an_array_goes_by_their_order(fitted):
    classifier, frame, _ = fitted
    assert classifier.feature_names_in_.tolist() == ["age", "city", "since"]
    assert classifier.n_features_in_ == 3
    expected = classifier.predict_proba(frame)
    np.testing.assert_array_equal(classifier.predict_proba(frame.to_numpy(object)), expected)
    with pytest.raises(InputError, match="2 features"):
        classifier.predict(frame.to_numpy(object)[:, :2])
    numbers = _quick(max_trials=1, epochs=1).fit(np.eye(8)[:, :3], list("abababab"))
    assert not hasattr(numbers, "feature_names_in_")
    assert numbers.n_features_in_ == 3


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


@pytest.mark.parametrize("objective", ["Precision", "recall"])
def test_a_metric_of_two_classes_is_of_the_second_and_says_so(objective, capsys):
    frame, labels = _table()
    held, truth = frame[80:], labels[80:]
    classifier = _quick(max_trials=1, objective=objective, verbose=2)
    classifier.fit(frame[:80], labels[:80], validation_data=(held, truth))
    judge = {"Precision": precision_score, "recall": recall_score}[objective]
    predicted = classifier.predict(held)
    expected = judge(truth, predicted, pos_label="yes", zero_division=0)
    assert classifier.tuner_.best_trial().score == pytest.approx(expected)
    assert f"val_{objective} is that of the class 'yes'." in capsys.readouterr().out


def test_before_fit_it_says_so():
    frame, _ = _table()
    for method in ("predict", "predict_proba", "score", "evaluate"):
        with pytest.raises(NotFittedError):
            getattr(_quick(), method)(frame)
    with pytest.raises(NotFittedError):
        _quick().export_model()


def test_a_copy_in_another_process_predicts_the_same_and_lists_its_trials(fitted, tmp_path):
    classifier, frame, _ = fitted
    joblib.dump(classifier, tmp_path / "model.joblib")
    copies = [pickle.loads(pickle.dumps(classifier)), joblib.load(tmp_path / "model.joblib")]
    copies.append(pickle.loads(pickle.dumps(copies[0])))  # A copy of a copy.
    for copied in copies:
        np.testing.assert_array_equal(copied.predict_proba(frame), classifier.predict_proba(frame))
        pd.testing.assert_frame_equal(copied.leaderboard(), classifier.leaderboard())


def test_images_are_read_from_folders_batch_by_batch(tmp_path):
    random = np.random.default_rng(0)
    for label, grey in (("dark", 40), ("light", 200)):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(24):
            pixels = random.normal(grey, 20, (10, 12)).clip(0, 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "set" / label / f"{number}.png")
    classifier = automl_kit.ImageClassifier(
        max_trials=1, epochs=4, seed=0, verbose=0, class_weight="balanced"
    )
    classifier.fit(tmp_path / "set")
    assert (classifier.schema_.height, classifier.schema_.width) == (10, 12)
    assert classifier.score(tmp_path / "set") == 1.0
    assert classifier.predict(tmp_path / "set" / "dark").tolist() == ["dark"] * 24


def test_weights_of_classes_decide_between_indistinct_rows():
    frame = pd.DataFrame({"x": np.tile(np.arange(10.0), 12)})
    labels = np.repeat(["a", "b"], 60)
    for favoured in ("a", "b"):
        classifier = _quick(max_trials=1, epochs=10, class_weight={favoured: 50.0}, graph=None)
        assert (classifier.fit(frame, labels).predict(frame) == favoured).all()


def test_a_class_of_one_row_is_trained_on_with_a_warning():
    frame, labels = _table()
    labels = labels.astype(object)
    labels[5] = "maybe"
    with pytest.warns(LoneClassWarning, match="1 class has one row only: 'maybe'") as caught:
        classifier = _quick(max_trials=1).fit(frame, labels)
    lone = [warning for warning in caught if warning.category is LoneClassWarning]
    assert [warning.filename for warning in lone] == [__file__]
    assert classifier.classes_.tolist() == ["maybe", "no", "yes"]
    assert (classifier.predict_proba(frame)[:, 0] > 0).all()
    with pytest.raises(InputError, match="1 class only"):
        _quick().fit(frame, ["yes"] * len(frame))
