"""Operations that a user adds, and those of tutorials, in every kind of cell."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_kit.custom_blocks import (
    OPERATIONS,
    DartsCell,
    MixedOp,
    PlainDartsCell,
    apply_operation,
    build_cell_network,
    darts_supernet,
    register_operation,
)
from automl_kit.custom_blocks.darts.transfer import copy_cell
from automl_kit.errors import InputError
from automl_kit.spaces import CHAPTER, CellSpace, operation_names
from automl_kit.spaces.operation_names import _known

ONE = tf.ones((1,))


def double(tensor, stride, affine):
    """Twice the pixels 0, 2, …, and a normalisation."""
    pooled = keras.layers.AveragePooling2D(1, strides=stride)(tensor)
    scaled = keras.layers.Rescaling(2.0)(pooled)
    return keras.layers.BatchNormalization(center=affine, scale=affine)(scaled)


@pytest.fixture
def registered() -> Iterator[str]:
    # Its name looks like one that a batched cell has kernels of its own for.
    name = "sep_conv_9x9"
    register_operation(name, double)
    yield name
    del OPERATIONS[name], _known[name]


def test_a_name_is_known_to_spaces_once_it_is_registered(registered):
    assert registered in operation_names()
    space = CellSpace(nodes=1, ops=(registered, "identity"))
    genotype = space.genotype({name: values[0] for name, values in options(space)})
    image = keras.Input((8, 8, 2))
    vector = build_cell_network(image, genotype, cells=2, channels=4)
    names = [type(layer).__name__ for layer in keras.Model(image, vector).layers]
    assert names.count("Rescaling") == 2  # the edges of the last cell, which reads the stem


def options(space):
    return [(decision.name, decision.options) for decision in space.decisions]


def test_names_that_are_not_registered_or_twice_are_told(registered):
    for name in (registered, "conv_3x3", "none"):
        with pytest.raises(InputError, match=f"is an operation '{name}' already"):
            register_operation(name, double)
    for name in ("a|b", "", "x" * 65, 3):
        with pytest.raises(InputError, match="operation's name of letters"):
            register_operation(name, double)
    with pytest.raises(InputError, match="build to be a function"):
        register_operation("mine", "double")
    assert "mine" not in operation_names()
    told = r"no operation 'mine'; expected some of none, .*sep_conv_9x9\..*register_operation"
    x = tf.zeros((1, 4, 4, 2))
    for use in (
        lambda: CellSpace(2, ("mine",)),
        lambda: MixedOp(("mine",))(x, ONE),
        lambda: PlainDartsCell(2, 1, ("mine",))([x, x, tf.ones((2, 1))]),
        lambda: DartsCell(2, 1, ("mine",))([x, x, tf.ones((2, 1))]),
        lambda: darts_supernet((4, 4, 1), 2, ops=("mine",), filters=2, cells=3),
    ):
        with pytest.raises(InputError, match=told):
            use()


@pytest.mark.parametrize("strides", [1, 2])
def test_a_mixed_operation_has_it_without_learnt_scales(registered, strides):
    layer = MixedOp(("zero", registered, "identity"), strides)
    x = np.random.default_rng(0).normal(size=(8, 5, 5, 2)).astype("float32")
    output = layer(x, np.array([0.9, 0.1, 0.0], "float32"), training=True)
    pixels = 2 * x[:, ::strides, ::strides]
    normal = (pixels - pixels.mean((0, 1, 2))) / np.sqrt(pixels.var((0, 1, 2)) + 1e-3)
    np.testing.assert_allclose(output, 0.1 * normal, atol=1e-4)
    assert not [v for v in layer.trainable_variables if v.path.endswith(("gamma", "beta"))]


def test_one_that_changes_the_shape_is_told():
    wrong = MixedOp(("thin",))
    register_operation("thin", lambda tensor, stride, affine: keras.layers.Conv2D(1, 1)(tensor))
    try:
        with pytest.raises(InputError, match=r"'thin' makes \(None, 4, 4, 1\) of"):
            wrong(tf.zeros((1, 4, 4, 2)), ONE)
    finally:
        del OPERATIONS["thin"], _known["thin"]


@pytest.mark.parametrize("reduction", [False, True])
def test_the_batched_cell_of_any_operations_is_the_plain_one(registered, reduction):
    ops = (*CHAPTER.ops, "conv_7x1_1x7", "sep_conv_7x7", registered)
    generator = np.random.default_rng(0)
    x, before = generator.normal(size=(2, 3, 7, 7, 4)).astype("float32")
    weights = generator.random((5, len(ops))).astype("float32")
    plain = PlainDartsCell(4, 2, ops, reduction)
    batched = DartsCell(4, 2, ops, reduction)
    expected = plain([before, x, weights], training=True)
    batched([before, x, weights], training=True)
    copy_cell(plain, batched)
    found = batched([before, x, weights], training=True)
    np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize("name", ["conv_3x3", "conv_5x5", "nor_conv_1x1", "conv_7x1_1x7"])
@pytest.mark.parametrize("strides", [1, 2])
def test_the_supernets_convolutions_are_the_discrete_ones(name, strides):
    x = np.random.default_rng(0).normal(size=(4, 6, 7, 3)).astype("float32")
    image = keras.Input(x.shape[1:])
    discrete = keras.Model(image, apply_operation(name, image, strides, affine=False))
    mixed = MixedOp((name,), strides)
    mixed(x, ONE)
    for variable, value in zip(
        mixed.trainable_variables, discrete.trainable_variables, strict=True
    ):
        variable.assign(value)
    expected = discrete(x, training=True)
    np.testing.assert_allclose(mixed(x, ONE, training=True), expected, atol=1e-5)


def test_a_supernet_of_cells_without_a_reduction_halves_by_residual_units():
    network = darts_supernet(
        (8, 8, 1), 2, ops=("zero", "conv_3x3"), filters=2, cells=3, nodes=1, reduction=False
    )
    sizes = [network.get_layer(f"cell_{n}").output.shape[1:] for n in range(3)]
    assert sizes == [(8, 8, 2), (4, 4, 4), (2, 2, 8)]
    kinds = [layer.kind for layer in network.layers if hasattr(layer, "kind")]
    assert kinds == ["normal"]
