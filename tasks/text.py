"""Texts: what is searched for them, and the estimator."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import autokeras as ak
import keras
from numpy.typing import NDArray

from automl_kit import export
from automl_kit.custom_blocks import (
    TEXT_PRESETS,
    TextBlock,
    TokenInput,
    presets_for_texts,
    token_evidence,
)
from automl_kit.data import TextSchema, load_text
from automl_kit.problems import Problem
from automl_kit.tasks.classifier import TaskClassifier
from automl_kit.tasks.encoders.text import fit_encoder
from automl_kit.tasks.examples import Examples
from automl_kit.tasks.graphs import check_input
from automl_kit.tasks.recipe import LearningRates
from automl_kit.tasks.text_arguments import TextArguments


class Texts:
    """Texts of any language; see `Modality`."""

    name: ClassVar[str] = "text"
    learning_rates: ClassVar[LearningRates] = LearningRates()
    presets: Mapping[str | None, list[dict[str, Any]]] = {None: TEXT_PRESETS}
    most_rows_for_folds: ClassVar[int] = 10_000
    folds: ClassVar[int | None] = 5
    has_columns: ClassVar[bool] = False

    def __init__(self, column: str | None = None) -> None:
        self._column = column
        self._layout: Any = None
        self._evidence: Any = None
        self._spelled = False  # A user's own graph gets tokens alone.

    def load(
        self, X: Any, y: Any, cache: Path, schema: Any = None
    ) -> tuple[NDArray[Any], Any, list[str]]:
        """Reads strings, token numbers, a table, or a file."""
        loaded = load_text(X, y, column=self._column if schema is None else schema.column)
        if schema is None:
            self._column = loaded.column
        return loaded.x, loaded.labels, loaded.notes

    def learn_schema(self, data: NDArray[Any]) -> TextSchema:
        """The column that the texts were in."""
        return TextSchema(self._column)

    def fit_encoder(self, examples: Examples, schema: Any) -> keras.Model:
        """Fits the encoder of the tokens."""
        encoder, self._layout = fit_encoder(examples.train_raw()[:, 0], letters=self._spelled)
        self.presets = {None: presets_for_texts(self._layout)}
        return encoder

    def encode(self, encoder: keras.Model, examples: Examples, labels: bool) -> NDArray[Any]:
        """Encodes the texts, and counts on the training rows what each token speaks for."""
        tokens = export.predict_in_batches(encoder, examples.raw)
        if not labels:
            return tokens
        ids = examples.train_strata()
        train = tokens[: len(ids), : self._layout.length]
        self._evidence = token_evidence(train, ids, self._layout.vocabulary_size)
        return tokens

    def own_nodes(self, problem: Problem, wanted: str | None) -> tuple[Any, Any]:
        """A `TokenInput` and a `TextBlock`."""
        self._spelled = True
        entry = TokenInput(name="token_input")
        return entry, problem.head("head")(TextBlock(name="text")(entry))[0]

    def check_nodes(self, entry: Any) -> None:
        """The graph must start with token ids."""
        advice = "Texts reach the graph as token ids, so that the exported model can take strings."
        check_input(entry, (TokenInput, ak.Input), advice)

    def tell(self, entry: Any) -> None:
        """The layout of the ids, and what each token speaks for."""
        entry.layout, entry.evidence = self._layout, self._evidence

    def default_batch_size(self, rows: int) -> int:
        """32 or 64."""
        return 32 if rows < 5_000 else 64

    def default_epochs(self, rows: int, batch: int) -> int:
        """10."""
        return 10


class TextClassifier(TextArguments, TaskClassifier):
    """Finds a network for texts.

    Args: see `__init__`. X is a list, array or Series of strings, a 2-D array of token numbers
    padded with 0, or a DataFrame or the path of a CSV, Parquet or JSON lines file with a column of
    texts and, named by y, one of labels. Token numbers are read as texts of these numbers between
    spaces, without the padding, such as "14 9 801": that is what the exported model takes then.

    Example:
        >>> from automl_kit import TextClassifier
        >>> texts = ["good film", "great film", "bad film", "poor film"] * 10
        >>> labels = ["yes", "yes", "no", "no"] * 10
        >>> classifier = TextClassifier(max_trials=1, epochs=10, seed=0, verbose=0)
        >>> classifier.fit(texts, labels).predict(["a great film"]).tolist()
        ['yes']
    """

    modality = Texts
    schema_: TextSchema

    def _rows(self) -> Texts:
        return Texts(self.text_column)
