import io
import re

import pytest
from rich.console import Console

from automl_kit.report import Progress, make_progress
from automl_kit.report.progress import LiveProgress, PlainProgress


def _console(terminal=False):
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=100, soft_wrap=True, highlight=False
    )


def _tell(progress, ended=0, time_budget=None):
    """What a search of two trials says, of which the second fails."""
    with progress.search(2 + ended, ended, time_budget):
        progress.trial_begin(1 + ended, {"rate": 0.1})
        progress.epoch_share(0.5, 1, 2)
        progress.trial_end("COMPLETED", 0.25, 0.25, "")
        progress.trial_begin(2 + ended, {"rate": 0.2})
        progress.trial_end("FAILED", None, 0.25, "out of memory")
        progress.stage_begin("Training the best model on all rows, 3 epochs")
        progress.epoch_share(1.0, 3, 3)
    progress.message("[done]")


def test_plain_lines_without_a_terminal():
    console = _console()
    _tell(PlainProgress(console))
    lines = console.file.getvalue().splitlines()
    times = r"  \d+\.\d s \(search \d+ s\)"
    assert re.fullmatch(rf"Trial 1/2  score 0\.2500  best 0\.2500{times}", lines[0])
    assert re.fullmatch(rf"Trial 2/2  failed: out of memory  best 0\.2500{times}", lines[1])
    assert lines[2:] == ["Training the best model on all rows, 3 epochs", "[done]"]


def test_time_left_and_earlier_trials_are_told():
    console = _console()
    _tell(PlainProgress(console), ended=1, time_budget=60)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "Going on with a search of which 1 trial has ended."
    assert lines[1].startswith("Trial 2/3  ")
    assert re.search(r"\(search 0 s, (59|60) s left\)$", lines[1])


def test_a_first_failure_says_that_there_is_no_model_yet():
    console = _console()
    progress = PlainProgress(console)
    with progress.search(1, 0, None):
        progress.trial_begin(1, {})
        progress.trial_end("FAILED", None, None, "out of memory")
    assert "failed: out of memory  no model yet" in console.file.getvalue()


def test_a_terminal_shows_a_bar_and_keeps_the_lines():
    console = _console(terminal=True)
    _tell(LiveProgress(console))
    shown = console.file.getvalue()
    assert "━" in shown
    assert "Trial 1/2  score 0.2500  best 0.2500" in shown
    assert "Training the best model on all rows, 3 epochs" in shown


def test_silence_is_silent(capsys):
    _tell(make_progress(0))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("verbose", "terminal", "kind"),
    [
        (0, True, Progress),
        (1, True, LiveProgress),
        (1, False, PlainProgress),
        (2, True, PlainProgress),
    ],
)
def test_who_tells(verbose, terminal, kind, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert type(make_progress(verbose)) is kind
