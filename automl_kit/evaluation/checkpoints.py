"""The files of trials' weights: where they are, which are kept."""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit import files
from automl_kit.errors import AutoMLKitError
from automl_kit.evaluation.build import weights_of

_NAME = "checkpoint"
_SUFFIX = ".weights.h5"
_CUT = "cut"
_CURVES = "curves.json"
_HELD_OUT = "held_out.npy"


class Checkpoints:
    """Weights of trials, in each trial's folder.

    Args:
        folder_of: Gives the folder of a trial's id.
    """

    def __init__(self, folder_of: Callable[[str], str | Path]):
        self.folder_of = folder_of

    def path(self, trial_id: str, part: int | None = None) -> Path:
        """The file of a network's weights: the trial's only one, or one of its parts."""
        name = _NAME if part is None else f"{_NAME}.{part}"
        return Path(self.folder_of(trial_id)) / f"{name}{_SUFFIX}"

    def saved(self, trial_id: str) -> list[Path]:
        """The files that there are of a trial, its parts in order."""
        whole = self.path(trial_id)
        if whole.exists():
            return [whole]
        parts = whole.parent.glob(f"{_NAME}.*{_SUFFIX}")
        return sorted(parts, key=lambda path: int(path.name.split(".")[1]))

    def save(self, trial_id: str, model: keras.Model, part: int | None = None) -> None:
        """Saves a network's weights, without its optimizer."""
        save_weights(model, self.path(trial_id, part))

    def save_curves(self, trial_id: str, curves: dict[str, list[float]]) -> None:
        """Notes what Keras logged after each epoch; of several parts the last one's stay."""
        files.write_json(Path(self.folder_of(trial_id)) / _CURVES, curves)

    def curves(self, trial_id: str) -> dict[str, list[float]]:
        """What `save_curves` noted; empty where it wasn't called."""
        path = Path(self.folder_of(trial_id)) / _CURVES
        return dict(files.read_json(path)) if path.exists() else {}

    def save_held_out(self, trial_id: str, outputs: NDArray[Any]) -> None:
        """Notes a trial's outputs on rows that it hasn't seen."""
        with files.atomic_path(Path(self.folder_of(trial_id)) / _HELD_OUT) as temporary:
            np.save(temporary, np.asarray(outputs, "float32"), allow_pickle=False)

    def held_out(self, trial_id: str) -> NDArray[np.float32] | None:
        """What `save_held_out` noted; None where it wasn't called, or can't be read."""
        with contextlib.suppress(OSError, ValueError, EOFError):
            outputs = np.load(Path(self.folder_of(trial_id)) / _HELD_OUT, allow_pickle=False)
            if outputs.dtype == np.float32 and outputs.ndim == 2 and np.isfinite(outputs).all():
                return np.asarray(outputs)
        return None

    def keep_only(self, needed: Iterable[str], of: Iterable[str]) -> None:
        """Deletes the weights of those trials that aren't needed."""
        for trial_id in set(of) - set(needed):
            for path in self.saved(trial_id):
                path.unlink(missing_ok=True)

    # A training that was cut, to be gone on with

    def save_cut(self, trial_id: str, model: keras.Model, told: dict[str, Any]) -> None:
        """Saves a network in mid-training, its optimizer included, and what goes with it."""
        folder = Path(self.folder_of(trial_id))
        with files.atomic_path(folder / f"{_CUT}{_SUFFIX}") as path:
            model.save_weights(path)
        files.write_json(folder / f"{_CUT}.json", told)

    def load_cut(self, trial_id: str, model: keras.Model) -> dict[str, Any] | None:
        """Puts a cut training back into its compiled network; None where there is none.

        What can't be read is no reason to fail: the training then begins anew.
        """
        folder = Path(self.folder_of(trial_id))
        if not (folder / f"{_CUT}.json").exists():
            return None
        with contextlib.suppress(AutoMLKitError, OSError, ValueError, KeyError):
            told = files.read_json(folder / f"{_CUT}.json")
            model.optimizer.build(model.trainable_variables)
            model.load_weights(folder / f"{_CUT}{_SUFFIX}")
            return dict(told)
        return None

    def drop_cut(self, trial_id: str) -> None:
        """Forgets a cut training."""
        for name in (f"{_CUT}.json", f"{_CUT}{_SUFFIX}"):
            (Path(self.folder_of(trial_id)) / name).unlink(missing_ok=True)


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes a network's weights, without its optimizer, whole or not at all."""
    with files.atomic_path(path) as temporary:
        weights_of(model).save_weights(temporary)
