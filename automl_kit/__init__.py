"""AutoML for Keras that ends in one model file taking raw rows, texts and pixels.

Names are loaded when they are first used: importing automl_kit doesn't import TensorFlow.
"""

from typing import TYPE_CHECKING

from automl_kit.errors import AutoMLKitError, ExportError, InputError, ProjectError, SearchError
from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.export import load_model
    from automl_kit.tasks import ImageClassifier, StructuredDataClassifier, TextClassifier

__version__ = "0.1.0"

__all__ = [
    "AutoMLKitError",
    "ExportError",
    "ImageClassifier",
    "InputError",
    "ProjectError",
    "SearchError",
    "StructuredDataClassifier",
    "TextClassifier",
    "load_model",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "export": ["load_model"],
        "tasks": ["ImageClassifier", "StructuredDataClassifier", "TextClassifier"],
    },
)
