"""Classification of tables."""

from pathlib import Path
from typing import Any, ClassVar

import autokeras as ak
import keras
import pandas as pd

from automl_kit.custom_blocks import TABLE_PRESETS, ClassificationHead, TableBlock, TableInput
from automl_kit.data import TableSchema, check_width, infer_schema, load_structured
from automl_kit.tasks.base import TaskClassifier
from automl_kit.tasks.encoders.structured import fit_encoder
from automl_kit.tasks.examples import Examples
from automl_kit.tasks.graphs import check_input, nodes_of


class StructuredDataClassifier(TaskClassifier):
    """Finds a network for a table of numbers, categories, booleans and dates.

    Args: see `__init__`. X is a DataFrame, a 2-D array, or the path of a CSV,
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

    task: ClassVar[str] = "structured"
    default_epochs: ClassVar[int] = 50
    presets: ClassVar[list[dict[str, Any]]] = TABLE_PRESETS
    schema_: TableSchema

    def _load(
        self, X: Any, y: Any, cache: Path, schema: Any = None
    ) -> tuple[pd.DataFrame, Any, list[str]]:
        return load_structured(X, y)

    def _check_width(self, X: Any) -> None:
        check_width(X, self.n_features_in_, type(self).__name__)

    def _learn_schema(self, data: pd.DataFrame) -> TableSchema:
        self.n_features_in_ = data.shape[1]
        return infer_schema(data)

    def _fit_encoder(self, examples: Examples) -> keras.Model:
        encoder, self._layout = fit_encoder(examples.train_raw(), self.schema_)
        return encoder

    def _nodes(self) -> tuple[Any, Any]:
        if self.graph is None:
            entry: Any = TableInput(name="table_input")
            output = ClassificationHead(name="head")(TableBlock(name="table")(entry))[0]
        else:
            entry, output = nodes_of(self.graph)
            check_input(
                entry,
                (TableInput, ak.Input),
                "The task encodes the columns itself, so that the exported model holds it.",
            )
        entry.layout = getattr(self, "_layout", None)
        return entry, output

    def _default_batch_size(self, rows: int) -> int:
        return 32 if rows < 2_000 else 128 if rows < 20_000 else 512

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags
