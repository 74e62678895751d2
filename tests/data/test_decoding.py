import io

import numpy as np
import pytest
from PIL import Image

from automl_kit.data.decoding import (
    UnreadableImageError,
    common_channels,
    common_size,
    decode,
)


def save(path, array, **more):
    Image.fromarray(np.asarray(array)).save(path, **more)
    return str(path)


def test_pixels_are_kept_at_their_own_size(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype("uint8")
    decoded = decode(save(tmp_path / "a.png", pixels), 5, 7, 3)
    assert (decoded.dtype, decoded.flags.c_contiguous) == (np.uint8, True)
    np.testing.assert_array_equal(decoded, pixels)


def test_another_size_is_interpolated(tmp_path):
    halves = np.repeat([[0, 200]], 4, axis=0).repeat(4, axis=1).astype("uint8")
    path = save(tmp_path / "a.png", halves)
    # A triangle of twice the pixel's width: 1/7 of a pixel's weight is on the other half.
    assert decode(path, 1, 2, 1)[0, :, 0].tolist() == [round(200 / 7), round(200 * 6 / 7)]
    assert (
        decode(save(tmp_path / "b.png", np.full((9, 9), 77, "uint8")), 4, 3, 1).tolist()
        == [[[77]] * 3] * 4
    )


def test_channels_are_added_and_taken_away(tmp_path):
    grey = save(tmp_path / "grey.png", np.full((2, 2), 50, "uint8"))
    assert decode(grey, 2, 2, 3)[0, 0].tolist() == [50, 50, 50]
    assert decode(grey, 2, 2, 4)[0, 0].tolist() == [50, 50, 50, 255]
    red = save(tmp_path / "red.png", np.full((2, 2, 3), [255, 0, 0], "uint8"))
    assert decode(red, 2, 2, 1)[0, 0].tolist() == [76]  # ITU-R 601: 0.299 of red


def test_a_palette_with_a_transparent_colour_keeps_it(tmp_path):
    image = Image.new("P", (2, 2), 0)
    image.putpalette([9, 8, 7])
    image.save(tmp_path / "a.png", transparency=0)
    assert decode(tmp_path / "a.png", 2, 2, 4)[0, 0].tolist() == [9, 8, 7, 0]


def test_sixteen_bits_that_hold_bytes_are_taken_as_bytes(tmp_path):
    small = save(tmp_path / "small.png", np.full((2, 2), 200, "uint16"))
    large = save(tmp_path / "large.png", np.array([[0, 65535]], "uint16"))
    assert decode(small, 2, 2, 1)[0, 0, 0] == 200
    assert decode(large, 1, 2, 1).ravel().tolist() == [0, 255]


def test_files_that_are_no_images_say_why(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "PNG")
    (tmp_path / "half.png").write_bytes(buffer.getvalue()[:60])
    (tmp_path / "text.png").write_text("no image")
    save(tmp_path / "float.tiff", np.zeros((2, 2), "float32"))
    for name, reason in [
        ("none.png", "No such file"),
        ("text.png", "not an image file"),
        ("half.png", "truncated|Truncated|not an image"),
        ("float.tiff", "floating-point pixels"),
    ]:
        with pytest.raises(UnreadableImageError, match=reason):
            decode(tmp_path / name, 2, 2, 1)


def test_the_common_size_is_the_median_with_sides_of_64_at_most(tmp_path):
    sizes = [(10, 20), (12, 30), (90, 25)]
    paths = [save(tmp_path / f"{h}.png", np.zeros((h, w), "uint8")) for h, w in sizes]
    broken = str(tmp_path / "none.png")
    assert common_size([broken, *paths]) == (12, 25)
    large = save(tmp_path / "large.png", np.zeros((128, 256), "uint8"))
    assert common_size([large]) == (32, 64)
    with pytest.raises(UnreadableImageError, match="no file can be read"):
        common_size([broken])


def test_a_quarter_turn_of_the_camera_swaps_height_and_width(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "a.jpg", np.zeros((10, 20), "uint8"), exif=exif)
    assert common_size([path]) == (20, 10)


def test_one_coloured_image_makes_three_channels(tmp_path):
    grey = save(tmp_path / "grey.png", np.zeros((2, 2), "uint8"))
    deep = save(tmp_path / "deep.png", np.zeros((2, 2), "uint16"))
    colour = save(tmp_path / "colour.png", np.zeros((2, 2, 3), "uint8"))
    broken = str(tmp_path / "none.png")
    assert common_channels([broken, grey, deep]) == 1
    assert common_channels([grey, colour]) == 3
