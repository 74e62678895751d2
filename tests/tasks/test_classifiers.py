"""The three classifiers on real data: search, resume, refusals, failures, export."""

import json
import pickle

import autokeras as ak
import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.exceptions import NotFittedError

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


def _quick(**more):
    return automl_kit.StructuredDataClassifier(
        **{"max_trials": 2, "epochs": 2, "seed": 0, "verbose": 0, **more}
    )


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
    classifier = _quick(max_trials=len(TABLE_PRESETS) + 2, epochs=1).fit(frame, labels)
    board = classifier.leaderboard().set_index("trial")
    for number, preset in enumerate(TABLE_PRESETS):
        assert board.loc[str(number), list(preset)].to_dict() == preset
    values = board.drop(columns=["score", "parameters", "seconds", "epochs", "status", "error"])
    assert not values.astype(str).duplicated().any()


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
    frame, labels = _table()
    classifier = _quick(max_trials=50, epochs=10_000, time_budget=4).fit(frame, labels)
    assert len(classifier.predict(frame)) == len(frame)
    assert classifier.leaderboard().seconds.sum() < 15


def test_a_graph_of_autokeras_blocks_is_searched():
    frame, labels = _table()

    def graph():
        entry = TableInput()
        return entry, ak.ClassificationHead(dropout=0.0)(ak.DenseBlock(num_layers=1)(entry))

    assert _quick(graph=graph, max_trials=1).fit(frame, labels).score(frame, labels) > 0.4


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
def test_other_tuners_run(tuner):
    frame, labels = _table()
    board = _quick(tuner=tuner, objective="balanced_accuracy").fit(frame, labels).leaderboard()
    assert board.score.between(0, 1).all()


def test_held_out_data_of_ones_own_and_class_weights():
    frame, labels = _table()
    classifier = _quick(max_trials=1, class_weight="balanced")
    classifier.fit(frame[:80], labels[:80], validation_data=(frame[80:], labels[80:]))
    assert set(classifier.evaluate(frame, labels)) == {
        "accuracy", "balanced_accuracy", "roc_auc", "log_loss",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_trials": 0}, "max_trials"),
        ({"tuner": "magic"}, "There is no tuner"),
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
    classifier = _quick(max_trials=1, epochs=20)
    assert clone(classifier).get_params() == classifier.get_params()
    scores = cross_val_score(classifier, iris.x_train, iris.y_train, cv=2)
    assert scores.mean() > 0.8


def test_callbacks_of_the_user_see_every_epoch():
    frame, labels = _table()
    seen = []

    class Watch(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            return Watch()

        def on_epoch_end(self, epoch, logs=None):
            seen.append(epoch)

    _quick(max_trials=1, callbacks=[Watch()]).fit(frame, labels)
    assert seen[:2] == [0, 1]


def test_a_row_is_answered_the_same_alone_and_among_others():
    frame, labels = _table(200)
    classifier = _quick(max_trials=1).fit(frame, labels)
    together = classifier.predict_proba(frame)
    for row in (0, 70, 199):
        np.testing.assert_array_equal(classifier.predict_proba(frame.iloc[[row]])[0], together[row])


def test_before_fit_it_says_so():
    frame, _ = _table()
    for method in ("predict", "predict_proba", "score", "evaluate"):
        with pytest.raises(NotFittedError):
            getattr(_quick(), method)(frame)
    with pytest.raises(NotFittedError):
        _quick().export_model()


def test_a_copy_in_another_process_predicts_the_same():
    frame, labels = _table()
    classifier = _quick(max_trials=1).fit(frame, labels)
    copied = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copied.predict_proba(frame), classifier.predict_proba(frame))


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
        classifier = _quick(max_trials=1, epochs=10, class_weight={favoured: 50.0})
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
