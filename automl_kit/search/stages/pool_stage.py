"""A ranked pool as a stage: the trials begin with the cells that untrained networks speak for.

TensorFlow is loaded when it is used, since a registry of strategies names the stage.
"""

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from automl_kit import files
from automl_kit.errors import InputError, ProjectError
from automl_kit.search.stage import Pinned, StageRun
from automl_kit.spaces import SameNetwork

_FILE = "pool.json"
_LEAST = 5  # members that are scored whatever the time
_TRIES = 20  # draws for a network that wasn't drawn yet


@dataclass(frozen=True)
class PoolStage:
    """Scores random members of a space of cells without training; the best ones are first trials.

    It ranks cells by the log-rank of the scores, see `automl_kit.evaluation.zero_cost`, and pins
    nothing. The first of a ranking is seldom the best of all, so that several are tried. Graphs
    without a `CellBlock` that is searched begin as they do
    without it: the scores are known to rank cells alone.

    Attributes:
        scores: Names of scores.
        size: Members of the pool.
        first: How many of the best begin the search.
        share: The most of a time budget that it takes; at least five members are scored.

    Raises:
        InputError: If an argument can't be.

    Example:
        >>> PoolStage(size=30).describe()["size"]
        30
    """

    wanted: ClassVar[str | None] = None
    scores: tuple[str, ...] = ("flops", "jacov")
    size: int = 50
    first: int = 5
    share: float = 0.1

    def __post_init__(self) -> None:
        for name in ("size", "first"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"Expected {name} to be a whole number from 1; got {value!r}.")
        if isinstance(self.share, bool) or not 0 < self.share < 1:
            raise InputError(
                "Expected share, the part of a time budget that ranking may take, above 0 and "
                f"below 1; got {self.share!r}."
            )

    def describe(self) -> dict[str, Any]:
        """Name and settings, as JSON values."""
        settings = {"scores": list(self.scores), "size": self.size, "first": self.first}
        return {"name": "pool", **settings, "share": self.share}

    def check(self, graph: Any) -> None:
        """Takes any graph.

        Raises:
            InputError: If there is no such score.
        """
        from automl_kit.evaluation.zero_cost.scores import check_scores

        check_scores(self.scores)

    def run(self, run: StageRun) -> Pinned:
        """Ranks the pool, or reads what an earlier call found.

        Returns:
            Nothing pinned; `first` has the hyperparameters of the best members.

        Raises:
            InputError: If no member can be scored.
            ProjectError: If the file in the project's folder is damaged.
        """
        from automl_kit.custom_blocks.cell_block import same_network_of

        path, same = run.folder / _FILE, same_network_of(run.graph)
        if path.exists():
            return _read(path)
        if run.trials_begun or same is None:
            return Pinned({}, 0.0, complete=True)
        started = time.monotonic()
        run.progress.stage_begin(f"Ranking {self.size} random cells without training")
        first = self._best(run, same, started)
        seconds = time.monotonic() - started
        files.write_json(path, {"first": first, "seconds": seconds})
        return Pinned({}, seconds, complete=True, first=first)

    def _best(self, run: StageRun, same: SameNetwork, started: float) -> list[dict[str, Any]]:
        """The best members of the pool, or of what could be scored of it in time."""
        from automl_kit.evaluation.zero_cost.pool_ranking import ranked
        from automl_kit.evaluation.zero_cost.vectors import score_vectors

        y = np.eye(run.classes, dtype="float32")[run.ids]
        vectors = score_vectors(run.graph, run.x, y, scores=self.scores, seed=run.seed)
        members: dict[Hashable, dict[str, Any]] = {}
        for values in _cells(same, run.seed, _TRIES * self.size):
            late = run.seconds is not None and time.monotonic() - started > run.seconds
            if late and len(members) >= _LEAST:
                run.progress.message(f"There was time for {len(members)} of the {self.size} cells.")
                break
            members.setdefault(vectors.key_of(vectors.completed(values)), values)
            vectors(values)  # It remembers the scores.
            if len(members) == self.size:
                break
        names = {name for values in members.values() for name in values}
        best = ranked(vectors, iter(members.values())).best(self.first)
        return [{n: v for n, v in values.items() if n in names} for values in best]


def _cells(same: SameNetwork, seed: int, number: int) -> Iterator[dict[str, Any]]:
    """Random cells as hyperparameters of the graph's blocks; other ones are left at defaults.

    Among networks of other depths and widths FLOPs would choose the largest.
    """
    rng = np.random.default_rng(seed)
    for _ in range(number):
        yield {
            prefix + name: value
            for prefix, space in same.cells.items()
            for name, value in space.values(space.sample(rng)).items()
        }


def _read(path: Path) -> Pinned:
    told = files.read_json(path)
    try:
        first = [{str(name): value for name, value in one.items()} for one in told["first"]]
        return Pinned({}, float(told["seconds"]), complete=True, first=first)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProjectError(
            f"{path} is damaged. Start over with overwrite=True, or delete the file and the trials."
        ) from error
