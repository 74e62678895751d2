"""Tables from files: CSV, Parquet, JSON lines."""

import json
import os
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from automl_kit.data.csv_files import CSV, read_csv
from automl_kit.errors import InputError

TABLES = (*CSV, ".parquet", ".jsonl", ".ndjson")
_LONGEST = 200  # characters of a path in a message
_READABLE = ".csv, .csv.gz, .parquet, .jsonl or .ndjson"


def read_table(
    path: str | os.PathLike[str], verbatim: Collection[str] = (), index: bool = False
) -> pd.DataFrame:
    """Reads a table from a file; the suffix says how.

    CSV files are UTF-8 or UTF-16 with a header, separated by commas, semicolons or tabs; between
    semicolons the decimal sign may be a comma. Columns of plain numbers are read as such, with
    words such as "NA" for missing ones. All others, and codes such as "0012", are strings as
    they stand in the file, "NA" and "true" too; only an empty cell is missing.

    Args:
        path: A .csv, .csv.gz, .parquet, .jsonl or .ndjson file.
        verbatim: Columns of a CSV file that are read as strings though they look like numbers,
            such as labels, and what was a category in training. Others than the file's are none.
        index: Whether an index that pandas wrote as a first column without a name is kept.

    Raises:
        InputError: If the file is missing, empty, a folder, of another type, damaged, not in
            UTF-8, or has no rows, and if two columns have one name.
    """
    path = check_file(path)
    name = path.name.lower()
    if name.endswith(CSV):
        frame = read_csv(path, verbatim, index)
    elif name.endswith(".parquet"):
        frame = _read_parquet(path)
    elif name.endswith((".jsonl", ".ndjson")):
        frame = _read_json_lines(path)
    else:
        raise InputError(f"{path} is of an unknown type; expected {_READABLE}.")
    if frame.shape[1] == 0 or len(frame) == 0:
        raise InputError(f"{path} has no rows: expected a header and at least one row of data.")
    frame.columns = pd.Index([str(column) for column in frame.columns], dtype=object)
    return frame


def is_file(text: str) -> bool:
    """Whether a string is there as a file, or is called as one that could be read; else a text."""
    if text.lower().endswith(TABLES):
        return True
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def check_file(path: str | os.PathLike[str]) -> Path:
    """Gives the path of a file that exists, is not a folder and is not empty.

    Raises:
        InputError: If it is not so.
    """
    path = Path(path).expanduser()
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; expected a file.") from error
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"Can't read {str(path)[:_LONGEST]!r}: {reason}.") from error
    if size == 0:
        raise InputError(f"{path} is empty; expected a file with data.")
    return path


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        return pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path} can't be read as Parquet: {error}.") from error


def _read_json_lines(path: Path) -> pd.DataFrame:
    """Reads JSON lines; names of columns and values are what JSON says that they are."""
    rows = []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    rows.append(json.loads(line))
                    if not isinstance(rows[-1], dict):
                        raise ValueError(f"line {number} is {line.strip()!r:.60}")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}). Save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} can't be read as JSON lines, one object a line: {error}."
        ) from error
    return pd.DataFrame(rows)
