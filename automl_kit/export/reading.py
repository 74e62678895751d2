"""A `.keras` file as a model, the same from every release of Keras."""

from pathlib import Path

import keras


def read_keras(path: Path) -> keras.Model:
    """Loads a file of stock layers, compiling nothing and running no code of the file's.

    Keras before 3.11 gives a model that was saved with one input back with a list of one.
    """
    model = keras.models.load_model(path, compile=False, safe_mode=True)
    if isinstance(model.input, list) and len(model.input) == 1:
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return model
