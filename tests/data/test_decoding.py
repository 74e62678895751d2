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


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[0, 65535]], "uint16"), [0, 255]),
        (np.array([[0, 257]], "uint16"), [0, 1]),
        (np.array([[200, 200]], "uint16"), [0, 0]),  # Darker than the darkest of 8 bits.
        (np.array([[0, 0.5]], "float32"), [0, 127]),
        (np.array([[0, 200.0]], "float32"), [0, 200]),
        (np.array([[0, np.nan]], "float32"), [0, 0]),
    ],
)
def test_other_depths_are_scaled_by_the_depth(tmp_path, pixels, expected):
    path = save(tmp_path / ("a.tiff" if pixels.dtype == "float32" else "a.png"), pixels)
    assert decode(path, 1, 2, 1).ravel().tolist() == expected


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0)])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_see_through_gets_a_ground_that_keeps_the_drawing(
    tmp_path, mode, ink, ground, channels
):
    drawing = np.full((4, 4, 4), ink, "uint8")
    drawing[..., 3] = 0
    drawing[1:3, 1:3, 3] = 255
    image = Image.fromarray(drawing, "RGBA")
    if mode == "P":
        indices = Image.fromarray((drawing[..., 3] > 0).astype("uint8"), "P")
        indices.putpalette([7, 7, 7, ink, ink, ink])
        indices.info["transparency"] = 0
        image = indices
    elif mode == "LA":
        image = image.convert("LA")
    image.save(tmp_path / "a.png")
    pixels = decode(tmp_path / "a.png", 4, 4, channels)
    assert (pixels[1:3, 1:3] == ink).all()
    assert (pixels[0] == ground).all()


def test_four_channels_keep_what_is_see_through(tmp_path):
    drawing = np.zeros((2, 2, 4), "uint8")
    drawing[0, 0, 3] = 255
    Image.fromarray(drawing, "RGBA").save(tmp_path / "a.png")
    np.testing.assert_array_equal(decode(tmp_path / "a.png", 2, 2, 4), drawing)


def test_cmyk_and_palettes_are_what_a_person_sees(tmp_path):
    red = Image.new("RGB", (8, 8), (204, 0, 0))
    for name, image in {"a.png": red.convert("P"), "a.tiff": red.convert("CMYK")}.items():
        image.save(tmp_path / name)
        assert np.abs(decode(tmp_path / name, 8, 8, 3).astype(int) - [204, 0, 0]).max() < 12


def test_files_that_are_no_images_say_why(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "PNG")
    (tmp_path / "half.png").write_bytes(buffer.getvalue()[:60])
    (tmp_path / "text.png").write_text("no image")
    for name, reason in [
        ("none.png", "No such file"),
        ("text.png", "not an image file"),
        ("half.png", "truncated|Truncated|not an image"),
        ("", "no path|directory"),
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
