"""DARTS: a search for cells by gradient descent on a supernet."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts.exact_sums import exact_sums
from automl_kit.errors import InputError, SearchError
from automl_kit.evaluation import array_state
from automl_kit.progress import Progress
from automl_kit.search.stages.darts.darts_settings import DartsSettings
from automl_kit.search.stages.darts.derive import count_skips, warn_of_collapse
from automl_kit.search.stages.darts.edge_mutation import EdgeMutation
from automl_kit.search.stages.darts.history import DartsEpoch, mean_or_none
from automl_kit.search.stages.darts.kept_search import KeptSearch
from automl_kit.search.stages.darts.search_rows import Batch, SearchRows, class_ids
from automl_kit.search.stages.darts.search_step import SearchStep
from automl_kit.search.stages.darts.supernet_loss import SupernetLoss
from automl_kit.spaces import Cell, Genotype


class DartsSearch:
    """Trains a supernet's weights on one half of the rows and its architecture on the other.

    Liu, H. et al. (2019), "DARTS: Differentiable architecture search", algorithm 1. The same
    seed, network and rows give the same genotype, and the same weights to the last bit, on one
    machine with one number of threads, however busy it is; so does a search that was killed and
    called again with the same `directory`.

    Args:
        network: A built Keras model of images (b, h, w, c) to class scores (b, k), with
            `ArchitectureParameters` that its cells take their weights from, such as
            `darts_supernet` gives. Its weights are trained in place.
        settings: How to search; the paper's by default.
        loss: Of class ids and scores; cross-entropy of logits by default.
        seed: Of the split and the order of the rows. The network's weights are the caller's.
        directory: Where to keep the state after each epoch; None keeps none.
        overwrite: Starts over instead of going on with the search in `directory`.
        progress: Hears of every step and epoch.
        on_epoch: Called after each epoch with its record.

    Raises:
        InputError: If the network has no architecture parameters.

    Example:
        >>> import numpy as np
        >>> from automl_kit.custom_blocks.darts import darts_supernet
        >>> x, y = np.random.default_rng(0).random((16, 8, 8, 1)), np.arange(16) % 2
        >>> network = darts_supernet((8, 8, 1), 2, filters=2, cells=3, nodes=1)
        >>> search = DartsSearch(network, DartsSettings(epochs=1, batch_size=8))
        >>> len(search.search(x, y).normal)
        1
    """

    def __init__(
        self,
        network: keras.Model,
        settings: DartsSettings | None = None,
        *,
        loss: keras.losses.Loss | None = None,
        seed: int = 0,
        directory: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
        on_epoch: Callable[[DartsEpoch], None] | None = None,
    ):
        self.network = network
        self.settings = settings or DartsSettings()
        self.seed = seed
        self.directory = None if directory is None else Path(directory)
        self.progress = progress or Progress()
        self.on_epoch = on_epoch
        self.history: list[DartsEpoch] = []
        loss = loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._supernet = SupernetLoss(network, loss)
        self._architecture = self._supernet.architecture
        self._step = SearchStep(self._supernet, self.settings)
        mutated = self.settings.edge_mutation > 0
        self._mutation = EdgeMutation(self._architecture, seed) if mutated else None
        self._dtype = self._supernet.weights.variables[0].dtype
        self._kept = None
        if self.directory is not None:
            self._kept = KeptSearch(self.directory, self._step, overwrite)

    def search(
        self,
        x: NDArray[Any],
        y: Any,
        time_budget: float | None = None,
        *,
        validation_data: tuple[NDArray[Any], Any] | None = None,
    ) -> Genotype:
        """Searches, or goes on with a search, and derives the genotype.

        Args:
            x: Images, (n, h, w, c), floats or integers.
            y: Class ids (n,) or one-hot rows (n, k).
            time_budget: Seconds after which to stop between two steps, for this call; None
                searches for all epochs. An epoch that was cut short isn't in the history.
            validation_data: Images and labels that α learns from; the weights then learn from all
                of `x`, and `train_share` isn't used. None: a share of `x`.

        Returns:
            The genotype by the α reached.

        Raises:
            InputError: If the rows are too few, the labels aren't ids of the network's classes, or
                validation data is given to settings of `same_rows`.
            ProjectError: If the directory has another search, or can't be written.
            SearchError: If the loss stops being a number.
        """
        ends = None if time_budget is None else time.monotonic() + time_budget
        rows = self._rows(x, y, validation_data)
        told = self._identity(rows)
        if self._kept is not None:
            self.history = self._kept.restore(told)
        with exact_sums():
            self._remaining_epochs(rows, told, ends)
        self._supernet.weights.write(self._step.state["w"].numpy())
        self._architecture.flat.write(self._step.state["alpha"].numpy())
        warn_of_collapse(self._uncapped(), self.settings)
        return self.derive()

    def _rows(
        self, x: NDArray[Any], y: Any, validation_data: tuple[NDArray[Any], Any] | None
    ) -> SearchRows:
        ids, valid = class_ids(y), None
        self._check_classes(ids)
        if validation_data is not None:
            valid = validation_data[0], class_ids(validation_data[1])
            self._check_classes(valid[1])
        return SearchRows(x, ids, self.settings, self.seed, valid)

    def _remaining_epochs(self, rows: SearchRows, told: dict[str, Any], ends: float | None) -> None:
        """Trains until all epochs are done or the time is over, and keeps the state."""
        while len(self.history) < self.settings.epochs:
            record = self._epoch(rows, ends)
            if record is None:
                self.progress.message(
                    f"The time is over after {len(self.history)} of {self.settings.epochs} epochs."
                )
                break
            self.history.append(record)
            if self._kept is not None:
                self._kept.save(told, self.history)
            self.progress.message(record.line(self.settings.epochs))
            if self.on_epoch is not None:
                self.on_epoch(record)

    def derive(self) -> Genotype:
        """The genotype of the α reached so far: see `derive_cell`."""
        settings = self.settings
        return self._architecture.genotype(self._alpha(), settings.edges, settings.max_skips)

    def mixing_weights(self) -> dict[str, NDArray[np.floating]]:
        """By kind of cell, (edges, ops): softmax of α, times the edges' weights if any."""
        return self._architecture.mixing_weights(self._alpha())

    def _epoch(self, rows: SearchRows, ends: float | None) -> DartsEpoch | None:
        """Trains for one epoch; None if the time ended in it."""
        settings, number, started = self.settings, len(self.history), time.monotonic()
        rate, decay = settings.rate_of(number), settings.decay_of(number)
        train, valid = [], []
        for step, (for_weights, for_alpha) in enumerate(rows.epoch(number)):
            if ends is not None and time.monotonic() > ends:
                return None
            mutation = self._mutated(number, step)
            numbers = self._one_step(for_weights, for_alpha, rate, decay, mutation)
            train.append(numbers[:2])
            valid += [numbers[2:]] if numbers[2:] else []
            share = (number + (step + 1) / rows.steps) / settings.epochs
            self.progress.epoch_share(share, number + 1, settings.epochs)
        if not np.isfinite([loss for loss, _ in train]).all():
            raise SearchError(
                f"The loss became {train[-1][0]} in epoch {number + 1}; use a smaller "
                f"learning_rate than {settings.learning_rate} in DartsSettings, and inputs of "
                "about unit size."
            )
        return DartsEpoch(
            epoch=number,
            loss=float(np.mean([loss for loss, _ in train])),
            accuracy=float(np.mean([accuracy for _, accuracy in train])),
            valid_loss=mean_or_none([loss for loss, _ in valid]),
            valid_accuracy=mean_or_none([accuracy for _, accuracy in valid]),
            learning_rate=rate,
            skips=count_skips(self._uncapped()),
            seconds=time.monotonic() - started,
            alphas=self._architecture.alphas(self._alpha()),
        )

    def _one_step(
        self,
        for_weights: Batch,
        for_alpha: Batch,
        rate: float,
        decay: float,
        mutation: tf.Tensor | None,
    ) -> list[float]:
        """Loss and accuracy on the rows for the weights and, unless α rests, on those for α."""
        train = self._tensors(for_weights)
        if len(self.history) < self.settings.warmup_epochs:
            results = self._step.weights(train, self._scalar(rate), mutation)
        else:
            valid = self._tensors(for_alpha)
            rates = self._scalar(rate), self._scalar(decay)
            results = self._step.both(train, valid, *rates, mutation)
        return [float(value) for value in results]

    def _mutated(self, epoch: int, step: int) -> tf.Tensor | None:
        """What replaces α in a step of the weights; None where edges aren't mutated."""
        if self._mutation is None:
            return None
        drawn = self._mutation.draw(self.settings.mutation_of(epoch), epoch, step)
        return tf.constant(drawn, self._dtype)

    def _tensors(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.constant(batch[0].astype(self._dtype)), tf.constant(batch[1])

    def _scalar(self, value: float) -> tf.Tensor:
        return tf.constant(value, self._dtype)

    def _alpha(self) -> NDArray[np.floating]:
        alpha: NDArray[np.floating] = self._step.state["alpha"].numpy()
        return alpha

    def _uncapped(self) -> Cell:
        """The normal cell as the search wants it."""
        return self._architecture.cell(self._alpha(), "normal", self.settings.edges, None)

    def _check_classes(self, ids: NDArray[np.int64]) -> None:
        if not getattr(self.network, "outputs", None):
            return  # A subclassed model doesn't tell its outputs' shape.
        classes = self.network.output_shape[-1]
        if ids.min() < 0 or ids.max() >= classes:
            raise InputError(
                f"The network tells {classes} classes apart; expected ids from 0 to "
                f"{classes - 1}, got {ids.min()} to {ids.max()}."
            )

    def _identity(self, rows: SearchRows) -> dict[str, Any]:
        """What must be the same for a search to go on; how to derive may change."""
        settings = self.settings.to_json()
        own = rows.own_valid
        return {
            "settings": {k: v for k, v in settings.items() if k not in ("edges", "max_skips")},
            "seed": self.seed,
            "rows": array_state.fingerprint(rows.x, rows.ids),
            "validation_data": None if own is None else array_state.fingerprint(*own),
            "ops": {kind: list(layer.ops) for kind, layer in self._architecture.layers.items()},
            "weights": self._supernet.weights.size,
        }
