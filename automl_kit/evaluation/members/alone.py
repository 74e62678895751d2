"""Training a single network by a compiled program, and going on with it after a cut."""

import contextlib
import time
from typing import Any

import keras
import numpy as np

from automl_kit.evaluation.base import Run
from automl_kit.evaluation.build import load_weights
from automl_kit.evaluation.checkpoints import Checkpoints
from automl_kit.evaluation.members.compiled import Fit, Fits, begin, own_weights
from automl_kit.evaluation.members.course import Course
from automl_kit.evaluation.members.training import Training
from automl_kit.evaluation.rows import TrainingData, joined
from automl_kit.evaluation.trained import Trained

_CUT = "cut.npz"


def train_alone(
    model: keras.Model,
    data: TrainingData,
    epochs: tuple[int, int],
    seed: int,
    trial_id: str | None,
    fits: Fits,
    checkpoints: Checkpoints,
    run: Run,
    asked_as: str = "",
) -> tuple[Trained, float] | None:
    """Trains a network; goes on where an earlier training of the trial was cut.

    Args:
        model: Built and compiled; it has the best epoch's weights afterwards.
        data: The rows.
        epochs: The first epoch, from 0, and where it ends.
        seed: Of order and noise.
        trial_id: The trial, where its training may be gone on with.
        fits: Knows what programs can train.
        checkpoints: Where a training that was cut is kept.
        run: The search.
        asked_as: The trial as the pruner knows it; empty where it isn't asked.

    Returns:
        What came, and the seconds that an earlier part of the training took; None where Keras's
        own `fit` must train it.
    """
    started, held_out = time.monotonic(), data.held_out
    rows = data.train if held_out is None else joined(data.train, held_out)
    train = np.arange(len(data.train))
    held = [] if held_out is None else [np.arange(len(train), len(rows))]
    fit = fits.of(model, data, rows, [train], held)
    if fit is None:
        return None
    training = fit.training(asked_as, data, epochs, [seed], fits.objective, run)
    begin(fit, own_weights(fit), training, seed)
    course, before = _gone_on(trial_id, model, fit, checkpoints)
    training.run(course)
    goes_on = course.cut or (course.pruned and run.stopped_go_on)
    if goes_on and trial_id is not None:
        seconds = before + time.monotonic() - started
        _keep(trial_id, fit, course, checkpoints, seconds, training)
    fit.keep(course.weights)
    if held and not course.held_out:  # The best epoch was in the part before the cut.
        fit.program.set_weights(course.weights)
        course.held_out = training.outputs()
    outputs = course.held_out[0] if course.held_out else None
    return course.trained(outputs, training.startup), before


def _keep(
    trial_id: str,
    fit: Fit,
    course: Course,
    checkpoints: Checkpoints,
    seconds: float,
    training: Training,
) -> None:
    """Notes weights and moving averages as they are, and the course."""
    first, second = fit.program.moments()
    checkpoints.save_arrays(trial_id, _CUT, [*fit.program.weights(), *first, *second])
    told = {**course.told(training.plan.every), "seconds": seconds}
    checkpoints.save_told(trial_id, told)


def _gone_on(
    trial_id: str | None, model: keras.Model, fit: Fit, checkpoints: Checkpoints
) -> tuple[Course, float]:
    """The course of a training that was cut, its state put into the program; else a new one."""
    if trial_id is None or (told := checkpoints.told(trial_id)) is None:
        return Course(), 0.0
    arrays: Any = checkpoints.arrays(trial_id, _CUT)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        weights, moments = len(fit.program.stack.weights), len(fit.program.moments()[0])
        course = Course.of(told)
        load_weights(model, checkpoints.path(trial_id))
        course.weights = own_weights(fit)
        fit.program.set_weights(arrays[:weights])
        fit.program.set_moments(arrays[weights : weights + moments], arrays[weights + moments :])
        return course, float(told["seconds"])
    return Course(), 0.0
