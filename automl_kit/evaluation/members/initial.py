"""The first weights of several networks of one architecture."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def initial_weights(network: keras.Model, seeds: list[int]) -> list[NDArray[Any]]:
    """Draws each weight once for each seed, as its initializer does.

    Weights that were given, and not drawn, are the same for all.

    Args:
        network: A built network.
        seeds: One a member.

    Returns:
        (members, …) of each weight, in the order of the network's.
    """
    makers = {
        id(weight): getattr(layer, f"{weight.name}_initializer", None)
        for layer in network._flatten_layers()
        for weight in layer.weights
    }
    return [
        np.stack(_drawn(weight, makers.get(id(weight)), place, seeds))
        for place, weight in enumerate(network.weights)
    ]


def _drawn(weight: Any, maker: Any, place: int, seeds: list[int]) -> list[NDArray[Any]]:
    now = np.array(weight.value)
    if not isinstance(maker, keras.initializers.Initializer) or not weight.trainable:
        return [now] * len(seeds)
    config = maker.get_config()
    if "seed" not in config or not np.array_equal(now, np.asarray(maker(now.shape))):
        return [now] * len(seeds)
    drawn = []
    for seed in seeds:
        own = int(np.random.default_rng([seed, place]).integers(2**31))
        drawn.append(np.asarray(type(maker).from_config({**config, "seed": own})(now.shape)))
    return drawn
