"""A part of a training, as strategies that train in parts hand it out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rung:
    """What part of a training a trial is.

    Attributes:
        epochs: The epoch that it ends with.
        first_epoch: The epochs that it was trained before, in the trial that it continues.
        continued: The trial that it continues; None where it starts from new weights.
    """

    epochs: int
    first_epoch: int
    continued: str | None
