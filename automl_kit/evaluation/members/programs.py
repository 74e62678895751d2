"""Programs that were compiled already, by what they were compiled for."""

import dataclasses
import json
from collections import OrderedDict
from typing import Any

import keras

from automl_kit.evaluation.judging import loss_of
from automl_kit.evaluation.members.program import Program
from automl_kit.evaluation.members.stacking import stack
from automl_kit.evaluation.members.training_recipe import AdamW

MOST = 8  # programs kept; each holds a network and its optimizer
_IGNORED = ("build_config", "compile_config", "seed", "trainable")


class Programs:
    """Compiled programs, the last used ones kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Program] = OrderedDict()

    def get(
        self, network: keras.Model, recipe: AdamW, model: keras.Model, members: int | None
    ) -> Program | None:
        """The program for networks of one architecture; made where there is none yet.

        Args:
            network: What is trained, a functional model.
            recipe: How.
            model: The compiled model whose loss counts.
            members: How many networks; None for one alone.

        Returns:
            None where the loss or the optimizer can't be compiled.

        Raises:
            NotStackableError: If the networks can't be trained side by side.
        """
        loss = loss_of(model, side_by_side=members is not None)
        if loss is None:
            return None
        if members is not None and any(recipe.muon):
            return None
        constants = dataclasses.astuple(dataclasses.replace(recipe, rate=0.0, decay=0.0))
        told = json.dumps(
            [architecture(network), members, constants, _told(model.loss)], default=str
        )
        if told not in self._kept:
            self._kept[told] = Program(stack(network, members), recipe, loss)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(told)
        return self._kept[told]


def architecture(network: keras.Model) -> Any:
    """What two networks must have in common to be trained by one program, as a JSON value.

    Names, seeds and the rates of dropout don't count.
    """
    config = network.get_config()
    names = {layer["name"]: str(place) for place, layer in enumerate(config["layers"])}
    return _without(config, names)


def _without(value: Any, names: dict[str, str], dropout: bool = False) -> Any:
    if isinstance(value, dict):
        is_dropout = dropout or value.get("class_name") == "Dropout"
        ignored = (*_IGNORED, "rate") if is_dropout else _IGNORED
        return {
            key: "" if key == "name" else _without(one, names, is_dropout and key == "config")
            for key, one in value.items()
            if key not in ignored
        }
    if isinstance(value, list | tuple):
        return [_without(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def _told(loss: Any) -> Any:
    """A loss as a JSON value."""
    return [
        one if isinstance(one, str) else keras.saving.serialize_keras_object(one)
        for one in keras.tree.flatten(loss)
    ]
