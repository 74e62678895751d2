"""The three classifiers on real data: they learn, answer, export; scikit-learn's contract."""

import pickle

import autokeras as ak
import joblib
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.exceptions import NotFittedError
from small_tables import quick, table

import automl_kit
from automl_kit.custom_blocks import ClassificationHead
from automl_kit.data import load_digits, load_table
from automl_kit.errors import InputError


@pytest.fixture(scope="module")
def fitted():
    """One classifier for all that only ask it."""
    frame, labels = table(200)
    return quick(max_trials=1).fit(frame, labels), frame, labels


@pytest.mark.compiled
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


@pytest.mark.compiled
def test_texts_are_learned():
    texts = ["a good film", "a great film", "a bad film", "a poor film"] * 10
    labels = np.array([True, True, False, False] * 10)
    classifier = automl_kit.TextClassifier(max_trials=1, epochs=10, seed=0, verbose=0)
    assert classifier.fit(texts, labels).predict(["great", "poor"]).tolist() == [True, False]


def test_a_table_with_gaps_dates_and_unseen_values_goes_the_whole_way(tmp_path):
    frame, labels = table()
    classifier = quick().fit(frame, labels)
    other = frame.iloc[:5, ::-1].assign(extra=1)
    other.loc[0, "city"] = "Lima"
    assert set(classifier.predict(other)) <= {"yes", "no"}
    back = automl_kit.load_model(classifier.export_model(tmp_path / "m.keras"))
    assert (back.predict(frame) == classifier.predict(frame)).all()
    board = classifier.leaderboard()
    assert board.score.is_monotonic_increasing
    assert (board.seconds > 0).all()
    assert set(board.status) == {"COMPLETED"}


def test_a_graph_of_autokeras_blocks_is_searched_and_learns():
    """A column that tells the classes apart is learned by its one layer."""
    frame = pd.DataFrame({"x": np.r_[np.zeros(40), np.ones(40)], "noise": np.arange(80) % 7})
    labels = np.repeat(["a", "b"], 40)
    classifier = quick(max_trials=1, epochs=8, batch_size=8).fit(frame, labels)
    assert classifier.score(frame, labels) == 1
    names = {hp.name for hp in classifier.tuner_.oracle.hyperparameters.space}
    assert {"dense/units_0", "learning_rate", "weight_decay"} <= names
    assert "table/architecture" not in names


@pytest.mark.compiled
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


@pytest.mark.compiled
def test_iris_from_scikit_learn_through_its_own_tools():
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    iris = load_table("iris")
    classifier = quick(max_trials=1, epochs=20, graph=None)
    assert clone(classifier).get_params() == classifier.get_params()
    scores = cross_val_score(classifier, iris.x_train, iris.y_train, cv=2)
    assert scores.mean() > 0.8


def test_a_row_is_answered_the_same_alone_and_among_others(fitted):
    classifier, frame, _ = fitted
    together = classifier.predict_proba(frame)
    for row in (0, 70, 199):
        np.testing.assert_array_equal(classifier.predict_proba(frame.iloc[[row]])[0], together[row])


def test_columns_have_names_where_the_data_had_and_an_array_goes_by_their_order(fitted):
    classifier, frame, _ = fitted
    assert classifier.feature_names_in_.tolist() == ["age", "city", "since"]
    assert classifier.n_features_in_ == 3
    expected = classifier.predict_proba(frame)
    np.testing.assert_array_equal(classifier.predict_proba(frame.to_numpy(object)), expected)
    with pytest.raises(InputError, match="2 features"):
        classifier.predict(frame.to_numpy(object)[:, :2])
    numbers = quick(max_trials=1, epochs=1).fit(np.eye(8)[:, :3], list("abababab"))
    assert not hasattr(numbers, "feature_names_in_")
    assert numbers.n_features_in_ == 3


def test_before_fit_it_says_so():
    frame, _ = table()
    for method in ("predict", "predict_proba", "score", "evaluate"):
        with pytest.raises(NotFittedError):
            getattr(quick(), method)(frame)
    with pytest.raises(NotFittedError):
        quick().export_model()


def test_a_copy_in_another_process_predicts_the_same_and_lists_its_trials(fitted, tmp_path):
    classifier, frame, _ = fitted
    joblib.dump(classifier, tmp_path / "model.joblib")
    copies = [pickle.loads(pickle.dumps(classifier)), joblib.load(tmp_path / "model.joblib")]
    copies.append(pickle.loads(pickle.dumps(copies[0])))  # A copy of a copy.
    for copied in copies:
        np.testing.assert_array_equal(copied.predict_proba(frame), classifier.predict_proba(frame))
        pd.testing.assert_frame_equal(copied.leaderboard(), classifier.leaderboard())


@pytest.mark.compiled
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
