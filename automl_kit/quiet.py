"""Keeping TensorFlow's, absl's and KerasTuner's chatter off the user's screen."""

import contextlib
import logging
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from automl_kit.backend import check_backend


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Hides what this thread prints inside, and what C++ does; exceptions pass.

    TensorFlow logs to file descriptor 2 from C++ before its logger can be configured, so only
    redirecting the descriptor hides those lines. It belongs to the process: the first thread that
    enters redirects it and the last one that leaves brings it back. What other threads print in
    the meantime is seen.
    """
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()


class _Others:
    """A standard stream that only other threads than the silenced ones write to.

    It is never closed, since loggers keep the stream they began with.
    """

    def __init__(self, stream: Any, silent: Counter[int]):
        self._stream, self._silent = stream, silent

    def write(self, text: str) -> int:
        if self._stream is None or self._silent[threading.get_ident()]:
            return len(text)
        return int(self._stream.write(text) or 0)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Silence:
    """The process's streams while at least one block is silenced."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._silent: Counter[int] = Counter()  # blocks by thread
        self._streams: dict[str, Any] = {}
        self._descriptor: int | None = None

    def enter(self) -> None:
        with self._lock:
            self._silent[threading.get_ident()] += 1
            if self._silent.total() == 1:
                self._hide()

    def leave(self) -> None:
        with self._lock:
            self._silent[threading.get_ident()] -= 1
            if self._silent.total() == 0:
                self._silent.clear()
                self._show()

    def _hide(self) -> None:
        with contextlib.suppress(Exception):
            sys.stderr.flush()  # what was printed before is to be seen
        self._streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
        self._descriptor = None
        with contextlib.suppress(OSError):  # There may be no descriptor 2.
            self._descriptor = os.dup(2)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
        self._others = {
            name: _Others(self._undirected(stream), self._silent)
            for name, stream in self._streams.items()
        }
        for name, others in self._others.items():
            setattr(sys, name, others)

    def _undirected(self, stream: Any) -> Any:
        """The stream, or one that writes where descriptor 2 led."""
        with contextlib.suppress(Exception):  # Objects in place of streams have no descriptor.
            if self._descriptor is not None and stream.fileno() == 2:
                encoding = stream.encoding or "utf-8"
                return open(  # noqa: PTH123  # A descriptor has no path.
                    os.dup(self._descriptor), "w", 1, encoding, "backslashreplace"
                )
        return stream

    def _show(self) -> None:
        for name, stream in self._streams.items():
            if getattr(sys, name) is self._others[name]:
                # Otherwise somebody else has put another there.
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
    logging.getLogger("tensorflow").addFilter(_is_no_retracing)
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced():
        import tensorflow as tf

        tf.constant(0)  # The processor's features are logged with the first op.
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _is_no_retracing(record: logging.LogRecord) -> bool:
    """TensorFlow takes the networks of a search for one function that is traced again and again."""
    return "triggered tf.function retracing" not in str(record.msg)
