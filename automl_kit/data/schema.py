"""Schemas: which columns, texts or sizes of images a model reads. They are stored with it.

No pandas, scikit-learn or TensorFlow here, so that reading a schema is cheap.
`from_json` treats what it is given as untrusted: it checks every field.
"""

import keyword
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

from automl_kit.errors import ProjectError

Kind = Literal["number", "boolean", "category", "date"]
KINDS: tuple[Kind, ...] = ("number", "boolean", "category", "date")
Width = Literal["float32", "int64", "float64"]
WIDTHS: tuple[Width, ...] = ("float32", "int64", "float64")
CHANNELS = (1, 3, 4)
_INPUT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST_NAME = 64
# By layers of every exported model, whose others have a dot, and by an argument (tf2onnx).
_TAKEN = ("network", "probabilities", "inputs")


@dataclass(frozen=True)
class Column:
    """One column of a table that a model reads.

    Attributes:
        name: The column's name in the user's table.
        kind: How it is read: "number", "boolean", "category" or "date".
        input: The name of the Keras input that takes it: letters, digits and "_".
        form: How its numbers or dates are written; see `automl_kit.data.cells`.
        width: The dtype of its input, if it is no category: "float32", unless that would make
            different numbers or dates of training equal; then "int64" for whole numbers and for
            dates, in microseconds since 1970-01-01 UTC, or "float64". `keras.Model.predict` makes
            float32 of float64; a model with such an input is to be called, `model(inputs)`.
        spellings: Of a category, how training spelled what others may have read as a number or
            a boolean: {"12": "0012"}.
        slips: Values of training that couldn't be read, and count as missing again; others are
            refused.
    """

    name: str
    kind: Kind
    input: str
    form: str = ""
    width: Width = "float32"
    spellings: Mapping[str, str] = field(default_factory=dict, hash=False)
    slips: tuple[str, ...] = ()

    @property
    def dtype(self) -> str:
        """The dtype of the Keras input."""
        return "string" if self.kind == "category" else self.width

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes; what is as usual is left out."""
        told = {"name": self.name, "kind": self.kind, "input": self.input}
        more = {
            "form": self.form,
            "width": self.width if self.width != "float32" else "",
            "spellings": dict(self.spellings),
            "slips": list(self.slips),
        }
        return {**told, **{name: value for name, value in more.items() if value}}


@dataclass(frozen=True)
class TableSchema:
    """The columns that a model of structured data reads, in training order."""

    columns: tuple[Column, ...]

    @property
    def verbatim(self) -> frozenset[str]:
        """Names of the columns whose cells are strings as they stand in a file."""
        return frozenset(column.name for column in self.columns if column.kind == "category")

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes."""
        return {"task": "structured", "columns": [column.to_json() for column in self.columns]}

    @classmethod
    def from_json(cls, d: object) -> "TableSchema":
        """Reads what `to_json` gave.

        Raises:
            ProjectError: If a field is missing or is not what it should be.
        """
        columns = _field(d, "columns", list)
        if not columns:
            raise _damaged("it has no columns")
        schema = cls(tuple(_column(entry) for entry in columns))
        for attribute in ("name", "input"):
            if len({getattr(column, attribute) for column in schema.columns}) < len(columns):
                raise _damaged(f"two columns have the same {attribute}")
        return schema


@dataclass(frozen=True)
class ImageSchema:
    """Size and range of values of the training images.

    Attributes:
        height: Rows of pixels.
        width: Columns of pixels.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA).
        low: Smallest value of a pixel.
        high: Largest value of a pixel.
    """

    height: int
    width: int
    channels: int
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes."""
        return {"task": "image", **asdict(self)}

    @classmethod
    def from_json(cls, d: object) -> "ImageSchema":
        """Reads what `to_json` gave.

        Raises:
            ProjectError: If a field is missing or is not what it should be.
        """
        height, width, channels = (_field(d, key, int) for key in ("height", "width", "channels"))
        low, high = (float(_field(d, key, (int, float))) for key in ("low", "high"))
        if min(height, width) < 1 or channels not in CHANNELS:
            raise _damaged(f"images of {height}×{width} with {channels} channels can't be")
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise _damaged(f"pixels from {low} to {high} can't be")
        return cls(height, width, channels, low, high)


@dataclass(frozen=True)
class TextSchema:
    """The input of a text model: one string a row.

    Attributes:
        column: The column of a table that the training texts were in; None where it was none.
    """

    column: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes."""
        return {"task": "text"} if self.column is None else {"task": "text", "column": self.column}

    @classmethod
    def from_json(cls, d: object) -> "TextSchema":
        """Reads what `to_json` gave.

        Raises:
            ProjectError: If it is not the schema of a text model.
        """
        if _field(d, "task", str) != "text":
            raise _damaged("it is not the schema of a text model")
        column = cast(dict[str, Any], d).get("column")
        return cls(None if column is None else _field(d, "column", str))


Schema = TableSchema | ImageSchema | TextSchema


def schema_from_json(d: object) -> Schema:
    """Reads the schema of any task, told apart by the field "task".

    Example:
        >>> schema_from_json({"task": "text"})
        TextSchema(column=None)

    Raises:
        ProjectError: If the task is unknown or a field is not what it should be.
    """
    task = _field(d, "task", str)
    if task == "structured":
        return TableSchema.from_json(d)
    if task == "image":
        return ImageSchema.from_json(d)
    if task == "text":
        return TextSchema.from_json(d)
    raise _damaged(f"its task is {task!r}; expected 'structured', 'image' or 'text'")


def input_names(names: Iterable[str]) -> list[str]:
    """Makes names of Keras inputs out of names of columns.

    Keras refuses "/" in names, a SavedModel's signature wants identifiers, and
    both want each name once, those of the model's own layers too. Letters, digits and "_" stay;
    accents are dropped.

    Args:
        names: Names of columns, each once.

    Example:
        >>> input_names(["age", "Größe (cm)", "0", "class", "a b", "a_b"])
        ['age', 'Gro_e_cm', 'column_0', 'class_', 'a_b', 'a_b_2']
    """
    taken = set(_TAKEN)
    result = []
    for name in names:
        letters = unicodedata.normalize("NFKD", name)
        plain = "".join(c for c in letters if not unicodedata.combining(c))
        plain = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:_LONGEST_NAME]
        if not plain[:1].isalpha():
            plain = f"column_{plain}".rstrip("_")
        if keyword.iskeyword(plain):
            plain += "_"
        unique, count = plain, 1
        while unique.lower() in taken:  # Files on macOS and Windows ignore case.
            count += 1
            unique = f"{plain}_{count}"
        taken.add(unique.lower())
        result.append(unique)
    return result


def _column(entry: object) -> Column:
    name, kind, entrance = (_field(entry, key, str) for key in ("name", "kind", "input"))
    if kind not in KINDS:
        raise _damaged(f"column {name!r} is of unknown kind {kind!r}")
    if not _INPUT_NAME.fullmatch(entrance):
        raise _damaged(f"{entrance!r} can't be the name of an input")
    form, width = entry.get("form", ""), entry.get("width", "float32")  # type: ignore[attr-defined]
    spellings = entry.get("spellings", {})  # type: ignore[attr-defined]
    if width not in WIDTHS:
        raise _damaged(f"column {name!r} is of unknown width {width!r:.60}")
    if not isinstance(form, str) or len(form) > _LONGEST_NAME:
        raise _damaged(f"column {name!r} is written in an unknown form")
    if not isinstance(spellings, dict) or not all(
        isinstance(word, str) for pair in spellings.items() for word in pair
    ):
        raise _damaged(f"the spellings of column {name!r} are no strings")
    slips = entry.get("slips", [])  # type: ignore[attr-defined]
    if not isinstance(slips, list) or not all(isinstance(slip, str) for slip in slips):
        raise _damaged(f"the slips of column {name!r} are no strings")
    return Column(name, cast(Kind, kind), entrance, form, width, spellings, tuple(slips))


def _field(d: object, key: str, expected: type | tuple[type, ...]) -> Any:
    if not isinstance(d, dict):
        raise _damaged(f"expected a JSON object, but got {type(d).__name__}")
    value = d.get(key)
    if not isinstance(value, expected) or isinstance(value, bool):
        raise _damaged(f"its field {key!r} is {value!r:.100}")
    return value


def _damaged(reason: str) -> ProjectError:
    return ProjectError(f"The stored schema of the input can't be used: {reason}.")
