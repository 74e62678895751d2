"""The weights of a path, put into the network of its genotype that is trained alone."""

import re

import keras

from automl_kit.custom_blocks import build_cell_network
from automl_kit.custom_blocks.separable import TrainingSeparableConv2D
from automl_kit.custom_blocks.training_layers import FusedBatchNormalization


def parts_of(network, path):
    """The layers of a path in the order in which `build_cell_network` makes them."""
    paths, parts = network.paths, [network.stem]
    for number, cell in enumerate(network.cells):
        parts += [network.residuals[number]] if number in network.residuals else []
        parts += [layer for layer in cell.matched if layer is not None]
        for place, edge in enumerate(paths.edges):
            if edge.kind == cell.kind and path[place]:
                op, operations = paths.ops[path[place] - 1], cell.edges[place].operations
                parts += [operations[op]] if op in operations else []
    return [*parts, *([network.end] if network.end is not None else [])]


def by_kind(parts):
    """Their variables as layers have them: convolutions, separable ones, normalisations."""
    plain, separable, normalised = [], [], []
    for part in parts:
        variables = iter(part.trainable_variables)
        for variable in variables:
            if len(variable.shape) == 1:
                normalised.append([variable, next(variables)])
            elif variable.shape[3] == 1 and variable.shape[0] > 1:  # depthwise
                separable.append([variable, next(variables)])
            else:
                plain.append([variable])
    return plain, separable, normalised


def copied(network, genotype, path, shape, channels, classes):
    """The stand-alone network of a genotype with the weights of its path."""
    keras.backend.clear_session()  # Layers' names count from 0.
    entry = keras.Input(shape)
    vector = build_cell_network(entry, genotype, cells=len(network.cells), channels=channels)
    model = keras.Model(entry, keras.layers.Dense(classes)(vector))
    kinds = keras.layers.Conv2D, TrainingSeparableConv2D, FusedBatchNormalization
    for kind, ours in zip(kinds, by_kind(parts_of(network, path)), strict=True):
        layers = [layer for layer in model.layers if type(layer) is kind]
        layers.sort(key=lambda layer: int((re.findall(r"_(\d+)$", layer.name) or ["0"])[0]))
        for layer, variables in zip(layers, ours, strict=True):
            for target, source in zip(layer.trainable_variables, variables, strict=True):
                target.assign(source.numpy().reshape(target.shape))
    model.layers[-1].set_weights(network.head.get_weights())
    return model
