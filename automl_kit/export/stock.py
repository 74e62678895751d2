"""Rewriting a network to stock Keras layers, so that its file needs Keras alone."""

from collections.abc import Callable, Iterator
from typing import Any

import keras

from automl_kit.custom_blocks.auxiliary import without_auxiliary
from automl_kit.custom_blocks.drop_path import DropPath
from automl_kit.custom_blocks.fitted_layer import FittedLayer
from automl_kit.custom_blocks.separable import TrainingSeparableConv2D
from automl_kit.custom_blocks.submodels import MeanOfSubmodels
from automl_kit.custom_blocks.training_layers import (
    FusedBatchNormalization,
    TrainingConv2D,
    TrainingCropping2D,
)
from automl_kit.custom_blocks.views import MeanOfViews, ViewsBeside
from automl_kit.errors import ExportError

_ADVICE = (
    "Build it of keras.layers and keras.ops in the functional style, "
    "or write the Keras model yourself and take its code along."
)


def to_stock(network: keras.Model) -> keras.Model:
    """Replaces AutoKeras's layers and ours by stock ones, in nested models too.

    Every other layer is shared with `network`, trained weights included.

    Args:
        network: A functional or sequential model of stock layers, of AutoKeras's, and of those of
            ours that only training needs.

    Returns:
        A functional model that gives the same numbers, not compiled. A single input or
        output stands alone, not in a list.

    Raises:
        ExportError: If a layer is neither, or the model is a subclassed one.
    """
    if not getattr(network, "inputs", None) or not _is_stock(network):
        raise ExportError(
            f"{network.name} is a {type(network).__name__}, not a functional keras.Model, so that "
            f"it can't be written with stock layers alone. {_ADVICE}"
        )
    # A new model around the same layers leaves the optimizer and its losses behind.
    outputs = [without_auxiliary(output) for output in network.outputs]
    bare = keras.Model(_alone(network.inputs), _alone(outputs), name=network.name)
    clone = keras.models.clone_model(bare, clone_function=_stock_layer, recursive=True)
    _forget_training(clone)
    require_stock(clone)
    return clone


def require_stock(model: keras.Model) -> None:
    """Checks that nothing in the model needs code besides Keras.

    Raises:
        ExportError: Naming the layers or functions that do.
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            require_stock(layer)
        elif not _is_stock(layer):
            raise _not_stock(f"layer {layer.name!r} ({_qualified(layer)})")
    # Functions, inner layers and Lambdas show in the configuration only.
    foreign = sorted(set(foreign_objects(keras.saving.serialize_keras_object(model))))
    if foreign:
        raise _not_stock(", ".join(foreign))


def foreign_objects(config: Any) -> Iterator[str]:
    """Names all in a serialised Keras object that Keras alone can't or won't restore.

    Args:
        config: What `keras.saving.serialize_keras_object` gives, or the `config.json` of a
            `.keras` file.
    """
    if isinstance(config, dict):
        name, module = config.get("class_name"), config.get("module")
        package = str(module).split(".")[0]
        custom = ">" in str(config.get("registered_name"))
        if isinstance(name, str) and (name in ("Lambda", "__lambda__", "function") or custom):
            yield f"{name} ({config.get('registered_name') or module})"
        elif isinstance(name, str) and module is not None and package != "keras":
            yield f"{name} ({module})"
        for value in config.values():
            yield from foreign_objects(value)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from foreign_objects(value)


def _forget_training(model: keras.Model) -> None:
    """Leaves out how the parts of a model were compiled: an optimizer may be ours."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            layer.compiled = False
            _forget_training(layer)


def _alone(tensors: list[Any]) -> Any:
    """Takes a single tensor out of its list; AutoKeras builds models on lists."""
    return tensors[0] if len(tensors) == 1 else tensors


def _stock_layer(layer: Any) -> Any:
    """Gives the stock layer that does what `layer` does; itself where it is stock."""
    replacement = _REPLACEMENTS.get(_qualified(layer))
    if replacement is not None:
        return replacement(layer)
    if not _is_stock(layer):
        raise _not_stock(f"layer {layer.name!r} ({_qualified(layer)})")
    return layer


def _cast(layer: Any) -> Any:
    return keras.layers.Rescaling(1.0, name=layer.name, dtype="float32")


def _expand_last(layer: Any) -> Any:
    sizes = [-1 if size is None else size for size in layer.input.shape[1:]]
    if sizes.count(-1) > 1:
        raise _not_stock(f"layer {layer.name!r} on shape {layer.input.shape}")
    return keras.layers.Reshape((*sizes, 1), name=layer.name)


def _chained(layer: Any) -> Callable[..., Any]:
    """Stock layers one after the other, or nothing, in a layer's place."""
    layers = layer.stock_layers()

    def call(tensor: Any, **_: Any) -> Any:
        for one in layers:
            tensor = one(tensor)
        return tensor

    return call


_MEMBERS = "automl_kit.custom_blocks.member_layers"
_REPLACEMENTS: dict[str, Callable[[Any], Any]] = {
    "autokeras.keras_layers.CastToFloat32": _cast,
    "autokeras.keras_layers.ExpandLastDim": _expand_last,
    "automl_kit.custom_blocks.drop_path.DropPath": DropPath.stock,
    "automl_kit.custom_blocks.linear_layer.Linear": FittedLayer.stock,
    "automl_kit.custom_blocks.submodels.MeanOfSubmodels": MeanOfSubmodels.stock,
    "automl_kit.custom_blocks.submodels.Submodels": _chained,
    "automl_kit.custom_blocks.token_linear.TokenLinear": FittedLayer.stock,
    "automl_kit.custom_blocks.separable.TrainingSeparableConv2D": TrainingSeparableConv2D.stock,
    "automl_kit.custom_blocks.training_layers.FusedBatchNormalization": (
        FusedBatchNormalization.stock
    ),
    "automl_kit.custom_blocks.training_layers.TrainingConv2D": TrainingConv2D.stock,
    "automl_kit.custom_blocks.training_layers.TrainingCropping2D": TrainingCropping2D.stock,
    "automl_kit.custom_blocks.tree_layer.Trees": FittedLayer.stock,
    f"{_MEMBERS}.MemberBatchNormalization": _chained,
    f"{_MEMBERS}.MemberDropout": _chained,
    f"{_MEMBERS}.MemberLayerNormalization": _chained,
    "automl_kit.custom_blocks.views.MeanOfViews": MeanOfViews.stock,
    "automl_kit.custom_blocks.views.ViewsBeside": ViewsBeside.stock,
}


def _is_stock(layer: Any) -> bool:
    return type(layer).__module__.split(".")[0] == "keras"


def _qualified(layer: Any) -> str:
    return f"{type(layer).__module__}.{type(layer).__qualname__}"


def _not_stock(what: str) -> ExportError:
    return ExportError(
        f"The model holds {what}, which is not part of Keras, so that its file could not be "
        f"opened with Keras alone. {_ADVICE}"
    )
