import keras
import numpy as np

from automl_kit.export import predict_in_batches
from automl_kit.export.one_size import at_training_size


def test_image_models_take_the_training_size_without_resizing(image):
    fixed = at_training_size(image.model)
    assert tuple(fixed.input.shape) == (None, 8, 8, 3)
    assert fixed.input.name == image.model.input.name
    assert not any(isinstance(layer, keras.layers.Resizing) for layer in fixed.layers)
    np.testing.assert_array_equal(
        predict_in_batches(fixed, image.raw), predict_in_batches(image.model, image.raw)
    )
    # The model given is as before.
    assert tuple(image.model.input.shape) == (None, None, None, 3)
    assert predict_in_batches(image.model, image.raw[:2, :5]).shape == (2, 2)


def test_a_resizing_further_inside_stays():
    entry = keras.Input((8, 8, 1))
    enlarged = keras.layers.Resizing(16, 16)(keras.layers.Rescaling(0.5)(entry))
    model = keras.Model(entry, keras.layers.GlobalMaxPooling2D()(enlarged))
    assert at_training_size(model) is model


def test_tables_and_texts_are_left_alone(table, text):
    assert at_training_size(table.model) is table.model
    assert at_training_size(text.model) is text.model
