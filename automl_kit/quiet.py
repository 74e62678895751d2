"""Keeping TensorFlow's, absl's and KerasTuner's chatter off the user's screen."""

import contextlib
import io
import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from automl_kit.backend import check_backend


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Hides what is printed inside, by Python and by C++; exceptions pass.

    TensorFlow logs to file descriptor 2 from C++ before its logger can be configured, so only
    redirecting the descriptor hides those lines. Streams belong to the process, not to a thread:
    the first thread that enters hides them and the last one that leaves brings them back.
    """
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()


class _Nowhere(io.TextIOBase):
    """Takes all that is written; never closed, since loggers keep the stream they began with."""

    def write(self, text: str) -> int:
        return len(text)


class _Silence:
    """The process's streams while at least one block is silenced."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._inside = 0
        self._streams: dict[str, Any] = {}
        self._sink = _Nowhere()
        self._descriptor: int | None = None

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._hide()

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._show()

    def _hide(self) -> None:
        with contextlib.suppress(Exception):
            sys.stderr.flush()  # what was printed before is to be seen
        self._streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
        for name in self._streams:
            setattr(sys, name, self._sink)
        self._descriptor = None
        with contextlib.suppress(OSError):  # There may be no descriptor 2.
            self._descriptor = os.dup(2)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)

    def _show(self) -> None:
        for name, stream in self._streams.items():
            if getattr(sys, name) is self._sink:  # Otherwise somebody else has put another there.
                setattr(sys, name, stream)
        if self._descriptor is not None:
            os.dup2(self._descriptor, 2)
            os.close(self._descriptor)


_silence = _Silence()


def load_tensorflow() -> None:
    """Imports TensorFlow once, without its start-up lines; import errors show as usual.

    Raises:
        BackendError: If Keras runs on another backend, or is set to.
    """
    check_backend()
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced():
        import tensorflow as tf

        tf.constant(0)  # The processor's features are logged with the first op.
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
