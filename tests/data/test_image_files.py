import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automl_kit.data import read_files, read_folder, read_image_csv, read_npz
from automl_kit.errors import InputError, ProjectError


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)
    return path


def grey(value, height=6, width=8):
    return np.full((height, width), value)


def red(height=6, width=8):
    return np.broadcast_to([200, 10, 10], (height, width, 3))


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "images"
    save(root / "cat" / "1.png", grey(1))
    save(root / "cat" / "deep" / "2.bmp", grey(2))
    save(root / "dog" / "3.png", grey(3))
    save(root / "dog" / "4.gif", grey(4))
    return root


def test_a_folder_of_grey_images(folder, tmp_path):
    found = read_folder(folder, tmp_path / "cache", channels=1)
    assert found.images.shape == (4, 6, 8, 1)
    assert found.images.dtype == np.uint8
    assert found.images[:, 3, 3, 0].tolist() == [1, 2, 3, 4]
    assert found.labels.tolist() == ["cat", "cat", "dog", "dog"]
    assert [path.name for path in found.paths] == ["1.png", "2.bmp", "3.png", "4.gif"]
    assert found.broken == []
    assert isinstance(found.images, np.memmap)
    assert not found.images.flags.writeable


def test_one_coloured_image_makes_all_rgb(folder, tmp_path):
    cache = tmp_path / "cache"
    (folder / "dog" / "4.gif").unlink()  # a palette counts as colour
    assert read_folder(folder, cache).images.shape[3] == 1
    save(folder / "dog" / "5.png", red())
    images = read_folder(folder, cache).images
    assert images.shape == (4, 6, 8, 3)
    assert images[3, 0, 0].tolist() == [200, 10, 10]
    assert images[0, 0, 0].tolist() == [1, 1, 1]


def test_sizes(folder, tmp_path):
    cache = tmp_path / "cache"
    assert read_folder(folder, cache, 5).images.shape[1:3] == (5, 5)
    assert read_folder(folder, cache, (7, 9)).images.shape[1:3] == (7, 9)
    large = [save(tmp_path / f"{i}.jpg", red(200, 400)) for i in range(3)]
    assert read_files(large, None, cache).images.shape == (3, 32, 64, 3)
    mixed = [save(tmp_path / f"m{i}.png", grey(9, 10 * i, 20)) for i in (1, 2, 4)]
    assert read_files(mixed, None, cache).images.shape == (3, 20, 20, 1)
    for size in (0, (3,), (2, -1), "big"):
        with pytest.raises(InputError, match="size must be height and width"):
            read_folder(folder, cache, size)


def test_formats_and_modes_give_the_pixels(tmp_path):
    files = [
        save(tmp_path / "rgb.png", red()),
        save(tmp_path / "rgb.webp", red(), lossless=True),
        save(tmp_path / "rgb.jpg", red(), quality=100, subsampling=0),
        save(tmp_path / "rgba.png", np.dstack([red(), grey(255)])),
        save(tmp_path / "without_suffix", red(), format="PNG"),
    ]
    images = read_files(files, None, tmp_path / "cache", channels=3).images
    assert np.abs(images.astype(int) - [200, 10, 10]).max() <= 3
    assert read_files(files, None, tmp_path / "cache", channels=4).images.shape[3] == 4


def test_sixteen_bits_are_scaled(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.array([[0, 257 * 100], [257 * 200, 65535]], np.uint16)).save(path)
    images = read_files([path], None, tmp_path / "cache").images
    assert images[0, ..., 0].tolist() == [[0, 100], [200, 255]]


def test_the_camera_orientation_is_applied(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    path = save(tmp_path / "turned.png", pixels, exif=exif)
    images = read_files([path], None, tmp_path / "cache").images
    assert images.shape == (1, 16, 8, 3)
    assert images[0, 0, 0, 0] == 255
    assert images[0, -1, 0, 0] == 0


def test_broken_files_are_left_out_by_name(folder, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3))
    whole = save(tmp_path / "whole.jpg", noise).read_bytes()
    (folder / "cat" / "0.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "cat" / "notes.txt").write_text("no image")
    (folder / "dog" / "empty.png").touch()
    (folder / "dog" / ".hidden").write_text("no image")
    (folder / "bird").mkdir()
    save(folder / "loose.png", grey(5))
    found = read_folder(folder, tmp_path / "cache")
    assert found.labels.tolist() == ["cat", "cat", "dog", "dog"]
    assert len(found.images) == len(found.paths) == 4
    broken = "\n".join(found.broken)
    assert len(found.broken) == 5
    for name, reason in {
        "loose.png": "not in a class folder",
        "bird": "no files",
        "0.jpg": "truncated",
        "notes.txt": "not an image",
        "empty.png": "not an image",
    }.items():
        assert any(name in line and reason in line for line in found.broken), broken


def test_what_was_decoded_is_used_again_until_a_file_changes(folder, tmp_path):
    cache = tmp_path / "cache"
    first = read_folder(folder, cache)
    (file,) = cache.glob("*.npy")
    state = file.stat().st_mtime_ns, file.stat().st_ino
    assert np.array_equal(read_folder(folder, cache).images, first.images)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == state
    changed = save(folder / "cat" / "1.png", grey(77))
    os.utime(changed, ns=(0, 0))
    assert read_folder(folder, cache).images[0, 0, 0, 0] == 77
    assert sorted(p.suffix for p in cache.iterdir()) == [".json", ".json", ".npy", ".npy"]


@pytest.mark.parametrize("damage", ["array", "index", "entries", "no index"])
def test_a_damaged_cache_is_written_anew(folder, tmp_path, damage):
    cache = tmp_path / "cache"
    first = np.array(read_folder(folder, cache).images)
    (array,), (index,) = cache.glob("*.npy"), cache.glob("*.json")
    if damage == "array":
        array.write_bytes(array.read_bytes()[:100])
    elif damage == "index":
        index.write_text('{"kept": [0, 1')
    elif damage == "entries":
        index.write_text(json.dumps({"kept": [0, 1, 2, 99], "broken": []}))
    else:
        index.unlink()
    assert np.array_equal(read_folder(folder, cache).images, first)


def test_folders_without_classes_or_images_are_refused(tmp_path):
    cache, root = tmp_path / "cache", tmp_path / "root"
    with pytest.raises(InputError, match="does not exist"):
        read_folder(root, cache)
    root.mkdir()
    with pytest.raises(InputError, match="no folders in it; expected one folder of images a class"):
        read_folder(root, cache)
    with pytest.raises(InputError, match="has no files"):
        read_folder(root, cache, labelled=False)
    save(root / "1.png", grey(1))
    with pytest.raises(InputError, match="expected one folder of images a class"):
        read_folder(root, cache)
    assert read_folder(root, cache, labelled=False).labels is None
    (root / "cat").mkdir()
    with pytest.raises(InputError, match=r"class folders .* have no files"):
        read_folder(root, cache)
    (root / "cat" / "x.png").write_text("no image")
    for size in (None, 8):
        with pytest.raises(InputError, match="None of the 1 image files can be read"):
            read_folder(root, cache, size)
    assert len(list(cache.iterdir())) == 2  # of the one image that could be read
    with pytest.raises(InputError, match="is a file; expected a folder"):
        read_folder(root / "1.png", cache)


def test_a_cache_that_can_not_be_written_is_named(folder):
    with pytest.raises(ProjectError, match="Can't write"):
        read_folder(folder, Path("/proc/cache"))


def test_a_table_of_paths(folder, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text(
        "id,path,class\n1,images/cat/1.png,NA\n2,images/dog/3.png,dog\n3,gone.png,dog\n4,,dog\n"
    )
    found = read_image_csv(table, "class", tmp_path / "cache")
    assert found.images[:, 0, 0, 0].tolist() == [1, 3]
    assert found.labels.tolist() == ["NA", "dog"]
    assert "row 3: no path" in found.broken[0]
    assert "gone.png" in found.broken[1]
    assert read_image_csv(table, None, tmp_path / "cache").labels is None
    with pytest.raises(
        InputError, match=r"no target column 'kind'; the columns are \['id', 'path'"
    ):
        read_image_csv(table, "kind", tmp_path / "cache")
    table.write_text("a,b,class\nx,y,z\n")
    with pytest.raises(InputError, match=r"which column of .* holds the paths"):
        read_image_csv(table, "class", tmp_path / "cache")


def test_arrays_in_a_file(tmp_path):
    pixels = np.zeros((4, 5, 5), np.uint8)
    path = tmp_path / "a.npz"
    np.savez(path, x=pixels, y=np.arange(4))
    found = read_npz(path)
    assert found.images.shape == (4, 5, 5, 1)
    assert found.labels.tolist() == [0, 1, 2, 3]
    with pytest.raises(InputError, match=r"no array 'z'; its arrays are \['x', 'y'\]"):
        read_npz(path, "z")
    np.savez(path, x_train=pixels, y_train=np.arange(4), x_test=pixels, y_test=np.arange(4))
    assert read_npz(path).labels.tolist() == [0, 1, 2, 3]
    np.savez(path, x=pixels, y=np.arange(3))
    with pytest.raises(InputError, match="4 images, but 3 labels"):
        read_npz(path)
    np.savez(path, pixels=pixels)
    with pytest.raises(InputError, match=r"no array 'x'; its arrays are \['pixels'\]"):
        read_npz(path)
    np.savez(path, x=np.array([{}, None], dtype=object))
    with pytest.raises(InputError, match="allow_pickle=False"):
        read_npz(path)
    path.write_text("nothing")
    with pytest.raises(InputError, match=r"not a \.npz file"):
        read_npz(path)


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    """A process that decodes 60 MB of pixels stays within 20 MB of one that decodes 3 MB."""
    save(tmp_path / "one.jpg", red(64, 64))
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from automl_kit.data import read_files\n"
        "files = [sys.argv[1]] * int(sys.argv[2])\n"
        "images = read_files(files, None, Path(sys.argv[3]), 64).images\n"
        "print(images.nbytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks, sizes = [], []
    for n in ("250", "5000"):
        command = [sys.executable, "-c", code, tmp_path / "one.jpg", n, tmp_path / n]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        size, peak = map(int, done.stdout.split())
        sizes.append(size)
        peaks.append(peak * 1024)
    assert sizes[1] - sizes[0] > 50e6
    assert peaks[1] - peaks[0] < 20e6
