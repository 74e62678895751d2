"""The block of chains of stages: sizes, weights, shortcuts, hyperparameters, configuration."""

import json

import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.custom_blocks import ImageInput, MacroBlock, build_macro_network
from automl_kit.errors import InputError
from automl_kit.spaces import MacroGenotype, MacroSpace, Stage

SMALL = MacroSpace(stages=3, depths=(1, 2), widths=(4, 6), kernels=(3, 5))
CHAIN = MacroGenotype((Stage(2, 4, 3), Stage(1, 6, 5), Stage(1, 4, 3, skips=(0, 1))))


def network(genotype, shape=(8, 8, 1)):
    tensor = keras.Input(shape)
    return keras.Model(tensor, build_macro_network(tensor, genotype))


@pytest.mark.parametrize(
    "block",
    [MacroBlock(SMALL, name="chain"), MacroBlock(genotype=CHAIN, name="chain")],
    ids=["space", "genotype"],
)
def test_standard_check(check_block, block):
    pixels = np.random.default_rng(0).integers(0, 256, size=(8, 8, 8, 1)).astype("uint8")
    check_block(block, ImageInput([1 / 64], [-2.0]), pixels, rank=2, draws=2)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 7, 2), (28, 28, 1), (70, 33, 3)])
def test_any_size_of_images(shape):
    assert network(CHAIN, shape).output.shape == (None, 4)


def test_numbers_of_weights():
    convolutions = [
        (3, 1, 4),  # the stem
        *[(3, 4, 4)] * 2,  # a stage of two units
        (5, 4, 6),
        *[(1, 4, 6)] * 2,  # shortcuts of the stem and of the first stage, to 6 channels
        (3, 6, 4),
    ]
    weights = sum(size**2 * inputs * outputs for size, inputs, outputs in convolutions)
    normalisations = sum(4 * outputs for *_, outputs in convolutions)
    assert network(CHAIN).count_params() == weights + normalisations


def test_stages_halve_the_map_down_to_two_pixels():
    six = MacroGenotype(tuple(Stage(1, 4, 3) for _ in range(6)))
    layers = network(six, (16, 16, 1)).layers
    sides = [layer.output.shape[1] for layer in layers if layer.name.startswith("conv")]
    assert sides == [16, 16, 8, 4, 2, 2, 2]


@pytest.mark.parametrize("skips", [(), (0,)])
def test_a_shortcut_passes_by_the_stage_before(skips):
    genotype = MacroGenotype((Stage(1, 4, 3), Stage(1, 4, 3, skips=skips)))
    model = network(genotype)
    first = [layer for layer in model.layers if layer.name.startswith("conv")][1]
    first.set_weights([np.zeros_like(first.get_weights()[0])])  # of the first stage
    x = np.random.default_rng(0).standard_normal((2, 8, 8, 1)).astype("float32")
    one, other = model.predict(x, verbose=0)
    assert np.allclose(one, other) == (not skips)


def test_the_hyperparameters_are_the_spaces():
    hp = keras_tuner.HyperParameters()
    tensor = keras.Input((8, 8, 1))
    block = MacroBlock(SMALL, name="chain")
    block.build(hp, tensor)
    genotype = SMALL.sample(np.random.default_rng(3))
    hp.values = {f"chain/{name}": value for name, value in SMALL.values(genotype).items()}
    assert {parameter.name for parameter in hp.space} == hp.values.keys()
    found = keras.Model(tensor, block.build(hp, tensor))
    assert found.count_params() == network(genotype).count_params()


@pytest.mark.parametrize("block", [MacroBlock(SMALL), MacroBlock(genotype=CHAIN), MacroBlock()])
def test_configuration_round_trip(block):
    again = MacroBlock.from_config(json.loads(json.dumps(block.get_config())))
    assert again.space == block.space
    assert again.genotype == block.genotype
    assert again.get_config() == block.get_config()


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="leave one out"):
        MacroBlock(SMALL, CHAIN)
    with pytest.raises(InputError, match=r"images of known size.*\(None, 8\)"):
        build_macro_network(keras.Input((8,)), CHAIN)
