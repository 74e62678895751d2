"""Seconds and memory of reading a large table and a folder of images, beside pandas and Keras.

Run as `python benchmarks/reading.py [--rows 200000] [--images 20000]`. Both are made here, with
seed 0: a CSV file of 50 columns (20 floats, 10 whole numbers, 10 categories, 4 dates, 3 prices
such as "$1,234", 3 columns of numbers with gaps), and PNG files of 64×64 noise in two folders.
Each reader is a process of its own, run `--repeats` times in turn with the others; the least of
its seconds and the peak of its memory beyond its imports are printed.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

CASES = ("pandas", "read_table", "whole way", "keras", "load_images")


def make_table(path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    columns: dict[str, object] = {f"f{i}": rng.normal(size=rows) for i in range(20)}
    columns |= {f"i{i}": rng.integers(0, 10 ** (i + 1), rows) for i in range(10)}
    columns |= {
        f"c{i}": np.array([f"v{k}" for k in range(5 * 2**i)])[rng.integers(0, 5 * 2**i, rows)]
        for i in range(10)
    }
    days = pd.date_range("2020-01-01", periods=1000).strftime("%Y-%m-%d").to_numpy()
    columns |= {f"d{i}": days[rng.integers(0, 1000, rows)] for i in range(4)}
    prices = np.array([f"${n:,}" for n in range(500, 5000)])
    columns |= {f"p{i}": prices[rng.integers(0, len(prices), rows)] for i in range(3)}
    for i in range(3):
        values = rng.normal(size=rows)
        values[rng.random(rows) < 0.1] = np.nan
        columns[f"g{i}"] = values
    columns["label"] = rng.integers(0, 2, rows)
    pd.DataFrame(columns).to_csv(path, index=False)


def make_images(folder: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    for label in "ab":
        (folder / label).mkdir(parents=True)
    for number in range(count):
        pixels = rng.integers(0, 255, (64, 64, 3)).astype("uint8")
        Image.fromarray(pixels).save(folder / "ab"[number % 2] / f"{number}.png", compress_level=1)


def read(case: str, path: Path) -> int:
    """Reads as the case says; gives how many rows there were."""
    if case == "pandas":
        return len(pd.read_csv(path))
    if case == "read_table":
        from automl_kit.data import read_table

        return len(read_table(path))
    if case == "whole way":
        from automl_kit.data import infer_schema, load_structured, to_raw

        loaded = load_structured(path, "label")
        return len(next(iter(to_raw(loaded.x, infer_schema(loaded.x)).values())))
    if case == "keras":
        import keras

        data = keras.utils.image_dataset_from_directory(path, image_size=(64, 64), verbose=False)
        return sum(len(labels) for _, labels in data)
    from automl_kit.data import load_images

    with tempfile.TemporaryDirectory() as cache:
        return len(load_images(path, cache=Path(cache), size=(64, 64)).x)


def peak() -> float:
    """Most memory that this process has had, in MB; getrusage tells of its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def one(case: str, path: Path) -> None:
    if case == "keras":
        import keras  # noqa: F401
    else:
        import automl_kit.data

        automl_kit.data.load_images  # noqa: B018  # imports what is behind it
    before = peak()
    started = time.perf_counter()
    rows = read(case, path)
    seconds = time.perf_counter() - started
    print(rows, seconds, peak() - before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", nargs=2, metavar=("CASE", "PATH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        one(arguments.case[0], Path(arguments.case[1]))
        return
    from real_sets import PACKAGES
    from sets import print_environment

    print_environment(*PACKAGES, "pandas", "pillow")
    with tempfile.TemporaryDirectory() as folder:
        table, images = Path(folder, "table.csv"), Path(folder, "images")
        make_table(table, arguments.rows)
        make_images(images, arguments.images)
        print(f"table.csv: {table.stat().st_size / 1e6:.0f} MB", flush=True)
        best: dict[str, tuple[float, float]] = {}
        for _ in range(arguments.repeats):
            for case in CASES:
                path = images if case in ("keras", "load_images") else table
                done = subprocess.run(
                    [sys.executable, __file__, "--case", case, str(path)],
                    capture_output=True, text=True, check=True,
                )  # fmt: skip
                _, seconds, megabytes = map(float, done.stdout.split())
                least = min(seconds, best.get(case, (seconds,))[0])
                best[case] = (least, megabytes)
        for case, (seconds, megabytes) in best.items():
            base = best["keras" if case in ("keras", "load_images") else "pandas"][0]
            print(f"{case}: {seconds:.2f} s ({seconds / base:.2f}), {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
