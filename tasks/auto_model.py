"""AutoKeras's AutoModel, with every strategy and evaluation, and a training recipe that works."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from automl_kit.data import stratified_split
from automl_kit.errors import InputError
from automl_kit.evaluation import Evaluation, Pruner
from automl_kit.evaluation.rows import Rows
from automl_kit.tasks.advice import chosen, first_trials
from automl_kit.tasks.auto_arrays import label_numbers
from automl_kit.tasks.fitted_auto_model import FittedAutoModel
from automl_kit.tasks.recipe import LearningRates, RecipeGraph
from automl_kit.tuners import AUTO, SearchTuner, Strategy, get_tuner

SAMPLE_ROWS = 64  # training rows on which an exported file is compared with the network


class AutoModel(FittedAutoModel):
    """A model of input nodes and heads, whose networks are searched; called as AutoKeras's is.

    Positional arguments are in AutoKeras's order. Where blocks aren't given, an `ImageInput` is
    followed by our `ImageBlock` and a `TextInput` by our `TextBlock`.

    Args:
        inputs: An input node, or several.
        outputs: What heads gave, or the heads themselves: blocks are then put between.
        project_name: The project's folder in `directory`.
        max_trials: Networks to try.
        directory: Folder of projects.
        objective: What trials are judged by; with the tuner "pareto" a list.
        tuner: A strategy: its name, a class of `automl_kit.tuners`, or a configured one; "auto" or
            None for the one that suits the graph and the objectives.
        overwrite: Whether a project in that folder is replaced; otherwise it goes on.
        seed: Seed of the split, the proposals and the trainings; 0 is one, None draws one.
        max_model_size: The most weights that a network may have.
        evaluation: How trials are judged: "full", "folds", or an evaluation; None for the
            strategy's own, else "full".
        pruner: Ends trials that fall behind: "median", "asha", "pasha", "wilcoxon" or a
            `Pruner`; None for nobody.
        ending: What becomes of the trials: "refit", "ensemble", "average" or "best"; see
            `automl_kit.ending`.
        initial_hps: Hyperparameters to try first.
        start_from: Folder of an earlier project, whose best hyperparameters and weights the search
            starts from; see `SearchTuner`.
        learning_rates: The range of learning rates to search.

    Raises:
        InputError: If there is no such strategy, evaluation or objective.
        ProjectError: If the folder holds another search.

    Example:
        >>> from automl_kit.custom_blocks import ClassificationHead
        >>> import autokeras
        >>> node = autokeras.Input()
        >>> head = ClassificationHead()(autokeras.DenseBlock()(node))
        >>> import tempfile
        >>> model = AutoModel(node, head, tuner="evolution", directory=tempfile.mkdtemp())
        >>> model.tuner.searched.name
        'evolution'
    """

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        project_name: str = "auto_model",
        max_trials: int = 100,
        directory: str | Path | None = None,
        objective: Any = "val_loss",
        tuner: str | type[SearchTuner] | Strategy | None = AUTO,
        overwrite: bool = False,
        seed: int | None = None,
        max_model_size: int | None = None,
        *,
        evaluation: str | Evaluation | None = None,
        pruner: str | Pruner | None = None,
        ending: str = "refit",
        initial_hps: list[dict[str, Any]] | None = None,
        start_from: str | Path | None = None,
        learning_rates: LearningRates | None = None,
    ):
        # AutoKeras's constructor seeds NumPy's global generator and knows four strategies.
        self.inputs = keras.tree.flatten(inputs)
        self.outputs = keras.tree.flatten(outputs)
        self.seed, self.overwrite = seed, overwrite
        self.learning_rates = learning_rates or LearningRates()
        graph = self._build_graph()
        self._heads = [node.in_blocks[0] for node in self.outputs]
        strategy = chosen(tuner, objective, self.outputs)
        self.tuner = get_tuner(strategy)(
            graph,
            objective=objective,
            max_trials=max_trials,
            seed=seed,
            directory=directory,
            project_name=project_name,
            overwrite=overwrite,
            max_model_size=max_model_size,
            evaluation=evaluation,
            pruner=pruner,
            ending=ending,
            initial_hps=first_trials(tuner, strategy, initial_hps or []),
            start_from=start_from,
        )

    def _build_graph(self) -> RecipeGraph:
        plain = super()._build_graph()
        graph = RecipeGraph(inputs=plain.inputs, outputs=plain.outputs)
        graph.learning_rates = self.learning_rates
        return graph

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = 32,
        epochs: int | None = None,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        validation_split: float = 0.2,
        validation_data: tuple[Any, ...] | None = None,
        verbose: int | str = 1,
        *,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        time_budget: float | None = None,
    ) -> keras.callbacks.History:
        """Searches, and trains the best network found.

        Args:
            x: Inputs, one array (n, …) or a list of them.
            y: Targets, one array or a list of them, as AutoKeras's heads take them.
            batch_size: Rows a batch.
            epochs: Epochs a trial at most; 100 where nobody says, with early stopping.
            callbacks: Keras callbacks, copied for each training.
            validation_split: Share of the rows held out to judge trials by, drawn by the seed,
                of one output of classes stratified; the last training takes them too.
            validation_data: Held-out inputs and targets instead.
            verbose: 0 for silence.
            class_weight: Weight of each class id in the loss; for one output of classes.
            sample_weight: Weight of each row in the loss, (n,).
            time_budget: Seconds for the search and its ending.

        Returns:
            The training of the network that `predict` uses, as Keras records it: loss and metrics
            after each epoch; those of held-out rows too where it is the best trial's own.

        Raises:
            InputError: If the data is not what the graph takes.
            SearchError: If no trial could be completed.
        """
        if validation_data is None and not validation_split:
            raise InputError(
                "Either validation_data or a non-zero validation_split is needed: trials are "
                "judged by held-out rows."
            )
        x, y = self._arrays_of(x), self._arrays_of(y, targets=True)
        if validation_data is None:
            self._check_data_format(x, y)
            train, held_out = self._split(Rows(x, y, sample_weight), validation_split)
            x, y, sample_weight = train.x, train.y, train.weights
            more = () if held_out.weights is None else (held_out.weights,)
            validation_data = (held_out.x, held_out.y, *more)
        else:
            validation_split = 0.0
            x_held, y_held, *more_held = validation_data
            held = self._arrays_of(x_held), self._arrays_of(y_held, targets=True)
            validation_data = (*held, *more_held)
        self.search(
            x,
            y,
            validation_data=validation_data,
            validation_split=validation_split,
            epochs=epochs,
            batch_size=batch_size,
            callbacks=callbacks,
            verbose=verbose,
            class_weight=class_weight,
            sample_weight=sample_weight,
            time_budget=time_budget,
        )
        return self.tuner.best_history()

    def search(
        self,
        x: Any,
        y: Any,
        *,
        validation_data: tuple[Any, ...],
        time_budget: float | None = None,
        started: float | None = None,
        **named: Any,
    ) -> None:
        """Searches on rows that are split already; see `automl_kit.search.graph_search.graph_data`.

        Args:
            x: Training inputs.
            y: Training targets.
            validation_data: Held-out inputs and targets, and perhaps weights of these rows.
            time_budget: Seconds for the search and its ending.
            started: When this run began, by `time.monotonic`, where it did before the call.
            named: The other arguments of `graph_data`.
        """
        self._fitted = None
        pair = validation_data[:2]
        dataset, held_out = self._check_and_adapt(x=x, y=y, validation_data=pair)
        self._analyse(dataset, held_out)
        self._build_hyper_pipeline()
        self._sample = keras.tree.map_structure(lambda rows: rows[:SAMPLE_ROWS], dataset[0])
        self.tuner.search(
            *dataset,
            validation_data=(*held_out, *validation_data[2:]),
            time_budget=time_budget,
            started=started,
            **named,
        )

    def _analyse(self, train: tuple[Any, Any], held_out: tuple[Any, Any]) -> None:
        """Tells nodes what training rows look like, and heads what labels there are in all."""
        for place, ends, parts in ((0, self.inputs, [train]), (1, self._heads, [train, held_out])):
            for number, end in enumerate(ends):
                analyser = end.get_analyser()
                for part in parts:
                    analyser.update(keras.tree.flatten(part[place])[number])
                analyser.finalize()
                end.config_from_analyser(analyser)

    def _split(self, rows: Rows, share: float) -> tuple[Rows, Rows]:
        """Training and held-out rows; AutoKeras holds out the last ones, whatever their order."""
        ids = label_numbers(rows)
        train, held_out = stratified_split(ids, share, self.tuner.oracle.seed)
        return rows.take(train), rows.take(held_out)
