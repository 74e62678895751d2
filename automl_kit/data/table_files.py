"""Tables from files: CSV, Parquet, JSON lines."""

import csv
import gzip
import itertools
import os
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from automl_kit.errors import InputError

CSV = (".csv", ".csv.gz")
TABLES = (*CSV, ".parquet", ".jsonl", ".ndjson")
_SEPARATORS = (",", ";", "\t")
_LOOKED_AT = 20  # rows whose fields are counted to find the separator
_LONGEST = 200  # characters of a path in a message
_READABLE = ".csv, .csv.gz, .parquet, .jsonl or .ndjson"


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Reads a table from a file; the suffix says how.

    CSV files are UTF-8 with a header, separated by commas, semicolons or tabs; between
    semicolons the decimal sign may be a comma. pandas decides what is missing ("", "NA",
    "null", "None", …); see `restore_words`. An index that pandas wrote as a first column
    without a name is dropped.

    Args:
        path: A .csv, .csv.gz, .parquet, .jsonl or .ndjson file.

    Raises:
        InputError: If the file is missing, empty, a folder, of another type, damaged, not in
            UTF-8, or has no rows, and if two columns have one name.
    """
    path = check_file(path)
    name = path.name.lower()
    if name.endswith(CSV):
        frame = _read_csv(path)
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


def restore_words(
    frame: pd.DataFrame, path: str | os.PathLike[str], columns: Sequence[str]
) -> pd.DataFrame:
    """Takes words such as "NA" and "None", which pandas read as missing, back into columns.

    In class labels and texts they are values like any other, and only an empty field is
    missing. Where all other values are numbers they stay missing: in "yes", "NA", "no" the
    second is a label; in 1, "NA", 2 it is a gap.

    Args:
        frame: What `read_table(path)` gave.
        path: The file; other files than CSV tell words and missing values apart by themselves.
        columns: The columns concerned.
    """
    path = Path(path).expanduser()
    doubtful = [name for name in columns if _hides_words(frame[name])]
    if not doubtful or not path.name.lower().endswith(CSV):
        return frame
    words = pd.read_csv(
        path, sep=_separator(path), usecols=doubtful, keep_default_na=False, na_values=[""],
        dtype=str, index_col=False,
    )  # fmt: skip
    return frame.assign(**{name: words[name] for name in doubtful})


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


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # index_col=False: a row longer than the header must not shift the columns.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            separator = _separator(path)
            first = pd.read_csv(path, sep=separator, header=None, nrows=1, dtype=str)
            frame = pd.read_csv(path, sep=separator, index_col=False, low_memory=False)
            if separator == ";":
                other = pd.read_csv(path, sep=";", decimal=",", index_col=False, low_memory=False)
                frame = max(frame, other, key=_numeric_columns)
    except pd.errors.ParserWarning as error:
        raise InputError(f"{path}: a row has more fields than the header names.") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty; expected a header and rows.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}). Save it as UTF-8.") from error
    except (pd.errors.ParserError, csv.Error, OSError, EOFError, ValueError, zlib.error) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise InputError(f"{path} can't be read as CSV: {reason}.") from error
    _check_header(path, first.iloc[0].dropna())
    return _without_index(frame)


def _separator(path: Path) -> str:
    """What separates the fields of a CSV file.

    The first separator that gives all of the first rows the same number of fields; if none
    does, pandas fills short rows or tells which one is too long, and the header decides.
    """
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    split = {}
    for separator in _SEPARATORS:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
            rows = filter(None, csv.reader(lines, delimiter=separator))
            counts = [len(row) for row in itertools.islice(rows, _LOOKED_AT)]
        if counts and counts[0] > 1:
            split[separator] = len(set(counts)) == 1
    alike = (separator for separator, same in split.items() if same)
    return next(alike, next(iter(split), ","))


def _numeric_columns(frame: pd.DataFrame) -> int:
    return frame.select_dtypes("number").shape[1]


def _hides_words(column: "pd.Series[str]") -> bool:
    missing = column.isna()
    return bool(missing.any()) and (
        not pd.api.types.is_numeric_dtype(column.dtype) or bool(missing.all())
    )


def _check_header(path: Path, header: "pd.Series[str]") -> None:
    repeated = header[header.duplicated()].unique()
    if len(repeated):
        raise InputError(
            f"{path}: two columns have the same name {repeated[0]!r}. Rename or remove one."
        )


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
    try:
        with path.open(encoding="utf-8") as lines:
            first = next((line for line in lines if line.strip()), "").lstrip()
        if not first.startswith("{"):
            raise ValueError(f"the first line is {first.strip()!r:.60}")
        with warnings.catch_warnings():
            # pandas 3.1 deprecates convert_dates, which 3.0 needs to leave strings alone.
            warnings.filterwarnings("ignore", "The 'convert_dates' keyword")
            return pd.read_json(
                path, lines=True, dtype=False, convert_dates=False, encoding="utf-8"
            )
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}). Save it as UTF-8.") from error
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"{path} can't be read as JSON lines, one object a line: {error}."
        ) from error
