"""The controller of `reinforce` over the cells of a space."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.oracles.controller import Adam, Controller
from automl_kit.spaces import CellSpace, Genotype
from automl_kit.spaces.decisions import free


class Policy:
    """A distribution over the members of a space that learns from rewards.

    Williams (1992), REINFORCE, with the LSTM of Zoph and Le (2017) that emits the decisions of a
    cell one after the other.

    Args:
        space: The cells.
        hidden: Units of the LSTM.
        rate: Of Adam.
        seed: Of the LSTM's first weights.

    Example:
        >>> import numpy as np
        >>> from automl_kit.spaces import NAS_BENCH_201
        >>> policy = Policy(NAS_BENCH_201, hidden=8, rate=0.01, seed=0)
        >>> sequences = policy.draw(4, np.random.default_rng(0))
        >>> sequences.shape, NAS_BENCH_201.contains(policy.genotype(sequences[0]))
        ((4, 6), True)
    """

    def __init__(self, space: CellSpace, hidden: int, rate: float, seed: int):
        self.space, self.decisions = space, free(space.decisions)
        self.controller = Controller([len(d.options) for d in self.decisions], hidden, seed)
        self.adam = Adam(rate)

    def draw(self, number: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draws the options of so many members, (number, decisions)."""
        state, chosen = self.controller.begin(number), []
        for decision in range(len(self.decisions)):
            p, after, _ = self.controller.options(state, decision)
            edges = np.cumsum(p, axis=1, dtype="float64")
            places = rng.random((number, 1)) * edges[:, -1:]
            options = np.minimum((places >= edges).sum(1), p.shape[1] - 1)
            state = self.controller.decide(state, after, decision, options)
            chosen.append(options)
        return np.stack(chosen, 1)

    def genotype(self, sequence: NDArray[np.int64]) -> Genotype:
        """The member that a sequence of options stands for."""
        return self.space.genotype(
            {d.name: d.options[k] for d, k in zip(self.decisions, sequence.tolist(), strict=True)}
        )

    def learn(self, sequences: NDArray[np.int64], advantages: NDArray[Any], entropy: float) -> None:
        """Takes a step of REINFORCE.

        Args:
            sequences: What was drawn, (n, decisions).
            advantages: Reward less baseline of each, (n,).
            entropy: Weight of the policy's entropy.
        """
        _, gradient = self.controller.loss(sequences, advantages, entropy)
        self.adam.update(self.controller.weights, gradient)

    def entropy(self, sequences: NDArray[np.int64]) -> float:
        """The mean entropy of its decisions in nats, along some sequences."""
        state, found = self.controller.begin(len(sequences)), []
        for decision in range(len(self.decisions)):
            p, after, _ = self.controller.options(state, decision)
            found.append(float(np.mean(-np.sum(p * np.log(p + 1e-12), axis=1))))
            state = self.controller.decide(state, after, decision, sequences[:, decision])
        return float(np.mean(found))

    # State

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Weights and moments by name."""
        weights = {f"weights/{name}": value for name, value in self.controller.weights.items()}
        return {**weights, **{f"moments/{name}": v for name, v in self.adam.moments.items()}}

    def take(self, arrays: dict[str, NDArray[Any]], steps: int) -> None:
        """Takes up what `arrays` gave, after so many steps.

        Raises:
            ValueError: If an array is missing or of another shape.
        """
        own = self.controller.weights
        for name, value in own.items():
            own[name] = _like(arrays, f"weights/{name}", value)
        self.adam.steps = steps
        if steps:
            self.adam.moments = {
                f"{kind}/{name}": _like(arrays, f"moments/{kind}/{name}", value)
                for name, value in own.items()
                for kind in ("first", "second")
            }


def _like(
    arrays: dict[str, NDArray[Any]], name: str, like: NDArray[np.float32]
) -> NDArray[np.float32]:
    found = arrays.get(name)
    if found is None or found.shape != like.shape or not np.isfinite(found).all():
        raise ValueError(f"{name} isn't an array of numbers of shape {like.shape}")
    return found.astype("float32")
