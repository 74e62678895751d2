"""Networks of genotypes: weights as published and as counted by hand, shapes, zeros, drop-path."""

import keras
import numpy as np
import pytest

from automl_kit.custom_blocks import (
    DropPath,
    GrowDropPath,
    build_cell,
    build_cell_network,
    build_with_auxiliary,
)
from automl_kit.custom_blocks.cell_network import reduction_positions
from automl_kit.errors import InputError
from automl_kit.export.stock import to_stock
from automl_kit.spaces import CHAPTER, DARTS, NAS_BENCH_201, Edge, Genotype, parse_arch


def cell(*pairs):
    """Two edges a node, as genotypes are written in the DARTS code."""
    edges = [Edge(*pair) for pair in pairs]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


DARTS_V2 = Genotype(
    normal=cell(
        *(("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1)),
        *(("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2)),
    ),
    reduction=cell(
        *(("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1)),
        *(("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1)),
    ),
)
SKIPS = "|skip_connect~0|+|skip_connect~0|none~1|+|skip_connect~0|none~1|none~2|"
CONVOLUTIONS = (
    "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|"
)


def weights(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def model_of(genotype, shape=(8, 8, 1), **arguments):
    images = keras.Input(shape)
    return keras.Model(images, build_cell_network(images, genotype, **arguments))


def images(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_weights_of_published_networks():
    """DARTS (second order) on CIFAR-10: 3.349342 million, printed by its code; 3.3 in table 1."""
    tensor = keras.Input((32, 32, 3))
    main, auxiliary = build_with_auxiliary(tensor, DARTS_V2, 10, cells=20, channels=36)
    assert main.shape == auxiliary.shape == (None, 10)
    assert weights(keras.Model(tensor, main)) == 3_349_342
    head = (576 * 128 + 2 * 128) + (4 * 128 * 768 + 2 * 768) + (768 * 10 + 10)
    assert weights(keras.Model(tensor, [main, auxiliary])) == 3_349_342 + head
    # NAS-Bench-201's cells without weights: 0.073306 million in its files.
    tensor = keras.Input((32, 32, 3))
    vector = build_cell_network(tensor, parse_arch(SKIPS), cells=15, channels=16)
    assert weights(keras.Model(tensor, keras.layers.Dense(10)(vector))) == 73_306


def test_weights_by_hand():
    node = (Edge("sep_conv_3x3", 0), Edge("dil_conv_5x5", 1))
    model = model_of(Genotype((node,), (node,)), cells=3, channels=4)
    stem = 9 * 12 + 2 * 12

    def cell(c, *inputs):
        preprocessing = sum(size * c + 2 * c for size in inputs)
        return preprocessing + 2 * (9 * c + c * c + 2 * c) + (25 * c + c * c + 2 * c)

    # Inputs: twice the stem; the stem and a cell of 4; cells of 4 and 8 (factorized).
    assert weights(model) == stem + cell(4, 12, 12) + cell(8, 12, 4) + cell(16, 4, 8)


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (8, 8), (33, 65)])
@pytest.mark.parametrize("space", [DARTS, NAS_BENCH_201, CHAPTER])
def test_any_size_of_images(space, size):
    genotype = space.sample(np.random.default_rng(1))
    tensor = keras.Input((*size, 2))
    model = keras.Model(tensor, build_with_auxiliary(tensor, genotype, 3, cells=3, channels=4))
    for output in model(images(2, *size, 2), training=True):
        assert output.shape == (2, 3)
        assert np.isfinite(output).all()
    pooled = next(x for x in model.layers if isinstance(x, keras.layers.GlobalAveragePooling2D))
    nodes = 1 if space is NAS_BENCH_201 else 4
    assert pooled.output.shape == (None, 16 * nodes)  # 4 channels, doubled twice


def test_reductions_are_at_a_third_and_two_thirds_but_never_first():
    positions = [reduction_positions(cells) for cells in (1, 2, 3, 8, 15, 20)]
    assert positions == [(), (1,), (1, 2), (2, 5), (5, 10), (6, 13)]
    sizes = [
        layer.output.shape[1:]
        for layer in model_of(DARTS_V2, (28, 28, 1), cells=5, channels=4).layers
        if isinstance(layer, keras.layers.Concatenate) and len(layer.input) == 4
    ]
    assert sizes == [(28, 28, 16), (14, 14, 32), (14, 14, 32), (7, 7, 64), (7, 7, 64)]


def test_a_node_is_the_sum_of_its_edges_and_the_last_is_the_output():
    arch = "|avg_pool_3x3~0|+|skip_connect~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|"
    tensor = keras.Input((5, 5, 3))
    model = keras.Model(tensor, build_cell([tensor], parse_arch(arch), channels=3))
    x = images(2, 5, 5, 3)
    pooled = np.asarray(keras.ops.average_pool(x, 3, 1, padding="same"))
    np.testing.assert_allclose(model(x), pooled + (x + pooled), rtol=1e-5)


def test_nodes_are_concatenated_in_order():
    node = (Edge("skip_connect", 0), Edge("skip_connect", 1)), (Edge("max_pool_3x3", 2),)
    tensors = [keras.Input((5, 5, 3)), keras.Input((5, 5, 3))]
    output = build_cell(tensors, Genotype(node), channels=4)
    model = keras.Model(tensors, output)
    first, second = np.split(np.asarray(model([images(2, 5, 5, 3)] * 2)), 2, axis=-1)
    np.testing.assert_allclose(second, keras.ops.max_pool(first, 3, 1, padding="same"))


def test_zero_nodes_cost_nothing_and_what_follows_from_them_is_zero():
    nothing = (Edge("none", 0), Edge("zero", 1))
    from_nothing = (Edge("conv_3x3", 2), Edge("none", 0))
    conv = (Edge("conv_3x3", 1), Edge("max_pool_3x3", 3))
    lean = model_of(Genotype((conv[:1],)), cells=1, channels=4)
    model = model_of(Genotype((nothing, from_nothing, conv)), cells=1, channels=4)
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in lean.layers]
    assert weights(model) == weights(lean)
    assert model.output.shape == (None, 4)


@pytest.mark.parametrize("reduction", [None, ((Edge("none", 0),),)])
@pytest.mark.parametrize("output", ["concat", "last"])
def test_cells_of_nothing_but_zeros_give_zeros(reduction, output):
    genotype = Genotype(((Edge("none", 1),),), reduction, output=output)
    model = model_of(genotype, cells=3, channels=4)
    assert model.output.shape == (None, 16)
    assert not np.any(model(images(2, 8, 8, 1)))


@pytest.mark.parametrize("genotype", [DARTS_V2, parse_arch(CONVOLUTIONS)], ids=["darts", "201"])
def test_a_saved_network_needs_keras_alone(genotype, tmp_path):
    model = model_of(genotype, cells=3, channels=4, drop_path=0.2)
    model(images(8, 8, 8, 1), training=True)
    stock = to_stock(model)
    assert {type(layer).__module__.split(".")[0] for layer in stock.layers} == {"keras"}
    rates = [layer.rate for layer in stock.layers if isinstance(layer, keras.layers.Dropout)]
    assert max(rates) == pytest.approx(0.2)
    stock.save(tmp_path / "cells.keras")
    back = keras.models.load_model(tmp_path / "cells.keras")
    x = images(4, 8, 8, 1)
    np.testing.assert_array_equal(back.predict_on_batch(x), model.predict_on_batch(x))


def test_drop_path_drops_whole_edges_of_single_images_and_more_of_them_later():
    pool = (Edge("max_pool_3x3", 0), Edge("skip_connect", 0))
    genotype = Genotype((pool,), inputs=1, output="last")
    model = model_of(genotype, cells=4, channels=4, drop_path=0.4)
    drops = [layer for layer in model.layers if isinstance(layer, DropPath)]
    assert [drop.rate for drop in drops] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    ones = np.ones((64, 6, 6, 4), "float32")
    keras.utils.set_random_seed(0)
    kept = np.asarray(drops[-1](ones, training=True))
    assert (kept == kept[:, :1, :1, :1]).all()
    np.testing.assert_allclose(np.unique(kept), [0.0, 1 / 0.6], rtol=1e-6)
    assert 0.4 < np.mean(kept > 0) < 0.8
    np.testing.assert_array_equal(drops[-1](ones, training=False), ones)


def test_drop_path_grows_linearly_over_the_epochs_of_a_fit():
    keras.utils.set_random_seed(0)
    pixels = keras.Input((4, 4, 1))
    model = keras.Model(pixels, keras.layers.Flatten()(DropPath(0.8)(pixels)))
    model.compile("sgd", "mse")
    ones, shares = np.ones((256, 4, 4, 1), "float32"), []

    class Losses(keras.callbacks.Callback):
        """A dropped image errs by 1, a kept one by 1 / keep - 1."""

        def on_epoch_end(self, epoch, logs=None):
            shares.append(logs["loss"])

    callbacks = [GrowDropPath(4), Losses()]
    model.fit(ones, np.ones((256, 16)), 256, epochs=4, callbacks=callbacks, verbose=0)
    rates = np.arange(4) / 4 * 0.8
    expected = rates + (1 - rates) * (1 / (1 - rates) - 1) ** 2
    np.testing.assert_allclose(shares, expected, rtol=0.35)
    assert shares[0] == 0.0
    shares.clear()
    goes_on = {"initial_epoch": 3, "epochs": 4, "callbacks": callbacks, "verbose": 0}
    model.fit(ones, np.ones((256, 16)), 256, **goes_on)
    assert shares[0] == pytest.approx(expected[3], rel=0.35)


def test_a_network_as_published_ends_without_a_relu():
    node = (Edge("skip_connect", 0), Edge("skip_connect", 1))
    x = images(4, 6, 6, 2)
    ends = {}
    for published in (False, True):
        keras.utils.set_random_seed(0)
        model = model_of(Genotype((node,)), (6, 6, 2), cells=1, channels=4, as_published=published)
        ends[published] = np.asarray(model(x))
        last = model.layers[-2].output
        assert isinstance(model.layers[-2], keras.layers.ReLU) != published
        assert last.shape == (None, 6, 6, 4)
    assert (ends[False] >= 0).all()
    assert (ends[True] < 0).any()
    # NAS-Bench-201's network is published with one.
    one = model_of(parse_arch(CONVOLUTIONS), cells=1, channels=4, as_published=True)
    assert isinstance(one.layers[-2], keras.layers.ReLU)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cells": 0}, "cells must be at least 1. Received: 0"),
        ({"channels": 0}, "channels"),
        ({"stem_multiplier": 0}, "stem_multiplier"),
        ({"drop_path": 1.0}, "drop_path must be .* below 1"),
        ({"shape": (None, None, 3)}, r"known size.*\(None, None, None, 3\)"),
        ({"shape": (12,)}, "known size"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(InputError, match=message):
        model_of(DARTS_V2, **arguments)


def test_a_cell_needs_its_inputs():
    tensor = keras.Input((8, 8, 4))
    with pytest.raises(InputError, match=r"Expected 2 states .* got 1"):
        build_cell([tensor], DARTS_V2, channels=4)
    with pytest.raises(InputError, match="reduction cell"):
        build_cell([tensor], parse_arch(SKIPS), channels=4, reduce=True)


def test_learns_where_a_bar_lies():
    """Bars upright or level at random places: no pixel tells alone."""
    rng = np.random.default_rng(0)
    labels = np.arange(128) % 2
    x = rng.normal(scale=0.3, size=(128, 12, 12, 1)).astype("float32")
    for image, label in zip(x, labels, strict=True):
        place = rng.integers(2, 10)
        image[(place, slice(None)) if label else (slice(None), place)] += 2.0
    keras.utils.set_random_seed(0)
    node = (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1))
    network = model_of(Genotype((node,), (node,)), (12, 12, 1), cells=2, channels=8)
    model = keras.Sequential([network, keras.layers.Dense(2, activation="softmax")])
    model.compile(
        keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(x[:96], labels[:96], batch_size=16, epochs=12, verbose=0)
    assert model.evaluate(x[96:], labels[96:], verbose=0)[1] >= 0.9
