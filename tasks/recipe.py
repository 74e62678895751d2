"""The training recipe of every network of a graph."""

import contextlib
import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import keras
import keras_tuner

from automl_kit import compat
from automl_kit.custom_blocks.muon import Muon
from automl_kit.evaluation.rows import LENGTH


@dataclass(frozen=True)
class LearningRates:
    """The peaks of the learning rate that a search picks among, evenly on a log scale.

    Attributes:
        low: The smallest.
        high: The largest.
        default: Where a search starts, if no initial hyperparameters say otherwise.
        lengths: Shares of the epochs that a training may take, over which its rate falls to 0;
            the last one is where a search starts. Networks that learn noise soon end well where
            the rate falls in time, and cost less.
    """

    low: float = 3e-4
    high: float = 1e-2
    default: float = 2e-3
    lengths: tuple[float, ...] = (1.0,)


_OPTIMIZERS = {"adamw": keras.optimizers.AdamW, "muon": Muon}


class RecipeGraph(compat.Graph):  # type: ignore[misc]
    """An AutoKeras graph whose networks are trained by AdamW with a warm-up and a cosine.

    Networks with convolutions over images may be trained by Muon instead: "optimizer".

    AutoKeras picks among learning rates from 1e-5 to 0.1 without a schedule, most
    of which train nothing in the few epochs that a processor affords.

    Attributes:
        learning_rates: The range to search.
        rows_per_batch: Rows a batch, set by the trainer before it builds.
    """

    learning_rates = LearningRates()
    rows_per_batch = 32

    def _where_trained(self, hp: keras_tuner.HyperParameters) -> AbstractContextManager[Any]:
        """The condition under which a network is trained at all, where a block knows one.

        The rates of a training that there isn't would be searched in vain.
        """
        blocks = [block for block in self.blocks if not isinstance(block, compat.Head)]
        known = [block for block in blocks if getattr(block, "trained_where", None) is not None]
        if len(blocks) != 1 or not known:
            return contextlib.nullcontext()
        name, values = known[0].trained_where
        scope: AbstractContextManager[Any] = hp.conditional_scope(f"{known[0].name}/{name}", values)
        return scope

    def _compile_keras_model(self, hp: keras_tuner.HyperParameters, model: keras.Model) -> Any:
        rates = self.learning_rates
        with self._where_trained(hp):
            rate = hp.Float(
                "learning_rate", rates.low, rates.high, sampling="log", default=rates.default
            )
            decay = hp.Float("weight_decay", 1e-6, 1e-1, sampling="log", default=1e-3)
            if len(rates.lengths) > 1:  # Read by `TrainingData.planned_epochs`.
                hp.Choice(LENGTH, list(rates.lengths), default=rates.lengths[-1])
        if rate is None:  # Nothing is trained, and so neither was asked for.
            rate, decay = rates.default, 0.0
        steps = math.ceil(self.num_samples / self.rows_per_batch) * self.epochs
        warmup = max(1, round(0.05 * steps))
        schedule = keras.optimizers.schedules.CosineDecay(
            rate / 10, max(1, steps - warmup), warmup_target=rate, warmup_steps=warmup
        )
        kind = keras.optimizers.AdamW
        if any(len(weight.shape) == 4 for weight in model.trainable_weights):
            kind = _OPTIMIZERS[hp.Choice("optimizer", list(_OPTIMIZERS), default="adamw")]
        optimizer = kind(schedule, weight_decay=decay, clipnorm=1.0)
        # Biases and the scales and shifts of normalisation should not be pulled to zero.
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
        # Two epochs of 5,000 Fashion-MNIST images on one core, compilation included: 48.6 s
        # with XLA against 4.9 s for the convolution block, 14.7 against 7.3 for the residual one.
        model.compile(optimizer, self._get_loss(), metrics=self._get_metrics(), jit_compile=False)
        return model
