"""The scores of AZ-NAS: how features grow from block to block, and how gradients come back.

Lee and Ham (2024), "AZ-NAS: assembling zero-cost proxies for network architecture search",
section 3.2. Its fourth, complexity, is the score "flops". Weights are drawn by He et al. (2015),
normal with variance 2 / inputs of a unit, always the same ones for networks of one shape.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.evaluation.zero_cost.block_features import Step, block_ends
from automl_kit.evaluation.zero_cost.probe import Probe

_SEED = 0
_USUAL = {"bias": 0.0, "beta": 0.0, "gamma": 1.0, "scale": 1.0}


@dataclass(frozen=True)
class BlockScores:
    """What is known of a network's blocks.

    Attributes:
        entropies: Of each block the entropy of its features; see `feature_entropy`.
        singular: Of each block after the first the largest singular value of how it gives
            gradients back; see `backward_gain`.
    """

    entropies: tuple[float, ...]
    singular: tuple[float, ...]

    @property
    def expressivity(self) -> float:
        """The sum of the entropies, equation 3."""
        return float(np.sum(self.entropies))

    @property
    def progressivity(self) -> float:
        """The least growth of the entropy from one block to the next, equation 4."""
        return float(np.diff(self.entropies).min())

    @property
    def trainability(self) -> float:
        """The mean of 2 − σ − 1/σ, 0 where gradients keep their size, equation 7."""
        sigma = np.array(self.singular)
        return float(np.mean(2.0 - sigma - 1.0 / (sigma + 1e-6)))


def block_scores(probe: Probe) -> BlockScores:
    """Runs a network forth and back, block by block.

    Raises:
        InputError: If it has fewer than two blocks; see `block_ends`.
    """
    weights = he_normal(probe.model)
    places = set(block_ends(_steps(probe, weights)))
    ends: list[tuple[Any, Any]] = []  # of each block what it gave, and what the next one got
    number = itertools.count()
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:

        def hear(operation: Any, given: list[Any], gave: list[Any]) -> Any:
            if next(number) not in places:
                return None
            # Cut off from the blocks before, through which a gradient would otherwise go on.
            cut = tf.stop_gradient(gave[0])
            tape.watch(cut)
            ends.append((gave[0], cut))
            return cut

        probe.run(values=weights, hear=hear)
    rng, singular = np.random.default_rng(_SEED), []
    for (_, before), (after, _) in itertools.pairwise(ends):
        ones = rng.integers(0, 2, after.shape) * 2.0 - 1.0
        back = tape.gradient(after, before, output_gradients=tf.constant(ones, after.dtype))
        back = tf.zeros_like(before) if back is None else tf.convert_to_tensor(back)
        singular.append(backward_gain(np.asarray(back), ones))
    return BlockScores(tuple(feature_entropy(np.asarray(end)) for end, _ in ends), tuple(singular))


def _steps(probe: Probe, weights: list[tuple[Any, Any]]) -> list[Step]:
    """The operations of the network, by a run of two rows."""
    steps: list[Step] = []
    kept: list[Any] = []  # Ids of tensors are theirs as long as these are alive.

    def hear(operation: Any, given: list[Any], gave: list[Any]) -> None:
        kept.append((given, gave))
        weighted = any(len(w.shape) > 1 for w in getattr(operation, "trainable_weights", ()))
        steps.append(Step(tuple(map(id, given)), id(gave[0]), len(gave[0].shape), weighted))

    probe.run([rows[:2] for rows in probe.inputs], values=weights, hear=hear)
    return steps


def feature_entropy(features: NDArray[Any]) -> float:
    """The entropy of the eigenvalues of the features' covariance, each over their sum.

    Args:
        features: (n, …, channels); every place of a map is a sample.

    Example:
        >>> corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
        >>> round(feature_entropy(corners), 4)  # log 2
        0.6931
    """
    samples = features.reshape(-1, features.shape[-1]).astype("float64")
    samples = samples - samples.mean(axis=0)
    values = np.linalg.eigvalsh(samples.T @ samples / len(samples)).clip(0)
    total = values.sum()
    if total == 0:
        return 0.0
    shares = values / total
    return float(-np.sum(shares * np.log(shares + 1e-8)))


def backward_gain(back: NDArray[Any], given: NDArray[Any]) -> float:
    """The largest singular value of the mean product of gradients before and after a block.

    Args:
        back: Gradients that came back, (n, …, channels).
        given: Gradients that were given, (n, …, channels), of a map that is as large or smaller:
            the places of `back` that one of them stands for become channels.
    """
    back = _folded(back, given.shape[1:-1])
    rows, columns = back.reshape(-1, back.shape[-1]), given.reshape(-1, given.shape[-1])
    product = rows.T.astype("float64") @ columns.astype("float64") / len(columns)
    return float(np.linalg.norm(product, 2))


def _folded(tensor: NDArray[Any], sizes: tuple[int, ...]) -> NDArray[Any]:
    """A map (n, …, c) on a grid of other sizes; zeros beyond an edge that isn't a multiple."""
    inner = tensor.shape[1:-1]
    sizes = (*sizes, *(1,) * (len(inner) - len(sizes)))[: len(inner)]
    factors = [-(-size // max(1, less)) for size, less in zip(inner, sizes, strict=True)]
    pads = [f * less - size for f, less, size in zip(factors, sizes, inner, strict=True)]
    tensor = np.pad(tensor, [(0, 0), *((0, pad) for pad in pads), (0, 0)])
    split = [part for pair in zip(sizes, factors, strict=True) for part in pair]
    axes = len(inner)
    order = [0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2), 2 * axes + 1]
    blocks = tensor.reshape(len(tensor), *split, tensor.shape[-1]).transpose(order)
    folded: NDArray[Any] = blocks.reshape(len(tensor), *sizes, -1)
    return folded


def he_normal(model: keras.Model) -> list[tuple[Any, Any]]:
    """Values for kernels, biases and normalisations; lookups and other weights keep theirs."""
    rng, values = np.random.default_rng(_SEED), []
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if isinstance(layer, keras.layers.Embedding):
            continue
        depthwise = isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D)
        for weight in getattr(layer, "_trainable_variables", ()):
            shape = tuple(weight.shape)
            if len(shape) > 1:
                apart = depthwise or "depthwise" in weight.name
                inputs = int(np.prod(shape[: -2 if apart else -1]))
                drawn = rng.normal(0.0, np.sqrt(2.0 / inputs), shape)
            elif weight.name in _USUAL:
                drawn = np.full(shape, _USUAL[weight.name])
            else:
                continue
            values.append((weight, keras.ops.convert_to_tensor(drawn, dtype=weight.dtype)))
    return values
