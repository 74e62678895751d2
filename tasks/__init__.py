"""Tasks: estimators of one problem and one kind of rows, and AutoKeras's AutoModel."""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.tasks.auto_model import AutoModel
    from automl_kit.tasks.classifier import TaskClassifier
    from automl_kit.tasks.estimator import Task
    from automl_kit.tasks.image import ImageClassifier
    from automl_kit.tasks.structured import StructuredDataClassifier
    from automl_kit.tasks.text import TextClassifier

__all__ = [
    "AutoModel",
    "ImageClassifier",
    "StructuredDataClassifier",
    "Task",
    "TaskClassifier",
    "TextClassifier",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "auto_model": ["AutoModel"],
        "classifier": ["TaskClassifier"],
        "estimator": ["Task"],
        "image": ["ImageClassifier"],
        "structured": ["StructuredDataClassifier"],
        "text": ["TextClassifier"],
    },
)
