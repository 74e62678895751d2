"""Prints what the commands answer to the mistakes that users make: message and exit status.

Run as `python benchmarks/bad_inputs.py`. It needs no data: each case makes its own files in
a temporary folder, and is run through the command's own entry with its own arguments. Full
disks and read-only folders are small file systems in memory, which only root can mount; to
others these cases are named and left out.
"""

import contextlib
import gzip
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from PIL import Image

from automl_kit import image, quiet, structured, text
from automl_kit.command import run

APPS = {"structured": structured.app, "text": text.app, "image": image.app}
GOOD = "a,b,label\n" + "".join(f"{n},{'xy'[n % 2]},{'pq'[n % 2]}\n" for n in range(20))


def _files() -> None:
    """Makes every file that a case names, good and bad."""
    contents = {
        "good.csv": GOOD,
        "empty.csv": "",
        "header.csv": "a,b,label\n",
        "ragged.csv": "a,label\n1,p\n1,2,3,q\n",
        "one_class.csv": "a,label\n" + "1,p\n" * 9,
        "lone.csv": GOOD + "1,x,r\n",
        "no_label.csv": GOOD.replace(",p\n", ",\n", 1),
        "only_label.csv": "label\n" + "p\nq\n" * 5,
        "missing_column.csv": "a\n1\n2\n",
        "all_missing.csv": "a,label\n" + ",p\n,q\n" * 5,
        "twice.csv": "a,a,label\n" + "1,2,p\n1,2,q\n" * 5,
        "bad.jsonl": "{half\n",
        "bad.parquet": "no parquet",
        "data.xlsx": "no table of a known kind",
        "semicolons.csv": "a;label\n1;p\n1;2;3;q\n",
        "numbers.csv": "text,label\n" + "1,p\n2,q\n" * 5,
        "blank.csv": "text,label\n" + " ,p\n ,q\n" * 5,
        "two_texts.csv": "one,two,label\n" + "a b,c d,p\ne f,g h,q\n" * 5,
        "ours.keras": "no zip",
        "file": "a file, no folder",
        "paths.csv": "path,label\nnone/1.png,p\nnone/2.png,q\n",
        "words_for_numbers.csv": GOOD.replace("\n7,", "\nseven,"),
        "dates_for_numbers.csv": "a,b\n2024-05-31,x\n2024-06-01,y\n",
        "truths_for_numbers.csv": "a,b\nyes,x\nno,y\n",
        "twice_named.csv": "a,b,b\n1,x,x\n",
        "no_rows.csv": "a,b\n",
        "unclosed.csv": 'a,label\n"1,p\n2,q\n',
        "array.jsonl": '[{"a": 1, "label": "p"}]\n',
        "numbers.jsonl": "1\n2\n",
        "nested.jsonl": '{"a": {"b": [1]}, "label": "p"}\n{"a": {"b": [2]}, "label": "q"}\n' * 9,
        "endless.jsonl": '{"a": ' * 5000 + "\n",
        "ids.csv": "a,label\n" + "".join(f"{n % 3},id{n}\n" for n in range(30)),
        "date_label.csv": "a,label\n" + "1,2024-01-01\n2,2024-01-02\n" * 6,
        "numeric_label.csv": "a,label\n" + "".join(f"{n},{n / 7:.3f}\n" for n in range(30)),
        "mostly_bad.csv": "a,label\n" + "".join(f"{'?x' if n % 2 else n},p\n" for n in range(9)),
        "page.csv": "<!doctype html><html><body>Not found</body></html>",
        "good.txt": GOOD,
        "good.xls": GOOD,
        "texts.csv": "text,label\n" + "good day,p\nbad day,q\n" * 10,
        "more.csv": "one,two,label\n" + "good day,old,p\nbad day,new,q\n" * 10,
        "other_text.csv": "body\ngood day\n",
        "targets.csv": "path,label\n" + "images/p/1.png,\n" * 3,
        "no_paths.csv": "size,kind\n1,p\n2,q\n",
        "notes.txt": "no image",
    }
    for name, content in contents.items():
        Path(name).write_text(content)
    Path("latin.csv").write_bytes("a,label\nä,p\nö,q\n".encode("latin-1"))
    pd.DataFrame({"a": [1.5] * 20, "label": np.linspace(0, 1, 20)}).to_csv("float.csv", index=False)
    Path("nul.csv").write_bytes(b"a,label\n1\0,p\n2\0,q\n" * 5)
    Path("cut.csv.gz").write_bytes(gzip.compress(GOOD.encode())[:-9])
    Path("plain.csv.gz").write_text(GOOD)
    Path("utf16.csv").write_bytes(GOOD.encode("utf-16")[:-1])
    lists = pd.DataFrame({"a": [[1], [2, 3]] * 10, "label": ["p", "q"] * 10})
    lists.to_parquet("lists.parquet")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save("foreign.keras")
    Path("train_only/test").mkdir(parents=True)
    Path("train_only/train").mkdir()
    Path("flat").mkdir()
    Path("hollow/p").mkdir(parents=True)
    Path("hollow/q").mkdir()
    for label in "pq":
        Path("broken", label).mkdir(parents=True)
        Path("broken", label, "1.png").write_text("no image")
        Path("single", label).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(Path("single", label, "1.png"))
        Path("images", label).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (64, 64), (number, number, 0)).save(f"images/{label}/{number}.png")
    Image.new("RGB", (8, 8)).save("flat/1.png")
    labels = np.arange(10) % 2
    random = np.random.default_rng(0)
    np.savez("strings.npz", x=np.full((10, 4, 4), "a"), y=labels)
    np.savez("nan.npz", x=np.full((10, 4, 4), np.nan), y=labels)
    np.savez("lengths.npz", x=random.integers(0, 9, (10, 4, 4)).astype("uint8"), y=labels[:9])
    np.savez("channels.npz", x=random.integers(0, 9, (10, 3, 9, 9)).astype("uint8"), y=labels)
    np.savez("no_y.npz", x=random.integers(0, 9, (10, 4, 4)).astype("uint8"))
    np.savez("objects.npz", x=np.array([{}] * 10), y=labels)
    np.savez("empty.npz", x=np.zeros((0, 4, 4), "uint8"), y=labels[:0])
    np.savez("complex.npz", x=np.ones((10, 4, 4), complex), y=labels)
    np.savez("five.npz", x=np.zeros((10, 4, 4, 5), "uint8"), y=labels)
    np.savez("colour.npz", x=random.integers(0, 9, (10, 8, 8, 3)).astype("uint8"), y=labels)
    Path("bad.npz").write_bytes(b"PK no archive")
    np.savez("flat.npz", x=random.integers(0, 9, (10, 4)).astype("uint8"), y=labels)
    Path("other/structured_classifier").mkdir(parents=True)
    Path("other/structured_classifier/project.json").write_text('{"half')
    Path("foreign/structured_classifier").mkdir(parents=True)
    Path("foreign/structured_classifier/oracle.json").write_text("{}")


@contextlib.contextmanager
def _mounted() -> Iterator[bool]:
    """Mounts disks that are full or read-only; gives whether that was possible."""
    options = {"full": "size=8k", "nearly": "size=128k", "readonly": "ro"}
    made = []
    for name, option in options.items():
        Path(name).mkdir()
        command = ["mount", "-t", "tmpfs", "-o", option, "tmpfs", name]
        if os.geteuid() == 0 and subprocess.run(command, check=False).returncode == 0:
            made.append(name)
    try:
        if len(made) == len(options):
            for page in range(2):  # The folder itself takes none.
                Path("full", f"page{page}").write_bytes(bytes(4096))
        yield len(made) == len(options)
    finally:
        for name in made:
            subprocess.run(["umount", name], check=True)


FIT = ["fit", "good.csv", "--target", "label", "--max-trials", "1", "--epochs", "1", "--seed", "0"]
TEXT = ["fit", "texts.csv", "--max-trials", "1", "--epochs", "1", "--out", "text.keras"]
TEXT += ["--directory", "t"]
IMAGE = ["fit", "colour.npz", "--max-trials", "1", "--epochs", "1", "--out", "image.keras"]
CASES: list[tuple[str, list[str]]] = [
    ("structured", ["fit", "none.csv"]),
    ("structured", ["fit", "flat"]),
    ("structured", ["fit", "empty.csv"]),
    ("structured", ["fit", "header.csv"]),
    ("structured", ["fit", "ragged.csv"]),
    ("structured", ["fit", "latin.csv"]),
    ("structured", ["fit", "semicolons.csv"]),
    ("structured", ["fit", "bad.jsonl"]),
    ("structured", ["fit", "bad.parquet"]),
    ("structured", ["fit", "data.xlsx"]),
    ("structured", ["fit", "good.csv", "--target", "klass"]),
    ("structured", ["fit", "one_class.csv"]),
    ("structured", ["fit", "lone.csv"]),
    ("structured", ["fit", "no_label.csv"]),
    ("structured", ["fit", "float.csv"]),
    ("structured", ["fit", "only_label.csv"]),
    ("structured", ["fit", "all_missing.csv"]),
    ("structured", ["fit", "twice.csv"]),
    ("structured", ["fit", "good.csv", "--max-trials", "0"]),
    ("structured", ["fit", "good.csv", "--epochs", "0"]),
    ("structured", ["fit", "good.csv", "--seed", "-1"]),
    ("structured", ["fit", "good.csv", "--tuner", "magic"]),
    ("structured", ["fit", "good.csv", "--objective", "magic"]),
    ("structured", ["fit", "good.csv", "--time-budget", "soon"]),
    ("structured", ["fit", "good.csv", "--time-budget", "0s"]),
    ("structured", ["fit", "good.csv", "--max-trials", "many"]),
    ("structured", ["fit", "good.csv", "--nonsense"]),
    ("structured", ["fit", "good.csv", "--out", "model.h5"]),
    ("structured", ["fit", "good.csv", "--directory", "file"]),
    ("structured", ["fit", "good.csv", "--directory", "other"]),
    ("structured", ["fit", "good.csv", "--directory", "foreign"]),
    ("structured", FIT),  # this one is right, and makes the model of the next ones
    ("structured", [*FIT[:-1], "1"]),
    ("structured", [*FIT, "--tuner", "random"]),
    ("structured", [*FIT, "--out", "file/model.keras"]),
    ("structured", ["predict", "model.keras", "missing_column.csv"]),
    ("structured", ["predict", "model.keras", "none.csv"]),
    ("structured", ["predict", "none.keras", "good.csv"]),
    ("structured", ["predict", "ours.keras", "good.csv"]),
    ("structured", ["predict", "good.csv", "good.csv"]),
    ("structured", ["predict", "model.keras", "good.csv", "--out", "file/p.csv"]),
    ("structured", ["evaluate", "model.keras", "lone.csv", "--target", "label"]),
    ("text", ["predict", "model.keras", "good.csv"]),
    ("text", ["fit", "none.csv"]),
    ("text", ["fit", "numbers.csv"]),
    ("text", ["fit", "blank.csv"]),
    ("text", ["fit", "two_texts.csv"]),
    ("image", ["fit", "none"]),
    ("image", ["fit", "flat"]),
    ("image", ["fit", "hollow"]),
    ("image", ["fit", "broken"]),
    ("image", ["fit", "single"]),
    ("image", ["fit", "paths.csv"]),
    ("image", ["fit", "strings.npz"]),
    ("image", ["fit", "nan.npz"]),
    ("image", ["fit", "lengths.npz"]),
    ("image", ["fit", "channels.npz"]),
    ("image", ["fit", "flat.npz"]),
    ("image", ["fit", "file"]),
    # Files that hold something else than their names say.
    ("structured", ["fit", "nul.csv", "--directory", "p1"]),
    ("structured", ["fit", "cut.csv.gz", "--directory", "p2"]),
    ("structured", ["fit", "plain.csv.gz", "--directory", "p3"]),
    ("structured", ["fit", "utf16.csv", "--directory", "p4"]),
    ("structured", ["fit", "unclosed.csv", "--directory", "p5"]),
    ("structured", ["fit", "page.csv", "--directory", "p6"]),
    ("structured", ["fit", "good.txt", "--directory", "p7"]),
    ("structured", ["fit", "good.xls", "--directory", "p8"]),
    ("structured", ["fit", "array.jsonl", "--directory", "p9"]),
    ("structured", ["fit", "numbers.jsonl", "--directory", "p10"]),
    ("structured", ["fit", "endless.jsonl", "--directory", "p11"]),
    ("structured", ["fit", "x" * 5000, "--directory", "p12"]),
    ("structured", ["fit", "~nobody/good.csv", "--directory", "p13"]),
    # Columns and labels that can't be learned from.
    ("structured", ["fit", "nested.jsonl", "--directory", "a", "--out", "a.keras", *FIT[4:-2]]),
    ("structured", ["fit", "lists.parquet", "--directory", "b", "--out", "b.keras", *FIT[4:-2]]),
    ("structured", ["fit", "ids.csv", "--directory", "p14"]),
    ("structured", ["fit", "date_label.csv", "--directory", "c", "--out", "c.keras", *FIT[4:-2]]),
    ("structured", ["fit", "numeric_label.csv", "--directory", "p15"]),
    ("structured", ["fit", "mostly_bad.csv", "--directory", "p16"]),
    ("structured", ["fit", "good.csv", "--text-column", "b", "--directory", "p17"]),
    ("structured", ["fit", "good.csv", "--tuner", "darts", "--directory", "p18"]),
    ("structured", ["fit", "good.csv", "--time-budget", "-5s", "--directory", "p19"]),
    ("structured", ["fit", "good.csv", "--out", "images", "--directory", "p20"]),
    ("structured", ["fit", "good.csv", "--out", "model.pb", "--directory", "p21"]),
    ("structured", ["fit", "good.csv", "--epochs", "1.5", "--directory", "p22"]),
    ("structured", ["fit"]),
    # Later data that isn't as training's was.
    ("structured", ["predict", "model.keras", "words_for_numbers.csv"]),
    ("structured", ["predict", "model.keras", "dates_for_numbers.csv"]),
    ("structured", ["predict", "model.keras", "truths_for_numbers.csv"]),
    ("structured", ["predict", "model.keras", "twice_named.csv"]),
    ("structured", ["predict", "model.keras", "no_rows.csv"]),
    ("structured", ["predict", "foreign.keras", "good.csv"]),
    ("structured", ["predict", "images", "good.csv"]),
    ("structured", ["evaluate", "model.keras", "good.csv", "--target", "klass"]),
    ("structured", ["evaluate", "model.keras", "no_label.csv", "--target", "label"]),
    ("structured", ["evaluate", "model.keras", "date_label.csv", "--target", "label"]),
    # Texts.
    ("text", ["fit", "more.csv", "--directory", "p23"]),
    ("text", ["fit", "more.csv", "--text-column", "three", "--directory", "p24"]),
    ("text", ["fit", "more.csv", "--text-column", "label", "--directory", "p25"]),
    ("text", TEXT),  # right
    ("text", ["predict", "text.keras", "more.csv"]),
    ("text", ["predict", "text.keras", "other_text.csv"]),  # right: the only column of texts
    ("structured", ["predict", "text.keras", "good.csv"]),
    # Images.
    ("image", ["fit", "bad.npz", "--directory", "p26"]),
    ("image", ["fit", "no_y.npz", "--directory", "p27"]),
    ("image", ["fit", "objects.npz", "--directory", "p28"]),
    ("image", ["fit", "empty.npz", "--directory", "p29"]),
    ("image", ["fit", "complex.npz", "--directory", "p30"]),
    ("image", ["fit", "five.npz", "--directory", "p31"]),
    ("image", ["fit", "train_only", "--directory", "p32"]),
    ("image", ["fit", "targets.csv", "--directory", "p33"]),
    ("image", ["fit", "no_paths.csv", "--directory", "p34"]),
    ("image", IMAGE),  # right
    ("image", ["predict", "image.keras", "notes.txt"]),
    ("image", ["predict", "image.keras", "hollow"]),
    ("image", ["predict", "image.keras", "lengths.npz"]),
]
# Run last, with the model that an earlier case made.
DISKS: list[tuple[str, list[str]]] = [
    ("structured", [*FIT, "--directory", "readonly"]),
    ("structured", [*FIT, "--directory", "full"]),
    ("structured", [*FIT, "--directory", "nearly"]),
    ("structured", [*FIT, "--out", "readonly/model.keras"]),
    ("structured", [*FIT, "--out", "full/model.keras"]),
    ("structured", ["predict", "model.keras", "good.csv", "--out", "readonly/p.csv"]),
    ("structured", ["predict", "model.keras", "good.csv", "--out", "full/p.csv"]),
    ("image", ["fit", "images", "--directory", "nearly"]),
]


def answer(task: str, arguments: list[str]) -> tuple[int, str]:
    """Runs a command; gives its exit status and what it wrote to standard error."""
    errors = io.StringIO()
    sys.argv = [f"automl_kit.{task}", *arguments]
    status = 0
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            run(APPS[task])
        except SystemExit as stop:
            status = int(stop.code or 0)
        except Exception as error:
            status = 1
            errors.write(f"BARE {type(error).__name__}: {error}")
    return status, errors.getvalue().strip()


def main() -> None:
    quiet.load_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        _files()
        with _mounted() as mounted:
            for number, (task, arguments) in enumerate([*CASES, *DISKS], start=1):
                told = "left out: only root can mount a disk for it"
                if mounted or (task, arguments) not in DISKS:
                    status, message = answer(task, arguments)
                    told = f"{status}: {message}"
                print(f"{number}. {task} {' '.join(arguments)}\n   {told}", flush=True)


if __name__ == "__main__":
    main()
