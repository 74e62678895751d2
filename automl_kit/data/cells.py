"""Numbers and dates as people write them in tables: "$76,705", "1.234,50", "12 %", "05/31/2024".

A column is written in one form, which its schema keeps: "" for plain numbers, currencies, shares,
commas between thousands and durations such as "2 days 01:30:00"; "comma" where the comma is the
decimal sign; for dates the format as `datetime.strptime` has it, "" for ISO 8601.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COMMA = "comma"
MISSING = frozenset(
    (
        "", "?", "-", "--", "---", ".", "na", "n/a", "n.a.", "#n/a", "#na", "nan", "<na>", "null",
        "none", "nil", "missing", "unknown", "nat",
    )
)  # fmt: skip
"""What stands for a missing value in a column of numbers, booleans or dates, in small letters."""

_AROUND = re.compile(r"^(?:[$€£¥₹₩₽₺฿₫₪₱¢]|USD|EUR|GBP|JPY|CHF|CNY|INR)\s*|"
                     r"\s*(?:[$€£¥₹₩₽₺฿₫₪₱¢%‰]|USD|EUR|GBP|JPY|CHF|CNY|INR)$")  # fmt: skip
_BETWEEN_THOUSANDS = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
# Digits come before an exponent: "E1" is a grade.
_POINT = re.compile(r"[+-]?(?=\.?\d)(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(?=,?\d)(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?(?:[eE][+-]?\d+)?")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_DAYS = (
    "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%Y", "%m.%d.%Y", "%Y.%m.%d", "%d.%m.%y",
    "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%Y年%m月%d日",
)  # fmt: skip
_DURATION = re.compile(
    r"[+-]?\d+ days?(?: [+-]?\d+:\d\d:\d\d(?:\.\d+)?)?|"
    r"[+-]?P(?=.)(?:[+-]?\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
_FEWEST = 10  # distinct values that can be read, where some can't
_SAMPLE = 100  # of the different values
_MOST_LOST = 50  # one in so many values may be unreadable


def numbers(texts: "pd.Series[Any]", form: str = "") -> NDArray[np.float64]:
    """Reads numbers written in a form; NaN where there is none.

    Args:
        texts: Strings, or missing.
        form: "" or "comma".

    Example:
        >>> numbers(pd.Series(["$76,705", "12 %", "(3.5)", "?"])).tolist()
        [76705.0, 12.0, -3.5, nan]
        >>> numbers(pd.Series(["1.234,50", "7"]), "comma").tolist()
        [1234.5, 7.0]
    """
    return _by_distinct(texts, lambda text: _number(text, form))


def dates(texts: "pd.Series[Any]", form: str = "") -> NDArray[np.float64]:
    """Reads dates written in a form, as days since 1970-01-01 UTC; NaN where there is none."""
    codes, distinct = pd.factorize(texts)
    days = np.append(_days(pd.Series(distinct, dtype=object), form), np.nan)
    return days[codes]


def is_missing(texts: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Whether each cell is missing, or a word for it; what is no string is no word."""
    try:
        codes, distinct = pd.factorize(texts)
    except TypeError:  # A list or a dictionary is no word.
        return np.array(texts.isna() | texts.isin(list(MISSING)))
    words = [isinstance(v, str) and v.strip().lower() in MISSING for v in distinct]
    return np.array([*words, True], dtype=bool)[codes]


def number_form(texts: "pd.Series[Any]", loose: bool) -> str | None:
    """The form in which a column of strings writes numbers; None where it holds none.

    Args:
        texts: Strings, or missing.
        loose: Whether strings that are all plain numbers are a column of numbers; otherwise
            they are names, as in a DataFrame that has made strings of them.
    """
    counted = _Counted.of(texts)
    if not np.isfinite([numbers(counted.sample(), form) for form in ("", COMMA)]).any():
        return None
    written = {text.strip() for text in counted.texts} - {""}
    if not loose and all(_is_plain(text) for text in written):
        return None
    present = counted.present()
    point, comma = (numbers(present, form) for form in ("", COMMA))
    form = COMMA if np.isfinite(comma).sum() > np.isfinite(point).sum() else ""
    return form if counted.is_column_of(numbers(counted.texts, form)) else None


def date_form(texts: "pd.Series[Any]") -> str | None:
    """The form in which a column of strings writes dates; None where it holds none.

    Where 03/04/2024 may be both, the month is first between slashes, the day elsewhere, unless
    a value says otherwise.
    """
    counted = _Counted.of(texts)
    distinct = counted.present()
    if distinct.empty or not distinct.iloc[0][:1].isalnum():
        return None
    best, most = None, 0
    for form in ("", *_forms(distinct.iloc[0])):
        found = int(np.isfinite(_days(distinct, form)).sum())
        if found > most:
            best, most = form, found
    return best if best is not None and counted.is_column_of(dates(counted.texts, best)) else None


def is_ambiguous(texts: "pd.Series[Any]", form: str) -> bool:
    """Whether all dates could be read with day and month exchanged."""
    other = form.replace("%m", "\0").replace("%d", "%m").replace("\0", "%d")
    if not form or other == form or "%b" in form.lower():
        return False
    return bool(np.isfinite(_days(_Counted.of(texts).present(), other)).all())


class _Counted(NamedTuple):
    """The different values of a column, and how often each is there."""

    texts: "pd.Series[Any]"
    counts: NDArray[np.intp]

    @classmethod
    def of(cls, texts: "pd.Series[Any]") -> "_Counted":
        codes, distinct = pd.factorize(texts)
        counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
        return cls(pd.Series(distinct, dtype=object), counts)

    def sample(self) -> "pd.Series[Any]":
        """The most frequent values, and others from all over: names are told by these alone."""
        frequent = np.argsort(-self.counts, kind="stable")[:_SAMPLE]
        step = max(1, len(self.texts) // _SAMPLE)
        return self.texts.iloc[np.union1d(frequent, np.arange(0, len(self.texts), step))]

    def present(self) -> "pd.Series[Any]":
        """The strings among them that aren't missing, without the spaces around them."""
        values = [value.strip() for value in self.texts if isinstance(value, str)]
        found = [value for value in values if value.lower() not in MISSING]
        return pd.Series(list(dict.fromkeys(found)), dtype=object)

    def is_column_of(self, read: NDArray[np.float64]) -> bool:
        """Whether so many cells were read that the others are slips of the pen."""
        good, absent = np.isfinite(read), is_missing(self.texts)
        count, lost = int(self.counts[good].sum()), int(self.counts[~good & ~absent].sum())
        if lost == 0:
            return count > 0
        enough = len(np.unique(read[good])) >= _FEWEST
        return enough and lost <= max(1, (count + lost) // _MOST_LOST)


def _is_plain(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str, form: str) -> float:
    try:
        value = float(text) if form != COMMA and "_" not in text else np.nan
    except ValueError:
        value = np.nan
    if value == value:
        return value
    text = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    if _DURATION.fullmatch(text):
        return _seconds(text)
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1] if negative else text
    sign = -1.0 if negative or (text.startswith("-") and not text[1:2].isdigit()) else 1.0
    text = text[1:].lstrip() if sign < 0 and not negative else text
    text = _BETWEEN_THOUSANDS.sub("", _AROUND.sub("", _AROUND.sub("", text)))
    pattern = _COMMA if form == COMMA else _POINT
    if not any(letter.isdigit() for letter in text) or not pattern.fullmatch(text):
        return float("nan")
    plain = text.replace(".", "").replace(",", ".") if form == COMMA else text.replace(",", "")
    return sign * float(plain)


def _seconds(text: str) -> float:
    """A duration as pandas and JSON write it, in seconds, as columns of durations are read."""
    try:
        return float(pd.Timedelta(text).total_seconds())
    except (ValueError, OverflowError):
        return float("nan")


def _days(distinct: "pd.Series[Any]", form: str) -> NDArray[np.float64]:
    if form == "":
        iso = [isinstance(v, str) and bool(_ISO.fullmatch(v.strip())) for v in distinct]
        distinct = distinct.where(np.array(iso, dtype=bool), None)
    given = pd.Series([v.strip() if isinstance(v, str) else None for v in distinct], dtype=object)
    times = pd.to_datetime(given, format=form or "ISO8601", errors="coerce", utc=True)
    days = (times - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1)
    return np.asarray(days.to_numpy(dtype=np.float64, na_value=np.nan))


def _forms(example: str) -> Iterator[str]:
    """Formats of dates that could be that of the example."""
    digits = sum(letter.isdigit() for letter in example)
    if not 3 <= digits <= 20:
        return
    for day in _DAYS:
        marks = [mark for mark in "/.-年, " if mark in day]
        if all(mark in example for mark in marks):
            yield from (day + time for time in _TIMES if (":" in time) == (":" in example))


def _by_distinct(
    texts: "pd.Series[Any]", read: Callable[[str], float], missing: float = np.nan
) -> NDArray[np.float64]:
    """Reads each distinct string once."""
    codes, distinct = pd.factorize(texts)
    values = [read(value) if isinstance(value, str) else np.nan for value in distinct]
    return np.array([*values, missing], dtype=np.float64)[codes]
