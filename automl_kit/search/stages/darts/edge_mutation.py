"""Edge mutation: in some of the weights' steps an edge is one operation instead of the mixture."""

import numpy as np
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.search.stages.darts.network_architecture import Architecture
from automl_kit.spaces import IDENTITY_OPS, ZERO_OPS

_WITHOUT_WEIGHTS = ZERO_OPS | IDENTITY_OPS | {"max_pool_3x3", "avg_pool_3x3"}
_FAR = 1e4  # logits so far below the chosen one have weights of exactly 0


class EdgeMutation:
    """Draws which edges are mutated, and the operation of each.

    In a mixture an operation with weights learns little as soon as others without any are ahead,
    and falls behind for good: the search collapses to skip connections. An edge that is now and
    then one such operation alone lets it learn (EM-DARTS, submitted to ICLR 2025).

    Args:
        architecture: The network's.
        seed: Of the draws; those of a step don't depend on the steps before it.

    Raises:
        InputError: If no edge has an operation with weights.
    """

    def __init__(self, architecture: Architecture, seed: int):
        self.seed = seed
        self._kinds = list(architecture.layers.values())
        for layer in self._kinds:
            if not set(layer.ops) - _WITHOUT_WEIGHTS:
                raise InputError(
                    "edge_mutation gives edges an operation with weights now and then; the "
                    f"{layer.kind} cell has none among {', '.join(layer.ops)}. Set it to 0."
                )

    def draw(self, share: float, epoch: int, step: int) -> NDArray[np.float32]:
        """What replaces α in one step.

        Args:
            share: Probability of each edge to be mutated.
            epoch: From 0.
            step: Of the epoch, from 0.

        Returns:
            A vector like α: 0 where α stays; in the row of a mutated edge a large number for its
            operation, and its negative for the others.
        """
        rng = np.random.default_rng([self.seed, epoch, step])
        parts = []
        for layer in self._kinds:
            edges = layer.alpha.shape[0]
            able = [i for i, op in enumerate(layer.ops) if op not in _WITHOUT_WEIGHTS]
            rows = np.full((edges, len(layer.ops)), -_FAR, "float32")
            rows[np.arange(edges), rng.choice(able, edges)] = _FAR
            rows[rng.random(edges) >= share] = 0.0
            parts += [rows.ravel(), *(np.zeros(b.shape, "float32") for b in layer.parameters[1:])]
        return np.concatenate(parts)
