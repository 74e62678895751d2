"""An LSTM that emits one decision after the other, and its gradient by backpropagation."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Weights = dict[str, Array]

INACTIVE = -1


class Controller:
    """The controller of Zoph & Le (2017): a policy over sequences of decisions.

    At decision d its LSTM takes in the last decision made and which decision is next, and gives
    the logits of the options of d by a layer of d's own. A decision that a sequence doesn't
    have leaves the LSTM as it was.

    Args:
        sizes: Options of each decision.
        hidden: Units of the LSTM.
        seed: Seed of the first weights.

    Attributes:
        weights: Name → array; all float32.

    Example:
        >>> controller = Controller([2, 3], hidden=4, seed=0)
        >>> sequences = np.array([[0, 2], [1, -1]])  # the second has no second decision
        >>> loss, gradient = controller.loss(sequences, np.array([1.0, -1.0]), entropy=0.0)
        >>> sorted(gradient) == sorted(controller.weights)
        True
    """

    def __init__(self, sizes: list[int], hidden: int, seed: int):
        self.sizes = sizes
        self.hidden = hidden
        self.weights: Weights = {}
        self._rng = np.random.default_rng(seed)
        self._add("lstm", (2 * hidden, 4 * hidden))
        self._add("start", (hidden,))
        self.weights["bias"] = np.zeros(4 * hidden, np.float32)
        for decision, size in enumerate(sizes):
            self._add(f"next/{decision}", (hidden,))
            self._add(f"option/{decision}", (size, hidden))
            self._add(f"head/{decision}", (hidden, size))

    def _add(self, name: str, shape: tuple[int, ...]) -> None:
        draw = self._rng.normal(0.0, 0.1, shape)
        self.weights[name] = draw.astype(np.float32)

    # Emitting

    def begin(self, rows: int) -> tuple[Array, Array, Array]:
        """Hidden state, cell state and input before the first decision, each (rows, hidden)."""
        zeros = np.zeros((rows, self.hidden), np.float32)
        return zeros, zeros, np.tile(self.weights["start"], (rows, 1))

    def options(
        self, state: tuple[Array, Array, Array], decision: int
    ) -> tuple[Array, tuple[Array, Array, Array], Any]:
        """Probabilities (rows, options) of a decision, the state after it, and what backward needs.

        The input of the new state is still that of the last decision; see `decide`.
        """
        h, c, x = state
        into = np.concatenate([x + self.weights[f"next/{decision}"], h], axis=1)
        i, f, g, o = np.split(into @ self.weights["lstm"] + self.weights["bias"], 4, axis=1)
        i, f, g, o = _sigmoid(i), _sigmoid(f + 1.0), np.tanh(g), _sigmoid(o)
        cell = f * c + i * g
        hidden = o * np.tanh(cell)
        logits = hidden @ self.weights[f"head/{decision}"]
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = exponents / exponents.sum(axis=1, keepdims=True)
        return p, (hidden, cell, x), (into, i, f, g, o, c, cell, hidden, p)

    def decide(
        self,
        before: tuple[Array, Array, Array],
        after: tuple[Array, Array, Array],
        decision: int,
        chosen: NDArray[np.int64],
    ) -> tuple[Array, Array, Array]:
        """The state once options (rows,) are chosen; -1 leaves a row as it was before."""
        active = (chosen != INACTIVE)[:, None]
        x = self.weights[f"option/{decision}"][np.maximum(chosen, 0)]
        return (
            np.where(active, after[0], before[0]),
            np.where(active, after[1], before[1]),
            np.where(active, x, before[2]),
        )

    # Learning

    def loss(
        self, sequences: NDArray[np.int64], advantages: NDArray[Any], entropy: float
    ) -> tuple[float, Weights]:
        """REINFORCE's loss and its gradient: -mean(advantage · log π + entropy · H).

        Args:
            sequences: Options chosen (n, decisions); -1 where there is no such decision.
            advantages: Reward less baseline of each sequence (n,) (Williams 1992).
            entropy: Weight of the policy's entropy, summed over its decisions.

        Returns:
            The loss, and for each weight its gradient.
        """
        state = self.begin(len(sequences))
        caches, total = [], 0.0
        weight = (advantages / len(sequences)).astype(np.float32)[:, None]
        for decision in range(len(self.sizes)):
            chosen = sequences[:, decision]
            active = (chosen != INACTIVE).astype(np.float32)[:, None]
            p, after, cache = self.options(state, decision)
            logs = np.log(p + 1e-12)
            h = -np.sum(p * logs, axis=1, keepdims=True)
            picked = np.eye(p.shape[1], dtype=np.float32)[np.maximum(chosen, 0)]
            share = entropy / len(sequences)
            total -= float(np.sum(active * (weight * np.sum(picked * logs, 1, keepdims=True))))
            total -= float(np.sum(active * share * h))
            slope = active * (weight * (p - picked) + share * p * (logs + h))
            caches.append((cache, slope.astype(np.float32), active))
            state = self.decide(state, after, decision, chosen)
        return total, self._backward(caches, sequences)

    def _backward(self, caches: list[Any], sequences: NDArray[np.int64]) -> Weights:
        gradient = {name: np.zeros_like(value) for name, value in self.weights.items()}
        dh, dc, dx = (np.zeros((len(sequences), self.hidden), np.float32) for _ in range(3))
        for decision in reversed(range(len(self.sizes))):
            (into, i, f, g, o, c, cell, hidden, _), slope, active = caches[decision]
            chosen = np.maximum(sequences[:, decision], 0)
            np.add.at(gradient[f"option/{decision}"], chosen, dx * active)
            gradient[f"head/{decision}"] += hidden.T @ slope
            inner = dh * active + slope @ self.weights[f"head/{decision}"].T
            tanh = np.tanh(cell)
            inner_c = dc * active + inner * o * (1 - tanh**2)
            gates = np.concatenate(
                [
                    inner_c * g * i * (1 - i),
                    inner_c * c * f * (1 - f),
                    inner_c * i * (1 - g**2),
                    inner * tanh * o * (1 - o),
                ],
                axis=1,
            )
            gradient["lstm"] += into.T @ gates
            gradient["bias"] += gates.sum(axis=0)
            back = gates @ self.weights["lstm"].T
            gradient[f"next/{decision}"] += back[:, : self.hidden].sum(axis=0)
            dx = back[:, : self.hidden] + dx * (1 - active)
            dh = back[:, self.hidden :] + dh * (1 - active)
            dc = inner_c * f + dc * (1 - active)
        gradient["start"] += dx.sum(axis=0)
        return gradient


class Adam:
    """Adam (Kingma & Ba 2015) on a dictionary of arrays.

    Args:
        rate: Learning rate.
    """

    def __init__(self, rate: float):
        self.rate = rate
        self.steps = 0
        self.moments: Weights = {}

    def update(self, weights: Weights, gradient: Weights) -> None:
        """Takes one step, in place."""
        self.steps += 1
        scale = self.rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for name, slope in gradient.items():
            first = self.moments.setdefault(f"first/{name}", np.zeros_like(slope))
            second = self.moments.setdefault(f"second/{name}", np.zeros_like(slope))
            first += 0.1 * (slope - first)
            second += 0.001 * (slope**2 - second)
            weights[name] -= np.float32(scale) * first / (np.sqrt(second) + 1e-8)


def to_text(arrays: Weights) -> dict[str, str]:
    """Arrays as JSON can hold them, to the last bit."""
    return {name: base64.b64encode(value.tobytes()).decode() for name, value in arrays.items()}


def from_text(texts: dict[str, str], like: Weights) -> Weights:
    """Arrays from their texts, of the shapes of others.

    Raises:
        ValueError: If a text doesn't hold an array of that shape.
    """
    return {
        name: np.frombuffer(base64.b64decode(texts[name]), np.float32).reshape(value.shape).copy()
        for name, value in like.items()
    }


def _sigmoid(x: Array) -> Array:
    result: Array = 0.5 * (1.0 + np.tanh(0.5 * x))
    return result
