"""What came of a training in compiled epochs so far, and its form in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from automl_kit.evaluation.trained import Trained


@dataclass
class Course:
    """What came of a training so far.

    Attributes:
        epoch: The best epoch, from 0; -1 before anything was judged.
        logs: Its figures.
        curves: Every figure after each judged epoch, by name.
        epochs: Whole epochs done.
        planned: Epochs of the plan that they stand for; more where time was short.
        weights: (members, …) of each weight at the best epoch.
        held_out: Each member's outputs on its held-out rows then.
        cut: Whether time ended it.
        pruned: Whether the pruner did.
    """

    epoch: int = -1
    logs: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    epochs: int = 0
    planned: float = 0.0
    weights: list[NDArray[Any]] = field(default_factory=list)
    held_out: list[NDArray[Any]] = field(default_factory=list)
    cut: bool = False
    pruned: bool = False

    def trained(self, outputs: Any, startup: float) -> Trained:
        """The same for whoever doesn't care how it came.

        Args:
            outputs: On held-out rows, of all members.
            startup: Seconds until the first step was done.
        """
        return Trained(
            self.logs, self.epoch, self.epochs, self.curves, outputs, self.cut, self.pruned,
            startup, shortened=self.epochs / max(self.planned, self.epochs, 1),
        )  # fmt: skip

    def told(self, every: int) -> dict[str, Any]:
        """The course of a training that was cut, as a JSON value, up to its last whole epoch.

        Args:
            every: Epochs from one judgement to the next.
        """
        judged = self.epochs // every
        curves = {name: curve[:judged] for name, curve in self.curves.items()}
        return {
            "best": self.epoch, "logs": self.logs, "curves": curves, "epochs": self.epochs,
            "planned": self.planned,
        }  # fmt: skip

    @staticmethod
    def of(told: Mapping[str, Any]) -> "Course":
        """What `told` gave; the epoch that was cut begins again."""
        return Course(
            int(told["best"]), dict(told["logs"]), dict(told["curves"]), int(told["epochs"]),
            float(told.get("planned", told["epochs"])),
        )  # fmt: skip
