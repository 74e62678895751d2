"""The evaluation that trains nothing: a trial is worth what its network promises."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from automl_kit import files
from automl_kit.errors import InputError, ProjectError, SearchError
from automl_kit.evaluation.base import Evaluation, Result, Run
from automl_kit.evaluation.build import parameters_of
from automl_kit.evaluation.estimates import Estimates
from automl_kit.evaluation.flops import flops
from automl_kit.evaluation.zero_cost.pool_ranking import draw
from automl_kit.evaluation.zero_cost.ranks import Standing
from automl_kit.evaluation.zero_cost.scores import DEFAULT_SCORES, check_scores, zero_cost_scores
from automl_kit.evaluation.zero_cost.vectors import ScoreVectors

_FILE = "zero_cost.json"
_LEAST = 5  # members of a pool that time cut
_WEIGHTS, _ROWS, _POOL = (0, 5), (0, 6), (0, 7)  # what seeds are made of


@dataclass(frozen=True)
class ZeroCost(Estimates):
    """Scores the untrained network of a trial by a batch of training rows; then the best whole.

    What counts is a score's own value where one is named; of several it is the log-rank among
    random members of the space, which are drawn and scored once and kept with the project, so that
    a trial's score doesn't change as others come (see `Standing`). Higher is better: for an
    objective that is minimised a trial's score is its negative. The scores themselves are among the
    trial's figures. When all trials were tried the best few are trained, and the best of those is
    the model.

    Of a graph the strategy chooses what stands below a block's name, which untrained networks may
    show. How networks are trained, such as the learning rate, they don't: it stays as it is first.

    Args:
        scores: Names out of `automl_kit.evaluation.zero_cost.SCORES`, or one name.
        batch: Rows that networks are scored by.
        pool: Random members among which several scores are ranked. Of 50, ranks agree with those
            among all cells of NAS-Bench-201 by .995 (Spearman; `benchmarks/zero_cost.py`).
        finalists: How many of the best trials are trained.
        evaluation: What judges these: "full", "folds" or an evaluation.

    Raises:
        InputError: If there is no such score or evaluation, or a number is too small.

    Example:
        >>> from automl_kit.evaluation import ZeroCost
        >>> ZeroCost().scores, ZeroCost("synflow").describe()["pool"]
        (('flops', 'jacov'), None)
    """

    scores: tuple[str, ...] = DEFAULT_SCORES
    batch: int = 64
    pool: int = 50
    finalists: int = 3
    evaluation: str | Evaluation = "full"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", check_scores(self.scores))
        _ = self.whole  # A name that there is none of is told here.
        for name, least in (("batch", 2), ("pool", _LEAST), ("finalists", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"ZeroCost needs a whole {name} from {least}. Received: {value!r}")

    def judges(self, hypermodel: Any, names: Iterable[str]) -> set[str]:
        """Which of a graph's hyperparameters its networks may show: those of its blocks."""
        return {name for name in names if "/" in name}

    def describe(self) -> dict[str, Any]:
        """Its name and settings."""
        pool = self.pool if len(self.scores) > 1 else None
        return {
            "name": "zero_cost", "scores": list(self.scores), "batch": self.batch, "pool": pool,
            "finalists": self.finalists, "evaluation": self.whole.describe(),
        }  # fmt: skip

    def prepare(self, run: Run) -> None:
        """Scores the pool, or what is missing of it.

        Raises:
            InputError: If its members can't be scored.
            SearchError: If time is over before.
        """
        self._standing(run)
        self.whole.prepare(run)

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Builds and scores the network.

        Raises:
            InputError: If a score can't be had of it.
        """
        rows = self._rows(run)
        model = self._built(run, trial.hyperparameters, rows)
        scores = zero_cost_scores(model, rows.x, rows.y, self.scores)
        standing = self._standing(run)
        value = scores[self.scores[0]] if standing is None else standing.of(scores)
        figures = {"parameters": parameters_of(model), "flops": flops(model), "epochs": 0.0}
        logs = {name: score for name, score in scores.items() if name not in figures}
        score = value if run.direction == "max" else -value
        return Result(score, curve=[score], logs=logs, figures=figures, estimate=True)

    def _rows(self, run: Run) -> Any:
        return run.data.draw(self.batch, run.seed_for(*_ROWS))

    def _built(self, run: Run, hp: Any, rows: Any) -> Any:
        """A network; of the same hyperparameters it has the same weights in every trial."""
        assert run.trainer is not None, "this search has no networks"
        return run.trainer.untrained(hp, run.data, rows, run.seed_for(*_WEIGHTS))

    def _standing(self, run: Run) -> Standing | None:
        """The scored pool; None where there is one score only."""
        if len(self.scores) == 1:
            return None
        path = None if run.folder is None else run.folder / _FILE
        told = _read(path, self.scores)
        if not told["complete"]:
            told = self._scored_pool(run, told["members"], path)
        members = np.array([row for row in told["members"] if row is not None])
        return Standing(dict(zip(self.scores, members.T, strict=True)))

    def _scored_pool(self, run: Run, done: list[Any], path: Path | None) -> dict[str, Any]:
        """Scores the members that are missing, noting each."""
        assert run.space is not None, "the pool is drawn from the search's space"
        rows = self._rows(run)
        vectors = ScoreVectors(
            lambda hp: self._built(run, hp, rows), run.space(), rows, self.scores
        )
        run.progress.stage_begin(f"Scoring {self.pool} random networks to rank trials among")
        space = vectors.space  # As it is now: a pool that is gone on with must be drawn alike.
        for number, values in enumerate(draw(lambda: space, self.pool, run.seed_for(*_POOL))):
            if number < len(done):
                continue
            if run.time_is_over():
                if sum(row is not None for row in done) < _LEAST:
                    raise SearchError(
                        f"Time was over after {len(done)} of the {self.pool} networks that "
                        "trials are ranked among; call again with a larger time_budget, or name "
                        "one score only, which needs none."
                    )
                break
            row = vectors(values)
            done.append(None if np.isnan(row).any() else row.tolist())
            _write(path, self.scores, done, complete=False)
        if sum(row is not None for row in done) < 2:
            reason = next(iter(vectors.failures.values()), "the space has too few members")
            raise InputError(
                f"Of {len(done)} random networks fewer than two could be scored by "
                f"{', '.join(self.scores)}: {reason}"
            )
        _write(path, self.scores, done, complete=True)
        return {"complete": True, "members": done}


def _write(path: Path | None, names: tuple[str, ...], members: list[Any], complete: bool) -> None:
    if path is not None:
        told = {"scores": list(names), "complete": complete, "members": members}
        files.write_json(path, told)


def _read(path: Path | None, names: tuple[str, ...]) -> dict[str, Any]:
    """What is known of the pool.

    Raises:
        ProjectError: If the file is damaged.
    """
    if path is None or not path.exists():
        return {"complete": False, "members": []}
    told = files.read_json(path)
    try:
        members = [
            None if row is None else [float(value) for value in row] for row in told["members"]
        ]
        rows = [row for row in members if row is not None]
        if told["scores"] != list(names) or any(len(row) != len(names) for row in rows):
            raise ValueError("other scores")
        if not np.isfinite(rows).all() or (told["complete"] and len(rows) < 2):
            raise ValueError("no scores")
        return {"complete": bool(told["complete"]), "members": members}
    except (TypeError, ValueError, KeyError) as error:
        raise ProjectError(f"{path} is damaged. Delete it, and search again.") from error
