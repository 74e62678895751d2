"""Images as a network of paths reads them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.data.splits import stratified_split


@dataclass(frozen=True, kw_only=True)
class PathImages:
    """Images, their classes, and how they are standardised.

    Attributes:
        x: (n, h, w, c), bytes or floats; a memory-mapped array is read batch by batch.
        ids: Class ids, (n,).
        scale: Factor of each channel.
        offset: Summand of each channel.
        weights: Of the rows in the loss, (n,); None for 1.
    """

    x: NDArray[Any]
    ids: NDArray[np.int64]
    scale: list[float]
    offset: list[float]
    weights: NDArray[np.float32] | None = None

    def take(self, rows: NDArray[np.integer]) -> "PathImages":
        """Some of them, ascending."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, x=self.x[rows], ids=self.ids[rows], weights=weights)

    def at_most(self, most: int, seed: int) -> "PathImages":
        """All of them, or so many, of each class the same share."""
        if len(self.ids) <= most:
            return self
        _, rows = stratified_split(self.ids, most / len(self.ids), seed)
        return self.take(rows)

    def pixels(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Some images, standardised, in the order of `rows`."""
        order = np.argsort(rows)  # as they lie on disk
        pixels = np.asarray(self.x[np.sort(rows)]).astype("float32")
        standard = pixels * np.array(self.scale, "float32") + np.array(self.offset, "float32")
        return np.asarray(standard[np.argsort(order)])

    def batches(self, rows: NDArray[np.integer], size: int) -> list[NDArray[np.float32]]:
        """The same, so many at a time."""
        return [self.pixels(rows[k : k + size]) for k in range(0, len(rows), size)]

    def epoch(
        self, seed: list[int], size: int
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]]:
        """Batches of all images in random order; what doesn't fill one is left out.

        Yields:
            Images, class ids and weights of `size` rows, or of all where they are fewer.
        """
        size = min(size, len(self.ids))
        order = np.random.default_rng(seed).permutation(len(self.ids))
        for step in range(len(order) // size):
            rows = np.sort(order[step * size : (step + 1) * size])
            weights = np.ones(size, "float32") if self.weights is None else self.weights[rows]
            yield self.pixels(rows), self.ids[rows], weights
