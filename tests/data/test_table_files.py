import gzip

import pandas as pd
import pytest

from automl_kit.data import as_frame, infer_schema, read_table, to_raw
from automl_kit.data.csv_files import as_written
from automl_kit.errors import InputError


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_format_gives_the_same_table(tmp_path):
    frame = pd.DataFrame({"n": [1.5, None], "s": ["ä,b", "c"], "b": [True, False]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "t.csv.gz", index=False)
    frame.to_csv(tmp_path / "index.csv")
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "t.ndjson", orient="records", lines=True)
    for path in tmp_path.iterdir():
        pd.testing.assert_frame_equal(read_table(path), frame, check_column_type=False)
        pd.testing.assert_frame_equal(as_frame(str(path)), frame, check_column_type=False)


def test_json_strings_of_digits_and_dates_stay_strings(tmp_path):
    path = write(tmp_path, "t.jsonl", '{"a": "007", "date": "2020-01-01"}\n')
    assert read_table(path).iloc[0].tolist() == ["007", "2020-01-01"]


def test_an_unnamed_column_that_is_no_index_is_kept(tmp_path):
    path = write(tmp_path, "t.csv", ",a\nx,1\ny,2\n")
    assert read_table(path).columns.tolist() == ["Unnamed: 0", "a"]


def test_a_byte_order_mark_is_no_part_of_the_name(tmp_path):
    path = write(tmp_path, "t.csv", "\ufeffa,b\n1,2\n")
    assert read_table(path).columns.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    [
        "a;b;c\n1,5;x, y;1\n2;z;2\n",
        "a;b;c\n1.5;x, y;1\n2.0;z;2\n",
        'a;b;c\n1,5;"x, y";1\n\n2;"z";2\n',
        "a\tb\tc\n1.5\tx, y\t1\n2\tz\t2\n",
        'a,b,c\n1.5,"x, y",1\n2,z,2\n',
    ],
)
def test_semicolons_tabs_and_decimal_commas_are_read(tmp_path, content):
    frame = read_table(write(tmp_path, "t.csv", content))
    assert frame.to_dict("list") == {"a": [1.5, 2.0], "b": ["x, y", "z"], "c": [1, 2]}
    pd.testing.assert_frame_equal(
        read_table(write(tmp_path, "t.csv.gz", gzip.compress(content.encode()))), frame
    )


def test_separators_within_names_and_texts_do_not_decide(tmp_path):
    price = read_table(write(tmp_path, "t.csv", "price, net;n\n1,5;2\n2;3\n"))
    assert price.to_dict("list") == {"price, net": [1.5, 2.0], "n": [2, 3]}
    texts = read_table(write(tmp_path, "t.csv", "text\na; b\nc; d\n"))
    assert texts.to_dict("list") == {"text": ["a; b", "c; d"]}


def test_words_come_back_between_semicolons_too(tmp_path):
    path = write(tmp_path, "t.csv", "a;class\n1;NA\n2;no\n")
    assert as_written(read_table(path), path, ["class"])["class"].tolist() == ["NA", "no"]


@pytest.mark.parametrize(
    "cells",
    [
        ["yes", "NA", "None", "true"],
        ["NA", "null", "NA", "null"],
        ["0012", "0034", "1.10", "A12"],
        ["true", "FALSE", "unknown", "nan"],
        ["$1,200", "12 %", "1.234,50", "-"],
    ],
)
def test_what_is_no_column_of_numbers_is_read_as_it_stands(tmp_path, cells):
    rows = "".join(f"{cell!r},1\n".replace("'", '"') for cell in [*cells, ""])
    frame = read_table(write(tmp_path, "t.csv", f"c,n\n{rows}"))
    assert frame["c"].dropna().tolist() == cells
    assert frame["c"].isna().tolist() == [False] * len(cells) + [True]
    assert frame["n"].tolist() == [1] * 5


@pytest.mark.parametrize("cells", [["0012", "7"], ["1.10", "2"], ["NA", "1"], ["True", "False"]])
def test_columns_that_are_known_to_be_categories_are_read_as_they_stand(tmp_path, cells):
    path = write(tmp_path, "t.csv", "c,n\n" + "".join(f"{cell},1\n" for cell in cells))
    assert read_table(path, ["c", "gone"])["c"].tolist() == cells
    assert as_written(read_table(path), path, ["c"])["c"].tolist() == cells


def test_whole_numbers_with_zeros_in_front_are_codes(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("zip,half,zero,n\n0012,0.5,0,1\n12,00.5,7,2\n,1,0,3\n")
    frame = read_table(path)
    assert frame["zip"].tolist()[:2] == ["0012", "12"]
    assert frame["zip"].isna().tolist() == [False, False, True]
    assert [frame[name].dtype.kind for name in ("half", "zero", "n")] == ["f", "i", "i"]


def test_a_column_that_training_called_nothing_is_found_in_a_file(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "": [3.5, 4.5]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    schema = infer_schema(frame)
    later = as_frame(tmp_path / "t.csv", schema)
    assert {k: v.tolist() for k, v in to_raw(later, schema).items()} == {
        k: v.tolist() for k, v in to_raw(frame, schema).items()
    }


def test_numbers_have_gaps_in_the_usual_words(tmp_path):
    frame = read_table(write(tmp_path, "t.csv", "a,b\n1,1.5\nNA,null\n,2\n"))
    assert frame["a"].isna().tolist() == [False, True, True]
    assert frame["b"].isna().tolist() == [False, True, False]


def test_documents_of_any_length_are_read(tmp_path):
    long = "a b c " * 50_000
    for place in (0, 30):
        texts = ["d e"] * 40
        texts[place] = long
        path = tmp_path / "t.csv"
        pd.DataFrame({"text": texts, "label": "p"}).to_csv(path, index=False)
        assert read_table(path)["text"].tolist() == texts


@pytest.mark.parametrize(
    "content", ["a,b,kind,\n1,2,p,\n3,4,q,\n", "a,b,kind,\n1,2,p\n3,4,q\n", "a,b,kind,,\n1,2,p,,\n"]
)
def test_a_comma_at_the_end_makes_no_column(tmp_path, content):
    assert read_table(write(tmp_path, "t.csv", content)).columns.tolist() == ["a", "b", "kind"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_what_spreadsheets_save_is_read(tmp_path, encoding):
    text = "größe,名\n1,a\n"
    content = text.encode(encoding)
    if encoding in ("utf-16-le", "utf-16-be"):
        content = "\ufeff".encode(encoding) + content
    frame = read_table(write(tmp_path, "t.csv", content))
    assert frame.to_dict("list") == {"größe": [1], "名": ["a"]}


def test_json_lines_say_themselves_what_they_hold(tmp_path):
    rows = '\ufeff{"01": 1, "02": "007"}\n\n{"02": "x", "03": true, "01": 12345678901234567890}\n'
    frame = read_table(write(tmp_path, "t.jsonl", rows.encode()))
    assert frame.columns.tolist() == ["01", "02", "03"]
    assert frame["02"].tolist() == ["007", "x"]
    assert frame["01"].tolist() == [1, 12345678901234567890]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "is empty"),
        ("t.csv", "\n\n", "is empty"),
        ("t.csv", "a,b\n", "has no rows"),
        ("t.csv", "a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        ("t.csv", "a,b\n1,2,3\n1,2,3\n", "more fields than the header"),
        ("t.csv", "a,a\n1,2\n", "same name 'a'"),
        ("t.csv", "a;b\n1;2;3\n1;2;3\n", "more fields than the header"),
        ("t.csv", "é,b\n1,2\n".encode("latin-1"), "not UTF-8"),
        ("t.csv", b"\xff\xfea", "not UTF-8"),
        ("t.csv", 'a,b\n"1,2\n', "EOF inside string"),
        ("t.csv.gz", "a,b\n1,2\n", "Not a gzipped file"),
        ("t.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 999, mtime=0)[:30], "ended before"),
        ("t.parquet", "a,b\n1,2\n", "can't be read as Parquet"),
        ("t.jsonl", "{a", "can't be read as JSON lines"),
        ("t.jsonl", "[1, 2]\n[3, 4]\n", "one object a line"),
        ("t.jsonl", '[{"a": 1}]\n', "one object a line"),
        ("t.jsonl", '{"a": "é"}\n'.encode("latin-1"), "not UTF-8"),
        ("t.xlsx", "a", r"unknown type; expected \.csv"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_table(write(tmp_path, name, content))
    assert name in str(caught.value)


def test_files_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_table(tmp_path / "no.csv")
    with pytest.raises(InputError, match="is a folder; expected a file"):
        read_table(tmp_path)
    with pytest.raises(InputError, match="Can't read"):
        read_table("a\0b")
    with pytest.raises(InputError, match="Can't read") as caught:
        read_table("x" * 5000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_zero_bytes_are_refused(tmp_path, name):
    content = b"a,label\n1\0,p\n2\0,q\n"
    path = write(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)
    with pytest.raises(InputError, match="zero bytes"):
        read_table(path)
