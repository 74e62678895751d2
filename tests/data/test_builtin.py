import gzip
import json
import re
import struct
import subprocess
import sys

import numpy as np
import pytest

from automl_kit.data import Dataset, load_digits, load_fashion_mnist, load_table
from automl_kit.data.docstrings import docstrings_of
from automl_kit.errors import InputError

NAMES = {
    "train-images-idx3-ubyte.gz": (2051, (6, 28, 28)),
    "train-labels-idx1-ubyte.gz": (2049, (6,)),
    "t10k-images-idx3-ubyte.gz": (2051, (4, 28, 28)),
    "t10k-labels-idx1-ubyte.gz": (2049, (4,)),
}


def test_digits():
    data = load_digits()
    assert data.x_train.shape == (1438, 8, 8)
    assert data.x_test.shape == (359, 8, 8)
    assert data.x_train.dtype == np.uint8
    assert (data.x_train.min(), data.x_train.max()) == (0, 16)
    assert np.bincount(data.y_test).min() >= 34
    assert np.array_equal(load_digits().y_test, data.y_test)


@pytest.mark.parametrize(
    ("name", "rows", "columns", "classes"),
    [
        ("iris", 150, 4, ["setosa", "versicolor", "virginica"]),
        ("wine", 178, 13, ["class_0", "class_1", "class_2"]),
        ("breast_cancer", 569, 30, ["benign", "malignant"]),
    ],
)
def test_tables(name, rows, columns, classes):
    data = load_table(name)
    assert data.x_train.shape[1] == columns
    assert len(data.x_train) + len(data.x_test) == rows
    assert len(data.x_train) == len(data.y_train)
    assert np.unique(data.y_test).tolist() == classes
    assert data.x_test.index.tolist() == list(range(len(data.x_test)))


def test_an_unknown_table_is_refused():
    with pytest.raises(InputError, match="'titanic'; expected one of iris, wine, breast_cancer"):
        load_table("titanic")


def test_docstrings_are_balanced_masked_and_imported_from_nowhere():
    code = (
        "import json, sys; from automl_kit.data import load_docstrings\n"
        "parts = {n: part.tolist() for n, part in vars(load_docstrings(seed=1)).items()}\n"
        "print(json.dumps([[m for m in ('keras', 'tensorflow') if m in sys.modules], parts]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported, parts = json.loads(done.stdout)
    assert imported == []
    data = Dataset(**parts)
    for labels, each in ((data.y_train, 400), (data.y_test, 100)):
        names, counts = np.unique(labels, return_counts=True)
        assert names.tolist() == ["keras", "numpy", "pandas", "sklearn"]
        assert counts.tolist() == [each] * 4
    texts = [*data.x_train, *data.x_test]
    assert not any(re.search(r"\b(numpy|pandas|sklearn|keras)\b", t, re.I) for t in texts)
    assert not set(data.x_train) & set(data.x_test)
    assert min(map(len, texts)) >= 40


def test_the_seed_of_docstrings_decides():
    first, again, other = (
        docstrings_of("sklearn", (40, 10), np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other
    assert [len(part) for part in first] == [40, 10]


@pytest.mark.parametrize(
    ("library", "counts", "message"),
    [("no_such_library", (1, 1), "not installed"), ("sklearn", (10**6, 1), "too few docstrings")],
)
def test_a_library_without_docstrings_is_refused(library, counts, message):
    with pytest.raises(InputError, match=message):
        docstrings_of(library, counts, np.random.default_rng(0))


@pytest.fixture
def fashion(tmp_path):
    for name, (magic, shape) in NAMES.items():
        values = np.arange(np.prod(shape), dtype=np.uint32).astype(np.uint8)
        header = struct.pack(f">{1 + len(shape)}I", magic, *shape)
        (tmp_path / name).write_bytes(gzip.compress(header + values.tobytes()))
    return tmp_path


def test_fashion_mnist_from_its_files(fashion):
    data = load_fashion_mnist(fashion)
    assert data.x_train.shape == (6, 28, 28)
    assert data.x_train[0, 0, :3].tolist() == [0, 1, 2]
    assert data.x_test.shape == (4, 28, 28)
    assert data.y_test.tolist() == [0, 1, 2, 3]
    assert data.y_train.dtype == np.int64


def test_fashion_mnist_that_is_not_there_or_damaged_is_refused(fashion):
    name = "t10k-labels-idx1-ubyte.gz"
    labels = (fashion / name).read_bytes()
    for content, message in (
        (b"nothing", "can't be read as gzip"),
        (labels[:-5], "can't be read as gzip"),
        (gzip.compress(gzip.decompress(labels)[:-1]), "not a whole IDX file"),
        (gzip.compress(b"text that is not IDX"), "not a whole IDX file"),
        (gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 2) + b"ab"), "do not belong together"),
    ):
        (fashion / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            load_fashion_mnist(fashion)
    (fashion / name).unlink()
    with pytest.raises(InputError, match=f"{name} missing. Install Debian's package"):
        load_fashion_mnist(fashion)
