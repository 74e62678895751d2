"""All zero-cost scores by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from automl_kit.errors import InputError
from automl_kit.evaluation.build import parameters_of
from automl_kit.evaluation.flops import flops
from automl_kit.evaluation.zero_cost.az_nas import BlockScores, block_scores
from automl_kit.evaluation.zero_cost.gradients import grad_norm, jacov, synflow
from automl_kit.evaluation.zero_cost.probe import Probe
from automl_kit.evaluation.zero_cost.relu_codes import naswot

DEFAULT_SCORES = ("flops", "jacov")
"""Together as good as the best there are on NAS-Bench-201; see `benchmarks/zero_cost.py`."""

_OF_PROBES: Mapping[str, Callable[[Probe], float]] = {
    "flops": lambda probe: float(flops(probe.model)),
    "parameters": lambda probe: float(parameters_of(probe.model)),
    "jacov": jacov,
    "synflow": synflow,
    "naswot": naswot,
    "grad_norm": grad_norm,
}
_OF_BLOCKS: Mapping[str, Callable[[BlockScores], float]] = {
    "expressivity": lambda blocks: blocks.expressivity,
    "progressivity": lambda blocks: blocks.progressivity,
    "trainability": lambda blocks: blocks.trainability,
}

SCORES = (*_OF_PROBES, *_OF_BLOCKS)
"""The names; of all of them higher is taken for better."""


def check_scores(names: Sequence[str]) -> tuple[str, ...]:
    """Gives names of scores back.

    Raises:
        InputError: If there are none, one is there twice, or one isn't a score's.
    """
    found = tuple(names) if not isinstance(names, str) else (names,)
    unknown = [repr(name) for name in found if name not in SCORES]
    if not found or unknown or len(set(found)) < len(found):
        raise InputError(
            f"Expected different names of zero-cost scores among {', '.join(SCORES)}; "
            f"got {', '.join(unknown) or found}."
        )
    return found


def zero_cost_scores(
    model: keras.Model, x: Any, y: Any = None, scores: Sequence[str] = DEFAULT_SCORES
) -> dict[str, float]:
    """Scores an untrained network by a batch of rows; nothing of it is changed.

    Args:
        model: A built functional or sequential Keras model, for images, tables or tokens.
        x: Rows as it takes them, one array (n, …) or several; 64 are usual.
        y: Their targets (n, k), which "grad_norm" needs.
        scores: Names out of `SCORES`.

    Returns:
        Each score by name, in the order asked for; higher is better.

    Raises:
        InputError: If one can't be had of this model, with the reason.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from automl_kit.evaluation.zero_cost import zero_cost_scores
        >>> layers = [keras.Input((3,)), keras.layers.Dense(2, use_bias=False)]
        >>> zero_cost_scores(keras.Sequential(layers), np.eye(3), scores=("flops", "parameters"))
        {'flops': 12.0, 'parameters': 6.0}
    """
    names, probe = check_scores(scores), Probe(model, x, y)
    blocks = block_scores(probe) if any(name in _OF_BLOCKS for name in names) else None
    found: dict[str, float] = {}
    for name in names:
        if name in _OF_PROBES:
            found[name] = _OF_PROBES[name](probe)
        else:
            assert blocks is not None
            found[name] = _OF_BLOCKS[name](blocks)
    return found
