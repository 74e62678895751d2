"""Processor seconds of a training step of the image presets, with our layers and with Keras's.

Run as `taskset -c 1 python benchmarks/image_steps.py [--size 28 --channels 1 --batch 32]`: random
images, 20 steps a network after two that are not counted, gradients and AdamW, no augmentation.
"Keras" has Keras's own convolution and normalisation, as the exported model has; "float32" our
layers without bfloat16.
"""

import argparse
from collections.abc import Callable
from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from sets import print_environment
from step_times import timed

from automl_kit.custom_blocks import IMAGE_PRESETS, ImageBlock, training_layers
from automl_kit.export.stock import to_stock

CLASSES = 10


def network(preset: dict[str, Any], shape: tuple[int, ...]) -> keras.Model:
    """A preset's network, without augmentation."""
    hp, entry = keras_tuner.HyperParameters(), keras.Input(shape)
    block = ImageBlock(name="image", augment=False)
    block.build(hp, entry)
    hp.values.update(preset)
    hp.ensure_active_values()
    return keras.Model(entry, keras.layers.Dense(CLASSES)(block.build(hp, entry)))


def step_of(model: keras.Model, x: Any, y: Any) -> Callable[[], Any]:
    """One compiled step: gradients and AdamW."""
    optimizer = keras.optimizers.AdamW(1e-3, weight_decay=1e-2, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    values = [weight.value for weight in model.trainable_variables]

    @tf.function(autograph=False)
    def step() -> None:
        with tf.GradientTape() as tape:
            losses = tf.nn.softmax_cross_entropy_with_logits(y, model(x, training=True))
            loss = tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(loss, values), model.trainable_variables)

    return step


def parser_of(told: str | None) -> argparse.ArgumentParser:
    """Arguments of the images that steps are made on."""
    parser = argparse.ArgumentParser(description=told)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    return parser


def drawn(arguments: argparse.Namespace) -> tuple[tuple[int, ...], Any, Any]:
    """The images' shape, a random batch of them, and one-hot targets."""
    shape = (arguments.size, arguments.size, arguments.channels)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(arguments.batch, *shape)).astype("float32"))
    return shape, x, tf.one_hot(rng.integers(0, CLASSES, arguments.batch), CLASSES)


def main() -> None:
    parser = parser_of(__doc__)
    arguments = parser.parse_args()
    print_environment("keras", "tensorflow")
    shape, x, y = drawn(arguments)
    machine = training_layers.training_dtype()
    for number, preset in enumerate(IMAGE_PRESETS):
        model, told = network(preset, shape), []
        for name, dtype in (("ours", machine), ("float32", "float32"), ("Keras", "float32")):
            training_layers.training_dtype = lambda dtype=dtype: dtype
            used = to_stock(model) if name == "Keras" else model
            seconds = timed(step_of(used, x, y), 20)["cpu"]
            told.append(f"{name} ({dtype}) {1000 * seconds:.1f} ms")
        print(f"preset {number}, {model.count_params():,} weights: {', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
