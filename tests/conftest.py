"""TensorFlow's start-up lines are hidden once, before any test imports it."""

from automl_kit import quiet

quiet.load_tensorflow()
