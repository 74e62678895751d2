"""Each operation's gradients against difference quotients, alone in a mixed operation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks.darts import MixedOp
from automl_kit.custom_blocks.darts.source_edges import SourceEdges
from automl_kit.spaces import DARTS_OPS

OPS = [op for op in DARTS_OPS if op != "none"]
SIZES = [(1, 6), (2, 6), (2, 7)]


def plain(op, strides, length, dtype):
    layer = MixedOp(("none", op), strides, dtype=dtype)
    layer.build((2, length, length, 4))
    return layer, (2,), lambda x, w: layer(x, w)


def batched(op, strides, length, dtype):
    layer = SourceEdges(3, ("none", op), strides, dtype=dtype)
    layer.build((2, length, length, 4))
    return layer, (3, 2), lambda x, w: tf.concat(layer(x, w), -1)


def gradients(make, op, strides, length, dtype):
    """Gives all gradients of a random product of the output, and that as a function of all."""
    keras.utils.set_random_seed(0)
    layer, shape, call = make(op, strides, length, dtype)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2, length, length, 4))
    weights = generator.random(shape)
    kernels = [generator.standard_normal(v.shape) for v in layer.trainable_variables]
    values = [x, weights, *kernels]
    shape = call(*(tf.constant(value, dtype) for value in values[:2])).shape
    product = generator.standard_normal(shape)

    def loss(values):
        tensors = [tf.constant(value, dtype) for value in values]
        for variable, value in zip(layer.trainable_variables, tensors[2:], strict=True):
            variable.assign(value)
        with tf.GradientTape() as tape:
            tape.watch(tensors[:2])
            total = tf.reduce_sum(call(*tensors[:2]) * tf.constant(product, dtype))
        sources = tensors[:2] + [variable.value for variable in layer.trainable_variables]
        return float(total), tape.gradient(total, sources)

    return values, loss


@pytest.mark.parametrize("make", [plain, batched])
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(("strides", "length"), SIZES)
def test_float64_gradients_are_difference_quotients(make, op, strides, length):
    values, loss = gradients(make, op, strides, length, "float64")
    _, found = loss(values)
    generator = np.random.default_rng(1)
    for place, gradient in enumerate(found):
        # A short step along one direction; ReLUs and maxima seldom change within it.
        direction = generator.standard_normal(gradient.shape)
        quotients = []
        for sign in (1, -1):
            moved = list(values)
            moved[place] = moved[place] + sign * 1e-6 * direction
            quotients.append(loss(moved)[0])
        quotient = (quotients[0] - quotients[1]) / 2e-6
        assert np.sum(gradient * direction) == pytest.approx(quotient, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("make", [plain, batched])
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(("strides", "length"), SIZES)
def test_float32_gradients_are_those_of_float64(make, op, strides, length):
    values, loss = gradients(make, op, strides, length, "float64")
    _, wanted = loss(values)
    _, loss = gradients(make, op, strides, length, "float32")
    _, found = loss(values)
    for precise, gradient in zip(wanted, found, strict=True):
        largest = np.abs(precise).max()
        np.testing.assert_allclose(gradient, precise, atol=0.01 * largest + 1e-4)
