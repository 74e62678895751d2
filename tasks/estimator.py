"""The estimator of every task: it reads, searches, and keeps the best network found."""

import time
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np

from automl_kit import export
from automl_kit.backend import channels_last
from automl_kit.errors import ExportError
from automl_kit.evaluation import Objective, resolve_objective, split_objectives
from automl_kit.evaluation.generators import global_generators_kept
from automl_kit.problems import Problem
from automl_kit.report import make_progress
from automl_kit.search.fingerprint import fingerprint
from automl_kit.search.lock import locked
from automl_kit.search.project import folder_of, open_project, seed_of
from automl_kit.tasks import checks
from automl_kit.tasks.advice import advise, chosen, first_trials
from automl_kit.tasks.arguments import TaskArguments
from automl_kit.tasks.auto_model import AutoModel
from automl_kit.tasks.examples import Examples, followed_by, hold_out
from automl_kit.tasks.fitted import FittedTask
from automl_kit.tasks.fitted_columns import fitted_columns
from automl_kit.tasks.graphs import nodes_of, space_of
from automl_kit.tasks.how_judged import Judged, ending_of, judged_by
from automl_kit.tasks.modality import Modality
from automl_kit.tuners import AUTO, Strategy, get_strategy

CHECKED_ROWS = 256  # training rows on which an exported file is compared with the fitted object


class Task(TaskArguments, FittedTask):
    """Searches networks for one kind of rows and one problem; subclasses name the two.

    It has AutoKeras's names and arguments and keeps scikit-learn's contract.

    Attributes:
        problem: What is predicted.
        modality: What the rows are.
    """

    problem: ClassVar[type[Problem]]
    modality: ClassVar[type[Modality]]

    def fit(
        self,
        X: Any = None,
        y: Any = None,
        epochs: int | None = None,
        callbacks: list[keras.callbacks.Callback] | None = None,
        validation_split: float | None = None,
        validation_data: tuple[Any, Any] | None = None,
        *,
        x: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        verbose: int | None = None,
    ) -> "Task":
        """Searches, and trains the best network found.

        The positional arguments are in AutoKeras's order.

        Args:
            X: The data; a path, or a `tf.data.Dataset` of rows or batches with their targets
                too. See the class.
            y: Targets (n,), of a classifier strings, integers or booleans; or the name of the
                target column where X is a table.
            epochs: Epochs a trial at most; instead of the constructor's, as are `callbacks`,
                `validation_split`, `batch_size` and `verbose`.
            callbacks: Keras callbacks.
            validation_split: Share of the rows held out to judge trials by.
            validation_data: Held-out data and targets, by which trials are judged, instead
                of a share of X. The final network isn't trained on them.
            x: AutoKeras's name for X.
            sample_weight: Weight of each row in the loss, (n,).
            batch_size: Rows a batch.
            verbose: 0 for silence.

        Returns:
            The estimator itself.

        Raises:
            InputError: If the data or an argument is not what was expected.
            ProjectError: If the project's folder holds another search, or can't be written.
            SearchError: If no trial could be completed.
        """
        started = time.monotonic()
        self._forget()
        X, y = self._unpacked(checks.one_of(X, x), y)
        given = checks.Arguments.of(self, epochs, batch_size, callbacks, validation_split, verbose)
        first, costs = split_objectives(self.objective)
        goal = resolve_objective(first)
        outputs = None if self.graph is None else nodes_of(self.graph)[1]
        self._tuner = chosen(self.tuner, self.objective, outputs)
        strategy = get_strategy(self._tuner)
        strategy.check_objectives(costs)
        if self.tuner in (None, AUTO) and (told := advise(self.objective, outputs).told()):
            make_progress(given.verbose).message(told)
        self._modality, problem = self._rows(), self.problem()
        wanted = checks.wanted_by(strategy, self._modality, self.graph)
        folder, self._scratch = folder_of(self.directory, self._project_name())
        with global_generators_kept(), channels_last(), locked(folder):
            self._seed = seed_of(folder, self.seed, self.overwrite)
            examples, content = self._read(
                X, y, sample_weight, validation_data, problem, given, goal, folder
            )
            apart = validation_data is not None
            evaluation, pruner = judged_by(self, strategy, len(examples.values), apart)
            ending = ending_of(self, evaluation)
            identity = {
                **self._identity(given, goal, strategy, problem, wanted),
                "costs": [str(cost) for cost in costs],
                "data": content,
                "evaluation": evaluation.describe(),
                "pruner": None if pruner is None else pruner.describe(),
                "ending": ending,
                "validation": "apart" if apart else given.validation_split,
            }
            open_project(folder, identity, self.overwrite)
            judged = Judged(evaluation, pruner, ending, apart)
            self._search(examples, given, problem, wanted, folder, started, judged)
        return self

    def _rows(self) -> Modality:
        """The modality of this fit; a task whose rows have arguments gives it them."""
        return self.modality()

    def _read(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation_data: tuple[Any, Any] | None,
        problem: Problem,
        given: checks.Arguments,
        goal: Objective,
        folder: Path,
    ) -> tuple[Examples, str]:
        """Reads the data, learns targets and schema, holds rows out; gives a fingerprint too."""
        cache = folder / "data"
        data, labels, notes = self._modality.load(X, y, cache)
        values = problem.learn(labels)
        checks.class_count(self.num_classes, problem)
        self._schema = self._modality.learn_schema(data)
        self._told_columns = fitted_columns(X, data) if self._modality.has_columns else {}
        raw = export.to_raw_inputs(data, self._schema)
        weights = checks.sample_weights(sample_weight, len(values))
        rows = Examples(raw, values, problem.strata(values), len(values), weights)
        content = fingerprint(raw, values, *(() if weights is None else (weights,)))
        scratch = cache / "ordered.npy"
        if validation_data is None:
            problem.check_split(values)
            examples = hold_out(rows, given.validation_split, self._seed, scratch)
        else:
            held, held_content, more = self._read_apart(validation_data, problem, cache)
            notes, content = notes + more, fingerprint(content, held_content)
            examples = followed_by(rows, held, scratch)
        for note in [*notes, *problem.notes(goal)]:
            make_progress(given.verbose).message(note)
        return examples, content

    def _read_apart(
        self, validation_data: tuple[Any, Any], problem: Problem, cache: Path
    ) -> tuple[Examples, str, list[str]]:
        """Reads held-out data by the training data's schema."""
        if hasattr(validation_data, "element_spec"):
            validation_data = self._unpacked(validation_data)
        checks.is_pair(validation_data)
        data, labels, notes = self._modality.load(*validation_data, cache, schema=self._schema)
        values, raw = problem.encode(labels), export.to_raw_inputs(data, self._schema)
        held = Examples(raw, values, problem.strata(values), 0)
        return held, fingerprint(raw, values), notes

    def _identity(
        self,
        given: checks.Arguments,
        goal: Objective,
        strategy: Strategy,
        problem: Problem,
        wanted: str | None,
    ) -> dict[str, Any]:
        """What must be the same for a search in a folder to go on."""
        return {
            "task": self._modality.name,
            "problem": problem.to_json(),
            "schema": self._schema.to_json(),
            "objective": f"{goal.direction} {goal.name}",
            "tuner": strategy.describe(),
            "space": fingerprint(space_of(*self._nodes(problem, wanted))),
            "epochs": given.epochs,
            "batch_size": given.batch_size,
            "class_weight": checks.weights_told(self.class_weight),
            "loss": checks.keras_told(self.loss),
            "max_model_size": self.max_model_size,
            "initial_hps": self._initial_hps(wanted),
            "start_from": None if self.start_from is None else str(self.start_from),
            "seed": self._seed,
        }

    def _search(
        self,
        examples: Examples,
        given: checks.Arguments,
        problem: Problem,
        wanted: str | None,
        folder: Path,
        started: float,
        judged: Judged,
    ) -> None:
        encoder = self._modality.fit_encoder(judged.seen(examples), self._schema)
        x = self._modality.encode(encoder, examples, labels=not judged.by_all)
        y, n = problem.targets(examples.values), examples.training
        batch = given.batch_size or self._modality.default_batch_size(n)
        epochs = given.epochs or self._modality.default_epochs(n, batch)
        entry, output = self._nodes(problem, wanted)
        model = AutoModel(
            entry,
            output,
            project_name=folder.name,
            directory=folder.parent,
            max_trials=self.max_trials,
            objective=self.objective,
            tuner=checks.with_epochs(self._tuner, epochs),
            evaluation=judged.evaluation,
            pruner=judged.pruner,
            ending=judged.ending,
            seed=self._seed,
            max_model_size=self.max_model_size,
            initial_hps=self._initial_hps(wanted),
            start_from=self.start_from,
            learning_rates=self._modality.learning_rates,
        )
        self.tuner_ = model.tuner
        weights = examples.weights
        held_out = (x[n:], y[n:]) if weights is None else (x[n:], y[n:], weights[n:])
        model.search(
            x[:n],
            y[:n],
            validation_data=held_out,
            validation_split=0.0 if judged.apart else given.validation_split,
            epochs=epochs,
            batch_size=batch,
            callbacks=given.callbacks,
            verbose=given.verbose,
            class_weight=problem.weights(self.class_weight, examples.values[:n]),
            sample_weight=None if weights is None else weights[:n],
            time_budget=self.time_budget,
            refit_data=None if judged.apart else (x, y),
            started=started,
        )
        network = self.tuner_.get_best_model()
        problem.decide_at(self.tuner_.threshold())
        self._keep(encoder, network, problem, examples)

    def _keep(
        self, encoder: keras.Model, network: keras.Model, problem: Problem, examples: Examples
    ) -> None:
        """Makes the fitted object; nothing of it is there before."""
        try:
            model = export.assemble(encoder, network, problem)
        except ExportError:  # Told before the first trial; what was found predicts all the same.
            model = export.assemble(encoder, network, problem, stock=False)
        problem.compile(model)
        self._sample = keras.tree.map_structure(
            lambda rows: np.array(rows[:CHECKED_ROWS]), examples.raw
        )
        self.problem_, self.schema_ = problem, self._schema
        for name, value in self._fitted_attributes(problem).items():
            setattr(self, name, value)
        self.model_ = model

    def _fitted_attributes(self, problem: Problem) -> dict[str, Any]:
        """What scikit-learn and users find on the fitted object, by name."""
        found = {"genotype_": "genotype", "cell_history_": "history"}
        attributes = {
            name: self.tuner_.found[key] for name, key in found.items() if key in self.tuner_.found
        }
        return {**attributes, **self._told_columns}

    def _nodes(self, problem: Problem, wanted: str | None) -> tuple[Any, Any]:
        """Input and output node of the graph to search, the user's or the modality's own."""
        if self.graph is None:
            entry, output = self._modality.own_nodes(problem, wanted)
        else:
            entry, output = nodes_of(self.graph)
            self._modality.check_nodes(entry)
        self._modality.tell(entry)
        problem.settle(output.in_blocks[0], self.loss, self.metrics)
        return entry, output

    def _initial_hps(self, wanted: str | None) -> list[dict[str, Any]]:
        """The user's first trials, or the modality's for its own graph."""
        if self.initial_hps is not None:
            return [dict(values) for values in self.initial_hps]
        own = self._modality.presets[wanted] if self.graph is None else []
        return first_trials(self.tuner, self._tuner, own)

    def _project_name(self) -> str:
        return self.project_name or f"{self.modality.name}_{self.problem.estimator}"
