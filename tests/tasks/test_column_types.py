"""What a user says about the columns of a table: names, types, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl_kit import StructuredDataClassifier, load_model
from automl_kit.errors import InputError
from automl_kit.tasks.structured import Tables

FRAME = pd.DataFrame({"age": [30, 40, 50], "class": [1, 2, 3], "town": ["a", "b", "b"]})


def kinds(data, names=None, types=None):
    """Each column's name and kind, as a task of tables finds them."""
    modality = Tables(names, types)
    frame, _, _ = modality.load(data, [0, 1, 1], Path())
    return {column.name: column.kind for column in modality.learn_schema(frame).columns}


def test_the_users_types_come_before_what_is_found():
    assert kinds(FRAME) == {"age": "number", "class": "number", "town": "category"}
    told = kinds(FRAME, types={"class": "categorical", "age": "numerical"})
    assert told == {"age": "number", "class": "category", "town": "category"}
    numbers = FRAME.assign(town=["1", "2.5", None])
    assert kinds(numbers)["town"] == "category"
    assert kinds(numbers, types={"town": "numerical"})["town"] == "number"


def test_an_array_gets_names_and_a_frame_is_read_in_their_order():
    array = FRAME[["age", "class"]].to_numpy()
    named = kinds(array, ["years", "class"], {"class": "categorical"})
    assert named == {"years": "number", "class": "category"}
    assert list(kinds(FRAME, ["town", "age", "class"])) == ["town", "age", "class"]


@pytest.mark.parametrize(
    ("data", "names", "types", "message"),
    [
        (FRAME, None, {"aeg": "numerical"}, "are mismatched. Cannot find column name 'aeg'"),
        (FRAME, ["age", "class"], None, "2 names for 3 columns"),
        (FRAME, ["age", "class", "city"], None, "Cannot find column name 'city' among"),
        (FRAME, ["age", "age", "town"], None, "has a name twice"),
        (FRAME.to_numpy(), None, {"0": "categorical"}, "column_names must be specified"),
        (FRAME, None, ["age"], "column_types must be a dictionary"),
        (FRAME, None, {"town": "numerical"}, "says that 'town' is numerical, but it has"),
    ],
)
def test_what_does_not_fit_the_data_is_refused(data, names, types, message):
    with pytest.raises(InputError, match=message):
        kinds(data, names, types)


def test_another_type_is_refused_where_it_is_written():
    with pytest.raises(InputError, match='either "categorical" or "numerical", but got \'num\''):
        StructuredDataClassifier(column_types={"age": "num"})


@pytest.mark.compiled
def test_predictions_and_the_exported_model_know_the_types(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, size=(120, 2))
    y = np.isin(x[:, 1], [0, 2]).astype(int)  # No number, but a category decides.
    classifier = StructuredDataClassifier(
        ["noise", "code"], {"code": "categorical"}, max_trials=1, epochs=12, seed=0, verbose=0,
        directory=tmp_path,
    )  # fmt: skip
    classifier.fit(x, y)
    assert [column.kind for column in classifier.schema_.columns] == ["number", "category"]
    assert classifier.score(x, y) > 0.9
    frame = pd.DataFrame(x[:, ::-1], columns=["code", "noise"])
    np.testing.assert_array_equal(classifier.predict(frame), classifier.predict(x))


@pytest.mark.compiled
def test_one_hot_labels_are_answered_by_one_hot_rows(tmp_path):
    x = np.random.default_rng(1).normal(size=(90, 2))
    y = np.eye(3)[np.digitize(x[:, 0], [-0.5, 0.5])]
    classifier = StructuredDataClassifier(max_trials=1, epochs=20, seed=0, verbose=0)
    classifier.fit(x, y)
    predicted = classifier.predict(x)
    assert predicted.shape == (90, 3)
    assert (predicted.sum(axis=1) == 1).all()
    assert classifier.score(x, y) == classifier.evaluate(x, y)[1] > 0.8
    path = classifier.export_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(load_model(path).predict(pd.DataFrame(x)), predicted)
