"""The formats a model can be written in, told apart by suffix or name. No TensorFlow here."""

import os
from pathlib import Path

from automl_kit.errors import InputError
from automl_kit.export.folders import refuse_other

# Each format's own name, its suffix ("" is a folder) and the module that writes it; and the other
# names that users know it by.
MODULES = {
    "keras": (".keras", "to_keras"),
    "tf_saved_model": ("", "to_saved_model"),
    "onnx": (".onnx", "to_onnx"),
    "litert": (".tflite", "to_litert"),
}
FOLDER_MARK = "saved_model.pb"  # tells the folder of a SavedModel
SUFFIXES = {name: suffix for name, (suffix, _) in MODULES.items()}
_ALIASES = {"saved_model": "tf_saved_model", "tflite": "litert"}
_WHAT_THERE_IS = (
    "Formats are 'keras' (.keras), 'tf_saved_model' (a folder, no suffix), "
    "'onnx' (.onnx) and 'litert' (.tflite)"
)


def resolve_format(path: str | os.PathLike[str], format: str | None = None) -> tuple[Path, str]:
    """Decides where and in which format a model is written.

    Cheap, so that a command can refuse a wrong path before it starts a search.

    Args:
        path: The file or folder. With `format` given the suffix may be left out.
        format: "keras", "tf_saved_model" (or "saved_model"), "onnx", "litert" (or
            "tflite"); None for the one that the suffix tells.

    Returns:
        The path, its suffix added where it was left out, and the format's name.

    Example:
        >>> resolve_format("model", "keras")[0].name, resolve_format("serving")[1]
        ('model.keras', 'tf_saved_model')

    Raises:
        InputError: If the format is unknown, suffix and format contradict each other, or
            something else is there that would have to be replaced.
    """
    path = Path(path).expanduser()
    if not path.name:
        raise InputError(f"The path {str(path)!r} names no file. Give one, such as 'model.keras'.")
    path, name = _resolved(path, format)
    if SUFFIXES[name] and path.is_dir():
        raise InputError(f"{path} is a folder; give the path of a file, such as 'model.keras'.")
    if not SUFFIXES[name]:
        refuse_other(path, FOLDER_MARK)
    return path, name


def _resolved(path: Path, format: str | None) -> tuple[Path, str]:
    by_suffix = {suffix: name for name, suffix in SUFFIXES.items()}
    suffix = path.suffix.lower()
    if format is None:
        if suffix not in by_suffix:
            raise InputError(
                f"No format has the suffix {path.suffix!r} of {path}. {_WHAT_THERE_IS}; "
                "change the suffix, or name the format in Python: format=."
            )
        return path, by_suffix[suffix]
    name = _ALIASES.get(format, format)
    if name not in SUFFIXES:
        raise InputError(f"There is no format {format!r}. {_WHAT_THERE_IS}.")
    if suffix == SUFFIXES[name] or (name == "tf_saved_model" and suffix not in by_suffix):
        return path, name
    if suffix:
        raise InputError(
            f"{path} ends in {path.suffix!r}, but format={format!r} was asked for. "
            f"{_WHAT_THERE_IS}; change one of the two."
        )
    return path.with_name(path.name + SUFFIXES[name]), name
