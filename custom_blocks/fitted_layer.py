"""Layers that scikit-learn fits, in place of gradient descent."""

from typing import Any, ClassVar

import keras
import numpy as np
from numpy.typing import NDArray


class FittedLayer(keras.layers.Layer):  # type: ignore[misc]
    """A layer that gives a score for each class once it was fitted to rows; before, zeros.

    The scores are logarithms of probabilities, but for a summand that all classes of a row share:
    their softmax is what the scikit-learn estimator's `predict_proba` gives. A
    `ClassificationHead` right behind it adds nothing but the softmax.

    What it has learned isn't made of Keras variables, since its size follows from the data; it is
    saved with a network's weights nevertheless, as arrays. An export has stock layers in its
    place.

    Args:
        classes: How many scores a row.
    """

    gives_scores: ClassVar[bool] = True
    entry_dtype: ClassVar[str] = "float32"
    """The type of what it takes."""

    def __init__(self, classes: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.classes = classes
        # In a tuple, which Keras doesn't look into: a built layer may get no further parts.
        self._found: tuple[dict[str, NDArray[Any]], Any] | None = None

    def fit_to(
        self, x: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> None:
        """Fits the estimator and keeps what it has learned.

        Args:
            x: The layer's input for the training rows, (n, d).
            ids: Their class ids, (n,).
            weights: The weight of each row, (n,); None for 1.
            seed: Of the estimator's random choices.
        """
        self._keep(self.learned(x, ids, weights, seed))

    def learned(
        self, x: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> dict[str, NDArray[Any]]:
        """Fits the estimator; gives what it has learned as arrays by name. Subclasses do."""
        raise NotImplementedError

    @property
    def uses_all_cores(self) -> bool:
        """Whether a fit is of many parts that the estimator shares out among the cores."""
        return False

    def stock_model(self, arrays: dict[str, NDArray[Any]], columns: int) -> keras.Model:
        """Stock layers from (n, columns) to scores (n, classes). Subclasses do."""
        raise NotImplementedError

    @property
    def found(self) -> dict[str, NDArray[Any]]:
        """What was learned, as arrays by name.

        Raises:
            ValueError: If the layer wasn't fitted.
        """
        if self._found is None:
            raise ValueError(f"The layer {self.name!r} wasn't fitted.")
        return self._found[0]

    def joined(self, folds: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]] | None:
        """What stands for fits to the rows of several folds.

        Args:
            folds: What each of them learned.

        Returns:
            Arrays that the layer can take; None where one fit to all rows does as well. So it does
            where the estimator is a mean of many by itself, or hardly varies.
        """
        return None

    def take(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Takes what was learned elsewhere."""
        self._keep(arrays)

    @property
    def fitted_size(self) -> int:
        """How many numbers were learned."""
        return 0 if self._found is None else sum(a.size for a in self._found[0].values())

    def build(self, input_shape: Any) -> None:
        """Takes note of how many columns there are."""
        self._columns = int(input_shape[-1])

    def call(self, inputs: Any) -> Any:
        """(n, d) to (n, classes)."""
        if self._found is None:
            return keras.ops.zeros((keras.ops.shape(inputs)[0], self.classes))
        return self._found[1](inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """A score for each class."""
        return (input_shape[0], self.classes)

    def stock(self) -> keras.Model:
        """Stock layers that do the same."""
        if self._found is None:
            entry = keras.Input((self._columns,), dtype=self.entry_dtype)
            zeros = keras.layers.Dense(self.classes, kernel_initializer="zeros", trainable=False)
            return keras.Model(entry, zeros(entry), name=self.name)
        model = self.stock_model(self._found[0], self._columns)
        model.name = self.name
        return model

    def save_own_variables(self, store: Any) -> None:
        """Saves what was learned."""
        for name, array in (self._found[0] if self._found else {}).items():
            store[name] = array

    def load_own_variables(self, store: Any) -> None:
        """Loads what was learned."""
        arrays = {name: np.array(store[name]) for name in store.keys()}  # noqa: SIM118
        if arrays:
            self._keep(arrays)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "classes": self.classes}

    def _keep(self, arrays: dict[str, NDArray[Any]]) -> None:
        object.__setattr__(self, "_found", (arrays, self.stock_model(arrays, self._columns)))
