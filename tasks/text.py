"""Classification of texts."""

from pathlib import Path
from typing import Any, ClassVar

import autokeras as ak
import keras
from numpy.typing import NDArray

from automl_kit.custom_blocks import (
    TEXT_PRESETS,
    ClassificationHead,
    TextBlock,
    TokenInput,
    token_evidence,
)
from automl_kit.data import TextSchema, load_text
from automl_kit.tasks.base import TaskClassifier
from automl_kit.tasks.encoders.text import fit_encoder
from automl_kit.tasks.examples import Examples
from automl_kit.tasks.graphs import check_input, nodes_of


class TextClassifier(TaskClassifier):
    """Finds a network for texts.

    Args: see `__init__`. X is a list, array or Series of strings, or the path of a
    CSV, Parquet or JSON lines file with a column of texts and, named by y, one of labels.

    Example:
        >>> from automl_kit import TextClassifier
        >>> texts = ["good film", "great film", "bad film", "poor film"] * 10
        >>> labels = ["yes", "yes", "no", "no"] * 10
        >>> classifier = TextClassifier(max_trials=1, epochs=10, seed=0, verbose=0)
        >>> classifier.fit(texts, labels).predict(["a great film"]).tolist()
        ['yes']
    """

    task: ClassVar[str] = "text"
    default_epochs: ClassVar[int] = 10
    presets: ClassVar[list[dict[str, Any]]] = TEXT_PRESETS
    schema_: TextSchema

    def _load(
        self, X: Any, y: Any, cache: Path, schema: Any = None
    ) -> tuple[NDArray[Any], Any, list[str]]:
        return load_text(X, y)

    def _learn_schema(self, data: NDArray[Any]) -> TextSchema:
        return TextSchema()

    def _fit_encoder(self, examples: Examples) -> keras.Model:
        texts = examples.train_raw()[:, 0]
        self._train_ids = examples.train_ids()
        encoder, self._layout = fit_encoder(texts)
        return encoder

    def _encode(self, encoder: keras.Model, raw: Any) -> NDArray[Any]:
        """Encodes the texts, and counts on the training rows what each token speaks for."""
        tokens = super()._encode(encoder, raw)
        n = len(self._train_ids)
        size = self._layout.vocabulary_size
        self._evidence = token_evidence(tokens[:n], self._train_ids, size)
        return tokens

    def _nodes(self) -> tuple[Any, Any]:
        if self.graph is None:
            entry: Any = TokenInput(name="token_input")
            output = ClassificationHead(name="head")(TextBlock(name="text")(entry))[0]
        else:
            entry, output = nodes_of(self.graph)
            check_input(
                entry,
                (TokenInput, ak.Input),
                "Texts reach the graph as token ids, so that the exported model can take strings.",
            )
        entry.layout = getattr(self, "_layout", None)
        entry.evidence = getattr(self, "_evidence", None)
        return entry, output

    def _default_batch_size(self, rows: int) -> int:
        return 32 if rows < 5_000 else 64
