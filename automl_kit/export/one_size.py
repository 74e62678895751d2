"""Image models of one size only, for runtimes that can't resize."""

import keras


def at_training_size(model: keras.Model) -> keras.Model:
    """Leaves out the resizing of the input, so that the model takes the training size only.

    The encoder's resizing is anti-aliased (TensorFlow's ScaleAndTranslate); neither LiteRT nor
    ONNX has such an op, and their plain bilinear one gives other pixels. At the training size
    resizing changes nothing.

    Args:
        model: What `assemble` gave.

    Returns:
        A model of the same weights with an input (n, height, width, channels) of the training
        size; the model itself where it doesn't start with a resizing layer.
    """
    entry = model.input
    first = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.Resizing) and layer.input is entry
    ]
    if not first:
        return model
    (resize,) = first
    fixed = keras.Input(resize.output.shape[1:], dtype=entry.dtype, name=entry.name)
    return keras.models.clone_model(
        model,
        input_tensors=fixed,
        clone_function=lambda layer: keras.layers.Identity() if layer is resize else layer,
    )
