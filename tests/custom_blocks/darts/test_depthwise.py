import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks.darts.depthwise import depthwise

CASES = [
    (size, stride, dilation, length)
    for size in (3, 5, 7)
    for stride, dilation in ((1, 1), (2, 1), (1, 2), (1, 3))
    for length in (8, 7)
]


def by_loops(x, kernel, stride, dilation):
    """The definition, in float64: pixel (i, j) under a centred kernel, zero outside."""
    size = kernel.shape[0]
    reach = size // 2 * dilation
    padded = np.pad(x, [(0, 0), (reach, reach), (reach, reach), (0, 0)])
    height, width = x.shape[1:3]
    total = 0.0
    for i in range(size):
        for j in range(size):
            rows, columns = i * dilation, j * dilation
            part = padded[:, rows : rows + height, columns : columns + width]
            total = total + part * kernel[i, j, :, 0]
    return total[:, ::stride, ::stride]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("size", "stride", "dilation", "length"), CASES)
def test_output_and_both_gradients(size, stride, dilation, length, dtype):
    """The convolution is linear in each argument, so a difference quotient has no error term."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2, length, length + 1, 3))
    kernel = generator.standard_normal((size, size, 3, 1))
    wanted = by_loops(x, kernel, stride, dilation)
    dy = generator.standard_normal(wanted.shape)
    inputs = [tf.constant(x, dtype), tf.constant(kernel, dtype)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = depthwise(*inputs, stride=stride, dilation=dilation)
    gradients = tape.gradient(y, inputs, tf.constant(dy, dtype))
    accuracy = 1e-9 if dtype == "float64" else 1e-3
    np.testing.assert_allclose(y, wanted, atol=accuracy)
    for place, gradient in enumerate(gradients):
        assert gradient.shape == inputs[place].shape
        direction = generator.standard_normal(gradient.shape)
        moved = [x, kernel]
        moved[place] = moved[place] + direction
        quotient = np.sum(dy * (by_loops(*moved, stride, dilation) - wanted))
        assert np.sum(gradient * direction) == pytest.approx(quotient, rel=accuracy, abs=accuracy)


def test_in_a_compiled_function_the_gradient_is_the_same():
    """Graphs are rewritten to oneDNN's kernels, whose dilated gradients were wrong."""
    generator = np.random.default_rng(1)
    x = tf.constant(generator.standard_normal((2, 9, 8, 4)), "float32")
    kernel = tf.constant(generator.standard_normal((5, 5, 4, 1)), "float32")

    def gradients(x, kernel):
        with tf.GradientTape() as tape:
            tape.watch((x, kernel))
            loss = tf.reduce_sum(depthwise(x, kernel, dilation=2) ** 2)
        return tape.gradient(loss, (x, kernel))

    for eager, compiled in zip(
        gradients(x, kernel), tf.function(gradients)(x, kernel), strict=True
    ):
        np.testing.assert_allclose(eager, compiled, rtol=1e-3, atol=1e-3)


def test_both_a_stride_and_a_dilation_are_refused():
    with pytest.raises(ValueError, match="stride or dilation"):
        depthwise(tf.zeros((1, 4, 4, 1)), tf.zeros((3, 3, 1, 1)), stride=2, dilation=2)
