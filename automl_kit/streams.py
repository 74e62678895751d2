"""Printing that can't end a search: any standard output will do, or none at all.

A program without a console has no `sys.stdout` (pythonw, services); one that keeps a log may have
put an object there that can `write` and nothing else; a pipe may be closed at its other end, and
a console of another code page may not know "α". None of it is worth a search's work.
"""

import contextlib
import os
import sys
from typing import Any

# What is written instead where an encoding can't hold a character of ours.
_PLAIN = str.maketrans(
    {"–": "-", "…": "...", "×": "x", "±": "+-", "→": "->", "≥": ">=", "≤": "<=", "α": "alpha"}
)


def say(text: str, error: bool = False) -> None:
    """Prints a line; where that can't be done, nothing happens.

    Args:
        text: The line, or several.
        error: Whether to print to standard error instead of standard output.

    Example:
        >>> say("10 trials")
        10 trials
    """
    stream = Output(error)
    stream.write(f"{text}\n")
    stream.flush()


class Output:
    """Standard output or error as it is at the time of each call, with methods that never raise.

    It has what Rich's consoles ask of a file.

    Args:
        error: Whether it is standard error.
    """

    def __init__(self, error: bool = False):
        self._name = "stderr" if error else "stdout"

    @property
    def _stream(self) -> Any:
        stream = getattr(sys, self._name, None)
        # A Rich bar on the screen puts an object into sys.stdout that prints by way of a console.
        return getattr(stream, "rich_proxied_file", stream)

    @property
    def encoding(self) -> str:
        """The stream's encoding; UTF-8 where it has none."""
        with contextlib.suppress(Exception):
            "".encode(self._stream.encoding)  # a name that Python knows
            return str(self._stream.encoding)
        return "utf-8"

    def write(self, text: str) -> int:
        """Writes a text, by other characters where the encoding lacks some."""
        with contextlib.suppress(Exception):
            try:
                text.encode(self.encoding)  # a stream that replaces characters would write "?"
                self._stream.write(text)
            except UnicodeEncodeError:
                self._stream.write(encodable(text, self.encoding))
        return len(text)

    def flush(self) -> None:
        """Sends on what was written."""
        with contextlib.suppress(Exception):
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether somebody looks at a terminal; a stream that can't tell is none."""
        if type(self._stream).__module__.startswith("idlelib"):
            return (
                False  # IDLE's window says that it is a terminal, and shows escape codes as text.
            )
        try:
            return bool(self._stream.isatty())
        except Exception:
            return False

    def fileno(self) -> int:
        """The stream's descriptor.

        Raises:
            OSError: If there is none, as Python's own streams do.
        """
        try:
            return int(self._stream.fileno())
        except Exception as error:
            raise OSError(f"sys.{self._name} has no file descriptor.") from error


def encodable(text: str, encoding: str) -> str:
    """A text in which every character that the encoding lacks is replaced.

    Example:
        >>> encodable("2 × 3 – α, é", "ascii")
        '2 x 3 - alpha, ?'
    """

    def plain(character: str) -> str:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            character = character.translate(_PLAIN)
        return character.encode(encoding, "replace").decode(encoding)

    return "".join(map(plain, text))


def forgive() -> None:
    """Makes the process's own streams replace what they can't encode.

    For programs whose streams belong to them: help texts are printed by others than `say`.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def let_go() -> None:
    """Sends on what was printed, and drops it where nobody reads any more.

    Python would flush at its end, and report a pipe that was closed by its reader (`| head`).
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            with contextlib.suppress(Exception):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
