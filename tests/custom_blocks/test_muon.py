"""Muon: what it does to kernels by hand, and that all else is AdamW."""

import keras
import numpy as np

from automl_kit.custom_blocks.muon import Muon, orthogonal


def weight(*shape):
    rng = np.random.default_rng(sum(shape))
    return keras.Variable(rng.normal(size=shape).astype("float32"))


def test_singular_values_come_near_one():
    matrix = np.random.default_rng(0).normal(size=(72, 16)).astype("float32")
    for shape in (matrix, matrix.T):
        values = np.linalg.svd(np.asarray(orthogonal(shape, 5)), compute_uv=False)
        assert values.min() > 0.6
        assert values.max() < 1.3


def test_a_kernel_moves_by_its_orthogonal_momentum():
    kernel, rng = weight(3, 3, 2, 4), np.random.default_rng(1)
    start = kernel.numpy()
    optimizer = Muon(0.1, momentum=0.5, steps=3, weight_decay=0.0)
    first, second = (rng.normal(size=kernel.shape).astype("float32") for _ in range(2))
    for gradient in (first, second):
        optimizer.apply([gradient], [kernel])
    kept = (first, 0.5 * first + second)
    expected = start
    for gradient, momentum in zip((first, second), kept, strict=True):
        update = orthogonal((gradient + 0.5 * momentum).reshape(18, 4), 3)
        expected = expected - 0.1 * 0.2 * np.sqrt(18) * np.reshape(update, start.shape)
    np.testing.assert_allclose(kernel.numpy(), expected, atol=1e-5)


def test_all_but_convolutions_move_by_adamw():
    settings = {"weight_decay": 0.1, "clipnorm": 1.0}
    ours, stock = Muon(0.01, **settings), keras.optimizers.AdamW(0.01, **settings)
    shapes = [(4, 3), (3,), (3, 3, 5, 1), (5, 2, 2)]
    mine, keras_own = ([weight(*shape) for shape in shapes] for _ in range(2))
    for seed in range(3):
        rng = np.random.default_rng(seed)
        gradients = [rng.normal(size=shape).astype("float32") for shape in shapes]
        ours.apply(gradients, mine)
        stock.apply(gradients, keras_own)
    for a, b in zip(mine, keras_own, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6)


def test_its_configuration_makes_it_again():
    optimizer = Muon(0.02, momentum=0.8, steps=4, weight_decay=0.05)
    again = Muon.from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()
