"""The state of a DARTS search on disk; see `automl_kit.evaluation.array_state`."""

from pathlib import Path
from typing import Any

from automl_kit.evaluation import array_state
from automl_kit.evaluation.array_state import Arrays
from automl_kit.search.stages.darts.history import DartsEpoch

_NAME = "darts.npz"


def save(directory: Path, arrays: Arrays, told: dict[str, Any]) -> None:
    """Writes vectors and what goes with them as JSON.

    Raises:
        ProjectError: If the file can't be written.
    """
    array_state.save(directory / _NAME, arrays, told)


def load(directory: Path) -> tuple[Arrays, dict[str, Any]] | None:
    """Reads what `save` wrote; None if nothing was.

    Raises:
        ProjectError: If the file is damaged.
    """
    return array_state.load(directory / _NAME)


def history(directory: Path, told: dict[str, Any]) -> list[DartsEpoch]:
    """The epochs in what `load` gave beside the vectors.

    Raises:
        ProjectError: If they are damaged.
    """
    try:
        return [DartsEpoch.from_json(record) for record in told["history"]]
    except Exception as error:
        raise array_state.damaged(directory / _NAME, error) from error


def remove(directory: Path) -> None:
    """Forgets a search."""
    (directory / _NAME).unlink(missing_ok=True)
