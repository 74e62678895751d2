"""One hyperparameter as a strategy sees it: a gene, its values, its neighbours."""

import bisect
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl_kit.compat import hyperparameters as kinds

Value = str | int | float | bool
Values = dict[str, Value]
Genes = NDArray[np.float64]

INACTIVE = -1.0  # the gene of a hyperparameter that a member doesn't have
MOST_OPTIONS = 64  # a number with more values is treated as a continuous one
NEAR = 0.15  # standard deviation of a small change, as a share of a number's range
STEPS = (0.3, 0.1, 0.03)  # how far neighbours are, as shares of a number's range


class Dimension:
    """A hyperparameter of KerasTuner, of any kind.

    Its gene is the index of its value, or for numbers of many values the place in their range
    from 0 to 1, on the scale they are sampled on.

    Args:
        hp: The hyperparameter.

    Attributes:
        name: Its name.
        values: All its values in their order; None where there are infinitely many.
        options: The number of values whose index is the gene; None for a place in a range.
        ordered: Whether neighbouring values are alike.

    Example:
        >>> import keras_tuner
        >>> hp = keras_tuner.HyperParameters()
        >>> _ = hp.Int("depth", 2, 8, step=2)
        >>> dimension = Dimension(hp.space[0])
        >>> list(dimension.values), dimension.encode(4), dimension.neighbours(3.0)
        ([2, 4, 6, 8], 1.0, [2.0])
    """

    def __init__(self, hp: kinds.HyperParameter):
        self.hp = hp
        self.name: str = hp.name
        self.values = _values(hp)
        number = isinstance(hp, kinds.Int | kinds.Float)
        choice = isinstance(hp, kinds.Choice) and bool(hp.ordered)
        self.options: int | None = None
        if self.values is not None and (len(self.values) <= MOST_OPTIONS or not number):
            self.options = len(self.values)
            self._index = {value: place for place, value in enumerate(self.values)}
        self.ordered = (number or choice) and self.options not in (1, 2)

    @property
    def free(self) -> bool:
        """Whether it has more than one value."""
        return self.options != 1

    def encode(self, value: Value) -> float:
        """The gene of a value; a number that isn't among the values is taken to the next one."""
        if self.options is None:
            return float(np.clip(self.hp.value_to_prob(value), 0.0, 1.0))
        if value in self._index:
            return float(self._index[value])
        assert self.values is not None
        if not self.ordered:
            return 0.0
        after = bisect.bisect_left(self.values, value)  # type: ignore[type-var]
        return float(min(after, len(self.values) - 1))

    def nearest(self, value: Value) -> Value | None:
        """A value of another hyperparameter if it is one of these; a number taken to the range.

        None for what it can't be taken to.
        """
        if self.options is not None and value in self._index:
            return value
        if not isinstance(self.hp, kinds.Int | kinds.Float) or isinstance(value, str | bool):
            return None
        inside = min(max(value, self.hp.min_value), self.hp.max_value)
        near = self.decode(self.encode(inside))
        numbers = isinstance(inside, float) and isinstance(near, float)
        return inside if numbers and math.isclose(float(inside), float(near)) else near

    def decode(self, gene: float) -> Value:
        """The value of a gene."""
        if self.options is not None:
            assert self.values is not None
            return self.values[int(gene)]
        value: Value = self.hp.prob_to_value(min(float(gene), 1.0 - 1e-9))
        return value

    def sample(self, number: int, rng: np.random.Generator) -> Genes:
        """Random genes (number,), distributed as KerasTuner's `sampling` says."""
        if self.options is None:
            return rng.random(number)
        if isinstance(self.hp, kinds.Int) and self.hp.step is None:  # On a scale of logarithms.
            probabilities = rng.random(number).tolist()
            return np.array([self.encode(self.hp.prob_to_value(p)) for p in probabilities])
        return rng.integers(self.options, size=number).astype(float)

    def change(self, genes: Genes, rng: np.random.Generator) -> Genes:
        """Other genes (n,): any others of unordered values, of numbers half the time near ones."""
        if self.options is None:
            near = _folded(genes + NEAR * rng.normal(size=len(genes)))
            return np.where(rng.random(len(genes)) < 0.5, near, rng.random(len(genes)))
        if self.options == 1:
            return genes
        other = (genes + rng.integers(1, self.options, size=len(genes))) % self.options
        if not self.ordered:
            return other
        up = np.where(rng.random(len(genes)) < 0.5, 1, -1)
        up = np.where(genes == 0, 1, np.where(genes == self.options - 1, -1, up))
        return np.where(rng.random(len(genes)) < 0.5, genes + up, other)

    def neighbours(self, gene: float) -> list[float]:
        """Genes near and less near where values are ordered; all others where they aren't.

        Of ordered values, numbers among them, those at shares of the range in `STEPS`, and at
        its ends where those are nearer; no two have the same value.
        """
        if not self.ordered:
            return [float(g) for g in range(self.options or 0) if g != gene]
        last = 1.0 if self.options is None else self.options - 1.0
        steps = [step * last for step in STEPS]
        if self.options is not None:
            steps = [max(1.0, float(round(step))) for step in steps]
        places = [min(max(gene + step, 0.0), last) for s in steps for step in (-s, s)]
        found = {self.decode(place): place for place in reversed(places)}
        found.pop(self.decode(gene), None)
        return sorted(found.values())


def _folded(places: Genes) -> Genes:
    """Places outside of 0 to 1, reflected into it."""
    folded = np.abs(places) % 2.0
    return np.where(folded > 1.0, 2.0 - folded, folded)


def _values(hp: kinds.HyperParameter) -> Sequence[Value] | None:
    if isinstance(hp, kinds.Float) and hp.step is None:
        return None if hp.min_value < hp.max_value else [float(hp.min_value)]
    if isinstance(hp, kinds.Int) and (hp.step is None or (hp.step, hp.sampling) == (1, "linear")):
        return range(hp.min_value, hp.max_value + 1)
    if isinstance(hp, kinds.Int):
        return sorted({int(value) for value in hp.values})
    if isinstance(hp, kinds.Float):
        return sorted(hp.values)
    values = list(dict.fromkeys(hp.values))
    return sorted(values) if getattr(hp, "ordered", False) else values
