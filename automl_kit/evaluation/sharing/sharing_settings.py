"""The supernet of a space of cells, and how its weights are trained."""

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from automl_kit.errors import InputError

Training = Literal["uniform", "fair"]
_LEAST = {"epochs": 1, "cells": 1, "channels": 1, "batch_size": 2, "rows": 2}


@dataclass(frozen=True, kw_only=True)
class SharingSettings:
    """A network of paths and how its weights are trained.

    Attributes:
        train: "uniform": each step trains a random path (Guo et al. 2020, "Single path
            one-shot", eq. 7). "fair": each step adds up the gradients of as many paths as there
            are operations, in which each edge has each operation once (Chu et al. 2021,
            "FairNAS", algorithm 1); it takes as many times as long.
        epochs: Passes over the training rows.
        cells: Cells of the network.
        channels: Of a node before the first reduction.
        batch_size: Rows a step.
        learning_rate: Of SGD at the start; it falls to 0 along a cosine.
        momentum: Of SGD.
        weight_decay: Of the weights of the path that is trained.
        clip: Longest gradient; longer ones are shortened to it.
        rows: Train on so many training images at most, of each class the same share.

    Raises:
        InputError: If a value is out of its range.
    """

    train: Training = "uniform"
    epochs: int = 30
    cells: int = 3
    channels: int = 8
    batch_size: int = 64
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 2.5e-4
    clip: float = 5.0
    rows: int = 4_000

    def __post_init__(self) -> None:
        if self.train not in get_args(Training):
            raise InputError(
                f"Expected train to be one of {', '.join(get_args(Training))}; got {self.train!r}."
            )
        for name, low in _LEAST.items():
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise InputError(f"Expected {name} to be a whole number from {low}; got {value!r}.")
        ranges = {
            "learning_rate": (0, 100), "momentum": (0, 1), "weight_decay": (0, 1),
            "clip": (1e-12, math.inf),
        }  # fmt: skip
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not least <= value <= most:
                raise InputError(f"Expected {name} from {least} to {most}; got {value!r}.")

    def rate_of(self, share: float) -> float:
        """The learning rate when a share of the training is done, from 0 to 1."""
        return self.learning_rate * (1 + math.cos(math.pi * min(1.0, share))) / 2

    def to_json(self) -> dict[str, Any]:
        """All attributes, as JSON has them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
