"""What a command prints when a search is over: its trials, figures, and the next commands."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from automl_kit.report.wording import figure

_ROWS = 10
_WIDTH = 100


def board_text(board: pd.DataFrame) -> str:
    """The best trials of a leaderboard as a text of at most 100 columns.

    Args:
        board: What `leaderboard` gives.

    Returns:
        Ten trials at most, with the line of how many others there are.

    Example:
        >>> import keras_tuner
        >>> from automl_kit.report import leaderboard
        >>> print(board_text(leaderboard(keras_tuner.oracles.RandomSearchOracle("val_loss"))))
        No trial has begun.
    """
    if board.empty:
        return "No trial has begun."
    accuracies = [name for name in board.columns if name.endswith("accuracy")]
    columns = ["trial", "score", *accuracies[:1], "parameters", "seconds", "status"]
    shown = board[columns].head(_ROWS).copy()
    for name in ("score", *accuracies[:1], "seconds"):
        shown[name] = ["-" if pd.isna(v) else figure(float(v)) for v in shown[name]]
    shown["parameters"] = ["-" if pd.isna(v) else f"{v:,}" for v in shown["parameters"]]
    lines = shown.to_string(index=False, max_colwidth=24).splitlines()
    lines = [lines[0], *map(_with_error, lines[1:], board["error"])]
    more = len(board) - _ROWS
    return "\n".join(lines + ([f"and {more} more"] if more > 0 else []))


def cost_text(cost: Mapping[str, float]) -> str:
    """Of what a model is made, how large it is, and how long a row takes.

    Args:
        cost: "parts", "parameters", "megabytes" and "milliseconds".

    Example:
        >>> print(cost_text({"parts": 3, "parameters": 4e6, "megabytes": 16, "milliseconds": 1.5}))
        The model: 3 networks, 4,000,000 parameters (16.0 MB), 1.50 ms a row
    """
    parts = "1 network" if cost["parts"] == 1 else f"{cost['parts']:.0f} networks"
    return (
        f"The model: {parts}, {cost['parameters']:,.0f} parameters ({cost['megabytes']:.1f} MB), "
        f"{cost['milliseconds']:.2f} ms a row"
    )


def metrics_text(metrics: Mapping[str, float]) -> str:
    """Figures by name, one a line.

    Example:
        >>> print(metrics_text({"log_loss": 0.12345}))
        log loss: 0.123
    """
    return "\n".join(f"{name.replace('_', ' ')}: {figure(v)}" for name, v in metrics.items())


def next_commands(task: str, model: Path, data: str, target: str | None) -> str:
    """The commands that use a model, ready to be copied.

    Args:
        task: Which module's they are.
        model: The model's file.
        data: A file or folder that the model can read.
        target: The column of labels in it, where it was named.

    Example:
        >>> print(next_commands("structured", Path("my model.keras"), "train.csv", "class"))
        Next, with this data or other data like it:
          python -m automl_kit.structured predict 'my model.keras' train.csv
          python -m automl_kit.structured evaluate 'my model.keras' train.csv --target class
    """
    labels = [] if target is None else ["--target", target]
    commands = (["predict", str(model), data], ["evaluate", str(model), data, *labels])
    lines = [f"  python -m automl_kit.{task} {_quoted(command)}" for command in commands]
    return "\n".join(["Next, with this data or other data like it:", *lines])


def _quoted(arguments: list[str]) -> str:
    """Arguments as the user's shell reads them."""
    return subprocess.list2cmdline(arguments) if os.name == "nt" else shlex.join(arguments)


def _with_error(line: str, error: str) -> str:
    """A line with as much of the reason of a failure as there is room for."""
    told = f"{line}  {error}".rstrip()
    return told if len(told) <= _WIDTH else f"{told[: _WIDTH - 1]}…"
