"""What a search for cells found, on disk beside the search's own state."""

import math
from dataclasses import dataclass
from pathlib import Path

from automl_kit import files
from automl_kit.errors import ProjectError
from automl_kit.evaluation import array_state
from automl_kit.search.stages.darts import search_state
from automl_kit.search.stages.darts.history import DartsEpoch
from automl_kit.spaces import Genotype

_NAME = "found.json"


@dataclass(frozen=True)
class FoundCells:
    """What a search for cells gave.

    Attributes:
        genotype: The cells.
        seconds: Time it took, in all runs together.
        history: Its epochs; see `automl_kit.report.plot_alphas`.
        complete: Whether all epochs were searched, and not the time over before.
    """

    genotype: Genotype
    seconds: float
    history: list[DartsEpoch]
    complete: bool


def save_found(notes: Path, identity: str, found: FoundCells) -> None:
    """Writes it, but for the history, which the search's state has.

    Raises:
        ProjectError: If the file can't be written.
    """
    record = {
        "identity": identity,
        "genotype": found.genotype.to_json(),
        "seconds": found.seconds,
        "complete": found.complete,
    }
    files.write_json(notes / _NAME, record)


def load_found(notes: Path, identity: str) -> FoundCells | None:
    """Reads what `save_found` wrote; None if nothing was.

    Raises:
        ProjectError: If it is damaged, or what another search found.
    """
    path = notes / _NAME
    if not path.exists():
        return None
    record = files.read_json(path)
    try:
        genotype = Genotype.from_json(record["genotype"])
        seconds, complete = float(record["seconds"]), bool(record["complete"])
        if not 0 <= seconds < math.inf:
            raise ValueError(f"seconds is {seconds}")
        same = record["identity"] == identity
    except Exception as error:  # whatever is in the file, it is the file's fault
        raise array_state.damaged(path, error) from error
    if not same:
        raise ProjectError(
            f"{path} is what another search found. Choose another directory, or start over with "
            "overwrite=True."
        )
    return FoundCells(genotype, seconds, load_history(notes), complete)


def seconds_used(notes: Path) -> float:
    """Seconds of the epochs that a search has on disk."""
    return sum(epoch.seconds for epoch in load_history(notes))


def load_history(notes: Path) -> list[DartsEpoch]:
    """The epochs that a search has on disk.

    Raises:
        ProjectError: If they are damaged.
    """
    found = search_state.load(notes)
    return [] if found is None else search_state.history(notes, found[1])
