"""The operations against plain NumPy, against weights counted by hand, and their gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks import OPERATIONS, apply_operation
from automl_kit.custom_blocks.cell_layers import factorized_reduction
from automl_kit.errors import InputError
from automl_kit.export import require_stock, to_stock
from automl_kit.spaces import CHAPTER, DARTS_OPS, NAS_BENCH_201_OPS


def model_of(name, shape, stride=1, affine=True):
    tensor = keras.Input(shape)
    # An operation may give its input; older Keras wants a layer between the two of a model.
    output = keras.layers.Identity()(apply_operation(name, tensor, stride, affine))
    return keras.Model(tensor, output)


def windows(image, size, stride, dilation, fill):
    """What each output pixel sees of (h, w, c): (h', w', size, size, c), centred as in PyTorch."""
    reach = dilation * (size // 2)
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), constant_values=fill)
    height, width = (-(-side // stride) for side in image.shape[:2])
    taps = dilation * np.arange(size)
    return np.array(
        [
            [padded[stride * i + taps][:, stride * j + taps] for j in range(width)]
            for i in range(height)
        ]
    )


def separable(image, depthwise, pointwise, stride=1, dilation=1):
    seen = windows(np.maximum(image, 0), depthwise.shape[0], stride, dilation, 0.0)
    return np.einsum("hwijc,ijco->hwc", seen, depthwise) @ pointwise[0, 0]


def test_every_operation_of_the_spaces_is_there():
    assert {*DARTS_OPS, *NAS_BENCH_201_OPS, *CHAPTER.ops} <= OPERATIONS.keys()


def test_unknown_names_and_strides():
    with pytest.raises(InputError, match=r"no operation 'conv_9x9'; expected one of .*max_pool"):
        apply_operation("conv_9x9", keras.Input((8, 8, 4)))
    with pytest.raises(InputError, match=r"stride 1 or 2\. Received: 3"):
        apply_operation("conv_3x3", keras.Input((8, 8, 4)), stride=3)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 3), (7, 8)])
def test_shapes(name, size):
    for stride in (1, 2):
        model = model_of(name, (*size, 4), stride)
        height, width = (-(-side // stride) for side in size)
        image = np.ones((2, *size, 4), "float32")
        assert model(image).shape == model(image, training=True).shape == (2, height, width, 4)
        require_stock(to_stock(model))


@pytest.mark.parametrize(
    ("name", "stride", "weights"),
    [
        # C = 4: a normalisation has 2·4 trainable weights, a depthwise k×k 4k², a 1×1 4·4.
        ("none", 1, 0),
        ("max_pool_3x3", 2, 0),
        ("avg_pool_3x3", 2, 0),
        ("skip_connect", 1, 0),
        ("skip_connect", 2, 2 * (4 * 2) + 8),
        ("sep_conv_3x3", 1, 2 * (4 * 9 + 16 + 8)),
        ("sep_conv_3x3", 2, 2 * (4 * 9 + 16 + 8)),
        ("sep_conv_5x5", 1, 2 * (4 * 25 + 16 + 8)),
        ("dil_conv_3x3", 1, 4 * 9 + 16 + 8),
        ("dil_conv_5x5", 2, 4 * 25 + 16 + 8),
        ("conv_5x5", 1, 25 * 16 + 8),
        ("nor_conv_1x1", 1, 16 + 8),
        ("nor_conv_3x3", 2, 9 * 16 + 8),
    ],
)
def test_numbers_of_weights(name, stride, weights):
    def count(affine):
        model = model_of(name, (8, 8, 4), stride, affine)
        return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)

    assert count(affine=True) == weights
    norms = sum(
        "BatchNormalization" in type(x).__name__ for x in model_of(name, (8, 8, 4), stride).layers
    )
    assert count(affine=False) == weights - 8 * norms


@pytest.mark.parametrize("side", [1, 2, 6, 7])
@pytest.mark.parametrize("stride", [1, 2])
def test_pools_are_centred_and_do_not_count_what_lies_outside(side, stride):
    image = np.random.default_rng(0).normal(size=(side, side, 3)).astype("float32") - 5
    seen = windows(image, 3, stride, 1, np.nan)
    for name, reduce in (("max_pool_3x3", np.nanmax), ("avg_pool_3x3", np.nanmean)):
        output = model_of(name, image.shape, stride)(image[None])[0]
        np.testing.assert_allclose(output, reduce(seen, axis=(2, 3)), rtol=1e-5)


def test_zero_and_identity():
    image = np.random.default_rng(0).normal(size=(1, 5, 6, 3)).astype("float32")
    for name in ("skip_connect", "identity"):
        np.testing.assert_array_equal(model_of(name, image.shape[1:])(image), image)
    for name in ("none", "zero"):
        assert not np.any(model_of(name, image.shape[1:], 2)(image))


@pytest.mark.parametrize("shape", [(6, 6), (7, 7), (6, 7)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("name", "dilation"),
    [("sep_conv_3x3", 1), ("sep_conv_5x5", 1), ("dil_conv_3x3", 2), ("dil_conv_5x5", 2)],
)
def test_separable_convolutions_are_the_papers(name, dilation, stride, shape):
    """As written: dilation 2 with stride 2 too, which the layers do in another way."""
    image = np.random.default_rng(0).normal(size=(*shape, 3)).astype("float32")
    model = model_of(name, image.shape, stride)
    kernels = [weight.numpy() for weight in model.trainable_weights if len(weight.shape) == 4]
    keep = 1 / np.sqrt(1 + 1e-5)  # of a normalisation before any training
    expected = separable(image, *kernels[:2], stride, dilation) * keep
    if dilation == 1:
        expected = separable(expected, *kernels[2:]) * keep
    np.testing.assert_allclose(model(image[None])[0], expected, atol=1e-5)


@pytest.mark.parametrize("side", [1, 6, 7])
def test_a_factorized_reduction_reads_all_pixels(side):
    image = np.random.default_rng(0).normal(size=(side, side, 3)).astype("float32")
    tensor = keras.Input(image.shape)
    model = keras.Model(tensor, factorized_reduction(tensor, 5))
    first, second = (w.numpy()[0, 0] for w in model.trainable_weights if len(w.shape) == 4)
    assert (first.shape, second.shape) == ((3, 3), (3, 2))
    positive = np.maximum(image, 0)
    beyond = np.pad(positive, ((0, 1), (0, 1), (0, 0)))
    shift = int(side > 1)
    other = beyond[shift : side + shift : 2, shift : side + shift : 2]
    expected = np.concatenate([positive[::2, ::2] @ first, other @ second], axis=-1)
    np.testing.assert_allclose(model(image[None])[0], expected / np.sqrt(1 + 1e-5), atol=1e-6)


def slopes(name, stride, dtype):
    """The gradient of a fixed linear form of the output, and the form itself as a function."""
    keras.utils.set_random_seed(0)
    standard = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        tensor = keras.Input((7, 6, 4), dtype=dtype)
        output = keras.layers.Identity()(apply_operation(name, tensor, stride))
        model = keras.Model(tensor, output)
    finally:
        keras.config.set_dtype_policy(standard)
    rng = np.random.default_rng(1)
    image = tf.constant(rng.normal(size=(3, 7, 6, 4)), dtype)
    form = rng.normal(size=(3, *output.shape[1:]))
    values = [image] + [
        tf.constant(rng.normal(size=weight.shape), dtype) for weight in model.trainable_weights
    ]

    def loss(*values):
        for weight, value in zip(model.trainable_weights, values[1:], strict=True):
            weight.assign(value)
        return tf.reduce_sum(model(values[0], training=True) * tf.constant(form, dtype))

    with tf.GradientTape() as tape:
        tape.watch(image)
        result = loss(*values)
    sources = [image, *(weight.value for weight in model.trainable_weights)]
    return tape.gradient(result, sources, unconnected_gradients="zero"), loss, values


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", sorted({*DARTS_OPS, "nor_conv_1x1", "nor_conv_3x3", "conv_5x5"}))
def test_gradients_are_difference_quotients(name, stride):
    """In float64; and the float32 kernels, which are others (oneDNN), give the same."""
    gradients, loss, values = slopes(name, stride, "float64")
    singles, _, _ = slopes(name, stride, "float32")
    rng = np.random.default_rng(2)
    step = 1e-6
    for place, (gradient, single) in enumerate(zip(gradients, singles, strict=True)):
        direction = rng.normal(size=gradient.shape)
        sides = []
        for sign in (1, -1):
            moved = list(values)
            moved[place] = values[place] + sign * step * direction
            sides.append(float(loss(*moved)))
        slope = float(np.sum(gradient * direction))
        assert (sides[0] - sides[1]) / (2 * step) == pytest.approx(slope, rel=1e-5, abs=1e-6)
        largest = np.abs(gradient).max()
        np.testing.assert_allclose(single, gradient, atol=max(1e-4 * largest, 1e-5))
