"""What is predicted: the interface of problems."""

from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from automl_kit.evaluation.objectives import Objective


class Problem(Protocol):
    """What targets are, how a network is ended and judged for them.

    Everything that knows of classes, or of another kind of target, is behind this. A problem is
    made by `learn`, or by `from_json` of what `to_json` gave.

    Attributes:
        name: What kind of problem it is.
        estimator: What its estimators are called, as in "image_classifier".
    """

    name: ClassVar[str]
    estimator: ClassVar[str]

    @property
    def columns(self) -> int:
        """How many outputs a network has."""

    def learn(self, y: Any) -> NDArray[Any]:
        """Learns what there is to predict; gives the targets' values, (n,).

        Raises:
            InputError: If they are no targets of this problem.
        """

    def encode(self, y: Any) -> NDArray[Any]:
        """The values of other targets, (n,).

        Raises:
            InputError: If they don't go with what was learned.
        """

    def targets(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values (n,) as the loss takes them, (n, columns)."""

    def decode(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Predictions (n,) in the user's terms, from a network's outputs (n, columns)."""

    def predicted(self, outputs: NDArray[Any]) -> NDArray[np.intp]:
        """The number of each row's predicted class, (n,); 0 where there are no classes."""

    def decide_at(self, threshold: float) -> None:
        """Is told the probability above which the second of two classes is to be predicted."""

    def strata(self, values: NDArray[Any]) -> NDArray[np.integer]:
        """Numbers (n,) by which a split spreads rows evenly."""

    def check_split(self, values: NDArray[Any]) -> None:
        """Warns of targets that can't be split."""

    def notes(self, objective: Objective) -> list[str]:
        """What the user should know of an objective here."""

    def weights(self, given: Any, values: NDArray[Any]) -> dict[int, float] | None:
        """Weights of classes as the user gives them, by class id; None for 1.

        Raises:
            InputError: If they can't be used.
        """

    def head(self, name: str, dropout: float | None = None) -> Any:
        """The AutoKeras head that ends a graph."""

    def settle(self, head: Any, loss: Any, metrics: Any) -> None:
        """Gives a head the user's loss and metrics; None leaves its own."""

    def finish(self, output: Any) -> Any:
        """The last stock layers of the exported model, behind the network's output."""

    def compile(self, model: Any) -> None:
        """Compiles an exported model, so that Keras can evaluate it."""

    def metrics(
        self, values: NDArray[Any], outputs: NDArray[Any], loss: Any = None, metrics: Any = None
    ) -> dict[str, float]:
        """Judges outputs (n, columns): the loss first, then the metrics, then other figures.

        Args:
            values: The targets' values, (n,).
            outputs: The network's.
            loss: The user's Keras loss; None for the usual one.
            metrics: The user's Keras metrics; None for the usual score.
        """

    def to_json(self) -> dict[str, Any]:
        """Name and what was learned, for `problem_from_json`."""

    @classmethod
    def from_json(cls, d: dict[str, Any]) -> "Problem":
        """Reads what `to_json` gave.

        Raises:
            ProjectError: If it is damaged.
        """
