"""What came of training a network, whoever trained it."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Trained:
    """A training's course; the network has the weights of the best epoch.

    Attributes:
        logs: What was measured at the best epoch.
        epoch: The best epoch, from 0.
        epochs: How many were done in all.
        curves: Each figure after each judged epoch, by name.
        held_out: Outputs on held-out rows; None where there are none.
        cut: Whether time ended it.
        pruned: Whether the pruner did.
        startup: Seconds until the first batch was done.
        shortened: Epochs over those of the plan that they stood for; below 1 where time was short.
        by_keras: Whether Keras's own `fit` trained it.
        after: After what the pruner ended it, where that isn't so many epochs.
    """

    logs: dict[str, float]
    epoch: int = 0
    epochs: int = 1
    curves: dict[str, list[float]] = field(default_factory=dict)
    held_out: Any | NDArray[Any] = None
    cut: bool = False
    pruned: bool = False
    startup: float = 0.0
    shortened: float = 1.0
    by_keras: bool = False
    after: str = ""

    def reason(self, planned: int) -> str:
        """Why it didn't come to its end; empty where it did."""
        if self.cut:
            return f"time was over after {self.epochs} of {planned} epochs"
        after = self.after or f"{self.epochs} of {planned} epochs"
        return f"the pruner stopped it after {after}" if self.pruned else ""
