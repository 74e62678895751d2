"""The figures of a network of classes on rows that it hasn't seen."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit.custom_blocks.submodels import SubmodelLoss
from automl_kit.evaluation.callbacks import NonFiniteError
from automl_kit.evaluation.objectives import Objective

Loss = Callable[[Any, Any], Any]  # targets (…, k) and outputs (…, k) to losses (…)


def can_judge(model: keras.Model, objective: Objective) -> bool:
    """Whether `judged` gives what Keras would log of a compiled network."""
    measured = objective.name in ("val_loss", "val_accuracy") or objective.score is not None
    given = keras.tree.flatten(model.get_compile_config().get("metrics") or [])
    only_accuracy = all(metric in ("accuracy", "acc") for metric in given)
    return measured and only_accuracy and len(model.outputs) == 1


def loss_of(model: keras.Model, side_by_side: bool = False) -> Loss | None:
    """The loss of a compiled network as a function a row; None where that isn't known.

    Args:
        model: The network.
        side_by_side: Whether targets and outputs have an axis of members, for which other
            losses than cross-entropy need not be made.
    """
    given = keras.tree.flatten(model.loss)
    if len(given) != 1:
        return None
    loss = keras.losses.get(given[0])
    if loss is keras.losses.categorical_crossentropy:
        loss = keras.losses.CategoricalCrossentropy()
    inner = loss.loss if isinstance(loss, SubmodelLoss) else loss
    if inner is keras.losses.categorical_crossentropy:
        inner = keras.losses.CategoricalCrossentropy()
    plain = type(inner) is keras.losses.CategoricalCrossentropy
    own = type(loss).__module__.split(".")[0] in ("keras", "automl_kit")
    if plain or (own and not side_by_side and isinstance(loss, keras.losses.Loss)):
        call: Loss = loss.call
        return call
    return None


def judged(
    loss: Loss,
    targets: NDArray[Any],
    outputs: NDArray[Any],
    weights: NDArray[Any] | None,
    objective: Objective,
    epoch: int = 0,
) -> dict[str, float]:
    """What Keras would log of held-out rows, and the objective.

    Args:
        loss: From targets and outputs to losses (n,).
        targets: One-hot, (n, k).
        outputs: Probabilities, (n, k).
        weights: Of the rows in the loss, (n,); None for 1.
        objective: What counts.
        epoch: For messages.

    Raises:
        NonFiniteError: If an output, the loss or the objective isn't a number.
    """
    if not np.isfinite(outputs).all():
        raise NonFiniteError(f"a predicted probability is NaN in epoch {epoch + 1}")
    ids = targets.argmax(axis=1)
    losses = np.asarray(loss(targets.astype("float32"), outputs))
    logs = {
        "val_loss": float(np.mean(losses if weights is None else losses * weights)),
        "val_accuracy": float(np.mean(outputs.argmax(axis=1) == ids)),
    }
    if objective.score is not None:
        logs[objective.name] = objective.score(ids, outputs)
    for name, value in logs.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"{name} is {value} in epoch {epoch + 1}")
    return logs
