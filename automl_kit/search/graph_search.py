"""What a search of an AutoKeras graph does around its trials: data, stages, space, ending."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from automl_kit import compat
from automl_kit.custom_blocks.cell_block import same_network_of
from automl_kit.ending.ensemble import Ensemble
from automl_kit.ending.refit import Refit
from automl_kit.errors import InputError, SearchError
from automl_kit.evaluation.deadline import Deadline
from automl_kit.evaluation.rows import Rows, TrainingData
from automl_kit.progress import Progress
from automl_kit.search.decided import begin_with, leave_what_is_judged, pin
from automl_kit.search.exportable import tell_what_cannot_be_exported
from automl_kit.search.stage import StageRun

if TYPE_CHECKING:
    from automl_kit.search.tuner import SearchTuner

DEFAULT_EPOCHS = 100


@dataclass(frozen=True)
class GraphData:
    """What a graph's search is called with.

    Attributes:
        data: The rows, as they came.
        class_weight: Weight of each class id in the loss of both parts; None for 1.
        refit: Rows of the refit; None for all that trials may be trained on.
        refits: Whether there is a refit at all.
    """

    data: TrainingData
    class_weight: Mapping[int, float] | None
    refit: Rows | None
    refits: bool


def graph_data(
    x: Any,
    y: Any,
    validation_data: tuple[Any, ...],
    epochs: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    validation_split: float = 0.0,
    verbose: int | str = 1,
    batch_size: int | None = 32,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    refit_data: tuple[Any, Any] | None = None,
) -> GraphData:
    """Takes the arguments of a graph's search.

    Args:
        x: Training inputs, one array (n, …) or several.
        y: Training targets, one array or several.
        validation_data: Held-out inputs and targets, by which trials are judged, and perhaps
            weights of these rows.
        epochs: Epochs a trial at most; 100 where nobody says.
        callbacks: Keras callbacks, copied for each training. Without an EarlyStopping among them
            one with a patience of 10 epochs is added.
        validation_split: Share that AutoModel held out; above 0, the refit takes these rows too.
        verbose: How much is told; the tuner sees to it.
        batch_size: Rows a batch.
        class_weight: Weight of each class id in the loss, on held-out rows too: judged without
            weights, the best epoch would be the one that learned least of them.
        sample_weight: Weight of each training row in the loss, (n,).
        refit_data: Inputs and targets of the refit, where they aren't the training rows followed
            by the held-out ones.

    Raises:
        InputError: If there are no held-out rows.
    """
    if validation_data is None:
        raise InputError(
            "A graph's search needs validation_data, by which trials are judged. Pass a pair "
            "(x, y), or search by AutoModel.fit, which holds rows out."
        )
    held_weights = _floats(validation_data[2]) if len(validation_data) > 2 else None
    data = TrainingData(
        Rows(x, y, _floats(sample_weight)),
        Rows(validation_data[0], validation_data[1], held_weights),
        epochs or DEFAULT_EPOCHS,
        batch_size or 32,
        tuple(callbacks or ()),
        apart=validation_split == 0 and refit_data is None,
    )
    refit = None if refit_data is None else Rows(*refit_data)
    return GraphData(data, class_weight, refit, refit is not None or validation_split > 0)


def _floats(weights: Any) -> Any:
    return None if weights is None else np.asarray(weights, "float32").ravel()


class GraphSearch:
    """One call of a graph's search.

    Args:
        tuner: Whose graph it is.
        given: What it was called with.
        time_budget: Seconds of the whole search; None without a limit.
    """

    def __init__(self, tuner: "SearchTuner", given: GraphData, time_budget: float | None):
        self.tuner, self.given, self.time_budget = tuner, given, time_budget
        self.graph = tuner.hypermodel
        self.folder = Path(tuner.project_dir)
        self._pipeline: Any = None

    def begin(self, deadline: Deadline, progress: Progress) -> None:
        """Encodes the rows, runs the stages and finds all hyperparameters."""
        self.data = self.encoded()
        self.tuner.found = {}
        for stage in self.tuner.searched.stages:
            self._run_stage(stage, deadline, progress)
        self._explore()
        leave_what_is_judged(self.tuner.oracle, self.tuner.evaluation, self.graph)
        same = same_network_of(self.graph)
        if same is not None:  # Two genotypes may mean the same network.
            self.tuner.oracle.network_key = same

    def encoded(self) -> TrainingData:
        """The rows as networks take them, weighted; tells the graph their shapes.

        AutoKeras's preprocessors, such as those of labels, are fitted on all rows: a class that
        only held-out rows have is one nonetheless.
        """
        data = self.given.data
        hp = self.tuner.oracle.get_space()
        every = data.all_rows()
        self._pipeline = self.graph.hyper_pipeline.build(hp, (every.x, every.y))
        self._pipeline.fit((every.x, every.y))
        train = self._weighted(self._transformed(data.train))
        held_out = None
        if data.held_out is not None:
            held_out = self._weighted(self._transformed(data.held_out))
        self.graph.set_io_shapes(compat.dataset_shape((train.x, train.y)))
        return replace(data, train=train, held_out=held_out)

    def ending(self) -> Refit | Ensemble | None:
        """What becomes of the trials; None where the best one's own network is kept."""
        if self.tuner.joins:
            judged = self.data.held_out
            if judged is None or getattr(self.tuner.evaluation, "judges_all_rows", False):
                judged = self.data.all_rows()
            return Ensemble(
                self.folder, self.tuner.trainer, judged, greedy=self.tuner.ending == "ensemble"
            )
        if not self.given.refits or self.tuner.ending == "best":
            return None
        rows = self.data.all_rows()
        if self.given.refit is not None:
            rows = self._weighted(self._transformed(self.given.refit))
            if self.data.train.weights is not None:
                rows = replace(rows, weights=self.data.all_rows().weights)
        return Refit(self.folder, self.tuner.trainer, self.data, rows)

    def save_pipeline(self, path: Path) -> None:
        """Saves the fitted preprocessors, which AutoModel.predict loads."""
        self._pipeline.save(str(path))

    def _transformed(self, rows: Rows) -> Rows:
        x, y = self._pipeline.transform((rows.x, rows.y))
        return Rows(x, y, rows.weights)

    def _weighted(self, rows: Rows) -> Rows:
        """The rows with the weights of their classes."""
        if self.given.class_weight is None:
            return rows
        ids = rows.ids()
        if ids is None:
            raise InputError(
                "class_weight needs one output of classes; give sample_weight for others."
            )
        weights = np.array([self.given.class_weight.get(int(one), 1.0) for one in ids], "float32")
        return replace(rows, weights=weights if rows.weights is None else weights * rows.weights)

    def _run_stage(self, stage: Any, deadline: Deadline, progress: Progress) -> None:
        """Has a stage decide hyperparameters, and pins them."""
        train = self.data.train
        ids = train.ids()
        if ids is None and stage.wanted is None:
            return  # What it would be good for isn't needed.
        if ids is None:
            raise InputError(
                f"The stage {stage.describe()['name']!r} needs one output of classes; search this "
                "graph by another strategy."
            )
        budget = self.time_budget
        weights = self.given.class_weight
        pinned = stage.run(
            StageRun(
                graph=self.graph,
                x=train.x,
                ids=ids,
                classes=max(2, int(np.asarray(train.y).shape[1])),
                seed=_of_32_bits(self.tuner.oracle),
                folder=self.folder,
                trials_begun=any(self.folder.glob("trial_*")),
                class_weight=None if weights is None else dict(weights),
                seconds=None if budget is None else budget * stage.share,
                progress=progress,
            )
        )
        self.tuner.found.update(pinned.found)
        pin(self.tuner.oracle, pinned.values)
        begin_with(self.tuner.oracle, pinned.first)
        if deadline.passed() and not any(self.folder.glob("trial_*")):
            raise SearchError(
                f"The stage {stage.describe()['name']!r} took {pinned.seconds:.0f} s, and no time "
                f"is left of the time_budget of {budget} s; call again with a larger one. What was "
                "found is kept with the project."
            )

    def _explore(self) -> None:
        """Finds all hyperparameters, those behind conditions too, by building networks.

        A graph that can't be built is no reason to stop here: the first trial meets
        the same error and records it.
        """
        self.tuner.trainer.tell_graph(self.data, self.data.epochs)
        with contextlib.suppress(Exception):
            self.tuner._activate_all_conditions()
        tell_what_cannot_be_exported(self.graph, self.tuner.oracle.get_space())
        keras.backend.clear_session()


def _of_32_bits(oracle: Any) -> int:
    """The seed of a search, or where Keras and NumPy can't take it one made of it."""
    return int(oracle.seed if oracle.seed < 2**32 else oracle.seed_for(0, 4))
