"""Keras's settings: its backend must be TensorFlow, and images have their channels last."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from automl_kit.errors import InputError

NEEDED = "tensorflow"


class BackendError(InputError, ImportError):
    """Keras runs on another backend than TensorFlow, or is set to."""


def check_backend() -> None:
    """Checks that Keras runs on TensorFlow, or will do so once it is imported.

    Raises:
        BackendError: If it doesn't. The choice isn't changed: other code of the process or of the
            user may depend on it.
    """
    backend, chosen_by = _chosen()
    if backend != NEEDED:
        raise BackendError(
            f"automl_kit needs Keras's TensorFlow backend, and Keras is set to {backend!r} by "
            f"{chosen_by}. {_remedy()}"
        )


def _chosen() -> tuple[str, str]:
    """The backend, and where its name comes from: Keras's own order (keras/src/backend/config)."""
    keras = sys.modules.get("keras")
    if keras is not None and hasattr(keras, "backend"):  # not so while it is being imported
        return str(keras.backend.backend()), f"the code that imported it first{_by_settings()}"
    if os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"], "the environment variable KERAS_BACKEND"
    return _from_file(), f"the file {_settings_file()}"


def _by_settings() -> str:
    """Which setting is likely behind a Keras that was imported before."""
    if os.environ.get("KERAS_BACKEND"):
        return " (the environment variable KERAS_BACKEND)"
    return f" (the file {_settings_file()})" if _from_file() != NEEDED else ""


def _from_file() -> str:
    try:
        settings = json.loads(_settings_file().read_text())
        return str(settings.get("backend", NEEDED))
    except (OSError, ValueError, AttributeError):
        return NEEDED  # Keras ignores a file that it can't read.


def _settings_file() -> Path:
    if "KERAS_HOME" in os.environ:
        return Path(os.environ["KERAS_HOME"]).expanduser() / "keras.json"
    home = Path("~").expanduser()
    return (home if os.access(home, os.W_OK) else Path("/tmp")) / ".keras" / "keras.json"


def _remedy() -> str:
    told = (
        "Set the environment variable KERAS_BACKEND=tensorflow before Python starts"
        f' (or os.environ["KERAS_BACKEND"] = "{NEEDED}" before the first import of keras)'
    )
    if not os.environ.get("KERAS_BACKEND") and _from_file() != NEEDED:
        return f'{told}, or write "backend": "{NEEDED}" into that file.'
    return f"{told}."


@contextlib.contextmanager
def channels_last() -> Iterator[None]:
    """Has Keras take images for what they are here, and leaves the user's setting as it was.

    Many a keras.json says "channels_first", for code of other times; TensorFlow's convolutions on
    a processor can't be trained so, and our data has its channels last. Keras's layers ask when
    they are made, and `Rescaling` each time that it is called.

    Example:
        >>> import keras
        >>> with channels_last():
        ...     keras.config.image_data_format()
        'channels_last'
    """
    import keras

    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)
