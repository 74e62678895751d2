"""Writing the one model file that takes raw data, and reading it back.

Names are loaded when they are first used, since TensorFlow is behind most of them.
"""

from typing import TYPE_CHECKING

from automl_kit.lazy import lazy_names

if TYPE_CHECKING:
    from automl_kit.export.answers import every_row, outputs_of
    from automl_kit.export.assembly import assemble
    from automl_kit.export.cost import model_cost
    from automl_kit.export.formats import resolve_format
    from automl_kit.export.predicting import predict_in_batches
    from automl_kit.export.predictor import Predictor, load_model
    from automl_kit.export.raw import to_raw_inputs
    from automl_kit.export.stock import require_stock, to_stock
    from automl_kit.export.write import write_model

__all__ = [
    "Predictor",
    "assemble",
    "every_row",
    "load_model",
    "model_cost",
    "outputs_of",
    "predict_in_batches",
    "require_stock",
    "resolve_format",
    "to_raw_inputs",
    "to_stock",
    "write_model",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "answers": ["every_row", "outputs_of"],
        "assembly": ["assemble"],
        "cost": ["model_cost"],
        "predicting": ["predict_in_batches"],
        "formats": ["resolve_format"],
        "predictor": ["Predictor", "load_model"],
        "raw": ["to_raw_inputs"],
        "stock": ["require_stock", "to_stock"],
        "write": ["write_model"],
    },
)
