"""What a search prints: plain lines, a bar on a terminal, or nothing."""

import io
import math

import pytest
from rich.console import Console

from automl_kit import progress as protocol
from automl_kit.progress import SearchTold, TrialTold
from automl_kit.report import Progress, make_progress
from automl_kit.report.progress_lines import LiveProgress, PlainProgress

MLP = {"table/architecture": "mlp", "table/mlp/depth": 2, "table/mlp/width": 64}


class Lines(list):
    """The lines that were printed."""

    def __call__(self, text):
        self.extend(text.split("\n"))


def _console(width=100):
    return Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)


def _told(max_trials=2, ended=0, objective="val_loss", direction="min", left=None):
    return SearchTold(max_trials, ended, objective, direction, left)


def _trial(score, best, status="COMPLETED", reason="", **figures):
    return TrialTold(status, score, best, {"seconds": 2.5, **figures}, reason)


def _tell(progress):
    """A search of two trials, of which the second fails."""
    with progress.search(_told()):
        progress.trial_begin(1, MLP)
        progress.epoch_share(0.5, 1, 2)
        progress.trial_end(_trial(0.25, 0.25, val_accuracy=0.91234))
        progress.trial_begin(2, {"table/architecture": "linear"})
        progress.trial_end(_trial(None, 0.25, "FAILED", "out of memory"))
        progress.stage_begin("Training the best model on all rows, 3 epochs")
        progress.epoch_share(1.0, 3, 3)
    progress.message("[done]")


def _printed(*ends, told=None, values=MLP, width=100):
    """The lines of a search whose trials end so, without the first one."""
    lines = Lines()
    progress = PlainProgress(lines, width)
    with progress.search(told or _told()):
        for number, end in enumerate(ends, start=1):
            progress.trial_begin(number, values)
            progress.trial_end(end)
    return lines[1:]


def test_the_base_is_the_protocol():
    assert Progress is protocol.Progress


def test_a_strategy_that_ends_itself_has_no_total():
    lines = Lines()
    progress = PlainProgress(lines)
    with progress.search(_told(max_trials=None)):
        progress.trial_begin(1, {})
        progress.trial_end(_trial(0.25, 0.25))
    assert lines[0] == "Trials judged by val_loss, lower is better"
    assert lines[1].startswith("Trial 1  ")


def test_plain_lines():
    lines = Lines()
    _tell(PlainProgress(lines))
    assert lines == [
        "2 trials at most, judged by val_loss, lower is better",
        "Trial 1/2  MLP, 2×64  val_loss 0.250 (best)  val_accuracy 0.912  2.5 s",
        "Trial 2/2  linear model  failed: out of memory  best 0.250  2.5 s",
        "Training the best model on all rows, 3 epochs",
        "[done]",
    ]


@pytest.mark.parametrize(
    ("direction", "told"), [("min", "lower is better"), ("max", "higher is better")]
)
def test_which_way_is_better(direction, told):
    lines = Lines()
    with PlainProgress(lines).search(_told(objective="val_f1", direction=direction)):
        pass
    assert lines == [f"2 trials at most, judged by val_f1, {told}"]


@pytest.mark.parametrize(("ended", "told"), [(1, "1 trial has"), (3, "3 trials have")])
def test_a_search_that_goes_on_says_so(ended, told):
    lines = Lines()
    with PlainProgress(lines).search(_told(5, ended)):
        pass
    assert lines[0] == f"Going on with a search of which {told} ended."


def test_the_time_left_is_what_the_search_says_when_the_line_is_printed():
    left = iter([600.0, 50.0, 3.21])
    told = _told(left=lambda: next(left))
    lines = _printed(_trial(0.3, 0.3), _trial(0.4, 0.3), told=told)
    assert [line.rsplit("  ", 1)[1] for line in lines] == ["2.5 s, 50 s left", "2.5 s, 3.2 s left"]


def test_without_a_budget_no_time_is_left():
    (line,) = _printed(_trial(0.3, 0.3), told=_told(left=lambda: math.inf))
    assert line.endswith("  2.5 s")


@pytest.mark.parametrize(
    ("trial", "told"),
    [
        (_trial(0.3, 0.3), "val_loss 0.300 (best)  2.5 s"),
        (_trial(0.3, 0.2, val_accuracy=1.0), "0.300  val_accuracy 1.00  best 0.200  2.5 s"),
        (_trial(0.3, 0.3, accuracy=0.5), "val_loss 0.300 (best)  accuracy 0.500  2.5 s"),
        (_trial(0.3, 0.3, accuracy=0.5, val_accuracy=0.4), "(best)  val_accuracy 0.400  2.5 s"),
        (_trial(0.3, 0.3, val_a_accuracy=0.5), "(best)  val_a_accuracy 0.500  2.5 s"),
        (_trial(None, None, "FAILED", "too large"), "failed: too large  no model yet  2.5 s"),
        (_trial(None, None, "FAILED"), "MLP, 2×64  failed  no model yet  2.5 s"),
        (_trial(0.1, 0.2, "PARTIAL", "cut after 3 epochs"), "3 epochs  best 0.200  2.5 s"),
        (_trial(math.nan, 0.2), "val_loss nan  best 0.200  2.5 s"),
    ],
)  # fmt: skip
def test_how_a_trial_ended(trial, told):
    (line,) = _printed(trial)
    assert line.endswith(told)


def test_the_accuracy_is_not_told_twice():
    (line,) = _printed(_trial(0.9, 0.9, val_accuracy=0.9), told=_told(objective="val_accuracy"))
    assert line.count("val_accuracy") == 1


def test_a_partial_trial_with_a_better_score_is_not_the_best():
    cut, whole = _printed(
        _trial(0.1, None, "PARTIAL", "cut by the time budget after 3 of 50 epochs"),
        _trial(0.2, 0.2),
    )
    assert "best" not in cut
    assert "0.200 (best)" in whole


def test_other_networks_are_told_by_what_differs_from_the_best():
    lines = Lines()
    progress = PlainProgress(lines)
    with progress.search(_told(3)):
        for number, (units, score, best) in enumerate(
            [(8, 0.3, 0.3), (16, 0.2, 0.2), (32, 1, 0.2)]
        ):
            progress.trial_begin(number + 1, {"layers": 1, "units": units})
            progress.trial_end(_trial(score, best))
    assert [line.split("  ")[1] for line in lines[1:]] == [
        "layers 1, units 8",
        "units 16",
        "units 32",
    ]


@pytest.mark.parametrize("width", [100, 40, 20])
def test_lines_fit_and_lose_nothing(width):
    reason = "ResourceExhaustedError: " + "no room for it " * 15
    lines = _printed(
        _trial(None, 0.2, "FAILED", reason),
        _trial(0.3, 0.2, val_accuracy=0.5),
        told=_told(100, left=lambda: 2e5),
        values={"a_long_name_of_a_hyperparameter": "value " * 5, "b": 2, "c": 3},
        width=width,
    )
    long = [line for line in lines if len(line) > width]
    assert all(len(line.split()) == 1 for line in long)  # a word alone can't be broken
    assert " ".join(" ".join(lines).split()).count("no room for it") == 15
    assert any(line.startswith("Trial 1/100") for line in lines)


def test_a_path_in_a_message_stays_whole():
    lines, path = Lines(), "/" + "/".join(["a-long-folder"] * 12)
    PlainProgress(lines, 40).message(f"Cells are in {path}\nand more")
    assert path in [line.strip() for line in lines]
    assert lines[-1] == "and more"


def test_a_terminal_shows_a_bar_and_keeps_the_lines():
    console = _console()
    _tell(LiveProgress(console))
    shown = console.file.getvalue()
    assert "━" in shown
    assert "epoch 3/3  best 0.250" in shown
    assert "Trial 1/2  MLP, 2×64  val_loss 0.250 (best)  val_accuracy 0.912  2.5 s\n" in shown
    assert "Training the best model on all rows, 3 epochs" in shown
    assert "[done]" in shown


@pytest.mark.parametrize("width", [24, 60])
def test_values_are_no_markup_on_any_terminal(width):
    console = _console(width)
    progress = LiveProgress(console)
    with progress.search(_told()):
        progress.trial_begin(1, {"[red]": "[/b] :smile:"})
        progress.epoch_share(0.5, 1, 2)
        progress.trial_end(_trial(None, None, "FAILED", "[/bold] in a name"))
        progress.stage_begin("[/] on all rows")
    shown = " ".join(console.file.getvalue().split())
    assert "[/b] :smile:" in shown
    assert "[/bold]" in shown
    assert "[/] on all" in shown


def test_a_trial_without_a_search_is_told_too():
    lines = Lines()
    progress = PlainProgress(lines)
    progress.trial_begin(1, MLP)
    progress.trial_end(_trial(0.25, 0.25))
    assert lines == ["Trial 1  MLP, 2×64  score 0.250 (best)  2.5 s"]


def test_silence_is_silent(capsys):
    _tell(make_progress(0))
    assert capsys.readouterr() == ("", "")


def test_plain_lines_go_to_standard_output(capsys):
    _tell(make_progress(2))
    out, errors = capsys.readouterr()
    assert out.count("Trial") == 2
    assert errors == ""


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
