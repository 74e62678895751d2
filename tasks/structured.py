"""Tables: what is searched for them, and the estimator."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import autokeras as ak
import keras
import pandas as pd
from numpy.typing import NDArray

from automl_kit import export
from automl_kit.custom_blocks import TABLE_PRESETS, TableBlock, TableInput
from automl_kit.data import TableSchema, load_structured
from automl_kit.problems import Problem
from automl_kit.tasks.classifier import TaskClassifier
from automl_kit.tasks.column_types import schema_by, with_column_names
from automl_kit.tasks.encoders.structured import fit_encoder
from automl_kit.tasks.examples import Examples
from automl_kit.tasks.fitted_columns import is_named
from automl_kit.tasks.graphs import check_input
from automl_kit.tasks.recipe import LearningRates
from automl_kit.tasks.table_arguments import TableArguments

STEPS = 1_500  # of the longest trainings
LENGTHS = (0.15, 0.4, 1.0)  # shares of them


class Tables:
    """Rows of numbers, categories, booleans and dates; see `Modality`."""

    name: ClassVar[str] = "structured"
    learning_rates: ClassVar[LearningRates] = LearningRates(lengths=LENGTHS)
    presets: Mapping[str | None, list[dict[str, Any]]] = {None: TABLE_PRESETS}
    most_rows_for_folds: ClassVar[int] = 10_000
    folds: ClassVar[int | None] = None
    has_columns: ClassVar[bool] = True

    def __init__(
        self,
        column_names: Sequence[str] | None = None,
        column_types: Mapping[str, str] | None = None,
    ) -> None:
        self._names, self._types = column_names, column_types
        self._layout: Any = None

    def load(
        self, X: Any, y: Any, cache: Path, schema: Any = None
    ) -> tuple[pd.DataFrame, Any, list[str]]:
        """Reads a frame, an array, rows, or a file."""
        data, labels, notes = load_structured(X, y, schema=schema)
        data = with_column_names(data, is_named(X), self._names, self._types)
        return data, labels, notes

    def learn_schema(self, data: pd.DataFrame) -> TableSchema:
        """The kind of each column."""
        return schema_by(data, self._types)

    def fit_encoder(self, examples: Examples, schema: Any) -> keras.Model:
        """Fits the encoder of the columns."""
        encoder, self._layout = fit_encoder(examples.train_raw(), schema)
        return encoder

    def encode(self, encoder: keras.Model, examples: Examples, labels: bool) -> NDArray[Any]:
        """One float32 matrix."""
        return export.predict_in_batches(encoder, examples.raw)

    def own_nodes(self, problem: Problem, wanted: str | None) -> tuple[Any, Any]:
        """A `TableInput` and a `TableBlock`."""
        entry = TableInput(name="table_input")
        return entry, problem.head("head")(TableBlock(name="table")(entry))[0]

    def check_nodes(self, entry: Any) -> None:
        """The graph must start with an encoded table."""
        advice = "The task encodes the columns itself, so that the exported model holds it."
        check_input(entry, (TableInput, ak.Input), advice)

    def tell(self, entry: Any) -> None:
        """The layout of the matrix."""
        entry.layout = self._layout

    def default_batch_size(self, rows: int) -> int:
        """From 32 to 512, near to what the authors of TabM recommend."""
        return 32 if rows < 2_800 else 64 if rows < 6_000 else 256 if rows < 32_000 else 512

    def default_epochs(self, rows: int, batch: int) -> int:
        """As many as have 1,500 steps: what a training needs is steps, however few rows."""
        return min(max(-(-STEPS // -(-rows // batch)), 20), 200)


class StructuredDataClassifier(TableArguments, TaskClassifier):
    """Finds a network for a table of numbers, categories, booleans and dates.

    Args: see `__init__` and `TaskArguments`. X is a DataFrame, a 2-D array, or the path of a CSV,
    Parquet or JSON lines file, where y may be the name of the target column. Missing
    values of every kind are fine; at prediction so are other column orders, further
    columns and categories that weren't seen.

    Example:
        >>> from automl_kit import StructuredDataClassifier
        >>> from automl_kit.data import load_table
        >>> iris = load_table("iris")
        >>> classifier = StructuredDataClassifier(max_trials=1, epochs=20, seed=0, verbose=0)
        >>> classifier.fit(iris.x_train, iris.y_train).score(iris.x_test, iris.y_test) > 0.8
        True
    """

    modality = Tables
    schema_: TableSchema

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def _rows(self) -> Tables:
        return Tables(self.column_names, self.column_types)
