"""Searching for cells by DARTS, and training networks of them and a hand-written one.

Networks are trained by the recipe of `cell_recipe`, all by the same. Drop path grows with the
depth, as in Liu et al. (2019), but not over the epochs.
"""

import math
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from cell_recipe import (
    Images,
    Recipe,
    count_weights,
    judge,
    logits_of,
    standardisation,
    train_logits,
)

from automl_kit import quiet
from automl_kit.search.stages.darts.darts_settings import DartsSettings  # without TensorFlow
from automl_kit.spaces import Genotype

Row = dict[str, Any]


def find(
    x: np.ndarray,
    y: np.ndarray,
    classes: int,
    settings: DartsSettings,
    seed: int,
    *,
    filters: int,
    cells: int,
    nodes: int = 4,
    partial: int = 1,
    held: Images | None = None,
    directory: Path | None = None,
) -> Row:
    """Searches for a genotype; `held` are rows that it never sees, on which to judge at the end."""
    quiet.load_tensorflow()
    import keras

    from automl_kit.custom_blocks.darts import darts_supernet
    from automl_kit.search.stages.darts import DartsSearch
    from automl_kit.search.stages.darts.derive import count_skips

    wall, processor = time.monotonic(), time.process_time()
    scale, offset = standardisation(x)
    keras.utils.set_random_seed(seed)
    network = darts_supernet(
        x.shape[1:], classes, filters=filters, cells=cells, nodes=nodes, partial=partial
    )
    ended: list[float] = []

    def tell(record: Any) -> None:
        ended.append(record.seconds)
        print(f"seed {seed}  {record.line(settings.epochs)}", file=sys.stderr, flush=True)

    search = DartsSearch(network, settings, seed=seed, directory=directory, on_epoch=tell)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The search collapsed")  # The rows tell of it.
        genotype = search.search(x * scale + offset, y)
    last = search.history[-1]
    row = {
        "genotype": genotype.to_json(),
        "skips_normal": count_skips(genotype.normal),
        "skips_reduction": count_skips(genotype.reduction or ()),
        "skips_uncapped": last.skips,
        "train_loss": last.loss,
        "train_accuracy": last.accuracy,
        "valid_loss": last.valid_loss,
        "valid_accuracy": last.valid_accuracy,
        "seconds": time.monotonic() - wall,
        "processor_seconds": time.process_time() - processor,
        "epochs_resumed": len(search.history) - len(ended),
        "history": [record.to_json() for record in search.history],
    }
    if held is not None:
        # By the statistics of whole batches, as in the search.
        whole = len(held[0]) // settings.batch_size * settings.batch_size
        logits = logits_of(network, held[0][:whole] * scale + offset, settings.batch_size)
        row["held_loss"], row["held_accuracy"] = judge(logits, held[1][:whole])
    return row


def retrain(
    genotype: Genotype,
    train: Images,
    test: Images,
    seed: int,
    recipe: Recipe,
    *,
    cells: int,
    channels: int,
    drop_path: float = 0.2,
    auxiliary: bool = True,
) -> Row:
    """Trains the discrete network of a genotype from scratch and judges it on the test images."""
    quiet.load_tensorflow()
    import keras

    keras.utils.set_random_seed(seed)
    image, pixels = _entry(train)
    sizes = {"cells": cells, "channels": channels}
    outputs = cell_logits(pixels, genotype, _classes(train), drop_path, auxiliary, **sizes)
    return train_logits(image, outputs, train, test, seed, recipe)


def retrain_cnn(train: Images, test: Images, seed: int, recipe: Recipe, parameters: int) -> Row:
    """The same for a hand-written CNN of as nearly so many weights as its width allows."""
    quiet.load_tensorflow()
    import keras

    image, pixels = _entry(train)

    def far(width: int) -> int:
        return abs(count_weights(image, cnn_logits(pixels, width, _classes(train))) - parameters)

    # Nearly all weights are in convolutions, which grow with the square of the width.
    at_16 = count_weights(image, cnn_logits(pixels, 16, _classes(train)))
    near = round(16 * math.sqrt(parameters / at_16))
    width = min(range(max(1, near - 2), near + 3), key=far)
    keras.utils.set_random_seed(seed)
    outputs = (cnn_logits(pixels, width, _classes(train)),)
    return {"width": width, **train_logits(image, outputs, train, test, seed, recipe)}


def weights_of(genotype: Genotype, train: Images, *, cells: int, channels: int) -> int:
    """Trainable weights of the discrete network for such images, without an auxiliary head."""
    quiet.load_tensorflow()
    image, pixels = _entry(train)
    sizes = {"cells": cells, "channels": channels}
    return count_weights(image, cell_logits(pixels, genotype, _classes(train), **sizes)[0])


def cell_logits(
    pixels: Any,
    genotype: Genotype,
    classes: int,
    drop_path: float = 0.0,
    auxiliary: bool = False,
    **sizes: int,
) -> tuple[Any, ...]:
    """Logits of the network of a genotype and, for training, of an auxiliary head."""
    import keras

    from automl_kit.custom_blocks import build_cell_network
    from automl_kit.custom_blocks.cell_network import build_with_auxiliary

    if auxiliary:
        return build_with_auxiliary(pixels, genotype, classes, drop_path=drop_path, **sizes)
    vector = build_cell_network(pixels, genotype, drop_path=drop_path, **sizes)
    return (keras.layers.Dense(classes)(vector),)


def cnn_logits(tensor: Any, width: int, classes: int) -> Any:
    """What one would write by hand: three stages of two convolutions, each twice as wide."""
    from keras import layers

    for stage in range(3):
        tensor = layers.MaxPooling2D(2)(tensor) if stage else tensor
        for _ in range(2):
            tensor = layers.Conv2D(width * 2**stage, 3, padding="same", use_bias=False)(tensor)
            # Keras's momentum of 0.99 would lag behind the weights of a short training.
            tensor = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(tensor))
    return layers.Dense(classes)(layers.GlobalAveragePooling2D()(tensor))


def _entry(train: Images) -> tuple[Any, Any]:
    """An input for raw pixels, and these standardised."""
    import keras

    image = keras.Input(train[0].shape[1:])
    scale, offset = standardisation(train[0])
    return image, keras.layers.Rescaling(scale.tolist(), offset.tolist())(image)


def _classes(train: Images) -> int:
    return int(train[1].max()) + 1
