import numpy as np
import pandas as pd
import pytest
from PIL import Image

from automl_kit.data import load_images, load_structured, load_text
from automl_kit.errors import InputError

FRAME = pd.DataFrame({"a": [1, 2], "class": ["x", "y"], "b": [3, 4]})


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    FRAME.to_csv(path, index=False)
    return path


def test_the_target_of_a_table(table, tmp_path):
    x, labels, notes = load_structured(table)
    assert x.columns.tolist() == ["a", "b"]
    assert labels.tolist() == ["x", "y"]
    assert notes == ["The labels are column 'class'."]
    x, labels, notes = load_structured(str(table), "b")
    assert (x.columns.tolist(), labels.tolist(), notes) == (["a", "class"], ["3", "4"], [])
    last = tmp_path / "last.csv"
    FRAME.rename(columns={"class": "kind"}).to_csv(last, index=False)
    assert load_structured(last).labels.tolist() == ["3", "4"]  # LabelEncoder tells types
    FRAME.assign(label=[7, 8]).to_csv(last, index=False)
    assert load_structured(last).labels.tolist() == ["7", "8"]
    assert load_structured(FRAME, "class").x.columns.tolist() == ["a", "b"]
    assert load_structured(table, [5, 6]).labels == [5, 6]


def test_without_labels_no_column_is_taken_away(table):
    x, labels, notes = load_structured(table, labelled=False)
    assert (x.columns.tolist(), labels, notes) == (["a", "class", "b"], None, [])
    assert load_structured(table, "gone", labelled=False).labels is None
    assert load_structured([[1, 2]], labelled=False).labels is None


def test_labels_named_na_are_labels(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,class\nNA,NA\n1,None\n2,\n")
    x, labels, _ = load_structured(path)
    assert labels.tolist()[:2] == ["NA", "None"]
    assert labels.isna().tolist() == [False, False, True]
    assert x["a"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (FRAME, None, "requires y to be passed, but the target y is None"),
        (FRAME, "z", r"no target column 'z'; the columns are \['a', 'class', 'b'\]"),
        (FRAME, [1, 2, 3], "2 rows, but y has 3 labels"),
        (FRAME[["a"]], "a", "no column beside the target 'a'"),
        ([[1, 2]], "a", "y is the string 'a'"),
        ("gone.csv", None, "no file gone.csv"),
    ],
)
def test_tables_without_usable_labels_are_refused(X, y, message):
    with pytest.raises(InputError, match=message):
        load_structured(X, y)


def test_texts_from_anywhere(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,label\nNA,a\nhello,b\n,a\n")
    texts, labels, notes, column = load_text(path)
    assert column == "text"
    assert texts.tolist() == ["NA", "hello", ""]
    assert labels.tolist() == ["a", "b", "a"]
    assert notes == ["The labels are column 'label'."]
    path.write_text("id,body,kind\n1,u,a\n2,v,b\n")
    assert load_text(path, "kind", column="body").x.tolist() == ["u", "v"]
    assert load_text(path, column="body", labelled=False)[:2][1] is None
    frame = pd.read_csv(path)[["body", "kind"]]
    assert load_text(frame, "kind").x.tolist() == ["u", "v"]
    assert load_text(["a", "b"], [0, 1]).labels == [0, 1]
    assert load_text(path, "kind")[0].tolist() == ["u", "v"]
    assert load_text(path, "kind").column == "body"
    assert load_text("a text", labelled=False).x.tolist() == ["a text"]
    (tmp_path / "numbers.csv").write_text("n,label\n1,a\n2,b\n")
    with pytest.raises(InputError, match="'n' holds numbers, and no text"):
        load_text(tmp_path / "numbers.csv")
    (tmp_path / "two.csv").write_text("title,body,kind\nx,u,a\ny,v,b\n")
    with pytest.raises(InputError, match=r"Can't tell which .* \['title', 'body'\]"):
        load_text(tmp_path / "two.csv", "kind")
    assert load_text(path, "kind", column="id").x.tolist() == ["1", "2"]
    with pytest.raises(InputError, match="2 texts, but y has 1 labels"):
        load_text(["a", "b"], [0])
    with pytest.raises(InputError, match="target y is None"):
        load_text(["a", "b"])
    with pytest.raises(InputError, match="All texts are empty"):
        load_text(["", None], [0, 1])
    assert load_text(["", None], labelled=False).x.tolist() == ["", ""]


@pytest.fixture
def folder(tmp_path):
    for name in ("cat/1", "cat/2", "dog/3"):
        path = tmp_path / "images" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 5), int(name[-1]), np.uint8)).save(path)
    return tmp_path / "images"


def test_images_from_anywhere(folder, tmp_path):
    cache = tmp_path / "cache"
    (folder / "cat" / "1b.png").write_text("no image")
    images, labels, notes, *_ = load_images(folder, cache=cache)
    assert images.shape == (3, 4, 5, 1)
    assert labels.tolist() == ["cat", "cat", "dog"]
    assert len(notes) == 1
    assert "1b.png: not an image" in notes[0]
    files = sorted(folder.glob("*/*.png"))
    images, labels, _, *_ = load_images(files, [10, 20, 30, 40], cache=cache)
    assert (len(images), labels.tolist()) == (3, [10, 30, 40])
    images, labels, notes, *_ = load_images(folder / "cat", cache=cache, labelled=False, channels=3)
    assert (images.shape, labels) == ((2, 4, 5, 3), None)
    assert len(notes) == 1
    assert load_images(files[0], cache=cache, labelled=False, size=2).x.shape == (1, 2, 2, 1)
    table = tmp_path / "t.csv"
    table.write_text("path,class\nimages/cat/1.png,a\nimages/dog/3.png,b\n")
    images, labels, notes, *_ = load_images(table, cache=cache)
    assert labels.tolist() == ["a", "b"]
    assert notes == ["The labels are column 'class'."]
    assert load_images(table, cache=cache, labelled=False).labels is None
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 4, 4)), kind=[1, 2])
    assert load_images(tmp_path / "a.npz", "kind", cache=cache).labels.tolist() == [1, 2]
    assert load_images(np.zeros((2, 4, 4)), [1, 2], cache=cache).labels == [1, 2]


def test_images_without_usable_labels_are_refused(folder, tmp_path):
    cache = tmp_path / "cache"
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 4, 4)))
    (tmp_path / "t.txt").write_text("text")
    for X, y, message in (
        (np.zeros((2, 4, 4)), None, "target y is None"),
        (np.zeros((2, 4, 4)), [1], "2 images, but y has 1 labels"),
        (np.zeros((2, 4, 4)), "kind", "y is the string 'kind'"),
        (folder, [1, 2, 3], "pass no y"),
        (folder, "kind", "its folders are the labels"),
        (tmp_path / "a.npz", None, "has no labels: expected an array called 'y'"),
        (tmp_path / "t.txt", None, "unknown type; expected a folder with one folder"),
        (tmp_path / "gone", None, "does not exist"),
        (list(folder.glob("*/*.png")), [1], "3 image files, but 1 labels"),
    ):
        with pytest.raises(InputError, match=message):
            load_images(X, y, cache=cache)
