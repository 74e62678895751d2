"""The recipe by which networks of images are trained and judged, the same for all of them.

As Liu et al. (2019), "DARTS: differentiable architecture search", appendix A.1 and A.2: SGD with
momentum 0.9 and weight decay 3e-4, a learning rate that falls to 0 along a cosine, gradients
clipped to length 5, an auxiliary head of weight 0.4 where there is one. The cosine is taken step
by step, since there are few epochs; the images are shifted by 2 pixels at most, where the paper's
larger ones are by 4, and nothing is cut out. Judged is the last epoch's network: the test images
choose nothing.
"""

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Images = tuple[np.ndarray, np.ndarray]
"""Bytes (n, h, w, c) and class ids (n,)."""

MOMENTUM, DECAY, CLIP, AUXILIARY_WEIGHT = 0.9, 3e-4, 5.0, 0.4


@dataclass(frozen=True)
class Recipe:
    """What of the recipe depends on the images and the time there is.

    Attributes:
        epochs: Passes over the training images; what doesn't fill a batch is left out of a pass.
        batch_size: Images a step.
        learning_rate: At the start.
        shift: Most pixels by which an image is shifted, in each direction.
        flip: Whether half of the images are mirrored.
    """

    epochs: int
    batch_size: int
    learning_rate: float = 0.025
    shift: int = 2
    flip: bool = False


def read(name: str, data: Path | None, rows: int | None = None) -> tuple[Images, Images]:
    """Training and test images of "fashion" (in `data`/fashion_mnist) or "digits".

    Of the training images the first `rows`; always all test images.
    """
    from automl_kit.data import load_digits, load_fashion_mnist

    if name == "fashion" and data is None:
        raise ValueError("Fashion-MNIST needs its folder")
    part = load_digits() if name == "digits" else load_fashion_mnist(data)
    train = part.x_train[:rows, ..., None], part.y_train[:rows].astype("int64")
    return train, (part.x_test[..., None], part.y_test.astype("int64"))


def train_logits(
    image: Any, outputs: tuple[Any, ...], train: Images, test: Images, seed: int, recipe: Recipe
) -> dict[str, float]:
    """Trains a network in place.

    Args:
        image: Its Keras input.
        outputs: Its logits (n, k) and perhaps an auxiliary head's, which the test doesn't use.
        train: What it learns from.
        test: What it is judged on, all of it, once.
        seed: Of the order and the shifts of the images; its weights are the caller's.
        recipe: See there.
    """
    import keras
    import tensorflow as tf

    network = keras.Model(image, list(outputs))
    variables = [variable.value for variable in network.trainable_variables]
    velocities = [tf.Variable(tf.zeros_like(variable)) for variable in variables]

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor, rate: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
            logits = tf.nest.flatten(network(x, training=True))  # a lone output comes bare
            losses = [tf.reduce_mean(entropy(y, output)) for output in logits]
            loss = losses[0] + AUXILIARY_WEIGHT * sum(losses[1:])
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), CLIP)
        for variable, velocity, gradient in zip(variables, velocities, gradients, strict=True):
            velocity.assign(MOMENTUM * velocity + gradient + DECAY * variable)
            variable.assign_sub(rate * velocity)
        return losses[0], tf.reduce_mean(tf.cast(tf.argmax(logits[0], -1) == y, "float32"))

    wall, processor = time.monotonic(), time.process_time()
    generator, told = np.random.default_rng(seed), []
    steps = len(train[0]) // recipe.batch_size
    for epoch in range(recipe.epochs):
        order = generator.permutation(len(train[0]))[: steps * recipe.batch_size]
        told = []
        for number, rows in enumerate(order.reshape(steps, recipe.batch_size)):
            share = (epoch * steps + number) / (recipe.epochs * steps)
            rate = recipe.learning_rate * (1 + math.cos(math.pi * share)) / 2
            x = moved(train[0][rows], generator, recipe.shift, recipe.flip).astype("float32")
            told.append(step(tf.constant(x), tf.constant(train[1][rows]), tf.constant(rate)))
        loss, accuracy = (float(mean) for mean in np.mean(told, axis=0))
        print(
            f"training, seed {seed}  Epoch {epoch + 1}/{recipe.epochs}  loss {loss:.4f} "
            f"accuracy {accuracy:.4f}  {time.monotonic() - wall:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    wall, processor = time.monotonic() - wall, time.process_time() - processor
    test_loss, test_accuracy = judge(logits_of(keras.Model(image, outputs[0]), test[0]), test[1])
    return {
        "test_accuracy": test_accuracy,
        "test_loss": test_loss,
        "train_accuracy": accuracy,
        "train_loss": loss,
        "parameters": count_weights(image, outputs[0]),
        "seconds": wall,
        "processor_seconds": processor,
    }


def moved(x: np.ndarray, generator: np.random.Generator, shift: int, flip: bool) -> np.ndarray:
    """Each image shifted by up to so many whole pixels, black coming in; half of them mirrored."""
    count, height, width, _ = x.shape
    padded = np.pad(x, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
    down, right = generator.integers(0, 2 * shift + 1, (2, count, 1))
    rows, columns = down + np.arange(height), right + np.arange(width)
    if flip:
        mirrored = generator.random(count) < 0.5
        columns[mirrored] = columns[mirrored, ::-1]
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def standardisation(x: np.ndarray) -> tuple[Any, Any]:
    """Scale and offset, (c,) each: training images get mean 0 and deviation 1 in each channel."""
    mean, deviation = x.mean((0, 1, 2)), x.std((0, 1, 2)) + 1e-6
    return (1 / deviation).astype("float32"), (-mean / deviation).astype("float32")


def count_weights(image: Any, output: Any) -> int:
    """Trainable weights of a network; moving averages aren't."""
    import keras

    return sum(math.prod(v.shape) for v in keras.Model(image, output).trainable_variables)


def logits_of(network: Any, x: np.ndarray, size: int = 500) -> np.ndarray:
    """What a network says of images, batch by batch."""
    import tensorflow as tf

    forward = tf.function(lambda batch: network(batch, training=False), reduce_retracing=True)
    pieces = [x[start : start + size].astype("float32") for start in range(0, len(x), size)]
    return np.concatenate([forward(tf.constant(piece)).numpy() for piece in pieces])


def judge(logits: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy and accuracy."""
    shifted = logits.astype("float64") - logits.max(1, keepdims=True)
    entropy = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(y)), y]
    return float(entropy.mean()), float((logits.argmax(1) == y).mean())
