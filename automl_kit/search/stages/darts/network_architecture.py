"""The architecture parameters of a network: where they are and what they say."""

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.darts import ArchitectureParameters, FlatVariables
from automl_kit.errors import InputError
from automl_kit.search.stages.darts.derive import derive_cell
from automl_kit.spaces import Cell, Genotype

Matrices = dict[str, NDArray[np.floating]]


class Architecture:
    """All of a network's `ArchitectureParameters`, as one vector α.

    Args:
        network: A built Keras model.

    Raises:
        InputError: If there is nothing to search for, or two layers of one kind.
    """

    def __init__(self, network: keras.Model):
        self.layers = _find(network)
        self.flat = FlatVariables([v for layer in self.layers.values() for v in layer.parameters])

    def alphas(self, vector: NDArray[np.floating]) -> Matrices:
        """By kind of cell, (edges, ops)."""
        return {kind: parts[0] for kind, parts in self._by_kind(vector).items()}

    def mixing_weights(self, vector: NDArray[np.floating]) -> Matrices:
        """By kind of cell, (edges, ops): softmax of α, times the edges' weights if any."""
        weights = {}
        for kind, parts in self._by_kind(vector).items():
            mixing, *edges = (np.asarray(w) for w in self.layers[kind].mix(parts))
            weights[kind] = mixing * edges[0][:, None] if edges else mixing
        return weights

    def cell(
        self, vector: NDArray[np.floating], kind: str, edges: int, max_skips: int | None
    ) -> Cell:
        """The cell derived for a kind: see `derive_cell`."""
        return derive_cell(
            self.mixing_weights(vector)[kind], self.layers[kind].ops, edges, max_skips
        )

    def genotype(self, vector: NDArray[np.floating], edges: int, max_skips: int | None) -> Genotype:
        """The genotype; the cap on skip connections is the normal cell's."""
        normal = self.cell(vector, "normal", edges, max_skips)
        if "reduction" not in self.layers:
            return Genotype(normal)
        return Genotype(normal, self.cell(vector, "reduction", edges, None))

    def _by_kind(self, vector: NDArray[np.floating]) -> dict[str, list[NDArray[np.floating]]]:
        parts = iter(part.numpy() for part in self.flat.split(vector))
        return {
            kind: [next(parts) for _ in layer.parameters] for kind, layer in self.layers.items()
        }


def _find(network: keras.Model) -> dict[str, ArchitectureParameters]:
    found: dict[str, ArchitectureParameters] = {}
    for layer in network._flatten_layers():
        if not isinstance(layer, ArchitectureParameters):
            continue
        if found.setdefault(layer.kind, layer) is not layer:
            raise InputError(
                f"Expected one ArchitectureParameters a kind; got two of {layer.kind!r}."
            )
    if "normal" not in found or set(found) - {"normal", "reduction"}:
        raise InputError(
            "Expected a network with an ArchitectureParameters of kind 'normal', and perhaps one "
            f"of kind 'reduction'; found {sorted(found)}. Build one with darts_supernet, or give "
            "DartsCell or MixedOp their weights from that layer."
        )
    return found
