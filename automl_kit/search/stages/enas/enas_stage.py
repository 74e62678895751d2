"""ENAS as a stage: finds the cells of a graph's `CellBlock` before the trials.

TensorFlow is loaded when it is used, since a registry of strategies names the stage.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from automl_kit import files
from automl_kit.errors import InputError, ProjectError
from automl_kit.evaluation.array_state import fingerprint
from automl_kit.evaluation.sharing.searched_cells import (
    check_for_paths,
    images_of,
    searched_block,
)
from automl_kit.search.stage import Pinned, StageRun
from automl_kit.search.stages.enas.enas_settings import EnasSettings
from automl_kit.spaces import CellSpace, Genotype

_NAME, _WHO = "enas", "ENAS finds"


@dataclass(frozen=True)
class EnasStage:
    """Finds the cells of a `CellBlock` by a controller on shared weights, for all trials after it.

    Pham et al. (2018), "Efficient neural architecture search via parameter sharing"; see
    `EnasSearch`. The graph is anybody's that has one `CellBlock` with a space of cells of one or
    two inputs, such as `automl_kit.spaces.NAS_BENCH_201` or `DARTS`. The trials then search how to
    train the cells' network.

    Attributes:
        search: The supernet and the settings.
        share: The most of a time budget that it takes. One that was cut short goes on in a later
            call of more time, as long as there is no trial.

    Raises:
        InputError: If an argument can't be.

    Example:
        >>> from automl_kit.search.stages.enas import EnasSettings, EnasStage
        >>> EnasStage(EnasSettings(epochs=5), share=0.3).describe()["search"]["epochs"]
        5
    """

    wanted: ClassVar[str] = "cells"
    search: EnasSettings = field(default_factory=EnasSettings)
    share: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.search, EnasSettings):
            raise InputError(f"Expected search to be EnasSettings; got {self.search!r}.")
        if isinstance(self.share, bool) or not 0 < self.share < 1:
            raise InputError(
                "Expected share, the part of a time budget that the search for cells may take, "
                f"above 0 and below 1; got {self.share!r}."
            )

    def describe(self) -> dict[str, Any]:
        """Name and settings, as JSON values."""
        return {"name": _NAME, "search": self.search.to_json(), "share": self.share}

    def check(self, graph: Any) -> None:
        """Looks for the one `CellBlock` whose cells are to be found.

        Raises:
            InputError: If there is none or another one too, its cells are fixed, its space is one
                that ENAS can't search, or the hypermodel is no graph.
        """
        check_for_paths(searched_block(graph, _WHO).space, _WHO)

    def run(self, run: StageRun) -> Pinned:
        """Finds the cells; leaves `genotype.json` in the project's folder for the user.

        Returns:
            The block's hyperparameters; `found` has "genotype" and "history", a list of
            `EnasEpoch`.

        Raises:
            InputError: As `check`, or if the inputs aren't images or too few.
            ProjectError: If the folder can't be written, or its state is damaged or another's.
            SearchError: If the loss stops being a number.
        """
        from automl_kit.search.stages.enas.enas_search import EnasSearch

        block = searched_block(run.graph, _WHO)
        images, told = self._images(run), run.folder / _NAME / "found.json"
        identity = {"settings": self.search.to_json(), "seed": run.seed}
        identity["rows"] = fingerprint(images.x, images.ids)
        images = images.at_most(self.search.rows, run.seed)
        search = EnasSearch(
            block.space, self.search, images, run.seed, told.with_name("enas.npz"), identity,
            run.progress,
        )  # fmt: skip
        found = _found(told, block.space) if told.exists() else None
        if run.trials_begun and found is None:
            raise ProjectError(
                f"{run.folder} has trials, but the cells they are of are lost ({told}); start over "
                "with overwrite=True."
            )
        search.restore()
        complete = len(search.history) == self.search.epochs
        if found is None or not (complete or run.trials_begun):
            run.progress.stage_begin(f"Searching cells on {len(images.ids)} images")
            complete = search.search(run.seconds)
            found = search.derive()
            files.write_json(told, found.to_json())
            found.save(run.folder / "genotype.json")  # the user's; not read here
        values = block.space.values(found)
        return Pinned(
            values={f"{block.name}/{decision}": value for decision, value in values.items()},
            seconds=search.seconds,
            complete=complete,
            found={"genotype": found, "history": search.history},
        )

    def _images(self, run: StageRun) -> Any:
        from automl_kit.evaluation.sharing.path_images import PathImages

        x, scale, offset = images_of(run.graph, run.x, _WHO)
        weights = None
        if run.class_weight is not None:
            weights = np.array([run.class_weight.get(int(k), 1.0) for k in run.ids], "float32")
        ids = np.asarray(run.ids, "int64")
        return PathImages(x=x, ids=ids, scale=scale, offset=offset, weights=weights)


def _found(path: Any, space: CellSpace) -> Genotype:
    """The cells that an earlier call found.

    Raises:
        ProjectError: If the note of them is damaged.
    """
    try:
        genotype = Genotype.load(path)
        if not space.contains(genotype):
            raise InputError(f"{path} holds cells of another space")
    except InputError as error:
        raise ProjectError(
            f"{path} is damaged ({error}). Remove it, or start over with overwrite=True."
        ) from error
    return genotype
