"""Every standard output there may be: none, bare, closed, broken, of a small encoding."""

import io
import subprocess
import sys
import warnings

import pytest
from rich.console import Console

from automl_kit.progress import SearchTold, TrialTold
from automl_kit.report import make_progress
from automl_kit.report.progress_lines import LiveProgress, PlainProgress
from automl_kit.streams import Output, encodable, say


class Bare:
    """An object with write and flush only, as a logger is."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


class Failing(Bare):
    """Raises what a stream may raise, wherever it can."""

    def __init__(self, error):
        super().__init__()
        self._error = error

    def write(self, text):
        raise self._error

    flush = isatty = fileno = write

    @property
    def encoding(self):
        raise self._error


class Terminal(Failing):
    """Somebody looks on, but nothing can be written."""

    def isatty(self):
        return True


def _closed():
    stream = io.StringIO()
    stream.close()
    return stream


STREAMS = {
    "none": lambda: None,
    "bare": Bare,
    "an object": object,
    "closed": _closed,
    "ascii": lambda: io.TextIOWrapper(io.BytesIO(), "ascii"),
    "cp1252": lambda: io.TextIOWrapper(io.BytesIO(), "cp1252"),
    "broken pipe": lambda: Failing(BrokenPipeError()),
    "no attribute": lambda: Failing(AttributeError("isatty")),
    "full disk": lambda: Failing(OSError(28, "No space left on device")),
    "of a closed file": lambda: Failing(ValueError("I/O operation on closed file")),
    "a terminal that hung up": lambda: Terminal(OSError(5, "Input/output error")),
}


def _tell(progress):
    with progress.search(SearchTold(1, 1, "val_α", "min", lambda: 3.0)):
        progress.trial_begin(1, {"depth – [red]": "2 × 3"})
        progress.epoch_share(0.5, 1, 2)
        progress.trial_end(TrialTold("COMPLETED", 0.5, 0.5, {"val_accuracy": 0.5}))
        progress.stage_begin("Training – on all rows")
    progress.message("α ≥ 3")


@pytest.mark.parametrize("name", ["stdout", "stderr", "both"])
@pytest.mark.parametrize("kind", STREAMS)
def test_no_stream_ends_a_search(kind, name, monkeypatch):
    for each in ("stdout", "stderr") if name == "both" else (name,):
        monkeypatch.setattr(sys, each, STREAMS[kind]())
    _tell(make_progress(1))
    _tell(make_progress(2))
    _tell(LiveProgress())
    say("α", error=True)


def test_what_can_be_written_is(monkeypatch):
    bare = Bare()
    monkeypatch.setattr(sys, "stdout", bare)
    _tell(make_progress(1))
    assert "val_α 0.500 (best)" in bare.text
    assert "depth – [red] 2 × 3" in bare.text


def test_a_live_search_is_seen_in_a_terminal_of_ascii(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("TERM", "xterm")
    progress = make_progress(1)
    assert isinstance(progress, LiveProgress)
    _tell(progress)
    stream.flush()
    shown = stream.buffer.getvalue().decode("ascii")
    assert "val_alpha 0.500" in shown
    assert "depth - [red] 2 x 3" in shown


def test_the_window_of_idle_is_no_terminal(monkeypatch):
    window = type("StdOutputFile", (Bare,), {"__module__": "idlelib.run", "isatty": lambda _: True})
    monkeypatch.setattr(sys, "stdout", window())
    assert type(make_progress(1)) is PlainProgress


def test_the_stream_of_the_moment_is_followed(monkeypatch):
    progress, first, second = make_progress(1), Bare(), Bare()
    monkeypatch.setattr(sys, "stdout", first)
    progress.message("one")
    monkeypatch.setattr(sys, "stdout", second)
    progress.message("two")
    assert (first.text, second.text) == ("one\n", "two\n")


def test_rich_takes_it_for_a_file(monkeypatch):
    bare = Bare()
    monkeypatch.setattr(sys, "stdout", bare)
    Console(file=Output(), width=40).print("[b]bold[/b]")
    assert bare.text == "bold\n"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("ascii", "2 x alpha ..., ?"), ("cp1252", "2 × alpha …, é"), ("utf-8", "2 × α …, é")],
)
def test_characters_are_replaced_one_by_one(encoding, told):
    assert encodable("2 × α …, é", encoding) == told


@pytest.mark.parametrize(
    ("program", "status"),
    [
        # A reader that goes away, in a program that prints to the end and ends well.
        ("from automl_kit.streams import say, let_go\nfor n in range(9999): say(n)\nlet_go()", 0),
        ("import sys; sys.stdout.close(); from automl_kit.streams import say; say(1)", 0),
    ],
)
def test_a_process_whose_reader_has_gone_ends_well(program, status):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(60) == status
    process.stderr.close()
    assert errors == b""
