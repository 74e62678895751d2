"""Tables from files: CSV, Parquet, JSON lines."""

import codecs
import contextlib
import csv
import gzip
import itertools
import json
import os
import warnings
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from automl_kit.errors import InputError

CSV = (".csv", ".csv.gz")
TABLES = (*CSV, ".parquet", ".jsonl", ".ndjson")
CELLS = "automl_kit.cells"
"""The attribute of frames and columns of strings whose types nobody has told yet."""
_SEPARATORS = (",", ";", "\t")
_LOOKED_AT = 20  # rows whose fields are counted to find the separator
_LOOKED_AT_FOR_CODES = 1000  # rows
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
        frame = _read_csv(path, verbatim)
        frame = frame if index else _without_index(frame)
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


def _read_csv(path: Path, verbatim: Collection[str]) -> pd.DataFrame:
    try:
        with warnings.catch_warnings(), _long_fields():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            how = _how(path)
            _refuse_binary(path, how)
            header = pd.read_csv(
                path, **{**how, "index_col": None}, header=None, nrows=1, dtype=str
            )
            frame = _numbers_and_strings(path, how, verbatim)
    except InputError:
        raise
    except pd.errors.ParserWarning as error:
        raise InputError(f"{path}: a row has more fields than the header names.") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty; expected a header and rows.") from error
    except UnicodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}). Save it as UTF-8.") from error
    except (pd.errors.ParserError, csv.Error, OSError, EOFError, ValueError, zlib.error) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise InputError(f"{path} can't be read as CSV: {reason}.") from error
    _check_header(path, header.iloc[0].dropna())
    return _without_nameless(frame)


def _numbers_and_strings(
    path: Path, how: dict[str, Any], verbatim: Collection[str]
) -> pd.DataFrame:
    """Columns of numbers as pandas reads them, the others once more, as they stand."""
    frame = pd.read_csv(path, **how, low_memory=False)
    if how["sep"] == ";":
        other = pd.read_csv(path, **how, decimal=",", low_memory=False)
        frame = max(frame, other, key=_numeric_columns)
    codes = _codes(path, how)
    again = [
        name
        for name in frame.columns
        if name in verbatim or name in codes or not _is_number(frame[name])
    ]
    return _with_cells(frame, path, how, again)


def as_written(
    frame: pd.DataFrame, path: str | os.PathLike[str], columns: Sequence[str]
) -> pd.DataFrame:
    """Gives columns of a CSV file as the strings that stand there, such as labels and texts.

    Args:
        frame: What `read_table(path)` gave.
        path: The file; others than CSV say themselves what is a string.
        columns: The columns concerned.
    """
    path = Path(path).expanduser()
    if not path.name.lower().endswith(CSV):
        return frame
    with _long_fields():
        found = _with_cells(frame, path, _how(path), columns)
    found.attrs[CELLS] = True  # Its columns, taken alone, have it too.
    return found


def _with_cells(
    frame: pd.DataFrame, path: Path, how: dict[str, Any], columns: Sequence[str]
) -> pd.DataFrame:
    if not columns:
        return frame
    found = pd.read_csv(
        path, **how, usecols=list(columns), dtype=str, keep_default_na=False, na_values=[""]
    )
    return frame.assign(**{str(name): found[name] for name in columns})


def _how(path: Path) -> dict[str, Any]:
    # index_col=False: a row longer than the header must not shift the columns.
    return {"sep": _separator(path), "encoding": _encoding(path), "index_col": False}


def _codes(path: Path, how: dict[str, Any]) -> set[str]:
    """Columns whose first rows have whole numbers that begin with a zero, such as "0012"."""
    rows = pd.read_csv(path, **how, dtype=str, nrows=_LOOKED_AT_FOR_CODES)
    return {name for name in rows if rows[name].str.fullmatch(r"0\d+").any()}


def _is_number(column: "pd.Series[Any]") -> bool:
    """Whether pandas read numbers or booleans; where all cells are "NA" it may be a word."""
    return column.dtype.kind in "iufb" and bool(column.notna().any())


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    """Lets Python's CSV reader take documents of any length."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _refuse_binary(path: Path, how: dict[str, Any]) -> None:
    """Refuses zero bytes, at which pandas's parser takes rows apart.

    Raises:
        InputError: If there are some; in a compressed file, at its beginning.
    """
    if how["encoding"] == "utf-16":
        return
    packed = path.name.lower().endswith(".gz")
    with gzip.open(path, "rb") if packed else path.open("rb") as file:
        while block := file.read(1 << 20):
            if b"\0" in block:
                raise InputError(f"{path} is no text file: it holds zero bytes. Save it as CSV.")
            if packed:
                return


def _encoding(path: Path) -> str:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rb") as file:
        mark = file.read(2)
    return "utf-16" if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _separator(path: Path) -> str:
    """What separates the fields of a CSV file.

    The first separator that gives all of the first rows the same number of fields; if none
    does, pandas fills short rows or tells which one is too long, and the header decides.
    """
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    split = {}
    for separator in _SEPARATORS:
        with opened(path, "rt", encoding=_encoding(path), newline="") as lines:
            rows = filter(None, csv.reader(lines, delimiter=separator))
            counts = [len(row) for row in itertools.islice(rows, _LOOKED_AT)]
        if counts and counts[0] > 1:
            split[separator] = len(set(counts)) == 1
    alike = (separator for separator, same in split.items() if same)
    return next(alike, next(iter(split), ","))


def _numeric_columns(frame: pd.DataFrame) -> int:
    return frame.select_dtypes("number").shape[1]


def _check_header(path: Path, header: "pd.Series[str]") -> None:
    repeated = header[header.duplicated()].unique()
    if len(repeated):
        raise InputError(
            f"{path}: two columns have the same name {repeated[0]!r}. Rename or remove one."
        )


def _without_nameless(frame: pd.DataFrame) -> pd.DataFrame:
    """Drops columns that have neither a name nor a value, as after a comma at the end of rows."""
    nameless = [name for name in frame.columns if str(name).startswith("Unnamed: ")]
    return frame.drop(columns=[name for name in nameless if frame[name].isna().all()])


def _without_index(frame: pd.DataFrame) -> pd.DataFrame:
    first = frame.columns[0]
    if str(first) != "Unnamed: 0" or frame.shape[1] == 1:
        return frame
    column = frame[first]
    counts = pd.api.types.is_integer_dtype(column.dtype) and column.is_unique
    return frame.drop(columns=first) if counts else frame


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
