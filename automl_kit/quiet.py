"""Keeping TensorFlow's, absl's and KerasTuner's chatter off the user's screen."""

import contextlib
import io
import logging
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Hides what is printed inside, by Python and by C++; exceptions pass.

    TensorFlow logs to file descriptor 2 from C++ before its logger can be
    configured, so only redirecting the descriptor hides those lines.
    """
    printed = io.StringIO()
    with (
        tempfile.TemporaryFile() as sink,
        _descriptor_two_to(sink.fileno()),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        yield


@contextlib.contextmanager
def _descriptor_two_to(sink: int) -> Iterator[None]:
    """Points descriptor 2 at `sink` for a while, where there is a descriptor 2."""
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def load_tensorflow() -> None:
    """Imports TensorFlow once, without its start-up lines; import errors show as usual."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced():
        import tensorflow as tf

        tf.constant(0)  # The processor's features are logged with the first op.
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
