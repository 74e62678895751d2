import warnings

import numpy as np
import pytest

from automl_kit.data.schema import ImageSchema, TextSchema
from automl_kit.errors import InputError
from automl_kit.export import to_raw_inputs

BYTES = ImageSchema(4, 4, 1, 0.0, 255.0)
UNIT = ImageSchema(4, 4, 3, 0.0, 1.0)


def noise(*shape):
    return np.random.default_rng(0).random(shape)


def test_grey_images_without_a_channel_axis():
    pixels = (noise(3, 9, 5) * 255).astype(np.uint8)
    raw = to_raw_inputs(pixels, BYTES)
    assert raw.shape == (3, 9, 5, 1)
    assert raw.dtype == np.uint8


def test_wrong_number_of_channels():
    with pytest.raises(InputError, match=r"trained on images of 1 channel\(s\), but these have 3"):
        to_raw_inputs(noise(2, 4, 4, 3) * 255, BYTES)


@pytest.mark.parametrize(
    ("pixels", "schema"),
    [
        (noise(2, 4, 4), BYTES),
        (noise(2, 4, 4, 3) * 255, UNIT),
        (noise(2, 4, 4), ImageSchema(8, 8, 1, 0.0, 16.0)),
    ],
)
def test_warns_of_pixels_on_another_scale(pixels, schema):
    with pytest.warns(UserWarning, match="probably wrong"):
        to_raw_inputs(pixels, schema)


@pytest.mark.parametrize(
    ("pixels", "schema"),
    [
        (noise(2, 4, 4) * 255, BYTES),
        (np.zeros((1, 4, 4)), BYTES),
        (np.full((1, 4, 4), 9, np.uint8), BYTES),  # a dark image
        (noise(2, 4, 4, 3), UNIT),
        (noise(2, 4, 4, 3) * 1.2 - 0.1, UNIT),
    ],
)
def test_is_silent_where_the_scale_may_be_right(pixels, schema):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_raw_inputs(pixels, schema)


def test_texts_become_a_column():
    assert to_raw_inputs(["a", None], TextSchema()).tolist() == [["a"], [""]]
    with pytest.raises(InputError):
        to_raw_inputs("one string", TextSchema())
