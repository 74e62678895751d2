"""The controller, against difference quotients in double precision."""

import numpy as np
import pytest

from automl_kit.oracles.controller import Adam, Controller, from_text, to_text

SIZES = [3, 2, 4]
SEQUENCES = np.array([[0, 1, 3], [2, -1, 0], [1, 0, -1], [2, 1, 2]])
ADVANTAGES = np.array([0.5, -0.3, 1.0, 0.2])


def _loss(controller, entropy):
    """The loss in double precision, one sequence after the other."""
    w = {name: value.astype(float) for name, value in controller.weights.items()}
    total = 0.0
    for sequence, advantage in zip(SEQUENCES, ADVANTAGES, strict=True):
        h, c, x = np.zeros(controller.hidden), np.zeros(controller.hidden), w["start"]
        for decision, chosen in enumerate(sequence):
            if chosen < 0:
                continue
            into = np.concatenate([x + w[f"next/{decision}"], h])
            i, f, g, o = np.split(into @ w["lstm"] + w["bias"], 4)
            i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f + 1, o))
            c = f * c + i * np.tanh(g)
            h = o * np.tanh(c)
            logits = h @ w[f"head/{decision}"]
            p = np.exp(logits) / np.exp(logits).sum()
            total -= advantage * np.log(p[chosen]) - entropy * (p * np.log(p)).sum()
            x = w[f"option/{decision}"][chosen]
    return total / len(SEQUENCES)


@pytest.mark.parametrize("entropy", [0.0, 0.3])
def test_loss_and_gradient_are_those_of_the_formula(entropy):
    controller = Controller(SIZES, hidden=5, seed=0)
    loss, gradient = controller.loss(SEQUENCES, ADVANTAGES, entropy)
    assert loss == pytest.approx(_loss(controller, entropy), abs=1e-5)
    assert set(gradient) == set(controller.weights)
    rng = np.random.default_rng(0)
    double = {name: value.astype(float) for name, value in controller.weights.items()}
    for name, slopes in gradient.items():
        controller.weights = double
        for _ in range(4):
            place = tuple(rng.integers(size) for size in slopes.shape)
            kept = double[name][place]
            double[name][place] = kept + 1e-5
            above = _loss(controller, entropy)
            double[name][place] = kept - 1e-5
            below = _loss(controller, entropy)
            double[name][place] = kept
            numeric = (above - below) / 2e-5
            assert slopes[place] == pytest.approx(numeric, abs=2e-5, rel=1e-3), (name, place)


def test_a_decision_that_is_not_there_leaves_the_state():
    controller = Controller(SIZES, hidden=5, seed=0)
    before = tuple(np.random.default_rng(0).normal(size=(2, 5)).astype("f") for _ in range(3))
    _, after, _ = controller.options(before, 1)
    state = controller.decide(before, after, 1, np.array([-1, 0]))
    for old, new in zip(before, state, strict=True):
        assert (new[0] == old[0]).all()
        assert (new[1] != old[1]).any()


def test_a_rewarded_option_becomes_likely():
    controller, adam = Controller([3], hidden=4, seed=0), Adam(0.05)
    rng = np.random.default_rng(0)
    for _ in range(150):
        p, _, _ = controller.options(controller.begin(1), 0)
        chosen = rng.choice(3, size=8, p=p[0].astype(float) / p[0].sum(dtype=float))
        reward = (chosen == 2).astype(float)
        _, gradient = controller.loss(chosen[:, None], reward - reward.mean(), 0.0)
        adam.update(controller.weights, gradient)
    assert controller.options(controller.begin(1), 0)[0][0, 2] > 0.9


def test_entropy_alone_makes_options_alike():
    controller, adam = Controller([4], hidden=4, seed=0), Adam(0.1)
    controller.weights["head/0"] *= 500
    start = controller.options(controller.begin(1), 0)[0][0]
    for _ in range(300):
        _, gradient = controller.loss(np.array([[0]]), np.zeros(1), 1.0)
        adam.update(controller.weights, gradient)
    end = controller.options(controller.begin(1), 0)[0][0]
    assert np.ptp(end) < 0.05 < np.ptp(start)


def test_adam_takes_the_published_step():
    weights, adam = {"w": np.array([1.0, 2.0], "f")}, Adam(0.1)
    adam.update(weights, {"w": np.array([0.5, -3.0], "f")})
    assert weights["w"] == pytest.approx([0.9, 2.1], abs=1e-5)  # Of length `rate` at first.


def test_arrays_are_the_same_bits_after_their_text():
    weights = Controller(SIZES, hidden=3, seed=1).weights
    again = from_text(to_text(weights), weights)
    assert set(again) == set(weights)
    assert all(again[n].tobytes() == weights[n].tobytes() for n in weights)
    with pytest.raises(ValueError, match="reshape"):
        from_text(to_text(weights), {"start": np.zeros(4, "f")})
