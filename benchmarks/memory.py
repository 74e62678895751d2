"""What importing costs, and peak memory of fitting images from a folder as their number grows.

Run as `python benchmarks/memory.py 5000 50000`: for each number a temporary folder of so many
JPEG files of 64×64 pixels is made, and a classifier is fitted on it in a fresh process: one
trial of one epoch, small, and the final training. The peak is the process's largest resident
set, of which the pages of the decoded images' file are a part that the system may take back.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from real_sets import PACKAGES
from sets import SEED, print_environment

SIDE, CLASSES = 64, 4
HELP = ["-m", "automl_kit.image", "--help"]
FIT = """
import sys
import automl_kit
small = {"image/architecture": "convolution", "image/convolution/stages": 3,
         "image/convolution/layers": 1, "image/convolution/width": 8, "image/augmented": False}
classifier = automl_kit.ImageClassifier(
    max_trials=1, epochs=1, initial_hps=[small], directory=sys.argv[2], seed=0, verbose=0)
classifier.fit(sys.argv[1])
(trial,) = classifier.leaderboard().to_dict("records")
status = open("/proc/self/status").read() if sys.platform == "linux" else ""
now = [line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")]
print(trial["status"], f"{trial['seconds']:.0f} s of search,", "own memory at the end",
      f"{int(now[0]) // 1024} MiB" if now else "unknown")
"""


def show_imports() -> None:
    """Prints the time of `--help`, and whether it imports TensorFlow."""
    done = subprocess.run([sys.executable, "-X", "importtime", *HELP], capture_output=True)
    # "import time:   self [us] | cumulative | name", names indented by depth.
    rows = re.findall(r"import time:\s+\d+ \|\s+(\d+) \| ( *)(\S+)", done.stderr.decode())
    total = sum(int(time_) for time_, depth, _ in rows if depth == "") / 1e6
    heavy = {"tensorflow", "keras", "autokeras", "keras_tuner"} & {name for *_, name in rows}
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        subprocess.run([sys.executable, *HELP], capture_output=True, check=True)
        seconds.append(time.monotonic() - started)
    print(
        f"--help: top-level imports {total:.3f} s by importtime, {len(rows)} modules; wall time "
        f"{min(seconds):.3f} s (least of 5); of TensorFlow, Keras, AutoKeras and KerasTuner it "
        f"imports {', '.join(sorted(heavy)) or 'none'}",
        flush=True,
    )


def make_images(folder: Path, number: int) -> None:
    """Writes JPEGs: noise around one brightness a class."""
    generator = np.random.default_rng(SEED)
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir(parents=True)
    for index in range(number):
        label = index % CLASSES
        pixels = generator.integers(0, 120, (SIDE, SIDE, 3), dtype=np.uint8) + 40 * label
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"class{label}" / f"{index}.jpg")


def show_peak(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images"
        make_images(images, number)
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-c", FIT, str(images), str(Path(folder) / "project")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        told = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"Fitting {number} images failed.")
        print(
            f"{number} images of {SIDE}×{SIDE}×3 ({number * SIDE * SIDE * 3 / 2**20:.0f} MiB "
            f"decoded): peak {usage.ru_maxrss / 1024:.0f} MiB, {told}, "
            f"{time.monotonic() - started:.0f} s in all",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", type=int, nargs="+")
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    show_imports()
    for number in arguments.numbers:
        show_peak(number)


if __name__ == "__main__":
    main()
