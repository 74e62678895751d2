"""Why trials fail, in words."""

import itertools
import re
from collections import Counter

import keras_tuner
import tensorflow as tf
from keras_tuner import errors as tuner_errors

from automl_kit.compat import Trial
from automl_kit.evaluation.callbacks import NonFiniteError

LONGEST = 1000  # characters of a reason
# From here on Keras and TensorFlow list arguments and calls, which say no more about it.
_DETAILS = ("Arguments received by", "Detected at node", "Stack trace for op")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def describe(error: BaseException) -> str:
    """One line about an exception: a known kind of failure, or its type and message."""
    lines = (line.strip() for line in _COLOURS.sub("", str(error)).splitlines())
    told = itertools.takewhile(lambda line: not line.startswith(_DETAILS), lines)
    text = " ".join(filter(None, told))
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        text = f"out of memory: {text}"
    elif isinstance(error, NonFiniteError):
        text = f"not a finite number: {text}"
    elif isinstance(error, tuner_errors.FailedTrialError):
        text = text or "the trial was given up"
    else:
        text = f"{type(error).__name__}: {text}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def reason(trial: Trial) -> str:
    """A line about why a trial failed; empty for a trial that went well."""
    lines = (trial.message or "").strip().splitlines()
    if not lines:
        return ""
    # KerasTuner's own loop keeps the traceback alone, which ends with what happened.
    return lines[-1 if lines[0].startswith("Traceback") else 0]


def explain(oracle: keras_tuner.Oracle) -> str:
    """Says why a search ended without one completed trial."""
    reasons = Counter(reason(trial) for trial in oracle.trials.values() if trial.message)
    if not reasons:
        return (
            "No trial was completed within the time budget; "
            "give a larger time_budget, smaller networks or fewer rows."
        )
    told = "; ".join(f"{text} ({count} times)" for text, count in reasons.most_common(3))
    return (
        f"All {sum(reasons.values())} trials failed, so there is no model. Reasons: {told}. "
        "leaderboard() shows each trial's hyperparameters."
    )
