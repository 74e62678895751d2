"""The last lines of a command."""

import shlex
from pathlib import Path

import pytest

from automl_kit.report import closing


@pytest.mark.parametrize(
    ("model", "data", "target"),
    [
        ("model.keras", "train.csv", None),
        ("out/my model.keras", "it's here.csv", "the class"),
        ("m.keras", "-rows.csv", "$HOME"),
    ],
)
def test_the_next_commands_are_read_by_a_shell_as_they_were_meant(model, data, target):
    _, predict, evaluate = closing.next_commands("text", Path(model), data, target).splitlines()
    words = ["python", "-m", "automl_kit.text"]
    assert shlex.split(predict) == [*words, "predict", model, data]
    labels = [] if target is None else ["--target", target]
    assert shlex.split(evaluate) == [*words, "evaluate", model, data, *labels]


def test_metrics_are_told_by_name():
    told = closing.metrics_text({"roc_auc": 0.98765, "log_loss": float("nan")})
    assert told == "roc auc: 0.988\nlog loss: nan"
