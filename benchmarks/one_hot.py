"""Tables as scikit-learn's models want them."""

from typing import Any

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def one_hot(model: Any) -> Any:
    """A table as scikit-learn wants it: medians and one-hot columns."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    is_number = make_column_selector(dtype_include="number")
    others = make_column_selector(dtype_exclude="number")
    encoder = make_column_transformer(
        (numbers, is_number), (OneHotEncoder(handle_unknown="ignore"), others)
    )
    return make_pipeline(encoder, model)
