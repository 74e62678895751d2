"""Building a trial's network, and bringing it back from its weights."""

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from autokeras.engine import tuner as autokeras_tuner
from keras_tuner.engine.trial import Trial

from automl_kit.data import release
from automl_kit.evaluation.training import TrainingData

CHUNK_ROWS = 1024  # of the data at a time, where a layer is to see all of it


class NetworkTuner(autokeras_tuner.AutoTuner):  # type: ignore[misc]
    """The part of a tuner that turns hyperparameters into networks."""

    def _seed(self, trial: Trial, *more: int) -> int:
        """The seed of a training: the search's, mixed with the trial's number."""
        entropy = np.random.SeedSequence([self.oracle.seed, int(trial.trial_id), *more])
        return int(entropy.generate_state(1)[0])

    def _prepare(self, hp: keras_tuner.HyperParameters, data: TrainingData) -> TrainingData:
        """Runs AutoKeras's preprocessors, if the graph has any, and tells it the shapes."""
        arguments = {"x": data.x, "y": data.y}
        if data.validation is not None:
            arguments["validation_data"] = data.validation
        _, (x, y), validation = self._prepare_model_build(hp, **arguments)
        return TrainingData(
            x, y, validation, data.epochs, data.batch_size, data.class_weight, data.callbacks
        )

    def _build(
        self, hp: keras_tuner.HyperParameters, data: TrainingData, epochs: int, seed: int
    ) -> tuple[keras.Model, TrainingData]:
        """Builds a trial's network, after the shapes are known (AutoKeras builds it before)."""
        data = self._prepare(hp, data)
        self._tell_graph(data, epochs)
        # Keras keeps seeds and counters that a cleared session starts anew, so that a first
        # trial would differ from the same one later: clear, then seed, for weights and for fit.
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        model = self._try_build(hp)
        self.adapt(model, data.x)
        keras.utils.set_random_seed(seed)
        return model, data

    @staticmethod
    def adapt(model: keras.Model, dataset: Any) -> keras.Model:
        """Fits the layers that learn from data before training, such as Normalization.

        AutoKeras's own stops at the first layer that isn't a preprocessing layer, as the stock
        Rescaling is that our inputs start with, and loads all of the data.
        """
        for layer in model.layers:  # in order of depth
            if not hasattr(layer, "adapt"):
                continue
            before = keras.Model(model.inputs, layer.input)
            if before.trainable_weights:
                continue  # What reaches it changes in training.
            layer.adapt(_through(before, dataset))
        return model

    def _explore_space(self, data: TrainingData) -> None:
        """Finds all hyperparameters, those behind conditions too, by building networks.

        A graph that can't be built is no reason to stop here: the first trial meets
        the same error and records it.
        """
        self._tell_graph(data, data.epochs)
        with contextlib.suppress(Exception):
            self._activate_all_conditions()
        keras.backend.clear_session()
        gc.collect()

    def _tell_graph(self, data: TrainingData, epochs: int) -> None:
        """Tells the graph what its learning-rate schedule depends on."""
        self.hypermodel.set_fit_args(0, epochs=epochs)
        self.hypermodel.num_samples = len(data.y)
        self.hypermodel.rows_per_batch = data.batch_size

    def load_model(self, trial: Trial) -> keras.Model:
        """The network of a trial whose checkpoint was kept, at its best epoch."""
        return self._restored(trial, Path(self._get_checkpoint_fname(trial.trial_id)))

    def _restored(self, trial: Trial, weights: Path) -> keras.Model:
        model = self._try_build(trial.hyperparameters)
        weights_of(model).load_weights(weights)
        return model


def _through(model: keras.Model, dataset: Any) -> tf.data.Dataset:
    """What a model gives for rows of arrays, in batches."""
    arrays = keras.tree.flatten(dataset)

    def pieces() -> Iterator[Any]:
        for start in range(0, len(arrays[0]), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            yield model([np.asarray(array[rows]) for array in arrays], training=False)
            for array in arrays:
                release(array)

    spec = tf.TensorSpec(model.output.shape, model.output.dtype)
    return tf.data.Dataset.from_generator(pieces, output_signature=spec)


def weights_of(model: keras.Model) -> keras.Model:
    """The same network, not compiled, whose weight files leave out the optimizer's two thirds."""
    return keras.Model(model.inputs, model.outputs)
