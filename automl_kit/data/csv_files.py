"""CSV files: columns of numbers as numbers, all others as they stand."""

import codecs
import contextlib
import csv
import gzip
import itertools
import os
import warnings
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl_kit.errors import InputError

CSV = (".csv", ".csv.gz")
CELLS = "automl_kit.cells"
"""The attribute of frames and columns of strings whose types nobody has told yet."""
_NO_NUMBERS = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
_SEPARATORS = (",", ";", "\t")
_LOOKED_AT = 20  # rows whose fields are counted to find the separator
_LOOKED_AT_FOR_CODES = 1000  # rows


def read_csv(path: Path, verbatim: Collection[str], index: bool) -> pd.DataFrame:
    """Reads a CSV file; see `automl_kit.data.read_table`.

    Args:
        path: The file, which exists.
        verbatim: Columns that are read as strings though they look like numbers.
        index: Whether an index that pandas wrote as a first column without a name is kept.

    Raises:
        InputError: If it can't be read.
    """
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
    frame = _without_nameless(frame)
    return frame if index else _without_index(frame)


def _numbers_and_strings(
    path: Path, how: dict[str, Any], verbatim: Collection[str]
) -> pd.DataFrame:
    """Columns of numbers as pandas reads them, the others as they stand."""
    frame, decimal = _as_pandas_reads(path, how, "."), "."
    if how["sep"] == ";":
        other = _as_pandas_reads(path, how, ",")
        if _numeric_columns(other) > _numeric_columns(frame):
            frame, decimal = other, ","
    kept = {*verbatim, *_codes(path, how)}
    again = [
        name
        for name, column in frame.items()
        if not _is_text(column) and (name in kept or not _is_number(column))
    ]
    frame = _with_cells(frame, path, how, [str(name) for name in again])
    texts = [name for name, column in frame.items() if _is_text(column) and name not in kept]
    return frame.assign(**{str(name): _without_words(frame[name], decimal) for name in texts})


def _as_pandas_reads(path: Path, how: dict[str, Any], decimal: str) -> pd.DataFrame:
    """Numbers where all cells of a column are numbers or empty, else strings as they stand."""
    with warnings.catch_warnings():
        # Of columns whose beginning is of another type than their end; they are read again.
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)
        frame: pd.DataFrame = pd.read_csv(
            path, **how, decimal=decimal, keep_default_na=False, na_values=[""]
        )
    return frame


def _without_words(column: "pd.Series[Any]", decimal: str) -> "pd.Series[Any]":
    """Numbers, where all cells are numbers but for pandas's words for missing ones."""
    codes, distinct = pd.factorize(column)
    words = pd.Series(distinct, dtype=object)
    missing = words.isin(_NO_NUMBERS).to_numpy()
    if not missing.any() or missing.all():
        return column
    try:
        read = pd.to_numeric(words[~missing].str.replace(decimal, "."))
    except ValueError:
        return column
    values = np.full(len(words) + 1, np.nan)
    values[:-1][~missing] = read
    return pd.Series(values[codes], column.index, name=column.name)


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


def _is_text(column: "pd.Series[Any]") -> bool:
    """Whether these are strings, and not such among numbers."""
    if isinstance(column.dtype, pd.StringDtype):
        return True
    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "string"


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
