"""A model file read back: labels and probabilities for tables, texts and images."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from automl_kit.data.schema import ImageSchema, Schema, TableSchema
from automl_kit.errors import ExportError, InputError
from automl_kit.export.metadata import Metadata, read_member
from automl_kit.quiet import load_tensorflow

if TYPE_CHECKING:
    import keras


class Predictor:
    """An exported model that answers in the labels it was trained on.

    Attributes:
        model: The Keras model, raw input in, probabilities out.
        schema: What it takes.
        task: "structured", "image" or "text".
        problem: What it predicts.
        versions: Of the packages that wrote the file.
    """

    def __init__(self, model: "keras.Model", metadata: Metadata):
        self.model = model
        self.schema: Schema = metadata.schema
        self.task: str = metadata.schema.to_json()["task"]
        self.problem = metadata.problem
        self.versions = metadata.versions

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels of a classification, in the order of the probabilities, (k,)."""
        classes: NDArray[Any] = self.problem.labels.classes_  # type: ignore[attr-defined]
        return classes

    def predict(self, X: object, batch_size: int = 64) -> NDArray[Any]:
        """Gives the prediction of each row, such as the most probable label.

        Args:
            X: A table with the training columns (any order, others are ignored; a path too),
                texts (or a table of them), images of any size (or their files, or a folder), or
                a `tf.data.Dataset` of one of these.
            batch_size: Rows run at once.

        Returns:
            Predictions, shape (n,), labels in the type of the training labels.

        Raises:
            InputError: If X is not what the model takes.
        """
        return self.problem.decode(self.outputs(X, batch_size))

    def predict_proba(self, X: object, batch_size: int = 64) -> NDArray[Any]:
        """Gives the probability of each class.

        Args:
            X: As in `predict`.
            batch_size: Rows run at once.

        Returns:
            float32, shape (n, k), columns in the order of `classes_`.

        Raises:
            InputError: If X is not what the model takes.
        """
        self.classes_  # noqa: B018  # AttributeError where there are no classes
        return self.outputs(X, batch_size)

    def outputs(self, X: object, batch_size: int = 64) -> NDArray[Any]:
        """Gives the model's outputs (n, columns), of classes their probabilities; see `predict`."""
        from automl_kit.export.answers import outputs_of

        return outputs_of(self.model, self.schema, X, batch_size)

    def __repr__(self) -> str:
        return f"Predictor(task={self.task!r}, {self.problem.to_json()!r:.80})"


def load_model(path: str | os.PathLike[str]) -> Predictor:
    """Loads a `.keras` file that automl_kit wrote.

    The file may come from anywhere: nothing in it is run but stock Keras layers.

    Args:
        path: The file.

    Example:
        `automl_kit.load_model("model.keras").predict(pd.read_csv("new_rows.csv"))`

    Raises:
        InputError: If there is no such file, or it is no `.keras` file of automl_kit's.
        ExportError: If the file is damaged.
    """
    path = Path(path).expanduser()
    if path.is_dir() or path.suffix.lower() in (".onnx", ".tflite"):
        raise InputError(
            f"{path} is not a .keras file. SavedModel folders, ONNX and LiteRT are for serving "
            "with their own runtimes; export the model as .keras to load it here."
        )
    metadata = Metadata.from_json(read_member(path, "automl_kit.json"), path)
    _refuse_foreign(path)
    model = _load_keras(path)
    _check_fit(model, metadata, path)
    return Predictor(model, metadata)


def _refuse_foreign(path: Path) -> None:
    """Checks the configuration before Keras makes anything of it."""
    load_tensorflow()
    from automl_kit.export.stock import foreign_objects

    foreign = sorted(set(foreign_objects(read_member(path, "config.json"))))
    if foreign:
        raise ExportError(
            f"{path} holds what automl_kit never writes: {', '.join(foreign)}. It was changed "
            "after export; don't trust it, and export the model anew."
        )


def _load_keras(path: Path) -> "keras.Model":
    import keras

    from automl_kit.export.reading import read_keras

    try:
        return read_keras(path)
    except Exception as error:  # Keras raises whatever its layers raise on damaged content.
        raise ExportError(
            f"{path} is damaged, or was written by another Keras than this {keras.__version__}: "
            f"{str(error).strip().splitlines()[0] if str(error).strip() else error!r}"
        ) from error


def _check_fit(model: "keras.Model", metadata: Metadata, path: Path) -> None:
    """Checks that the model takes what the schema says and gives one column a class."""
    schema = metadata.schema
    given = model.input
    fits = (
        isinstance(given, dict)
        and {name: tensor.dtype for name, tensor in given.items()}
        == {column.input: column.dtype for column in schema.columns}
        if isinstance(schema, TableSchema)
        else not isinstance(given, dict | list | tuple)
        and given.dtype == ("float32" if isinstance(schema, ImageSchema) else "string")
    )
    k = metadata.problem.columns
    if not fits or tuple(model.output.shape) != (None, k):
        raise ExportError(
            f"{path} is damaged: its model and its schema of {k} outputs don't belong "
            "together. Export the model anew."
        )
