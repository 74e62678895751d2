"""Judging trials by a smaller task that ranks them nearly alike, at a part of the cost."""

from dataclasses import dataclass, replace
from typing import Any

from automl_kit.custom_blocks.smaller import smaller
from automl_kit.errors import InputError
from automl_kit.evaluation.base import Evaluation, Result, Run
from automl_kit.evaluation.estimates import Estimates


@dataclass(frozen=True)
class Proxy(Estimates):
    """Judges by fewer rows, fewer epochs, narrower networks or smaller images; then the best whole.

    The reductions can be taken alone or together. They change neither the hyperparameters nor
    what strategies see of them. When all trials were tried the best few are judged whole, and the
    best of those is the model; the leaderboard has both scores, and how well their ranks agree.

    Args:
        evaluation: What is made cheaper, and judges the finalists: "full", "folds" or an
            evaluation.
        rows: The share of the training rows that are taken, of each class alike; held-out rows
            stay, but where all rows judge.
        epochs: Epochs of a training, over which the learning rate falls to 0; None for as many as
            there would be. Trainings of a strategy with rungs keep theirs.
        width: By what channels, filters, units and embeddings of this package's blocks are
            multiplied.
        pixels: The longer side of images at most; for graphs that begin with
            `automl_kit.ImageInput`, as those of images do.
        finalists: How many of the best trials are judged whole.

    Raises:
        InputError: If nothing is reduced, or a setting is out of its range.

    Example:
        >>> Proxy(rows=0.2, epochs=3).describe()["rows"]
        0.2
    """

    evaluation: str | Evaluation = "full"
    rows: float = 1.0
    epochs: int | None = None
    width: float = 1.0
    pixels: int | None = None
    finalists: int = 3

    def __post_init__(self) -> None:
        _ = self.whole  # A name that there is none of is told here.
        for name in ("rows", "width"):
            share = getattr(self, name)
            if isinstance(share, bool) or not 0 < share <= 1:
                raise InputError(
                    f"{name} of Proxy must be a share above 0, 1 at most. Received: {share!r}"
                )
        for name in ("epochs", "pixels", "finalists"):
            number = getattr(self, name)
            if number is not None and (
                isinstance(number, bool) or not isinstance(number, int) or number < 1
            ):
                raise InputError(
                    f"{name} of Proxy must be a whole number from 1. Received: {number!r}"
                )
        if (self.rows, self.epochs, self.width, self.pixels) == (1.0, None, 1.0, None):
            raise InputError(
                "A Proxy that reduces nothing is no cheaper; pass rows=, epochs=, width= or "
                "pixels=, such as Proxy(rows=0.2, epochs=3)."
            )

    def describe(self) -> dict[str, Any]:
        """Its name and settings."""
        settings = {"rows": self.rows, "epochs": self.epochs, "width": self.width}
        more = {"pixels": self.pixels, "finalists": self.finalists}
        return {"name": "proxy", "evaluation": self.whole.describe(), **settings, **more}

    def prepare(self, run: Run) -> None:
        """Looks whether what is searched can be reduced so.

        Raises:
            InputError: If not.
        """
        graph = getattr(run.trainer, "graph", None)
        blocks = [] if graph is None else graph.blocks
        if self.width != 1.0 and not any(getattr(block, "has_widths", False) for block in blocks):
            raise InputError(
                "Proxy(width=…) narrows networks of this package's blocks, such as ImageBlock or "
                "TableBlock, and there are none in what is searched. Pass rows=, epochs= or pixels="
            )
        nodes = [] if graph is None else graph.inputs
        if self.pixels is not None and not any(getattr(node, "shrinks", False) for node in nodes):
            raise InputError(
                "Proxy(pixels=…) shrinks images that come in by automl_kit.ImageInput, and there "
                "are none in what is searched. Pass rows=, epochs= or width="
            )
        self.whole.prepare(run)

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Judges by the smaller task; the result is an estimate."""
        data = run.data.fewer(self.rows, self.epochs, run.seed_for(0, 5), self.judges_all_rows)
        cheap = replace(run, data=data, keeps=False)
        with smaller(self.width, self.pixels):
            result = self.whole.evaluate(trial, cheap)
        run.startup = max(run.startup, cheap.startup)
        return replace(result, held_out=None, estimate=True)
