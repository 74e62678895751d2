import keras
import keras_tuner
import numpy as np
import pytest

from automl_kit.custom_blocks import (
    IMAGE_PRESETS,
    AugmentationBlock,
    ConvolutionBlock,
    ImageBlock,
    ImageInput,
    PooledBlock,
    ResidualBlock,
)
from automl_kit.errors import InputError


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(8, *shape)).astype("uint8")


def node() -> ImageInput:
    return ImageInput([1 / 64], [-2.0])


def build(block, shape, **values):
    """The block's model at the values given, others at their defaults."""
    hp = keras_tuner.HyperParameters()
    build_once(block, shape, hp)
    for name, value in values.items():
        hp.values[f"{block.name}/{name.replace('__', '/')}"] = value
    return build_once(block, shape, hp)


def build_once(block, shape, hp):
    tensor = keras.Input(shape)
    return keras.Model(tensor, block.build(hp, tensor))


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("block", "rank"),
    [
        (AugmentationBlock(name="augment"), 4),
        (ConvolutionBlock(name="convolution"), 4),
        (ResidualBlock(name="residual"), 4),
        (PooledBlock(name="pooled"), 4),
        (ImageBlock(name="image"), 2),
        (ImageBlock("residual", augment=False, reduction="flatten", name="image"), 2),
        (ImageBlock("pooled", augment=True, views=False, name="image"), 2),
        (ImageBlock("convolution", augment=True, units=64, dropout=0.0, name="image"), 2),
    ],
)
def test_standard_check(check_block, block, rank):
    check_block(block, node(), pixels(8, 8, 1), rank=rank, draws=2)


@pytest.mark.parametrize("shape", [(28, 28, 1), (20, 36, 3), (40, 9, 4)])
def test_standard_check_of_other_sizes(check_block, shape):
    check_block(ImageBlock(name="image"), node(), pixels(*shape), rank=2, draws=1)


@pytest.mark.parametrize("architecture", ["convolution", "residual", "pooled"])
@pytest.mark.parametrize("reduction", ["average", "flatten"])
@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (2, 3, 1), (8, 8, 1), (64, 64, 3), (8, 200, 3), (224, 224, 3)]
)
def test_every_size_of_images_and_the_largest_network(architecture, reduction, shape):
    """Deepest and widest: the map keeps at least a pixel, the parameters stay bounded."""
    block = ImageBlock(architecture, False, reduction, 256, 0.5, name="image")
    largest = {
        "convolution": {"width": 64, "layers": 2},
        "residual": {"width": 48, "units": 2},
        "pooled": {"width": 64, "layers": 3},
    }[architecture]
    values = {f"{architecture}__{name}": value for name, value in largest.items()}
    model = build(block, shape, **values, **{f"{architecture}__stages": 9})
    assert model.output.shape == (None, 256)
    for layer in model.layers:
        assert all(size is None or size >= 1 for size in layer.output.shape)
    assert model.count_params() < 8e6


def test_the_space_is_conditional():
    hp = keras_tuner.HyperParameters()
    build_once(ImageBlock(name="image"), (28, 28, 1), hp)
    names = [parameter.name for parameter in hp.space]
    assert names == sorted(set(names), key=names.index)
    assert {"image/architecture", "image/convolution/width", "image/residual/width"} <= set(names)
    assert "image/convolution/width" in hp
    assert "image/residual/width" not in hp
    hp.values["image/architecture"] = "residual"
    hp.values["image/augmented"] = False
    hp.ensure_active_values()
    assert "image/residual/width" in hp
    assert "image/convolution/width" not in hp
    assert "image/augment/flip" not in hp


def test_arguments_pin_hyperparameters():
    hp = keras_tuner.HyperParameters()
    build_once(ImageBlock("residual", False, "average", 0, 0.0, name="image"), (8, 8, 1), hp)
    assert {parameter.name.rsplit("/", 1)[0] for parameter in hp.space} == {"image/residual"}
    hp = keras_tuner.HyperParameters()
    block = ConvolutionBlock(2, 1, 16, 3, "max", False, 0.0, name="plain")
    model = build_once(block, (8, 8, 1), hp)
    assert not hp.space
    assert kinds(model)[1:] == ["TrainingConv2D", "ReLU", "MaxPooling2D"] * 2
    assert model.output.shape == (None, 2, 2, 32)


def test_depth_and_width_are_what_the_hyperparameters_say():
    model = build(ResidualBlock(name="r"), (28, 28, 1), stages=2, units=2, width=16)
    assert kinds(model).count("Add") == 4
    assert model.output.shape == (None, 7, 7, 32)
    model = build(ResidualBlock(name="r"), (28, 28, 1), stages=3, separable=True, squeeze=True)
    assert kinds(model).count("TrainingSeparableConv2D") == 6
    assert kinds(model).count("Multiply") == 3
    for pooling in ("max", "average", "stride"):
        model = build(ConvolutionBlock(name="c"), (28, 28, 1), stages=2, pooling=pooling)
        assert model.output.shape == (None, 7, 7, 64)


def test_pooling_comes_before_normalisation():
    model = build(PooledBlock(name="p"), (28, 28, 1), stages=2, layers=2, width=16)
    tail = ["TrainingConv2D", "FusedBatchNormalization", "ReLU"]
    stage = ["TrainingConv2D", "MaxPooling2D", "FusedBatchNormalization", "ReLU", *tail]
    assert kinds(model)[1:] == [*tail, *stage, *stage]
    assert model.layers[1].kernel.shape == (2, 2, 1, 16)
    assert model.output.shape == (None, 7, 7, 32)


def test_large_images_are_strided_over():
    """The first stage sees at most 32 pixels a side, so the cost doesn't grow with the image."""
    for block in (kind(name="block") for kind in (ConvolutionBlock, ResidualBlock, PooledBlock)):
        model = build(block, (224, 224, 3))
        first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
        assert first.output.shape[1:3] == (28, 28)


def test_augmentation_changes_each_image_in_training_only():
    images = np.random.default_rng(0).normal(size=(1, 12, 12, 3)).astype("float32")
    batch = images.repeat(6, axis=0)
    tensor = keras.Input((12, 12, 3))
    for argument in (
        {"flip": "horizontal_and_vertical"},
        {"translation": 0.2},
        {"zoom": 0.2},
        {"rotation": 0.1},
        {"contrast": 0.4},
    ):
        none = {"flip": "none", "translation": 0.0, "zoom": 0.0, "rotation": 0.0, "contrast": 0.0}
        block = AugmentationBlock(**{**none, **argument}, name="augment")
        model = keras.Model(tensor, block.build(keras_tuner.HyperParameters(), tensor))
        np.testing.assert_array_equal(model(batch, training=False), batch)
        keras.utils.set_random_seed(3)
        changed = np.asarray(model(batch, training=True))
        assert len(np.unique(changed.round(4), axis=0)) > 1, argument
        assert changed.min() < -0.5, "negative pixels are kept: nothing clips to bytes"


@pytest.mark.parametrize("argument", [{"architecture": "vgg"}, {"reduction": "sum"}])
def test_unknown_names(argument):
    with pytest.raises(InputError, match=next(iter(argument))):
        ImageBlock(**argument)


@pytest.mark.parametrize("architecture", ["convolution", "residual", "pooled"])
def test_learns_where_a_bar_lies(architecture):
    """Bars upright or level at random places: no pixel tells alone, every network finds out."""
    rng = np.random.default_rng(0)
    labels = np.arange(128) % 2
    images = rng.normal(scale=0.3, size=(128, 12, 12, 1)).astype("float32")
    for image, label in zip(images, labels, strict=True):
        place = rng.integers(2, 10)
        image[(place, slice(None)) if label else (slice(None), place)] += 2.0
    keras.utils.set_random_seed(0)
    block = ImageBlock(architecture, False, "average", 0, 0.0, name="image")
    tensor = keras.Input((12, 12, 1))
    vector = block.build(keras_tuner.HyperParameters(), tensor)
    model = keras.Model(tensor, keras.layers.Dense(2, activation="softmax")(vector))
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(images[:96], labels[:96], batch_size=16, epochs=15, verbose=0)
    assert model.evaluate(images[96:], labels[96:], verbose=0)[1] >= 0.9


@pytest.mark.parametrize("number", range(len(IMAGE_PRESETS)))
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 64, 3)])
def test_presets_are_points_of_the_space(number, shape):
    """Each names every active hyperparameter of the block, with a value that it can take."""
    preset = {name: value for name, value in IMAGE_PRESETS[number].items() if "/" in name}
    block = ImageBlock(name="image")
    space = keras_tuner.HyperParameters()
    build_once(block, shape, space)
    space.values = dict(preset)
    active = {parameter.name: parameter for parameter in space.space if space.is_active(parameter)}
    assert active.keys() == preset.keys()
    for name, parameter in active.items():
        if not name.endswith("/stages"):  # cut to what small images allow
            assert preset[name] in parameter.values
    assert build_once(block, shape, space).output.shape[0] is None


def test_a_preset_may_ask_for_more_stages_than_small_images_allow():
    model = build(ResidualBlock(name="r"), (8, 8, 1), stages=3)
    assert model.output.shape == (None, 2, 2, 64)


@pytest.mark.parametrize(("size", "pixels"), [((8, 4), (1.0, 1.0)), ((40, 30), (2.0, 1.5))])
def test_a_shift_is_of_a_pixel_at_least(size, pixels):
    """What is shown when predicting is moved by a pixel, and has to be known by then."""
    block = AugmentationBlock("none", 0.05, 0.0, 0.0, 0.0)
    entry = keras.Input((*size, 1))
    model = keras.Model(entry, block.build(keras_tuner.HyperParameters(), entry))
    (layer,) = (layer for layer in model.layers if "translation" in layer.name)
    shares = layer.height_factor, layer.width_factor
    assert [share * side for share, side in zip(shares, size, strict=True)] == list(pixels)
