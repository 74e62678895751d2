"""What happened in each epoch of a DARTS search."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DartsEpoch:
    """One epoch.

    Attributes:
        epoch: Its number, from 0.
        loss: Mean loss on the rows that train the weights, each batch before its step.
        accuracy: Share of these rows answered right.
        valid_loss: The same on the rows that train α; None where α rested.
        valid_accuracy: See there.
        learning_rate: Of the weights.
        skips: Skip connections of the normal cell that would be derived, `max_skips` ignored.
        seconds: Time it took.
        alphas: α by kind of cell at the end, (edges, ops) each.
    """

    epoch: int
    loss: float
    accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None
    learning_rate: float
    skips: int
    seconds: float
    alphas: dict[str, NDArray[np.floating]]

    def to_json(self) -> dict[str, Any]:
        """All attributes, as JSON has them."""
        return {**asdict(self), "alphas": {kind: a.tolist() for kind, a in self.alphas.items()}}

    @classmethod
    def from_json(cls, d: dict[str, Any]) -> "DartsEpoch":
        """Reads what `to_json` gave.

        Raises:
            ValueError: If α isn't matrices of numbers, or the seconds can't be.
        """
        alphas = {kind: np.array(rows, "float64") for kind, rows in d["alphas"].items()}
        if not all(a.ndim == 2 and np.isfinite(a).all() for a in alphas.values()):
            raise ValueError("α must be matrices of numbers")
        if not 0 <= d["seconds"] < float("inf"):
            raise ValueError(f"seconds is {d['seconds']!r}")
        return cls(**{**d, "alphas": alphas})

    def line(self, epochs: int) -> str:
        """The epoch in one line, for logs."""
        valid = (
            "alpha rests"
            if self.valid_loss is None
            else f"valid loss {self.valid_loss:.4f} accuracy {self.valid_accuracy:.4f}"
        )
        return (
            f"Epoch {self.epoch + 1}/{epochs}  loss {self.loss:.4f} accuracy {self.accuracy:.4f}  "
            f"{valid}  skips {self.skips}  {self.seconds:.1f} s"
        )


def mean_or_none(values: list[float]) -> float | None:
    """The mean, or None of nothing."""
    return float(np.mean(values)) if values else None
