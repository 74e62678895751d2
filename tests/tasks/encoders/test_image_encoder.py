import keras
import keras_tuner
import numpy as np
import pytest
from PIL import Image

from automl_kit.custom_blocks import ImageInput
from automl_kit.data import ImageSchema
from automl_kit.errors import InputError
from automl_kit.tasks.encoders import image as image_encoder


def schema(images: np.ndarray) -> ImageSchema:
    height, width, channels = images.shape[1:]
    return ImageSchema(height, width, channels, low=0.0, high=255.0)


def standardised(images: np.ndarray, standard: dict[str, list[float]]) -> np.ndarray:
    return images.astype("float64") * standard["scale"] + standard["offset"]


@pytest.mark.parametrize("dtype", ["uint8", "float32", "uint16"])
def test_equal_size_passes_bit_for_bit(dtype):
    images = np.random.default_rng(0).integers(0, 256, size=(5, 7, 4, 3)).astype(dtype)
    if dtype == "float32":
        images = images / np.float32(255)
    encoder, _ = image_encoder.fit_encoder(images, schema(images))
    output = encoder.predict(images, verbose=0)
    assert output.dtype == np.float32
    np.testing.assert_array_equal(output, images.astype("float32"))


def test_other_sizes_are_resized():
    images = np.zeros((2, 8, 6, 1), "uint8")
    encoder, _ = image_encoder.fit_encoder(images, schema(images))
    assert encoder.input.name == "image"
    large = np.full((3, 16, 10, 1), 9, "uint8")
    output = encoder.predict(large, verbose=0)
    assert output.shape == (3, 8, 6, 1)
    np.testing.assert_allclose(output, 9.0, rtol=1e-6)


@pytest.mark.parametrize("size", [(13, 9), (60, 50)])
def test_resizes_as_pillow_does(size):
    """Files are resized by Pillow before training, arrays in the exported model."""
    image = np.random.default_rng(0).integers(0, 256, size=(40, 36)).astype("uint8")
    expected = np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR))
    like = np.zeros((1, *size, 1), "uint8")
    encoder, _ = image_encoder.fit_encoder(like, schema(like))
    output = encoder.predict(image[None, ..., None], verbose=0)[0, ..., 0]
    assert np.abs(output - expected).max() <= 1.5  # Pillow rounds, once an axis


def test_standardises_each_channel():
    rng = np.random.default_rng(0)
    images = (rng.normal(size=(40, 6, 5, 3)) * [1.0, 20.0, 0.01] + [3.0, 100.0, 1000.0]).astype(
        "float64"
    )
    _, standard = image_encoder.fit_encoder(images, schema(images))
    pixels = standardised(images, standard).reshape(-1, 3)
    np.testing.assert_allclose(pixels.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(pixels.std(axis=0), 1.0, rtol=1e-6)


def test_pieces_give_what_the_whole_gives(monkeypatch):
    images = np.random.default_rng(1).integers(0, 256, size=(23, 4, 4, 3)).astype("uint8")
    whole = image_encoder.fit_encoder(images, schema(images))[1]
    monkeypatch.setattr(image_encoder, "_CHUNK_BYTES", 8 * 4 * 4 * 3 * 5)
    pieces = image_encoder.fit_encoder(images, schema(images))[1]
    np.testing.assert_allclose(pieces["scale"], whole["scale"], rtol=1e-12)
    np.testing.assert_allclose(pieces["offset"], whole["offset"], rtol=1e-12)


def test_a_memory_mapped_array_is_never_read_whole(tmp_path, monkeypatch):
    images = np.random.default_rng(1).integers(0, 256, size=(64, 4, 4, 1)).astype("uint8")
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    monkeypatch.setattr(image_encoder, "_CHUNK_BYTES", 8 * 4 * 4 * 10)
    sizes = []
    asarray = np.asarray

    def spy(array, *args, **kwargs):
        if isinstance(array, np.memmap):
            sizes.append(len(array))
        return asarray(array, *args, **kwargs)

    monkeypatch.setattr(image_encoder.np, "asarray", spy)
    standard = image_encoder.fit_encoder(mapped, schema(mapped))[1]
    assert max(sizes) == 10
    assert sum(sizes) == 64
    np.testing.assert_allclose(standardised(images, standard).std(), 1.0, rtol=1e-9)


@pytest.mark.parametrize("value", [0.0, 255.0, 0.1])
def test_a_constant_channel_becomes_zero(value):
    images = np.random.default_rng(0).normal(size=(8, 3, 3, 2)).astype("float32")
    images[..., 1] = value
    _, standard = image_encoder.fit_encoder(images, schema(images))
    np.testing.assert_allclose(standardised(images, standard)[..., 1], 0.0, atol=1e-6)


def test_image_input_takes_the_standard():
    images = np.random.default_rng(0).integers(0, 256, size=(30, 4, 4, 3)).astype("uint8")
    encoder, standard = image_encoder.fit_encoder(images, schema(images))
    node = ImageInput(**standard)
    model = keras.Model(encoder.input, node.build(keras_tuner.HyperParameters(), encoder.output))
    output = model.predict(images, verbose=0)
    np.testing.assert_allclose(output.mean(axis=(0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(output.std(axis=(0, 1, 2)), 1.0, rtol=1e-5)


def test_saves_and_loads(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, size=(3, 4, 4, 3)).astype("uint8")
    encoder, _ = image_encoder.fit_encoder(images, schema(images))
    encoder.save(tmp_path / "encoder.keras")
    reloaded = keras.models.load_model(tmp_path / "encoder.keras")
    larger = images.repeat(2, axis=1)
    np.testing.assert_array_equal(
        encoder.predict(larger, verbose=0), reloaded.predict(larger, verbose=0)
    )
    assert {type(layer).__name__ for layer in encoder.layers} == {"InputLayer", "Resizing"}


@pytest.mark.parametrize("shape", [(0, 4, 4, 1), (3, 4, 4), (3, 4, 5, 1)])
def test_other_shapes_than_the_schema_says(shape):
    with pytest.raises(InputError, match="Received"):
        image_encoder.fit_encoder(
            np.zeros(shape, "uint8"), ImageSchema(4, 4, 1, low=0.0, high=255.0)
        )
