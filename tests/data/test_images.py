import mmap
from pathlib import Path

import numpy as np
import pytest

from automl_kit.data import as_images, release
from automl_kit.errors import InputError

PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("X", "dtype"),
    [
        (PIXELS, np.uint8),
        (PIXELS.astype(np.int64), np.uint8),
        (PIXELS.astype(np.float64), np.float32),
        (PIXELS.astype(np.float16), np.float32),
        (PIXELS.tolist(), np.uint8),
        (list(PIXELS), np.uint8),
        (PIXELS[..., np.newaxis], np.uint8),
        (PIXELS.astype(object), np.float32),
    ],
)
def test_values_are_kept(X, dtype):
    images = as_images(X)
    assert images.dtype == dtype
    np.testing.assert_array_equal(images, PIXELS[..., np.newaxis])


def test_integers_outside_a_byte_become_floats_and_booleans_0_and_1():
    for values in (np.array([[[0, 256]]]), np.array([[[-1, 255]]], np.int16)):
        images = as_images(values)
        assert images.dtype == np.float32
        np.testing.assert_array_equal(images[..., 0], values)
    assert as_images(np.array([[[True, False]]]))[0, 0, :, 0].tolist() == [1, 0]
    assert as_images(np.array([[[True, False]]])).dtype == np.uint8


def test_bytes_are_not_copied():
    assert np.shares_memory(as_images(PIXELS), PIXELS)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (None, "got None"),
        ("folder", "got 'folder'"),
        (np.zeros((3, 784)), r"shape \(3, 784\). Reshape your data"),
        (np.zeros((2, 3, 8, 8)), "channels-first: pass np.transpose"),
        (np.zeros((2, 8, 8, 2)), "1, 3 or 4 channels"),
        (np.zeros((0, 8, 8)), r"0 sample\(s\)"),
        ([], r"0 sample\(s\)"),
        (np.array([[["a"]]]), "dtype <U1"),
        (np.array([[["a"]]], dtype=object), "must be numbers"),
        (np.zeros((1, 2, 2), complex), "Complex data not supported"),
        ([np.zeros((4, 4)), np.zeros((5, 4))], r"different ones: \(4, 4\), \(5, 4\)"),
        ([np.zeros((4, 4)), np.zeros((4, 4, 3))], r"different ones: \(4, 4\), \(4, 4, 3\)"),
        ([[[1, 2], [3]], [[1]]], "different ones"),
        (np.array([np.zeros((4, 4)), np.zeros((5, 4))], dtype=object), "different ones"),
    ],
)
def test_what_is_no_image_is_refused(X, message):
    with pytest.raises(InputError, match=message):
        as_images(X)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_the_image_with_a_pixel_that_is_not_finite_is_named(bad):
    X = np.zeros((300, 4, 4))
    X[217, 1, 2] = bad
    with pytest.raises(InputError, match="image 217 "):
        as_images(X)


def test_a_mapped_array_stays_on_disk_and_can_be_released(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.full((64, 64, 1024), 7, np.uint8))
    mapped = np.load(path, mmap_mode="r")
    images = as_images(mapped)
    assert np.shares_memory(images, mapped)
    before = resident()
    assert int(images.max()) == 7
    used = resident() - before
    release(images)
    assert used > 3 << 20
    assert resident() - before < 1 << 20
    assert int(images.max()) == 7


def test_release_loses_nothing_that_was_written(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((4, 4096), np.uint8))
    for mode in ("r+", "c"):
        mapped = np.load(path, mmap_mode=mode)
        mapped[1] = 9
        release(mapped[1:])
        assert mapped[1].tolist() == [9] * 4096
    release(np.zeros(3))


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
