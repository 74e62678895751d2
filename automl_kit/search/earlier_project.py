"""Starting a search from an earlier project: its best hyperparameters, and its best weights.

The earlier project is read only, and is not trusted. What is taken of it is kept with the new
project, which goes on without it.
"""

import math
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl_kit import files
from automl_kit.errors import AutoMLKitError, ProjectError
from automl_kit.oracles.trial_figures import ESTIMATE, JUDGED_AGAIN, PRUNED

TAKEN = 3  # trials
RECORD, WEIGHTS = "start.json", "start.weights.h5"


@dataclass(frozen=True)
class Start:
    """What an earlier project hands on.

    Attributes:
        source: Its folder, as it was named.
        values: Hyperparameters of its best trials, best first.
        scores: Of these trials, of its own objective.
        weights: A file of the best network's weights; None where there is none.
    """

    source: str
    values: list[dict[str, Any]]
    scores: list[float]
    weights: Path | None

    def told(self) -> str:
        """What was taken, in a sentence."""
        count = "the best trial" if len(self.values) == 1 else f"the {len(self.values)} best trials"
        weights = ", and with weights of its best network" if self.weights else ""
        return f"Starting with {count} of {self.source}, score {self.scores[0]:.4g}{weights}."


def start_from(earlier: str | os.PathLike[str] | None, folder: Path) -> Start | None:
    """Takes over what an earlier project found, or reads what was taken before.

    Args:
        earlier: Its folder: that of a task's or a tuner's project; None for none.
        folder: The new project's.

    Raises:
        ProjectError: If there is no project in it, or it has no trial that was completed.
    """
    if earlier is None:
        return None
    weights = folder / WEIGHTS
    if (folder / RECORD).exists():
        record = files.read_json(folder / RECORD)
    else:
        source = Path(earlier).expanduser()
        ranked = _ranked(source)
        record = {
            "values": [values for _, _, values in ranked[:TAKEN]],
            "scores": [score for _, score, _ in ranked[:TAKEN]],
        }
        found = _weights(source, ranked[0][0])
        if found is not None:
            with files.atomic_path(weights) as path:
                shutil.copyfile(found, path)
        files.write_json(folder / RECORD, record)  # Last: then all of it is there.
    values = [_checked(one, folder) for one in record["values"]]
    scores = [float(score) for score in record["scores"]]
    return Start(str(earlier), values, scores, weights if weights.exists() else None)


def _ranked(source: Path) -> list[tuple[str, float, dict[str, Any]]]:
    """Id, score and hyperparameters of the trials that were completed, best first."""
    if not (source / "oracle.json").exists():
        raise ProjectError(
            f"There is no project in {source}; start_from is the folder of an earlier search, such "
            "as automl_kit_projects/image_classifier."
        )
    try:
        objective = str(files.read_json(source / "search.json")["objective"])
        sign = -1 if objective.startswith("max") else 1
        ended = list(_ended(source))
    except (AutoMLKitError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProjectError(
            f"The project in {source} can't be read ({type(error).__name__}: {error}); choose "
            "another one for start_from."
        ) from error
    if not ended:
        raise ProjectError(f"The project in {source} has no completed trial to start from.")
    ranked = sorted(ended, key=lambda trial: (not trial[0], sign * trial[2], int(trial[1])))
    return [(name, score, values) for _, name, score, values in ranked]


def _ended(source: Path) -> Iterator[tuple[bool, str, float, dict[str, Any]]]:
    """Whether it was trained whole, id, score and values of each completed trial."""
    for path in sorted(source.glob("trial_*/trial.json")):
        state = files.read_json(path)
        score, name = state["score"], path.parent.name.removeprefix("trial_")
        if state["status"] != "COMPLETED" or not math.isfinite(score) or not name.isdecimal():
            continue
        measured = state["metrics"]["metrics"]
        whole = PRUNED not in measured and (ESTIMATE not in measured or JUDGED_AGAIN in measured)
        yield whole, name, float(score), _checked(state["hyperparameters"]["values"], source)


def _checked(values: Any, source: Path) -> dict[str, Any]:
    """Hyperparameters as they may be: names and plain values."""
    if isinstance(values, Mapping) and all(
        isinstance(name, str) and isinstance(value, str | int | float | bool)
        for name, value in values.items()
    ):
        return {name: value for name, value in values.items() if not name.startswith("tuner/")}
    raise ProjectError(f"The project in {source} has hyperparameters that are no plain values.")


def _weights(source: Path, trial: str) -> Path | None:
    """The file of the best trial's weights: of its last training, else of the trial itself."""
    final = source / "final.json"
    names = [source / f"trial_{trial}" / "checkpoint.weights.h5"]
    if final.exists() and files.read_json(final).get("trial_id") == trial:
        names.insert(0, source / "final.weights.h5")
    return next((path for path in names if path.is_file()), None)
