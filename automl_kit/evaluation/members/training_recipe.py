"""How a compiled network wants to be trained, as numbers that a compiled step is given."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.muon import Muon


@dataclass(frozen=True)
class AdamW:
    """Keras's AdamW: Loshchilov and Hutter (2019), "Decoupled weight decay regularization".

    Attributes:
        rate: The learning rate of each step, a number or a Keras schedule.
        decay: The weight decay.
        decayed: Whether each weight decays.
        clipnorm: The largest norm of a weight's gradient; 0 for no limit.
        beta_1: Of the moving average of gradients.
        beta_2: Of that of their squares.
        epsilon: Added to the root of the latter.
        muon: Whether each weight is moved by Muon instead; see `automl_kit.custom_blocks.muon`.
        momentum: Of Muon.
        steps: Of Muon's iteration.
    """

    rate: Any
    decay: float
    decayed: tuple[bool, ...]
    clipnorm: float
    beta_1: float
    beta_2: float
    epsilon: float
    muon: tuple[bool, ...] = ()
    momentum: float = 0.0
    steps: int = 0

    def rates(self, steps: NDArray[Any]) -> NDArray[np.float32]:
        """The learning rates of some steps, which need not be whole numbers, (n,)."""
        if not callable(self.rate):
            return np.full(len(steps), float(self.rate), "float32")
        if type(self.rate) is keras.optimizers.schedules.CosineDecay:
            return _cosine(self.rate, steps)  # Keras's own takes a third of a millisecond a step.
        return np.array([float(self.rate(step)) for step in steps], "float32")


def _cosine(
    schedule: keras.optimizers.schedules.CosineDecay, steps: NDArray[Any]
) -> NDArray[np.float32]:
    """What Keras's `CosineDecay` gives for each of some steps."""
    peak, warmup = schedule.initial_learning_rate, 0
    if schedule.warmup_target is not None:
        peak, warmup = schedule.warmup_target, schedule.warmup_steps
    share = np.clip((steps - warmup) / schedule.decay_steps, 0.0, 1.0)
    falling = peak * ((1 - schedule.alpha) * (1 + np.cos(np.pi * share)) / 2 + schedule.alpha)
    start = schedule.initial_learning_rate
    rising = start + (peak - start) * steps / max(1, warmup)
    rates: NDArray[np.float32] = np.where(steps < warmup, rising, falling).astype("float32")
    return rates


def recipe_of(model: keras.Model, weights: list[keras.Variable]) -> AdamW | None:
    """The recipe of a compiled network for some weights; None if it isn't plain AdamW or Muon."""
    optimizer, trained = model.optimizer, [weight for weight in weights if weight.trainable]
    if type(optimizer) not in (keras.optimizers.AdamW, Muon):
        return None
    plain = (
        not optimizer.amsgrad
        and not optimizer.use_ema
        and not optimizer.clipvalue
        and not optimizer.global_clipnorm
        and not optimizer.gradient_accumulation_steps
        and not optimizer.loss_scale_factor
        and all(weight.dtype == "float32" for weight in trained)
    )
    if not plain:
        return None
    rate = optimizer._learning_rate
    of_muon = isinstance(optimizer, Muon)
    return AdamW(
        rate if callable(rate) else optimizer.learning_rate,
        float(optimizer.weight_decay or 0.0),
        tuple(optimizer._use_weight_decay(weight) for weight in trained),
        float(optimizer.clipnorm or 0.0),
        float(optimizer.beta_1),
        float(optimizer.beta_2),
        float(optimizer.epsilon),
        tuple(of_muon and optimizer.moves(weight) for weight in trained),
        float(optimizer.momentum) if of_muon else 0.0,
        int(optimizer.steps) if of_muon else 0,
    )
