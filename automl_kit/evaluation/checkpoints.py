"""The files of trials' weights: where they are, which are kept."""

import contextlib
import zipfile
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
_TOGETHER = f"{_NAME}.members.npz"
_CURVES = "curves.json"
_HELD_OUT = "held_out.npy"


class Checkpoints:
    """Weights of trials, in each trial's folder.

    Args:
        folder_of: Gives the folder of a trial's id.
    """

    def __init__(self, folder_of: Callable[[str], str | Path]):
        self.folder_of = folder_of

    def folder(self, trial_id: str) -> Path:
        """A trial's folder."""
        return Path(self.folder_of(trial_id))

    def path(self, trial_id: str, part: int | None = None) -> Path:
        """The file of a network's weights: the trial's only one, or one of its parts."""
        name = _NAME if part is None else f"{_NAME}.{part}"
        return self.folder(trial_id) / f"{name}{_SUFFIX}"

    def saved(self, trial_id: str) -> list[Path]:
        """The files that there are of a trial, its parts in order."""
        whole = self.path(trial_id)
        if whole.exists():
            return [whole]
        parts = whole.parent.glob(f"{_NAME}.*{_SUFFIX}")
        return sorted(parts, key=lambda path: int(path.name.split(".")[1]))

    def has_weights(self, trial_id: str) -> bool:
        """Whether a trial's weights were kept."""
        return bool(self.saved(trial_id)) or (self.folder(trial_id) / _TOGETHER).exists()

    def save(self, trial_id: str, model: keras.Model, part: int | None = None) -> None:
        """Saves a network's weights, without its optimizer."""
        save_weights(model, self.path(trial_id, part))

    def save_curves(self, trial_id: str, curves: dict[str, list[float]]) -> None:
        """Notes what Keras logged after each epoch; of several parts the last one's stay."""
        files.write_json(self.folder(trial_id) / _CURVES, curves)

    def curves(self, trial_id: str) -> dict[str, list[float]]:
        """What `save_curves` noted; empty where it wasn't called."""
        path = self.folder(trial_id) / _CURVES
        return dict(files.read_json(path)) if path.exists() else {}

    def save_held_out(self, trial_id: str, outputs: NDArray[Any]) -> None:
        """Notes a trial's outputs on rows that it hasn't seen."""
        with files.atomic_path(self.folder(trial_id) / _HELD_OUT) as temporary:
            np.save(temporary, np.asarray(outputs, "float32"), allow_pickle=False)

    def held_out(self, trial_id: str) -> NDArray[np.float32] | None:
        """What `save_held_out` noted; None where it wasn't called, or can't be read."""
        with contextlib.suppress(OSError, ValueError, EOFError):
            outputs = np.load(self.folder(trial_id) / _HELD_OUT, allow_pickle=False)
            if outputs.dtype == np.float32 and outputs.ndim == 2 and np.isfinite(outputs).all():
                return np.asarray(outputs)
        return None

    def save_arrays(self, trial_id: str, name: str, arrays: list[NDArray[Any]]) -> None:
        """Writes arrays to a file of a name in the trial's folder."""
        path = self.folder(trial_id) / name
        # By its handle: NumPy adds a suffix to a path that has none of its own.
        with files.atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, *arrays)

    def arrays(self, trial_id: str, name: str) -> list[NDArray[Any]] | None:
        """What `save_arrays` wrote; None where it wasn't called, or can't be read."""
        with contextlib.suppress(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            path = self.folder(trial_id) / name
            with np.load(path, allow_pickle=False) as found:
                return [found[f"arr_{place}"] for place in range(len(found.files))]
        return None

    def save_together(self, trial_id: str, arrays: list[NDArray[Any]]) -> None:
        """Saves the weights of a trial's networks that were trained side by side."""
        self.save_arrays(trial_id, _TOGETHER, arrays)

    def together(self, trial_id: str) -> list[NDArray[Any]] | None:
        """What `save_together` saved; None where it wasn't called, or can't be read."""
        return self.arrays(trial_id, _TOGETHER)

    def keep_only(self, needed: Iterable[str], of: Iterable[str]) -> None:
        """Deletes the weights of those trials that aren't needed."""
        for trial_id in set(of) - set(needed):
            for path in (*self.saved(trial_id), self.folder(trial_id) / _TOGETHER):
                path.unlink(missing_ok=True)

    # A training that was cut, to be gone on with

    def save_cut(self, trial_id: str, model: keras.Model, told: dict[str, Any]) -> None:
        """Saves a network in mid-training, its optimizer included, and what goes with it."""
        folder = self.folder(trial_id)
        with files.atomic_path(folder / f"{_CUT}{_SUFFIX}") as path:
            model.save_weights(path)
        files.write_json(folder / f"{_CUT}.json", told)

    def load_cut(self, trial_id: str, model: keras.Model) -> dict[str, Any] | None:
        """Puts a cut training back into its compiled network; None where there is none.

        What can't be read is no reason to fail: the training then begins anew.
        """
        folder = self.folder(trial_id)
        if not (folder / f"{_CUT}.json").exists():
            return None
        with contextlib.suppress(AutoMLKitError, OSError, ValueError, KeyError):
            told = files.read_json(folder / f"{_CUT}.json")
            model.optimizer.build(model.trainable_variables)
            model.load_weights(folder / f"{_CUT}{_SUFFIX}")
            return dict(told)
        return None

    def save_told(self, trial_id: str, told: dict[str, Any]) -> None:
        """Notes how far a training came that was cut, its arrays apart."""
        files.write_json(self.folder(trial_id) / f"{_CUT}.json", told)

    def told(self, trial_id: str) -> dict[str, Any] | None:
        """What `save_told` noted; None where there is nothing that can be read."""
        with contextlib.suppress(AutoMLKitError, OSError, ValueError):
            return dict(files.read_json(self.folder(trial_id) / f"{_CUT}.json"))
        return None

    def drop_cut(self, trial_id: str) -> None:
        """Forgets a cut training."""
        for name in (f"{_CUT}.json", f"{_CUT}.npz", f"{_CUT}{_SUFFIX}"):
            (self.folder(trial_id) / name).unlink(missing_ok=True)


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes a network's weights, without its optimizer, whole or not at all."""
    with files.atomic_path(path) as temporary:
        weights_of(model).save_weights(temporary)
