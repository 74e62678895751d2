"""`tf.data` pipelines in the place of arrays."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from automl_kit.data import unpacked
from automl_kit.errors import InputError

ROWS = np.arange(20, dtype="float32").reshape(10, 2)
LABELS = np.arange(10) % 2
IMAGES = np.arange(10 * 6 * 5 * 3, dtype="uint8").reshape(10, 6, 5, 3)
GREY = IMAGES[..., 0]
TEXTS = np.array([f"text {n}" for n in range(10)])
of = tf.data.Dataset.from_tensor_slices


@pytest.mark.parametrize("x", [ROWS, IMAGES, GREY, TEXTS], ids=["rows", "images", "grey", "texts"])
@pytest.mark.parametrize("size", [None, 1, 4, 10])
@pytest.mark.parametrize("labelled", [True, False])
def test_rows_and_batches_are_the_array(x, size, labelled):
    dataset = of((x, LABELS) if labelled else x)
    dataset = dataset if size is None else dataset.batch(size)
    found, labels = unpacked(dataset, images=x.ndim > 2)
    expected = x.astype(object) if x.dtype.kind == "U" else x
    got = np.array([v.decode() for v in found]) if x.dtype.kind == "U" else found
    assert (got == expected).all()
    assert got.shape == x.shape
    assert (labels is None) if not labelled else (labels == LABELS).all()


@pytest.mark.parametrize("x", [np.hstack([ROWS, ROWS]), IMAGES], ids=["rows", "images"])
def test_batches_of_one_known_size_and_one_hot_labels(x):
    one_hot = np.eye(2)[LABELS]
    for dataset in (of((x, one_hot)), of((x, one_hot)).batch(5, drop_remainder=True)):
        found, labels = unpacked(dataset, images=x.ndim == 4)
        np.testing.assert_array_equal(found, x)
        np.testing.assert_array_equal(labels, one_hot)


@pytest.mark.parametrize("size", [None, 3])
def test_dictionaries_are_tables(size):
    frame = pd.DataFrame({"a": ROWS[:, 0], "b": TEXTS})
    dataset = of((dict(frame), LABELS))
    found, _ = unpacked(dataset if size is None else dataset.batch(size))
    assert found["a"].tolist() == frame["a"].tolist()
    assert [word.decode() for word in found["b"]] == frame["b"].tolist()


def test_other_data_is_passed_on():
    x, y = unpacked(ROWS, LABELS)
    assert x is ROWS
    assert y is LABELS


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (of((ROWS, LABELS)).repeat(), None, "never ends.*take"),
        (of((ROWS, LABELS, LABELS)), None, "3 values a row.*sample_weight"),
        (of((ROWS, LABELS)), LABELS, "labels of its own"),
        (of(ROWS).take(0), None, "0 sample"),
        (of({"a": ROWS}).batch(2), None, r"'a'.*shape \(10, 2\)"),
        ((row for row in ROWS), None, "generator.*Pass arrays"),
    ],
)
def test_what_is_refused(x, y, message):
    with pytest.raises(InputError, match=message):
        unpacked(x, y)
