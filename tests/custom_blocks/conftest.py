"""The standard check that every block passes; a block joins it with one line.

    def test_my_block(check_block):
        check_block(MyBlock(), TableInput(layout), rows)

`rows` is a small array of what the encoder gives, the batch first: float32 for
tables, int32 ids for tokens, uint8 for images.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from autokeras import blocks as ak_blocks

from automl_kit.custom_blocks import ClassificationHead
from automl_kit.evaluation.build import fit_layers
from automl_kit.evaluation.rows import Rows
from automl_kit.export.stock import to_stock

CheckBlock = Callable[..., None]


def build_model(block: Any, node: Any, data: np.ndarray, hp: Any) -> keras.Model:
    """The Keras model of one block behind its input node, as AutoKeras's graph builds it."""
    node.shape, node.dtype = tuple(data.shape[1:]), str(data.dtype)
    if block.inputs is None:
        ClassificationHead(num_classes=3)(block(node))
    tensor = node.build_node(hp)
    model = keras.Model(tensor, block.build(hp, node.build(hp, tensor)))
    fit_layers(model, Rows(data, np.eye(3)[np.arange(len(data)) % 3]), seed=0)
    return model


def random_values(space: Any, seed: int) -> Any:
    """Hyperparameters drawn at random from a space, active ones only, as KerasTuner draws them."""
    hp = keras_tuner.HyperParameters()
    for number, parameter in enumerate(space.space):
        hp.merge([parameter])
        if hp.is_active(parameter):
            hp.values[parameter.name] = parameter.random_sample(1000 * seed + number)
    return hp


def anatomy(model: keras.Model) -> list[tuple[Any, ...]]:
    """What a model is made of, without the numbers that Keras adds to names."""
    parts = []
    for layer in model.layers:
        config = {key: value for key, value in layer.get_config().items() if key != "name"}
        shapes = [tuple(weight.shape) for weight in layer.weights]
        parts.append((type(layer).__name__, json.dumps(config, default=str), shapes))
    return parts


def check_model(model: keras.Model, data: np.ndarray, path: Path, rank: int | None) -> None:
    """Output, stock layers, saving and gradients of one built model."""
    assert model.output.dtype == "float32"
    assert model.output.shape[0] is None
    assert all(isinstance(size, int) and size > 0 for size in model.output.shape[1:])
    assert rank is None or len(model.output.shape) == rank
    for training in (False, True):
        output = np.asarray(model(data, training=training))
        assert output.shape == (len(data), *model.output.shape[1:])
        assert np.isfinite(output).all()

    expected = model(data, training=False)
    # The export, which raises where a layer is not Keras's own and has no such form.
    np.testing.assert_array_equal(to_stock(model)(data, training=False), expected)
    model.save(path)
    np.testing.assert_array_equal(keras.models.load_model(path)(data, training=False), expected)
    check_gradients(model, data)


def check_gradients(model: keras.Model, data: np.ndarray) -> None:
    """Every trainable weight moves in three steps by the gradient's sign: zero moves none."""
    before = [weight.numpy() for weight in model.trainable_weights]
    target = np.random.default_rng(0).normal(size=(len(data), *model.output.shape[1:]))
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(data, training=True) - target.astype("float32")) ** 2)
        values = [weight.value for weight in model.trainable_weights]
        gradients = tape.gradient(loss, values)
        lost = [
            weight.path
            for weight, gradient in zip(model.trainable_weights, gradients, strict=True)
            if gradient is None
        ]
        assert not lost, f"no gradient reaches {lost}"
        for value, gradient in zip(values, gradients, strict=True):
            value.assign_sub(1e-3 * tf.sign(tf.convert_to_tensor(gradient)))
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert np.isfinite(weight.numpy()).all(), f"{weight.path} is not finite"
        assert not np.array_equal(weight.numpy(), old), f"{weight.path} does not learn"


@pytest.fixture
def check_block(tmp_path: Path) -> CheckBlock:
    """The standard check: `check_block(block, node, data, rank=None, draws=3, prepare=None)`.

    At the default hyperparameters and at `draws` random ones: the model builds with stock layers
    only; the output is float32, of known shape (of `rank` axes, batch included, where given) and
    finite; it saves and loads with equal outputs; every trainable weight learns; the block's
    configuration, through JSON and AutoKeras's registry, builds the same model. `prepare(block)`
    is called on the block and on its copy, for what a task sets besides the configuration.
    """

    def check(
        block: Any,
        node: Any,
        data: np.ndarray,
        rank: int | None = None,
        draws: int = 3,
        prepare: Callable[[Any], None] | None = None,
    ) -> None:
        keras.utils.set_random_seed(0)
        copy = ak_blocks.deserialize(json.loads(json.dumps(ak_blocks.serialize(block))))
        assert type(copy) is type(block)
        assert copy.get_config() == block.get_config()
        if prepare is not None:
            prepare(block)
            prepare(copy)
        space = keras_tuner.HyperParameters()
        for draw in range(draws + 1):
            hp = random_values(space, draw) if draw else keras_tuner.HyperParameters()
            model = build_model(block, node, data, hp)
            check_model(model, data, tmp_path / f"{draw}.keras", rank)
            assert anatomy(build_model(copy, node, data, hp.copy())) == anatomy(model)
            space.merge(hp)

    return check
