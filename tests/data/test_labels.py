import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning

from automl_kit.data import LabelEncoder, LoneClassWarning, load_structured
from automl_kit.errors import InputError, ProjectError


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (["b", "a", "b", "a"], ["a", "b"]),
        (("b", "a", "b", "a"), ["a", "b"]),
        (np.array(["b", "a", "b", "a"]), ["a", "b"]),
        (pd.Series(["b", "a", "b", "a"], dtype="category"), ["a", "b"]),
        (pd.Series(["b", "a", "b", "a"], dtype="string"), ["a", "b"]),
        ([3, -1, 3, -1], [-1, 3]),
        (pd.array([3, 1, 3, 1], dtype="Int64"), [1, 3]),
        (pd.Series([3, 1, 3, 1], dtype="category"), [1, 3]),
        ([True, False, True, False], [False, True]),
        (pd.Series([True, False, True, False], dtype="boolean"), [False, True]),
        (np.array([1, 0, 1, 0], dtype=object), [0, 1]),
        ([1.0, 0.0, 1.0, 0.0], [0.0, 1.0]),
    ],
)
def test_labels_come_back_as_they_were(y, classes):
    encoder = LabelEncoder().fit(y)
    assert encoder.classes_.tolist() == classes
    assert [type(label) for label in encoder.classes_.tolist()] == [type(c) for c in classes]
    ids = encoder.encode(y)
    assert ids.dtype == np.int64
    assert ids.tolist() == [1, 0, 1, 0]
    assert encoder.decode(ids).tolist() == list(y)
    stored = LabelEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert stored.classes_.dtype == encoder.classes_.dtype
    assert stored.encode(y).tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        ("label", "one label a row"),
        ([], r"0 sample\(s\)"),
        (["a", None, "a"], "1 of 3 labels are missing, the first in row 1"),
        ([1.0, np.nan, 1.0], "NaN"),
        (pd.array([1, None, 1], dtype="Int64"), "NaN"),
        ([1.0, np.inf, 1.0, np.inf], "infinity"),
        (["a", "a"], "1 class only, 'a'"),
        ([0.5, 1.5, 0.5, 1.5], "Unknown label type: continuous"),
        ([1, "a", 1, "a"], "Unknown label type: mixed-integer"),
        (np.array([1j, 2j, 1j, 2j]), "Complex data not supported"),
        (np.ones((3, 3)), r"shape \(3, 3\)"),
        ([[1], [1, 2]], "ragged"),
        ([2**70, 1, 2**70, 1], "64 bits"),
    ],
)
def test_what_is_no_class_label_is_refused(y, message):
    with pytest.raises(InputError, match=message):
        LabelEncoder().fit(y)


def test_a_column_is_taken_with_scikit_learns_warning():
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        encoder = LabelEncoder().fit(np.array([["a"], ["b"], ["a"], ["b"]]))
    assert encoder.classes_.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", "a", "b"], "1 class has one row only: 'b'"),
        ([3, 1, 1, 2], "2 classes have one row only: 2, 3"),
    ],
)
def test_classes_of_one_row_are_named_in_a_warning(y, message):
    encoder = LabelEncoder().fit(y)
    with pytest.warns(LoneClassWarning, match=message) as caught:
        encoder.warn_of_lone_classes(encoder.encode(y))
    assert caught[0].filename == __file__


def test_classes_of_more_rows_give_no_warning():
    encoder = LabelEncoder().fit([1, 2, 1, 2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder.warn_of_lone_classes(encoder.encode([1, 2, 1, 2]))


@pytest.mark.parametrize(
    ("known", "y", "unknown"),
    [
        (["a", "b"], ["a", "c", "d"], "'c', 'd'"),
        ([1, 2], ["1", "3"], "'3'"),
        (["1", "2a"], [1, 2], "2"),
        (["true", "maybe"], [True, False], "False"),
        ([True, False], ["true", "perhaps"], "'perhaps'"),
        ([True, False], [0, 2], "2"),
    ],
)
def test_unknown_labels_are_named(known, y, unknown):
    with pytest.raises(InputError, match=f"not there in training: {unknown}. Known are"):
        LabelEncoder().fit(known * 2).encode(y)


@pytest.mark.parametrize(
    ("known", "y", "ids"),
    [
        ([1, 2], ["2", "1"], [1, 0]),
        (["1", "2", "3a"], [2, 1], [1, 0]),
        (["01", "02", "1b"], [1, 2.0], [0, 1]),
        (["false", "maybe", "true"], [True, False], [2, 0]),
        ([True, False], ["TRUE", "false", "1"], [1, 0, 1]),
        ([1.0, 2.0], ["1", "2.0"], [0, 1]),
    ],
)
def test_labels_that_were_read_by_other_means_are_the_same(known, y, ids):
    assert LabelEncoder().fit(known * 2).encode(y).tolist() == ids


@pytest.mark.parametrize(
    ("written", "classes"),
    [
        (["1", "2"], [1, 2]),
        (["-1", "10"], [-1, 10]),
        (["1.0", "2.0"], [1.0, 2.0]),
        (["true", "False"], [False, True]),
        (["01", "02"], ["01", "02"]),
        (["1", "2", "3a"], ["1", "2", "3a"]),
        (["NA", "yes"], ["NA", "yes"]),
        (["true", "false", "maybe"], ["false", "maybe", "true"]),
    ],
)
def test_the_type_of_labels_of_a_file_is_told_by_all_of_them(tmp_path, written, classes):
    """And a later file with some of them has the same."""
    path = tmp_path / "t.csv"
    pd.DataFrame({"x": range(2 * len(written)), "y": written * 2}).to_csv(path, index=False)
    encoder = LabelEncoder().fit(load_structured(path, "y").labels)
    assert encoder.classes_.tolist() == classes
    pd.DataFrame({"x": [1, 2], "y": written[:1] * 2}).to_csv(path, index=False)
    found = encoder.decode(encoder.encode(load_structured(path, "y").labels))
    assert [str(label).lower() for label in found] == [written[0].lower()] * 2


def test_numbers_that_are_equal_are_the_same_label():
    assert LabelEncoder().fit([1, 2, 1, 2]).encode([2.0, 1.0]).tolist() == [1, 0]
    assert LabelEncoder().fit([True, False] * 2).encode([1, 0]).tolist() == [1, 0]
    assert LabelEncoder().fit([0, 1, 0, 1]).encode([True, False]).tolist() == [1, 0]


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        {"type": "str", "classes": ["a"]},
        {"type": "str", "classes": ["a", 1]},
        {"type": "str", "classes": ["b", "a"]},
        {"type": "str", "classes": ["a", "a"]},
        {"type": "object", "classes": ["a", "b"]},
        {"type": "int", "classes": [True, False]},
        {"type": "int", "classes": [1, 2], "one_hot": True},
        {"type": "int", "classes": [0, 1], "one_hot": 1},
    ],
)
def test_damaged_classes_are_refused(stored):
    with pytest.raises(ProjectError, match="stored class labels"):
        LabelEncoder.from_json(stored)


HOT = [[0, 1, 0], [1, 0, 0], [0, 1, 0]]  # The third class has no row.


@pytest.mark.parametrize(
    "given", [HOT, np.array(HOT, "float32"), np.array(HOT, bool), pd.DataFrame(HOT)]
)
def test_one_hot_rows_are_labels_and_come_back_as_such(given):
    encoder = LabelEncoder().fit(given)
    assert encoder.classes_.tolist() == [0, 1, 2]
    assert encoder.encode(given).tolist() == [1, 0, 1]
    assert encoder.encode([2, 0]).tolist() == [2, 0]
    again = LabelEncoder.from_json(encoder.to_json())
    np.testing.assert_array_equal(again.decode([1, 0, 1]), np.array(HOT))


@pytest.mark.parametrize("given", [[[0, 1], [1, 1]], [[0, 0], [1, 0]], [[0.5, 0.5], [0, 1]]])
def test_rows_of_several_labels_or_of_none_are_refused(given):
    with pytest.raises(InputError, match="One-hot rows would do, with a single 1 in each"):
        LabelEncoder().fit(given)


def test_one_hot_rows_of_other_classes_are_told():
    with pytest.raises(InputError, match="one-hot rows of 2 classes; there were 3"):
        LabelEncoder().fit(HOT).encode([[0, 1], [1, 0]])


@pytest.mark.parametrize("labels", [[b"b", b"a"] * 2, np.array([b"b", b"a"] * 2)])
def test_bytes_are_the_strings_that_they_stand_for(labels):
    encoder = LabelEncoder().fit(labels)
    assert encoder.classes_.tolist() == ["a", "b"]
    assert encoder.encode(labels).tolist() == encoder.encode(["b", "a"] * 2).tolist()
