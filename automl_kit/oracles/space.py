"""A space of KerasTuner hyperparameters with conditions, as strategies walk it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.compat import hyperparameters
from automl_kit.oracles.dimensions import INACTIVE, Dimension, Genes, Value, Values


class Space:
    """The hyperparameters of a search in their order, parents before children.

    A member is a dictionary of its active hyperparameters, name → value, or a row of genes
    (dimensions,), -1 for those it doesn't have. Many rows are changed at once.

    Args:
        hps: `HyperParameters.space`.

    Attributes:
        dimensions: One for each hyperparameter.

    Example:
        >>> import keras_tuner
        >>> hp = keras_tuner.HyperParameters()
        >>> _ = hp.Choice("kind", ["a", "b"])
        >>> with hp.conditional_scope("kind", ["a"]):
        ...     _ = hp.Int("depth", 1, 3)
        >>> space = Space(hp.space)
        >>> [space.key(member) for member in space.members()]
        [('a', 1), ('a', 2), ('a', 3), ('b', None)]
    """

    def __init__(self, hps: Iterable[hyperparameters.HyperParameter]):
        self.dimensions = [Dimension(hp) for hp in hps]
        self._conditions = [
            [self._condition(place, c.name, set(c.values)) for c in dimension.hp.conditions]
            for place, dimension in enumerate(self.dimensions)
        ]
        last = [1 if d.options is None else max(1, d.options - 1) for d in self.dimensions]
        ordered = np.array([d.ordered for d in self.dimensions], bool)
        self.ordered: NDArray[np.bool_] = ordered
        self._scale = np.where(ordered, np.array(last, float), 1.0)

    def _condition(self, place: int, name: str, allowed: set[Any]) -> list[tuple[int, Any]]:
        """The columns that a condition looks at, and which of their options fulfil it."""
        found: list[tuple[int, Any]] = []
        for column, parent in enumerate(self.dimensions[:place]):
            if parent.name == name and parent.options is not None:
                assert parent.values is not None
                found.append((column, np.array([value in allowed for value in parent.values])))
            elif parent.name == name:
                found.append((column, allowed))
        return found

    # Between values and rows of genes

    def encode(self, values: Mapping[str, Any]) -> Genes:
        """The row of a member; what isn't named gets its default."""
        row = np.full((1, len(self.dimensions)), INACTIVE)
        for column, dimension in enumerate(self.dimensions):
            if self.has(row, column)[0]:
                value = values.get(dimension.name, dimension.hp.default)
                row[0, column] = dimension.encode(value)
        encoded: Genes = row[0]
        return encoded

    def decode(self, row: Genes) -> Values:
        """The active hyperparameters of a row."""
        return {
            dimension.name: dimension.decode(gene)
            for dimension, gene in zip(self.dimensions, row, strict=True)
            if gene != INACTIVE
        }

    def scaled(self, rows: Genes) -> Genes:
        """Rows with ordered genes from 0 to 1, for a model to measure distances in."""
        return np.where(rows == INACTIVE, INACTIVE, rows / self._scale)

    def key(self, values: Mapping[str, Value]) -> tuple[Value | None, ...]:
        """What tells members apart; numbers that differ by rounding alone are the same."""
        found = (values.get(dimension.name) for dimension in self.dimensions)
        return tuple(float(f"{v:.12g}") if isinstance(v, float) else v for v in found)

    def with_defaults(self, values: Mapping[str, Any]) -> Values:
        """The active hyperparameters, as they are given, defaults for those that aren't named."""
        row = self.encode(values)
        return {name: values.get(name, value) for name, value in self.decode(row).items()}

    def fitting(self, values: Mapping[str, Any]) -> Values:
        """Of another space's values those that this one has; numbers are taken to its range."""
        found: Values = {}
        for dimension in self.dimensions:
            if dimension.name in values and dimension.name not in found:
                value = dimension.nearest(values[dimension.name])
                if value is not None:
                    found[dimension.name] = value
        return found

    # Many members at once

    def sample_rows(self, number: int, rng: np.random.Generator) -> Genes:
        """Random members (number, dimensions)."""
        return self.filled(np.full((number, len(self.dimensions)), INACTIVE), rng)

    def filled(self, rows: Genes, rng: np.random.Generator) -> Genes:
        """Members with random values for what they should have and don't."""
        return self._settled(rows, lambda dimension, count: dimension.sample(count, rng))

    def mutate_rows(self, rows: Genes, rng: np.random.Generator) -> Genes:
        """Changes one hyperparameter of each member; children that come with it are random."""
        free = np.array([dimension.free for dimension in self.dimensions])
        chances = np.where((rows != INACTIVE) & free, rng.random(rows.shape), -1.0)
        chosen = np.where(chances.max(axis=1) < 0, -1, chances.argmax(axis=1))
        rows = rows.copy()
        for column in np.unique(chosen[chosen >= 0]):
            here = chosen == column
            rows[here, column] = self.dimensions[column].change(rows[here, column], rng)
        return self.filled(rows, rng)

    def change_rows(self, rows: Genes, rate: float, rng: np.random.Generator) -> Genes:
        """Changes each hyperparameter of each member with a probability."""
        rows = rows.copy()
        for column, dimension in enumerate(self.dimensions):
            here = (rng.random(len(rows)) < rate) & (rows[:, column] != INACTIVE) & dimension.free
            rows[here, column] = dimension.change(rows[here, column], rng)
        return self.filled(rows, rng)

    def cross_rows(
        self, first: Genes, second: Genes, rng: np.random.Generator, one_point: bool = False
    ) -> Genes:
        """Mixes pairs: each hyperparameter from either, or all after a point from the second.

        What the chosen one doesn't have comes from the other.
        """
        if one_point:
            points = rng.integers(1, max(2, first.shape[1]), size=(len(first), 1))
            from_first = np.arange(first.shape[1])[None] < points
        else:
            from_first = rng.random(first.shape) < 0.5
        mixed = np.where(from_first, first, second)
        mixed = np.where(mixed == INACTIVE, np.where(from_first, second, first), mixed)
        return self.filled(mixed, rng)

    def _settled(self, rows: Genes, fill: Callable[[Dimension, int], Any]) -> Genes:
        """Takes away what isn't active in a row, and fills in what is but isn't there."""
        rows = rows.copy()
        for column, dimension in enumerate(self.dimensions):
            active = self.has(rows, column)
            missing = active & (rows[:, column] == INACTIVE)
            if missing.any():
                rows[missing, column] = fill(dimension, int(missing.sum()))
            rows[~active, column] = INACTIVE
        return rows

    def has(self, rows: Genes, column: int) -> NDArray[np.bool_]:
        """Which rows (n,) have a hyperparameter; the columns before it must be settled."""
        active = np.ones(len(rows), bool)
        for parents in self._conditions[column]:
            fulfilled = np.zeros(len(rows), bool)
            for parent, allowed in parents:
                genes = rows[:, parent]
                if isinstance(allowed, set):
                    decode = self.dimensions[parent].decode
                    fulfilled |= [g != INACTIVE and decode(g) in allowed for g in genes]
                else:
                    fulfilled |= (genes != INACTIVE) & allowed[np.maximum(genes, 0).astype(int)]
            active &= fulfilled
        return active

    # One member

    def sample(self, rng: np.random.Generator) -> Values:
        """A random member."""
        return self.decode(self.sample_rows(1, rng)[0])

    def mutate(self, values: Values, rng: np.random.Generator) -> Values:
        """A member with one hyperparameter changed; children that come with it are random."""
        return self.decode(self.mutate_rows(self.encode(values)[None], rng)[0])

    def cross(
        self, first: Values, second: Values, rng: np.random.Generator, one_point: bool = False
    ) -> Values:
        """Mixes two members; see `cross_rows`."""
        rows = self.encode(first)[None], self.encode(second)[None]
        return self.decode(self.cross_rows(*rows, rng, one_point)[0])

    def neighbours(self, values: Values) -> list[Values]:
        """Members that differ in one hyperparameter, and in what depends on it.

        Which values of it they have says `Dimension.neighbours`.
        """
        row = self.encode(values)
        # What stays is given back as it was: a gene may be the place of a number nearby.
        return [
            self.decode(new)
            | {
                d.name: values[d.name]
                for d, a, b in zip(self.dimensions, row, new, strict=True)
                if a == b != INACTIVE and d.name in values
            }
            for new in self.neighbour_rows(row)
        ]

    def neighbour_rows(self, row: Genes) -> Genes:
        """The rows (n, dimensions) of a row's neighbours, see `neighbours`."""
        changes = [
            (column, other)
            for column, gene in enumerate(row)
            if gene != INACTIVE
            for other in self.dimensions[column].neighbours(float(gene))
        ]
        rows = np.tile(row, (len(changes), 1))
        for place, (column, other) in enumerate(changes):
            rows[place, column] = other
        return self._settled(rows, lambda dimension, _: dimension.encode(dimension.hp.default))

    # All members

    @property
    def has_numbers(self) -> bool:
        """Whether there is a number, or anything else whose values are ordered."""
        return bool(self.ordered.any())

    @property
    def finite(self) -> bool:
        """Whether every hyperparameter has finitely many values."""
        return all(dimension.values is not None for dimension in self.dimensions)

    def members(self) -> Iterator[Values]:
        """All members of a finite space, one after the other."""
        yield from self._members(0, np.full(len(self.dimensions), INACTIVE), {})

    def _members(self, position: int, row: Genes, values: Values) -> Iterator[Values]:
        for column in range(position, len(self.dimensions)):
            if not self.has(row[None], column)[0]:
                continue
            dimension = self.dimensions[column]
            assert dimension.values is not None
            for value in dimension.values:
                changed = row.copy()
                changed[column] = dimension.encode(value)
                yield from self._members(column + 1, changed, {**values, dimension.name: value})
            return
        yield values
