"""The estimator of every classification task."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from automl_kit.problems import Classification
from automl_kit.tasks import checks
from automl_kit.tasks.estimator import Task


class TaskClassifier(ClassifierMixin, Task):  # type: ignore[misc]
    """Finds a network that tells classes apart.

    Attributes:
        classes_: The labels, sorted, (k,).
    """

    problem = Classification
    problem_: Classification
    classes_: NDArray[Any]

    def _fitted_attributes(self, problem: Any) -> dict[str, Any]:
        return {**super()._fitted_attributes(problem), "classes_": problem.labels.classes_}

    def predict_proba(self, X: Any = None, *, x: Any = None) -> NDArray[np.float32]:
        """Probabilities of the classes, (n, k), columns as in `classes_`.

        Raises:
            InputError: If the data is not what the classifier was fitted on.
        """
        return self._outputs(checks.one_of(X, x))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Accuracy on the given data and labels."""
        values, outputs = self._judged(X, y)
        right = self.problem_.predicted(outputs) == values
        return float(np.average(right, weights=sample_weight))
