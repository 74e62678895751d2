from pathlib import Path

import pytest

from automl_kit.errors import InputError
from automl_kit.export import resolve_format


@pytest.mark.parametrize(
    ("path", "format", "name", "expected"),
    [
        ("m.keras", None, "m.keras", "keras"),
        ("m.KERAS", None, "m.KERAS", "keras"),
        ("m", None, "m", "tf_saved_model"),
        ("m", "keras", "m.keras", "keras"),
        ("m.v1", "saved_model", "m.v1", "tf_saved_model"),
        ("m.onnx", None, "m.onnx", "onnx"),
        ("m", "tflite", "m.tflite", "litert"),
        ("m.tflite", "litert", "m.tflite", "litert"),
    ],
)
def test_told_by_suffix_or_name(path, format, name, expected):
    assert resolve_format(path, format) == (Path(name), expected)


@pytest.mark.parametrize(
    ("path", "format", "message"),
    [
        ("m.h5", None, r"suffix '.h5'.*Formats are 'keras' \(.keras\)"),
        ("m.keras", "pickle", "no format 'pickle'.*Formats are"),
        ("m.onnx", "keras", "ends in '.onnx', but format='keras'"),
        ("m.keras", "saved_model", "ends in '.keras', but"),
        ("", None, "names no file"),
    ],
)
def test_mistakes_list_what_there_is(path, format, message):
    with pytest.raises(InputError, match=message):
        resolve_format(path, format)


def test_what_is_in_the_way_is_told_before_anything_is_searched(tmp_path):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "1.png").write_text("a picture")
    with pytest.raises(InputError, match="holiday is there already"):
        resolve_format(tmp_path / "holiday")
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(InputError, match=r"m\.keras is a folder"):
        resolve_format(tmp_path / "m.keras")
    (tmp_path / "new").mkdir()
    assert resolve_format(tmp_path / "new") == (tmp_path / "new", "tf_saved_model")
