"""What the three classifiers have in common when they search."""

from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
from numpy.typing import NDArray

from automl_kit import export
from automl_kit.data import LabelEncoder
from automl_kit.evaluation import Objective, resolve_objective, split_objectives
from automl_kit.report import make_progress
from automl_kit.search.project import fingerprint, folder_of, locked, open_project, seed_of
from automl_kit.tasks import checks
from automl_kit.tasks.arguments import ClassifierArguments
from automl_kit.tasks.auto_model import AutoModel, LearningRates
from automl_kit.tasks.examples import Examples, followed_by, hold_out
from automl_kit.tasks.fitted import FittedClassifier
from automl_kit.tasks.generators import global_generators_kept
from automl_kit.tasks.graphs import space_of
from automl_kit.tasks.stages import Stages
from automl_kit.tuners import Strategy, get_tuner_class

CHECKED_ROWS = 256  # training rows on which an exported file is compared with the fitted object


class TaskClassifier(ClassifierArguments, Stages, FittedClassifier):
    """Searches networks for one task; the subclasses say for which.

    It has AutoKeras's names and arguments and keeps scikit-learn's contract.

    Args: see `__init__`.

    Attributes:
        task: What kind of data it is for.
        default_epochs: Epochs a trial at most, where the user doesn't say.
        learning_rates: The range of learning rates to search.
    """

    task: ClassVar[str]
    default_epochs: ClassVar[int]
    learning_rates: ClassVar[LearningRates] = LearningRates()

    # What a task defines

    def _load(self, X: Any, y: Any, cache: Path, schema: Any = None) -> tuple[Any, Any, list[str]]:
        """Reads data and labels in any form; gives data, labels and notes for the user.

        The schema is that of the training data where other data is read to go with it.
        """
        raise NotImplementedError

    def _learn_schema(self, data: Any) -> Any:
        """Finds out what the data looks like, and what scikit-learn wants to know of it."""
        raise NotImplementedError

    def _fit_encoder(self, examples: Examples) -> keras.Model:
        """Fits the encoder on the training rows; keeps what `_nodes` needs."""
        raise NotImplementedError

    def _encode(self, encoder: keras.Model, raw: Any) -> NDArray[Any]:
        """Encodes raw inputs, once for the whole search."""
        return export.predict_in_batches(encoder, raw)

    def _nodes(self) -> tuple[Any, Any]:
        """The graph's input and output node, knowing the encoder's layout."""
        raise NotImplementedError

    def _default_batch_size(self, rows: int) -> int:
        """Rows a batch for so many training rows."""
        raise NotImplementedError

    # Searching

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation_data: tuple[Any, Any] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        callbacks: list[keras.callbacks.Callback] | None = None,
        validation_split: float | None = None,
        verbose: int | None = None,
    ) -> "TaskClassifier":
        """Searches, and trains the best network found.

        Args:
            X: The data; a path too. See the class.
            y: Labels (n,): strings, integers or booleans; or the name of the target
                column where X is a table.
            validation_data: Held-out data and labels, by which trials are judged, instead
                of a share of X. The final network isn't trained on them.
            epochs: Instead of the constructor's, as are the arguments after it.
            batch_size: Rows a batch.
            callbacks: Keras callbacks.
            validation_split: Share of the rows held out to judge trials by.
            verbose: 0 for silence.

        Returns:
            The classifier itself.

        Raises:
            InputError: If the data or an argument is not what was expected.
            ProjectError: If the project's folder holds another search, or can't be written.
            SearchError: If no trial could be completed.
        """
        arguments = checks.Arguments.of(
            self, epochs, batch_size, callbacks, validation_split, verbose
        )
        first, costs = split_objectives(self.objective)
        goal = resolve_objective(first)
        tuner_class = get_tuner_class(self.tuner)
        tuner_class.check_objectives(costs)
        self._check_tuner(tuner_class)
        name = self.project_name or f"{self.task}_classifier"
        folder, self._scratch = folder_of(self.directory, name)
        with global_generators_kept(), locked(folder):
            self._seed = seed_of(folder, self.seed, self.overwrite)
            examples, content = self._read(X, y, validation_data, arguments, folder)
            self._use(tuner_class)
            apart = validation_data is not None
            description = self._describe(arguments, goal, tuner_class, content, apart)
            description["costs"] = [str(cost) for cost in costs]
            open_project(folder, description, self.overwrite)
            self._search(examples, arguments, tuner_class, folder, refit=not apart)
        return self

    def _read(
        self,
        X: Any,
        y: Any,
        validation_data: tuple[Any, Any] | None,
        arguments: checks.Arguments,
        folder: Path,
    ) -> tuple[Examples, str]:
        """Reads the data, learns labels and schema, holds rows out; gives a fingerprint too."""
        cache = folder / "data"
        data, labels, notes = self._load(X, y, cache)
        self.label_encoder_ = LabelEncoder().fit(labels)
        self.classes_ = self.label_encoder_.classes_
        self.schema_ = self._learn_schema(data)
        raw, ids = self._raw(data), self.label_encoder_.encode(labels)
        content = fingerprint(raw, ids)
        scratch = cache / "ordered.npy"
        if validation_data is None:
            self.label_encoder_.warn_of_lone_classes(ids, stacklevel=4)
            examples = hold_out(raw, ids, arguments.validation_split, self._seed, scratch)
        else:
            checks.is_pair(validation_data)
            held, held_labels, more = self._load(*validation_data, cache, schema=self.schema_)
            notes = notes + more
            held_ids = self.label_encoder_.encode(held_labels)
            held_raw = self._raw(held)
            content = fingerprint(content, held_raw, held_ids)
            examples = followed_by(raw, ids, held_raw, held_ids, scratch)
        for note in notes:
            make_progress(arguments.verbose).message(note)
        return examples, content

    def _describe(
        self,
        arguments: checks.Arguments,
        goal: Objective,
        tuner_class: type[Strategy],
        content: str,
        held_out_apart: bool,
    ) -> dict[str, Any]:
        """What must be the same for a search in a folder to go on."""
        return {
            "task": self.task,
            "data": content,
            "classes": self.label_encoder_.to_json(),
            "schema": self.schema_.to_json(),
            "validation": "apart" if held_out_apart else arguments.validation_split,
            "objective": f"{goal.direction} {goal.name}",
            "tuner": tuner_class.describe(),
            "space": fingerprint(space_of(*self._nodes())),
            "epochs": arguments.epochs,
            "batch_size": arguments.batch_size,
            "class_weight": str(self.class_weight),
            "max_model_size": self.max_model_size,
            "initial_hps": self._initial_hps(),
            "seed": self._seed,
        }

    def _search(
        self,
        examples: Examples,
        arguments: checks.Arguments,
        tuner_class: type[Strategy],
        folder: Path,
        refit: bool,
    ) -> None:
        encoder = self._fit_encoder(examples)
        x = self._encode(encoder, examples.raw)
        y = examples.one_hot(len(self.classes_))
        n = examples.training
        trials_class, time_budget = self._before_trials(
            tuner_class, x[:n], examples, folder, arguments.verbose
        )
        entry, output = self._nodes()
        model = AutoModel(
            entry,
            output,
            project_name=folder.name,
            directory=folder.parent,
            max_trials=self.max_trials,
            objective=self.objective,
            tuner=trials_class,
            seed=self._seed,
            max_model_size=self.max_model_size,
            initial_hps=self._initial_hps(),
            max_epochs=arguments.epochs,
            learning_rates=self.learning_rates,
        )
        self.tuner_ = model.tuner
        model.fit(
            x[:n],
            y[:n],
            validation_data=(x[n:], y[n:]),
            epochs=arguments.epochs,
            batch_size=arguments.batch_size or self._default_batch_size(n),
            callbacks=arguments.callbacks,
            verbose=arguments.verbose,
            class_weight=self._class_weights(examples),
            time_budget=time_budget,
            refit_data=(x, y) if refit else None,
        )
        self.model_ = export.assemble(encoder, self.tuner_.get_best_model())
        self._sample = keras.tree.map_structure(
            lambda rows: np.array(rows[:CHECKED_ROWS]), examples.raw
        )

    def _initial_hps(self) -> list[dict[str, Any]]:
        """The user's first trials, or the task's for its own graph."""
        if self.initial_hps is not None:
            return [dict(values) for values in self.initial_hps]
        return self._presets() if self.graph is None else []

    def _class_weights(self, examples: Examples) -> dict[int, float] | None:
        return checks.class_weights(self.class_weight, self.label_encoder_, examples.train_ids())
