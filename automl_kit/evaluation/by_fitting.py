"""Judging networks whose layers scikit-learn has fitted, so that nothing is left to train."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import joblib
import keras
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_kit.custom_blocks import FittedLayer
from automl_kit.evaluation.base import Run
from automl_kit.evaluation.build import fit_layers, fitted_layers, fitted_to
from automl_kit.evaluation.judging import can_judge, judged, loss_of
from automl_kit.evaluation.objectives import Objective
from automl_kit.evaluation.rows import Rows, TrainingData
from automl_kit.evaluation.trained import Trained

# Rows. A text's n-grams are some thousands, each looked up for all classes.
_CHUNK = 256


def judge_fitted(model: keras.Model, held_out: Rows, objective: Objective) -> Trained | None:
    """Judges a network on held-out rows.

    Args:
        model: Compiled; nothing in it is trained.
        held_out: The rows.
        objective: What counts.

    Returns:
        None where Keras must judge it.
    """
    loss = loss_of(model)
    if loss is None or not can_judge(model, objective) or held_out.ids() is None:
        return None
    (y,) = keras.tree.flatten(held_out.y)
    if y.ndim != 2 or y.shape[1] < 2:
        return None
    outputs = outputs_of(model, held_out.x)
    logs = judged(loss, np.asarray(y), outputs, held_out.weights, objective)
    return Trained(logs, curves={name: [value] for name, value in logs.items()}, held_out=outputs)


def fit_folds(
    model: keras.Model,
    data: TrainingData,
    held: Sequence[NDArray[np.intp]],
    seeds: list[int],
    objective: Objective,
    run: Run,
    save: Callable[[keras.Model], None],
    gives_up: Callable[[int, float], bool] | None = None,
) -> Trained | None:
    """Fits the layers of a network for each fold, and judges them by its rows.

    Args:
        model: Compiled; nothing in it is trained.
        data: All rows.
        held: The numbers of the rows that each fold is judged by.
        seeds: One a fold.
        objective: What counts.
        run: The search.
        save: Keeps the weights of the network that stands for those of all folds.
        gives_up: Whether the pruner ends it, given how many folds are done and the last one's
            score; None where it isn't asked.

    Returns:
        What came, `held_out` in the order of all rows; None where Keras must judge it. Cut by
        time it has the figures of the folds so far, and the network of the last one is kept;
        pruned it has them too, and no network is kept.
    """
    rows, loss = data.all_rows(), loss_of(model)
    (y,) = keras.tree.flatten(rows.y)
    if loss is None or not can_judge(model, objective) or rows.ids() is None or y.ndim != 2:
        return None
    started, pieces, places, pruned = time.monotonic(), [], [], False
    layers = fitted_layers(model)
    found: list[list[Any]] = [[] for _ in layers]
    train = [np.setdiff1d(np.arange(len(rows)), fold) for fold in held]
    for part, _ in enumerate(_fitted(model, layers, rows, train, seeds)):
        fold = held[part]
        pieces.append(outputs_of(model, rows.take(fold).x))
        places.append(fold)
        for layer, one in zip(layers, found, strict=True):
            one.append(layer.found)
        elapsed = time.monotonic() - started
        each = elapsed / (part + 1)
        if gives_up is not None:
            weights = None if rows.weights is None else rows.weights[fold]
            logs = judged(loss, np.asarray(y)[fold], pieces[-1], weights, objective)
            pruned = gives_up(part + 1, logs[objective.name])
        if part + 1 < len(held) and (pruned or run.time_is_over(elapsed, each)):
            break
    every = np.concatenate(places)
    weights = None if rows.weights is None else rows.weights[every]
    logs = judged(loss, np.asarray(y)[every], np.concatenate(pieces), weights, objective)
    early = len(pieces) < len(held)
    curves = {name: [value] for name, value in logs.items()}
    if early and pruned:
        after = f"{len(pieces)} of {len(held)} folds"
        return Trained(logs, curves=curves, pruned=True, after=after)
    outputs = None if early else np.concatenate(pieces)[np.argsort(every)]
    trained = Trained(logs, curves=curves, held_out=outputs, cut=early)
    if not run.keeps:
        return trained
    joined = [layer.joined(one) for layer, one in zip(layers, found, strict=True)]
    # Without the time for a fit to all rows the last fold's stands for it.
    if None in joined and not run.time_is_over(elapsed, each):
        fit_layers(model, rows, seeds[0])
    for layer, arrays in zip(layers, joined, strict=True):
        if arrays is not None:
            layer.take(arrays)
    save(model)
    return trained


def _fitted(
    model: keras.Model,
    layers: list[FittedLayer],
    rows: Rows,
    train: list[NDArray[np.intp]],
    seeds: list[int],
) -> Iterator[None]:
    """Fits the layers to each part of the rows in turn.

    A single layer whose estimator works on one core is fitted to as many parts at once as there
    are cores: what scikit-learn computes doesn't hold Python's lock.
    """
    alone = len(layers) == 1 and not layers[0].uses_all_cores
    cores = joblib.cpu_count() if alone else 1
    if cores == 1:
        for part, seed in zip(train, seeds, strict=True):
            fit_layers(model, rows.take(part), seed)
            yield
        return
    (layer,), (inputs, ids) = layers, fitted_to(model, layers[0], rows)

    def learned(part: NDArray[np.intp], seed: int) -> Any:
        weights = None if rows.weights is None else rows.weights[part]
        with threadpool_limits(1, user_api="openmp"):  # of this thread alone
            return layer.learned(inputs[part], ids[part], weights, seed % 2**31)

    waiting = list(zip(train, seeds, strict=True))
    # BLAS's threads would wait for each other; what limits them is the whole process's.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(cores) as pool:
        running = [pool.submit(learned, *one) for one in waiting[:cores]]
        for number in range(len(waiting)):
            arrays = running.pop(0).result()
            running += [pool.submit(learned, *one) for one in waiting[number + cores :][:1]]
            layer.take(arrays)
            yield


def outputs_of(model: keras.Model, x: Any) -> NDArray[Any]:
    """Outputs (n, classes) without compiling, which would take longer than they do."""
    arrays = keras.tree.flatten(x)
    pieces = []
    for start in range(0, len(arrays[0]), _CHUNK):
        parts = [np.asarray(array[start : start + _CHUNK]) for array in arrays]
        given = parts if isinstance(model.input, list) else parts[0]
        pieces.append(np.asarray(model(given, training=False)))
    return np.concatenate(pieces)
