"""`python -m automl_kit.image`: fit, predict, evaluate and demo for image data."""

from typing import Any

from automl_kit.command import make_app, run


def _example() -> Any:
    from automl_kit.data import load_digits

    return load_digits()


app = make_app("image", "ImageClassifier", _example, "handwritten digits", "images/")

if __name__ == "__main__":
    run(app)
