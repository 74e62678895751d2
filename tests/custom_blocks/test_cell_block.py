"""The block of cells: its hyperparameters, its configuration, and a search with it."""

import json

import keras
import keras_tuner
import numpy as np
import pytest

import automl_kit
from automl_kit.custom_blocks import (
    CellBlock,
    ClassificationHead,
    DropPath,
    ImageInput,
    build_cell_network,
)
from automl_kit.data import load_digits
from automl_kit.errors import InputError
from automl_kit.spaces import CHAPTER, DARTS, NAS_BENCH_201, CellSpace, Edge, Genotype

SMALL = CellSpace(nodes=2, ops=("none", "skip_connect", "max_pool_3x3", "sep_conv_3x3"))
NODE = (Edge("sep_conv_3x3", 0), Edge("skip_connect", 1))
PAIR = Genotype((NODE,), (NODE,))


def build(block, hp, shape=(8, 8, 1)):
    tensor = keras.Input(shape)
    return keras.Model(tensor, block.build(hp, tensor))


@pytest.mark.parametrize(
    "block",
    [
        CellBlock(NAS_BENCH_201, cells=2, channels=4, name="cells"),
        CellBlock(genotype=PAIR, cells=3, channels=4, drop_path=0.1, name="cells"),
    ],
    ids=["space", "genotype"],
)
def test_standard_check(check_block, block):
    pixels = np.random.default_rng(0).integers(0, 256, size=(8, 8, 8, 1)).astype("uint8")
    check_block(block, ImageInput([1 / 64], [-2.0]), pixels, rank=2, draws=1)


@pytest.mark.parametrize("space", [DARTS, NAS_BENCH_201, CHAPTER, SMALL])
def test_the_hyperparameters_are_the_spaces(space):
    """A member's values, below the block's name, build the network of that member."""
    hp = keras_tuner.HyperParameters()
    block = CellBlock(space, cells=2, channels=4, drop_path=0.0, name="cells")
    build(block, hp)
    genotype = space.sample(np.random.default_rng(3))
    values = {f"cells/{name}": value for name, value in space.values(genotype).items()}
    assert {parameter.name for parameter in hp.space} == values.keys()
    hp.values = values
    model = build(block, hp)
    tensor = keras.Input((8, 8, 1))
    expected = keras.Model(tensor, build_cell_network(tensor, genotype, cells=2, channels=4))
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in expected.layers]
    assert model.count_params() == expected.count_params()


@pytest.mark.parametrize("space", [DARTS, NAS_BENCH_201, CHAPTER, SMALL])
def test_a_search_starts_with_convolutions_not_with_zeros(space):
    model = build(CellBlock(space, cells=3, name="cells"), keras_tuner.HyperParameters())
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("TrainingSeparableConv2D") + kinds.count("Conv2D") >= 20
    assert "Rescaling" not in kinds


def test_size_is_searched_unless_given():
    hp = keras_tuner.HyperParameters()
    build(CellBlock(genotype=PAIR, name="cells"), hp)
    assert {p.name for p in hp.space} == {"cells/cells", "cells/channels", "cells/drop_path"}
    hp = keras_tuner.HyperParameters()
    model = build(CellBlock(genotype=PAIR, cells=3, channels=5, drop_path=0.1, name="cells"), hp)
    assert not hp.space
    assert model.output.shape == (None, 20)
    assert any(isinstance(layer, DropPath) for layer in model.layers)


def test_a_genotype_saved_is_a_block_elsewhere(tmp_path):
    PAIR.save(tmp_path / "found.json")
    block = CellBlock(genotype=Genotype.load(tmp_path / "found.json"), name="cells")
    config = json.loads(json.dumps(block.get_config()))
    assert CellBlock.from_config(config).genotype == PAIR
    assert CellBlock.from_config(config).space is None
    searched = CellBlock.from_config(json.loads(json.dumps(CellBlock(SMALL).get_config())))
    assert searched.space == SMALL
    assert searched.genotype is None
    assert CellBlock().space == DARTS


def test_a_space_and_a_genotype_are_one_too_many():
    with pytest.raises(InputError, match="got both"):
        CellBlock(DARTS, PAIR)


def test_digits_are_searched_learned_and_exported(tmp_path):
    def graph():
        space = CellSpace(nodes=1, ops=("none", "max_pool_3x3", "nor_conv_3x3"))
        entry = ImageInput()
        block = CellBlock(space, cells=2, channels=6, drop_path=0.0, name="cells")
        return entry, ClassificationHead(name="head", dropout=0.0)(block(entry))

    digits = load_digits()
    classifier = automl_kit.ImageClassifier(
        graph=graph, max_trials=1, epochs=1, batch_size=16, seed=0, verbose=0
    )
    test = digits.x_test, digits.y_test  # judged by these, the network isn't trained once more
    classifier.fit(digits.x_train, digits.y_train, validation_data=test)
    board = classifier.leaderboard()
    assert board.status.tolist() == ["COMPLETED"]
    assert board["cells/normal/node0/edge0/op"].tolist() == ["nor_conv_3x3"]
    assert classifier.score(*test) > 0.5
    back = automl_kit.load_model(classifier.export_model(tmp_path / "digits.keras"))
    np.testing.assert_allclose(
        back.predict_proba(digits.x_test), classifier.predict_proba(digits.x_test), atol=1e-6
    )
