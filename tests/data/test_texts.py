import numpy as np
import pandas as pd
import pytest

from automl_kit.data import as_texts, read_texts
from automl_kit.errors import InputError


@pytest.mark.parametrize(
    "X",
    [
        ["a", "é", None],
        ("a", "é", float("nan")),
        pd.Series(["a", "é", pd.NA]),
        pd.Series(["a", "é", None], dtype="category"),
        np.array(["a", "é", ""]),
        np.array([["a"], ["é"], [None]], dtype=object),
        pd.DataFrame({"any": ["a", "é", None]}),
        [["a"], ["é"], [""]],
        pd.Index(["a", "é", ""]),
    ],
)
def test_texts_of_any_form(X):
    texts = as_texts(X)
    assert texts.dtype == object
    assert texts.shape == (3,)
    assert texts.tolist() == ["a", "é", ""]
    assert all(type(text) is str for text in texts)


def test_what_was_passed_is_not_changed():
    X = np.array(["\ud800", None], dtype=object)
    assert as_texts(X).tolist() == ["?", ""]
    assert X.tolist() == ["\ud800", None]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("one text", r"single string 'one text'. Pass \[text\]"),
        (None, "got None"),
        ([], r"0 sample\(s\)"),
        ([1, 2], "row 0 .* is 1 of type int"),
        (pd.Series([1.5]), "row 0 .* of type float"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), r"got 2: \['a', 'b'\]"),
        (np.array([["a", "b"]]), r"shape \(1, 2\)"),
        ([["a"], ["b", "c"]], "different lengths"),
    ],
)
def test_what_is_no_text_is_refused(X, message):
    with pytest.raises(InputError, match=message):
        as_texts(X)


def test_texts_from_a_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,text\n1,NA\n2,null\n3,\n")
    assert read_texts(path).tolist() == ["NA", "null", ""]
    assert read_texts(path, "id").tolist() == ["1", "2", "3"]
    with pytest.raises(InputError, match=r"no column 'body'; the columns are \['id', 'text'\]"):
        read_texts(path, "body")
    path.write_text("id,body\n1,a\n2,b\n")
    assert read_texts(path).tolist() == ["a", "b"]
    path.write_text("title,body\nx,a\ny,b\n")
    with pytest.raises(InputError, match=r"Can't tell which column .* --text-column"):
        read_texts(path)
    assert read_texts(path, "body").tolist() == ["a", "b"]
