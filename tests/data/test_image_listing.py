import os
from pathlib import Path

import pytest

from automl_kit.data.image_listing import list_csv, list_folder
from automl_kit.errors import InputError


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def names(listing, root):
    return [str(Path(path).relative_to(root)) for path in listing.paths]


def test_a_folder_a_class_in_order_of_names(tmp_path):
    touch(tmp_path, "dog/2.png", "dog/1.png", "cat/b/3.png", "cat/1.jpg")
    touch(tmp_path, ".hidden/1.png", "cat/.1.png", "cat/Thumbs.db", "__MACOSX/1.png")
    listing = list_folder(tmp_path, labelled=True)
    assert names(listing, tmp_path) == ["cat/1.jpg", "cat/b/3.png", "dog/1.png", "dog/2.png"]
    assert listing.labels.tolist() == ["cat", "cat", "dog", "dog"]
    assert listing.skipped == []


def test_what_is_left_out_is_named(tmp_path):
    touch(tmp_path, "cat/1.png", "loose.png", "notes.txt")
    (tmp_path / "empty").mkdir()
    listing = list_folder(tmp_path, labelled=True)
    assert names(listing, tmp_path) == ["cat/1.png"]
    assert listing.skipped == [
        f"{tmp_path / 'loose.png'}: not in a class folder",
        f"{tmp_path / 'empty'}: the folder has no files",
    ]


def test_without_labels_images_may_lie_anywhere(tmp_path):
    touch(tmp_path, "1.png", "sub/2.png")
    listing = list_folder(tmp_path, labelled=False)
    assert names(listing, tmp_path) == ["1.png", "sub/2.png"]
    assert listing.labels is None


def test_a_link_to_a_folder_above_is_no_endless_way(tmp_path):
    touch(tmp_path, "cat/1.png")
    (tmp_path / "cat" / "up").symlink_to(tmp_path)
    assert names(list_folder(tmp_path, labelled=True), tmp_path) == ["cat/1.png"]


def test_folders_that_can_not_be_used_say_why(tmp_path):
    touch(tmp_path, "file", "flat/1.png")
    (tmp_path / "hollow" / "cat").mkdir(parents=True)
    for name, labelled, message in [
        ("none", True, "does not exist"),
        ("file", True, "is a file; expected a folder"),
        ("flat", True, "has no folders in it"),
        ("hollow", True, "have no files"),
        ("hollow", False, "class folders in .* have no files"),
        ("hollow/cat", False, "has no files"),
    ]:
        with pytest.raises(InputError, match=message):
            list_folder(tmp_path / name, labelled)


def test_paths_in_a_table_are_relative_to_it(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("label,other,file\nNA,1,a/1.png\nyes,2,\nno,3,/abs/2.png\n")
    listing = list_csv(table, "label")
    assert listing.paths == [str(tmp_path / "a/1.png"), "/abs/2.png"]
    assert listing.labels.tolist() == ["NA", "no"]
    assert listing.skipped == [f"{table}, row 1: no path"]


def test_the_only_column_beside_the_target_holds_the_paths(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("pixels,class\n1.png,a\n2.png,b\n")
    for target, labels in [("class", ["a", "b"]), (None, None)]:
        listing = list_csv(table, target)
        assert [Path(path).name for path in listing.paths] == ["1.png", "2.png"]
        assert labels == (None if listing.labels is None else listing.labels.tolist())


@pytest.mark.parametrize(
    ("content", "target", "message"),
    [
        ("a,b,label\n1,2,x\n", "label", r"which column .* \['a', 'b', 'label'\]\. Call it 'path'"),
        ("path,label\n1,x\n", "klass", "There is no target column 'klass'"),
        ("path,label\n,x\n,y\n", "label", "Column 'path' of .* has no path"),
    ],
)
def test_tables_without_paths_say_why(tmp_path, content, target, message):
    table = tmp_path / "t.csv"
    table.write_text(content)
    with pytest.raises(InputError, match=message):
        list_csv(table, target)


def parts(root, names, kinds=("cat", "dog")):
    for part in names:
        for kind in kinds:
            (root / part / kind).mkdir(parents=True)
            (root / part / kind / "1.png").touch()
    return root


@pytest.mark.parametrize(
    ("names", "read", "judged"),
    [
        (("train", "test"), "train", "test"),
        (("Training", "Validation"), "Training", "Validation"),
        (("train", "val", "test"), "train", "test"),
    ],
)
def test_class_folders_in_folders_of_parts_are_noticed(tmp_path, names, read, judged):
    root = parts(tmp_path, names)
    for later, expected in ((False, read), (True, judged)):
        listing = list_folder(root, True, later)
        assert listing.labels.tolist() == ["cat", "dog"]
        assert {Path(path).parent.parent.name for path in listing.paths} == {expected}
        assert len(listing.skipped) == len(names) - 1
        assert "class folders of its own" in listing.skipped[0]


@pytest.mark.parametrize(
    ("names", "kinds"), [(("train", "bus"), ("cat", "dog")), (("train", "test"), ("one",))]
)
def test_classes_may_be_called_like_parts(tmp_path, names, kinds):
    listing = list_folder(parts(tmp_path, names, kinds), True)
    assert set(listing.labels) == set(names)
    assert not listing.skipped


def test_links_are_followed_and_circles_are_not(tmp_path):
    parts(tmp_path / "real", ("cat",), ("a", "b"))
    (tmp_path / "set" / "dog").mkdir(parents=True)
    (tmp_path / "set" / "dog" / "1.png").touch()
    (tmp_path / "set" / "dog" / "back").symlink_to(tmp_path / "set" / "dog")
    (tmp_path / "set" / "cat").symlink_to(tmp_path / "real" / "cat")
    (tmp_path / "set" / "dog" / "more").symlink_to(tmp_path / "real" / "cat" / "a")
    assert list_folder(tmp_path / "set", True).labels.tolist() == ["cat"] * 2 + ["dog"] * 2


@pytest.mark.parametrize("name", [b"\x93\xfa", b"caf\xe9"])
def test_names_that_can_be_no_labels_are_refused(tmp_path, name):
    folder = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(folder)).mkdir()
    Path(os.fsdecode(folder + b"/1.png")).touch()
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "1.png").touch()
    with pytest.raises(InputError, match="not UTF-8, and it is to be a label"):
        list_folder(tmp_path, True)


def test_without_labels_a_row_without_a_path_keeps_its_place(tmp_path):
    (tmp_path / "t.csv").write_text("path,n\na.png,1\n,2\nb.png,3\n")
    listing = list_csv(tmp_path / "t.csv", None)
    assert [Path(path).name for path in listing.paths] == ["a.png", "", "b.png"]
    (tmp_path / "t.csv").write_text("path,label\n007,x\n,y\n")
    assert [Path(path).name for path in list_csv(tmp_path / "t.csv", "label").paths] == ["007"]
