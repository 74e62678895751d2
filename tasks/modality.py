"""What the rows of a task are: the interface of modalities."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import keras
from numpy.typing import NDArray

from automl_kit.problems import Problem
from automl_kit.tasks.examples import Examples
from automl_kit.tasks.recipe import LearningRates


class Modality(Protocol):
    """How rows of one kind are read, encoded, and searched.

    One is made for each fit, and keeps what the encoder found out.

    Attributes:
        name: What kind of rows they are.
        learning_rates: The range of learning rates to search.
        presets: Hyperparameters of the first trials of its own graphs, by what a stage wants to
            find in them; None for the graph that is searched without a stage. What the encoder
            finds out may change them.
        most_rows_for_folds: Rows up to which trials are judged by folds; 0 where networks of folds
            can't be trained side by side.
        folds: How many folds; None for as many as suit the rows.
        has_columns: Whether it has the columns that scikit-learn asks about.
    """

    name: ClassVar[str]
    learning_rates: ClassVar[LearningRates]
    presets: Mapping[str | None, list[dict[str, Any]]]
    most_rows_for_folds: ClassVar[int]
    folds: ClassVar[int | None]
    has_columns: ClassVar[bool]

    def load(self, X: Any, y: Any, cache: Path, schema: Any = None) -> tuple[Any, Any, list[str]]:
        """Reads data and labels in any form; gives data, labels and notes for the user.

        The schema is that of the training data where other data is read to go with it.
        """

    def learn_schema(self, data: Any) -> Any:
        """Finds out what the data looks like."""

    def fit_encoder(self, examples: Examples, schema: Any) -> keras.Model:
        """Fits the encoder on the training rows; keeps what `nodes` needs."""

    def encode(self, encoder: keras.Model, examples: Examples, labels: bool) -> NDArray[Any]:
        """Encodes the raw inputs, once for the whole search.

        Args:
            encoder: What `fit_encoder` gave.
            examples: All rows.
            labels: Whether something may be learned from the training rows' labels. Where all
                rows judge, they would be given away.
        """

    def own_nodes(self, problem: Problem, wanted: str | None) -> tuple[Any, Any]:
        """Input and output node of the modality's own graph.

        Args:
            problem: It ends the graph.
            wanted: What a stage wants to find in it, one of the names of `presets`.
        """

    def check_nodes(self, entry: Any) -> None:
        """Refuses a user's graph that doesn't fit.

        Raises:
            InputError: If so.
        """

    def tell(self, entry: Any) -> None:
        """Tells an input node what the encoder found out."""

    def default_batch_size(self, rows: int) -> int:
        """Rows a batch for so many training rows."""

    def default_epochs(self, rows: int, batch: int) -> int:
        """Epochs a trial at most, for so many training rows and rows a batch."""
