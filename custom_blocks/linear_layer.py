"""Logistic regression as a layer."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.fitted_layer import FittedLayer
from automl_kit.custom_blocks.tree_tables import LEAST

_STEPS = 1000  # of the solver at most


@keras.saving.register_keras_serializable(package="automl_kit")
class Linear(FittedLayer):
    """Scores of scikit-learn's `LogisticRegression`, (n, classes).

    Args:
        classes: How many classes there are.
        strength: C, the inverse of the penalty.

    Example:
        >>> import numpy as np
        >>> from automl_kit.custom_blocks.linear_layer import Linear
        >>> x, ids = np.float32([[0], [1], [2], [3]]), np.array([0, 0, 1, 1])
        >>> layer = Linear(2)
        >>> layer.build(x.shape)
        >>> layer.fit_to(x, ids, None, seed=0)
        >>> np.asarray(layer(x)).argmax(axis=1).tolist()
        [0, 0, 1, 1]
    """

    def __init__(self, classes: int, strength: float = 1.0, **kwargs: Any):
        super().__init__(classes, **kwargs)
        self.strength = strength

    def learned(
        self, x: NDArray[Any], ids: NDArray[Any], weights: NDArray[Any] | None, seed: int
    ) -> dict[str, NDArray[Any]]:
        """Fits the model; gives its coefficients and intercepts."""
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=self.strength, max_iter=_STEPS, random_state=seed)
        model.fit(np.asarray(x, "float64"), ids, sample_weight=weights)
        kernel = np.zeros((x.shape[1], self.classes), "float32")
        bias = np.full(self.classes, np.log(LEAST), "float32")
        bias[model.classes_] = 0.0
        seen = model.classes_ if len(model.classes_) > 2 else model.classes_[1:]
        kernel[:, seen], bias[seen] = model.coef_.T, model.intercept_
        return {"kernel": kernel, "bias": bias}

    def stock_model(self, arrays: dict[str, NDArray[Any]], columns: int) -> keras.Model:
        """A dense layer."""
        x = keras.Input((columns,), name="values")
        dense = keras.layers.Dense(self.classes, trainable=False)
        scores = dense(x)
        dense.set_weights([arrays["kernel"], arrays["bias"]])
        return keras.Model(x, scores)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "strength": self.strength}
