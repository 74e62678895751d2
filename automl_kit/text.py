"""`python -m automl_kit.text`: fit, predict, evaluate and demo for text data."""

from typing import Any

from automl_kit.command import make_app, run


def _example() -> Any:
    from automl_kit.data import load_docstrings

    return load_docstrings()


app = make_app(
    "text",
    "TextClassifier",
    _example,
    "docstrings of installed libraries",
    "train.csv --target label",
)

if __name__ == "__main__":
    run(app)
