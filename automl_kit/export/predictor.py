"""A model file read back: labels and probabilities for tables, texts and images."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from automl_kit.data.schema import ImageSchema, Schema, TableSchema
from automl_kit.errors import ExportError, InputError
from automl_kit.export.metadata import Metadata, read_member
from automl_kit.export.raw import to_raw_inputs
from automl_kit.quiet import load_tensorflow

if TYPE_CHECKING:
    import keras


class Predictor:
    """An exported model that answers in the labels it was trained on.

    Attributes:
        model: The Keras model, raw input in, probabilities out.
        schema: What it takes.
        task: "structured", "image" or "text".
        classes_: The labels, in the order of the probabilities, shape (k,).
        versions: Of the packages that wrote the file.
    """

    def __init__(self, model: "keras.Model", metadata: Metadata):
        self.model = model
        self.schema: Schema = metadata.schema
        self.task: str = metadata.schema.to_json()["task"]
        self.classes_ = metadata.labels.classes_
        self.versions = metadata.versions
        self._labels = metadata.labels

    def predict(self, X: object, batch_size: int = 64) -> NDArray[Any]:
        """Gives the most probable label of each row, in the type of the training labels.

        Args:
            X: A table with the training columns (any order, others are ignored; a path too),
                texts (or the `pathlib.Path` of a file), or images of any size.
            batch_size: Rows run at once.

        Returns:
            Labels, shape (n,).

        Raises:
            InputError: If X is not what the model takes.
        """
        return self._labels.decode(self.predict_proba(X, batch_size).argmax(axis=1))

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
        from automl_kit.export.predicting import predict_in_batches

        return predict_in_batches(self.model, to_raw_inputs(X, self.schema), batch_size)

    def __repr__(self) -> str:
        return f"Predictor(task={self.task!r}, classes={self.classes_.tolist()!r:.80})"


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
    path = Path(path)
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

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its layers raise on damaged content.
        raise ExportError(
            f"{path} is damaged, or was written by another Keras than this {keras.__version__}: "
            f"{str(error).strip().splitlines()[0] if str(error).strip() else error!r}"
        ) from error
    return model


def _check_fit(model: "keras.Model", metadata: Metadata, path: Path) -> None:
    """Checks that the model takes what the schema says and gives one column a class."""
    schema = metadata.schema
    names = [column.input for column in schema.columns] if isinstance(schema, TableSchema) else None
    given = model.input
    fits = (
        isinstance(given, dict) and set(given) == set(names)
        if names is not None
        else not isinstance(given, dict | list | tuple)
        and given.dtype == ("float32" if isinstance(schema, ImageSchema) else "string")
    )
    k = len(metadata.labels.classes_)
    if not fits or tuple(model.output.shape) != (None, k):
        raise ExportError(
            f"{path} is damaged: its model and its schema with {k} classes don't belong "
            "together. Export the model anew."
        )
