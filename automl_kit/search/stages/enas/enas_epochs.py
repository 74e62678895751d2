"""What happened in each epoch of a search by ENAS."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class EnasEpoch:
    """One epoch: the weights', then the controller's.

    Attributes:
        loss: Mean loss of the weights on their rows, along the paths drawn.
        accuracy: Likewise.
        reward: Mean accuracy of the cells that the controller drew, on rows of its own; None where
            it rested.
        entropy: Mean entropy of its decisions in nats; None where it rested.
        seconds: Time it took.
    """

    loss: float
    accuracy: float
    reward: float | None
    entropy: float | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """All attributes, as JSON has them."""
        return asdict(self)

    def line(self, number: int, epochs: int) -> str:
        """The epoch in one line, for logs."""
        told = (
            "the controller rests"
            if self.reward is None
            else f"reward {self.reward:.4f} entropy {self.entropy:.3f}"
        )
        return (
            f"Epoch {number + 1}/{epochs}  loss {self.loss:.4f} accuracy {self.accuracy:.4f}  "
            f"{told}  {self.seconds:.1f} s"
        )
