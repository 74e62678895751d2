"""DARTS as a stage: finds the cells of a graph's `CellBlock` before the trials.

TensorFlow is loaded when it is used, since a registry of strategies names the stage.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from automl_kit.errors import InputError
from automl_kit.evaluation.sharing.searched_cells import images_of, searched_block
from automl_kit.search.stage import Pinned, StageRun
from automl_kit.search.stages.darts.darts_settings import CellSearch
from automl_kit.spaces import ZERO_OPS, CellSpace
from automl_kit.spaces.operation_names import check_operation_names

if TYPE_CHECKING:
    from automl_kit.search.stages.darts.finding import Images

_NAME = "darts"
_WHO = "DARTS finds"


@dataclass(frozen=True)
class DartsStage:
    """Finds the cells of a `CellBlock` by gradient descent, for all trials after it.

    Liu, H. et al. (2019), "DARTS: Differentiable architecture search". The graph is anybody's that
    has one `CellBlock` with a space of cells of two inputs that concatenate their nodes, such as
    `automl_kit.spaces.DARTS`; nodes, operations and edges are the space's. A supernet of all its
    cells is trained on the images as they are, standardised; other blocks of the graph, such as
    augmentation, have no part in it. The trials then search how to train the cells' network.

    Attributes:
        search: The supernet, the rows and the settings.
        share: The most of a time budget that it takes. One that was cut short goes on in a later
            call of more time, as long as there is no trial.

    Raises:
        InputError: If an argument can't be.

    Example:
        >>> from automl_kit.search.stages.darts import CellSearch, DartsSettings, DartsStage
        >>> stage = DartsStage(CellSearch(settings=DartsSettings(order=2, epochs=5)), share=0.3)
        >>> stage.describe()["search"]["settings"]["order"]
        2
    """

    wanted: ClassVar[str] = "cells"
    search: CellSearch = field(default_factory=CellSearch)
    share: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.search, CellSearch):
            raise InputError(f"Expected search to be a CellSearch; got {self.search!r}.")
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
                that DARTS can't search, or the hypermodel is no graph.
        """
        self._searched(graph)

    def run(self, run: StageRun) -> Pinned:
        """Finds the cells; leaves `genotype.json` in the project's folder for the user.

        Returns:
            The block's hyperparameters; `found` has "genotype" and "history", a list of
            `DartsEpoch`.

        Raises:
            InputError: As `check`, or if the inputs aren't images or too few.
            ProjectError: If the folder can't be written, or its state is damaged or another's.
            SearchError: If the loss stops being a number.
        """
        from automl_kit.search.stages.darts.finding import CellFinder

        name, space = self._searched(run.graph)
        finder = CellFinder(
            space=space,
            how=self.search,
            seed=run.seed,
            notes=run.folder / _NAME,
            progress=run.progress,
        )
        found = finder.find(_images(run), trials_begun=run.trials_begun, seconds=run.seconds)
        values = space.values(found.genotype)
        return Pinned(
            values={f"{name}/{decision}": value for decision, value in values.items()},
            seconds=found.seconds,
            complete=found.complete,
            found={"genotype": found.genotype, "history": found.history},
        )

    def _searched(self, graph: Any) -> tuple[str, CellSpace]:
        """Name and space of the block whose cells are found."""
        block = searched_block(graph, _WHO)
        _check_space(block.name, block.space)
        return block.name, block.space


def _check_space(name: str, space: CellSpace) -> None:
    check_operation_names(space.ops)
    wrong = []
    if space.inputs != 2 or space.output != "concat":
        wrong.append(
            f"cells of {space.inputs} input{'s' * (space.inputs > 1)} and output={space.output!r}"
        )
    if space.edges is not None and space.edges > 2:
        wrong.append(f"{space.edges} edges a node, more than the first node has sources")
    if not set(space.ops) - ZERO_OPS:
        wrong.append(f"no operation besides {', '.join(space.ops)}")
    if wrong:
        raise InputError(
            "DARTS searches cells of two inputs that concatenate their nodes, each of one, two or "
            f"all edges from different sources; the space of {name} has {' and '.join(wrong)}. "
            "Take a space such as automl_kit.spaces.DARTS, or choose another tuner."
        )


def _images(run: StageRun) -> "Images":
    from automl_kit.search.stages.darts.finding import Images

    x, scale, offset = images_of(run.graph, run.x, _WHO)
    weights = None if run.class_weight is None else dict(run.class_weight)
    return Images(
        x=x, ids=run.ids, classes=run.classes, scale=scale, offset=offset, class_weight=weights
    )
