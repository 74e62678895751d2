"""How DARTS searches, by the paper and on a processor."""

import math
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from automl_kit.errors import InputError


@dataclass(frozen=True, kw_only=True)
class DartsSettings:
    """Settings of a bi-level search.

    Defaults: Liu, H. et al. (2019), appendix A.1.

    Attributes:
        order: 1: α is judged at the weights as they are. 2: at the weights after one more step,
            with the second derivative by finite differences (eq. 7 and 8); three times the work.
        epochs: Passes over the half that trains weights.
        batch_size: Rows of each of a step's two batches.
        learning_rate: Of the weights, at the start; it falls along a cosine.
        final_learning_rate: At the end.
        momentum: Of the weights.
        weight_decay: Of the weights.
        clip: Longest gradient of the weights; longer ones are shortened to it.
        alpha_learning_rate: Adam's.
        alpha_betas: Adam's.
        alpha_weight_decay: Added to the gradient before Adam.
        warmup_epochs: First epochs, in which α rests. Operations without weights are ahead while
            the others have learnt nothing; PC-DARTS rests 15 of 50 epochs.
        beta_decay: λ of β-DARTS (Ye et al. 2022, "β-DARTS", eq. 9) in the last epoch; it grows
            from 0. The mean over edges of logsumexp(α) times λ is added to α's loss; 50 there.
        edge_mutation: Probability, in the last epoch, of an edge to be one operation with weights
            in a step of the weights, and not the mixture; it grows from 0. EM-DARTS has .125 in
            DARTS's space and .2 in NAS-Bench-201's; see `EdgeMutation`.
        radius: How far the weights are moved in all to take the second derivative of order 2;
            eq. 8's is 0.01. Where ReLUs and normalisations change within it, a smaller one is
            more precise, as far as rounding allows.
        train_share: Share of the rows that train weights; the others train α. Not used where α
            has rows of its own.
        same_rows: Trains α on the batches that train the weights, and nothing on the rest. This
            is the wrong way, kept to show what it does: α overfits with the weights.
        edges: Edges kept for each node.
        max_skips: Most skip connections in the derived normal cell; None for any number.
            P-DARTS (Chen et al. 2019, section 3.3) allows 2.

    Raises:
        InputError: If a value is out of its range.
    """

    order: Literal[1, 2] = 1
    epochs: int = 50
    batch_size: int = 64
    learning_rate: float = 0.025
    final_learning_rate: float = 0.001
    momentum: float = 0.9
    weight_decay: float = 3e-4
    clip: float = 5.0
    alpha_learning_rate: float = 3e-4
    alpha_betas: tuple[float, float] = (0.5, 0.999)
    alpha_weight_decay: float = 1e-3
    warmup_epochs: int = 0
    beta_decay: float = 0.0
    edge_mutation: float = 0.0
    radius: float = 0.01
    train_share: float = 0.5
    same_rows: bool = False
    edges: int = 2
    max_skips: int | None = None

    def __post_init__(self) -> None:
        ranges: dict[str, tuple[float, float]] = {
            "order": (1, 2),
            "epochs": (1, 10**6),
            "batch_size": (2, 10**6),  # normalisation needs more than one row
            "learning_rate": (0, 100),
            "final_learning_rate": (0, 100),
            "momentum": (0, 1),
            "weight_decay": (0, 1),
            "clip": (1e-12, float("inf")),
            "alpha_learning_rate": (0, 100),
            "alpha_weight_decay": (0, 1),
            "warmup_epochs": (0, 10**6),
            "beta_decay": (0, 10**6),
            "edge_mutation": (0, 1),
            "radius": (1e-12, 1),
            "train_share": (0.01, 0.99),
            "edges": (1, 64),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not low <= value <= high:
                raise InputError(f"Expected {name} from {low} to {high}; got {value!r}.")
        object.__setattr__(self, "alpha_betas", tuple(self.alpha_betas))  # hashable
        if not all(0 <= beta < 1 for beta in self.alpha_betas):
            raise InputError(f"Expected alpha_betas from 0 to below 1; got {self.alpha_betas}.")
        if self.max_skips is not None and self.max_skips < 0:
            raise InputError(f"Expected max_skips from 0; got {self.max_skips}.")

    def rate_of(self, epoch: int) -> float:
        """The weights' learning rate in an epoch: a cosine that ends after the last."""
        share = (1 + math.cos(math.pi * epoch / self.epochs)) / 2
        return self.final_learning_rate + (self.learning_rate - self.final_learning_rate) * share

    def decay_of(self, epoch: int) -> float:
        """The strength of β-DARTS's term in an epoch."""
        return self.beta_decay * epoch / max(1, self.epochs - 1)

    def mutation_of(self, epoch: int) -> float:
        """The probability of an edge to be mutated in an epoch."""
        return self.edge_mutation * epoch / max(1, self.epochs - 1)

    def to_json(self) -> dict[str, Any]:
        """All attributes, as JSON has them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "alpha_betas": list(self.alpha_betas)}


@dataclass(frozen=True, kw_only=True)
class CellSearch:
    """The supernet, the rows and the settings by which DARTS looks for cells.

    The supernet and the rows are proxies, smaller than what the cells are for. Nodes, operations
    and edges a node are the space's.

    Attributes:
        settings: How to search. The paper's but for a processor's few epochs: α learns ten times
            as fast and rests at first, and a normal cell has two skip connections at most.
        filters: Channels of the supernet's first cells.
        cells: Cells of the supernet.
        partial: Only 1/`partial` of the channels go through the operations (PC-DARTS).
        mix_none: Whether an edge mixes "none" with the space's operations, as in the paper: it
            lets α say that an edge isn't worth much. It is never derived.
        rows: Search on so many training images at most.
        apart: Whether the search has a process of its own, with threads that suit it; None: where
            it is long enough to be worth it and nothing else speaks against it, see `apart.py`.

    Raises:
        InputError: If a value is out of its range.
    """

    settings: DartsSettings = field(
        default_factory=lambda: DartsSettings(
            epochs=12,
            batch_size=32,
            alpha_learning_rate=3e-3,
            warmup_epochs=3,
            max_skips=2,
        )
    )
    filters: int = 8
    cells: int = 4
    partial: int = 1
    mix_none: bool = True
    rows: int = 4_000
    apart: bool | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.settings, DartsSettings):
            raise InputError(f"Expected settings to be DartsSettings; got {self.settings!r}.")
        if self.apart not in (None, True, False):
            raise InputError(f"Expected apart to be True, False or None; got {self.apart!r}.")
        ranges = {"filters": 1, "cells": 3, "partial": 1, "rows": 2}
        for name, low in ranges.items():
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise InputError(f"Expected {name} to be a whole number from {low}; got {value!r}.")
        if self.filters % self.partial:
            raise InputError(
                f"Expected filters that partial divides; got {self.filters} and {self.partial}."
            )

    def to_json(self) -> dict[str, Any]:
        """All attributes but for where it runs, as JSON has them."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        del told["apart"]
        return {**told, "settings": self.settings.to_json()}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "CellSearch":
        """Reads what `to_json` gave."""
        return cls(**{**told, "settings": DartsSettings(**told["settings"])})
