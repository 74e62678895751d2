"""What is stored in a model's file beside its network: problem, schema, versions."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl_kit.data.schema import Schema, schema_from_json
from automl_kit.errors import ExportError, InputError, ProjectError
from automl_kit.problems import Problem, problem_from_json
from automl_kit.versions import version_of

MEMBER = "automl_kit.json"
_LAYOUT = 1  # of the JSON; a reader refuses a later one
_LARGEST = 64 << 20  # bytes; more is no list of classes and columns
_PACKAGES = ("automl-kit", "keras", "tensorflow")


@dataclass(frozen=True)
class Metadata:
    """Problem and schema of an exported model.

    Attributes:
        problem: What is predicted, with the classes in the order of the probabilities.
        schema: The raw input.
        versions: Of the packages that wrote the file.
    """

    problem: Problem
    schema: Schema
    versions: dict[str, str]

    @classmethod
    def of(cls, problem: Problem, schema: dict[str, Any]) -> "Metadata":
        """Makes the metadata of a model that is about to be written.

        Args:
            problem: What is predicted.
            schema: The schema's `to_json()`.

        Raises:
            ProjectError: If problem or schema are not what they should be.
        """
        versions = {package: version_of(package) for package in _PACKAGES}
        return cls(problem_from_json(problem.to_json()), schema_from_json(schema), versions)

    def to_json(self) -> dict[str, Any]:
        """Gives a dict that `json.dumps` takes."""
        return {
            "layout": _LAYOUT,
            "written_by": "automl_kit",
            "versions": self.versions,
            **self.problem.to_json(),
            "schema": self.schema.to_json(),
        }

    @classmethod
    def from_json(cls, d: object, path: Path) -> "Metadata":
        """Reads what `to_json` gave, which may come from anywhere.

        Raises:
            ExportError: If it is not what `to_json` gives.
        """
        if not isinstance(d, dict) or d.get("written_by") != "automl_kit":
            raise ExportError(f"{path} is damaged: its {MEMBER} was not written by automl_kit.")
        if d.get("layout") != _LAYOUT:
            raise ExportError(
                f"{path} was written in layout {d.get('layout')!r:.20} of {MEMBER}, but this "
                f"automl_kit reads layout {_LAYOUT}. Update automl_kit, or export the model anew."
            )
        versions = d.get("versions")
        try:
            return cls(
                problem_from_json(d),
                schema_from_json(d.get("schema")),
                {str(k): str(v) for k, v in versions.items()} if isinstance(versions, dict) else {},
            )
        except ProjectError as error:
            raise ExportError(f"{path} is damaged: {error} Export the model anew.") from error


def append_to_zip(path: Path, metadata: dict[str, Any]) -> None:
    """Adds the metadata to a zip archive, or to a LiteRT file as TensorFlow Lite's tools do.

    Those tools append "associated files" to a `.tflite` file as a zip archive; interpreters
    read from the front and don't see it.
    """
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, json.dumps(metadata))


def read_member(path: Path, name: str) -> Any:
    """Reads a JSON member of a zip archive.

    Raises:
        InputError: If the file is missing, is no archive, or was not written by automl_kit.
        ExportError: If the archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if MEMBER not in archive.namelist():
                raise InputError(
                    f"{path} was not written by automl_kit. If it is a Keras model, load it with "
                    "keras.models.load_model."
                )
            if archive.getinfo(name).file_size > _LARGEST:
                raise ExportError(f"{path} is damaged: its {name} is larger than {_LARGEST} bytes.")
            return json.loads(archive.read(name))
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}. Check the path of the model.") from error
    except OSError as error:
        raise InputError(f"Can't read {path}: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, RuntimeError) as error:
        if isinstance(error, InputError | ExportError):
            raise
        raise ExportError(
            f"{path} is damaged or no model file ({error}). Copy it again, or export it anew."
        ) from error
