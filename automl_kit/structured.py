"""`python -m automl_kit.structured`: fit, predict, evaluate and demo for structured data."""

from typing import Any

from automl_kit.command import make_app, run


def _example() -> Any:
    from automl_kit.data import load_table

    return load_table("breast_cancer")


app = make_app(
    "structured",
    "StructuredDataClassifier",
    _example,
    "the breast cancer table",
    "train.csv --target label",
)

if __name__ == "__main__":
    run(app)
