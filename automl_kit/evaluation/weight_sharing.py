"""Weight sharing: cells are judged by weights that all of them share, and the best trained alone.

TensorFlow is loaded when it is used.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from automl_kit.errors import InputError
from automl_kit.evaluation.base import Evaluation, Result, Run
from automl_kit.evaluation.full import FullTraining
from automl_kit.evaluation.sharing.searched_cells import check_for_paths, searched_block
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings

WHO = "WeightSharing judges"


@dataclass(frozen=True, kw_only=True)
class WeightSharing(SharingSettings):
    """Judges a cell by its path through a supernet that is trained once, before the trials.

    Guo et al. (2020), "Single path one-shot neural architecture search": a trial is a forward pass
    through the path of its cell, after the statistics of its normalisations are found anew on
    training rows. The scores rank cells; they are lower than those of cells trained alone. When the
    trials have ended the best of them are trained alone, and the best of these is the model.

    The graph is anybody's that has one `CellBlock` with a space, such as `cell_graph(space)`.
    Its other hyperparameters stay at their first values: the supernet doesn't know them.

    Attributes:
        share: The most of a time budget that the training of the supernet takes. One that was cut
            short goes on in a later call of more time, as long as there is no trial.
        finalists: How many of the best cells are trained alone.
        calibration: Training rows on which the statistics of a path are found.
        judged: Held-out rows that a path is judged by, at most.

    Raises:
        InputError: If an argument can't be.

    Example:
        >>> from automl_kit.evaluation import WeightSharing
        >>> WeightSharing(train="fair", epochs=10).describe()["train"]
        'fair'
    """

    who: ClassVar[str] = WHO
    share: float = 0.3
    finalists: int = 3
    calibration: int = 256
    judged: int = 1_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.share, bool) or not 0 < self.share < 1:
            raise InputError(
                "Expected share, the part of a time budget that the supernet may take, above 0 "
                f"and below 1; got {self.share!r}."
            )
        for name, low in {"finalists": 1, "calibration": 2, "judged": 1}.items():
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise InputError(f"Expected {name} to be a whole number from {low}; got {value!r}.")

    @property
    def whole(self) -> Evaluation:
        """What judges the finalists."""
        return FullTraining()

    def describe(self) -> dict[str, Any]:
        """Name and settings as JSON values: part of a project's identity."""
        return {"name": "sharing", **self.to_json()}

    def check(self, hypermodel: Any) -> None:
        """Looks for the one `CellBlock` whose cells are judged, before any data is read.

        Raises:
            InputError: If there is none or another one too, its cells are fixed, an operation has
                no layers, the cells have more than two inputs, or the hypermodel is no graph.
        """
        check_for_paths(searched_block(hypermodel, WHO).space, WHO)

    def judges(self, hypermodel: Any, names: Iterable[str]) -> set[str]:
        """Which of some hyperparameters its scores depend on: those of the cells."""
        block = searched_block(hypermodel, WHO)
        own = {f"{block.name}/{decision.name}" for decision in block.space.decisions}
        return own & set(names)

    def prepare(self, run: Run) -> None:
        """Trains the supernet, goes on with it after a kill, or reads it.

        Raises:
            InputError: If the rows are no images, or the objective can't be judged.
            ProjectError: If its file is damaged, lost after trials, or can't be written.
            SearchError: If the loss stops being a number.
        """
        from automl_kit.evaluation.sharing.path_judge import PathJudge

        self.check(getattr(run.trainer, "graph", None))
        judge = PathJudge(self, run)
        judge.train(run)
        run.prepared = judge

    def evaluate(self, trial: Any, run: Run) -> Result:
        """Judges the path of a trial's cell on held-out rows."""
        if run.prepared is None:  # A trial that is run by hand.
            self.prepare(run)
        result: Result = run.prepared.judge(trial.hyperparameters.values)
        return result
