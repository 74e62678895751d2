"""What an AutoModel can do once it is fitted: predict, judge, export."""

from pathlib import Path
from typing import Any

import autokeras
import keras

from automl_kit.errors import ExportError
from automl_kit.export.network import write_network
from automl_kit.tasks.auto_arrays import arrays_of, in_type_of_labels


class FittedAutoModel(autokeras.AutoModel):  # type: ignore[misc]
    """The part of an AutoModel that works with the best network.

    Attributes:
        inputs: The input nodes.
        outputs: The output nodes.
        tuner: The tuner, for the trials' details.
    """

    _fitted: tuple[keras.Model, Any] | None = None
    _sample: Any = None
    _heads: list[Any]

    def predict(self, x: Any, batch_size: int | None = 32, verbose: int | str = 1) -> Any:
        """Predicts with the best network, which is built once.

        Args:
            x: Inputs as in `fit`.
            batch_size: Rows at a time.
            verbose: 0 for silence, 1 for a bar.

        Returns:
            One array a head: labels (n, 1) in the type that `fit` was given, zeros and ones where
            the targets were rows of these, numbers of a regression.
        """
        model, pipeline = self._network()
        x = self._arrays_of(x)
        self._check_data_format(x, None, predict=True)
        encoded = pipeline.transform_x(self._adapt(x, self.inputs))
        outputs = model.predict(encoded, batch_size=batch_size, verbose=verbose)
        found = keras.tree.flatten(pipeline.postprocess(outputs))
        labels = [in_type_of_labels(head, y) for head, y in zip(self._heads, found, strict=True)]
        return labels[0] if len(labels) == 1 else labels

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = 32,
        verbose: int | str = 1,
        *,
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Judges the best network on data that it hasn't seen.

        Args:
            x: Inputs as in `fit`.
            y: Targets as in `fit`.
            batch_size: Rows at a time.
            verbose: 0 for silence, 1 for a bar.
            sample_weight: Weight of each row, (n,).
            return_dict: Whether the figures are given by name.

        Returns:
            What Keras gives: the loss, then each metric of the heads, [loss, accuracy] of a
            classifier; with `return_dict` a dictionary.
        """
        model, pipeline = self._network()
        x, y = self._arrays_of(x), self._arrays_of(y, targets=True)
        self._check_data_format(x, y)
        pair = self._adapt(x, self.inputs), self._adapt(y, self._heads)
        x, y = pipeline.transform(pair)
        return model.evaluate(
            x,
            y,
            batch_size=batch_size,
            verbose=verbose,
            sample_weight=sample_weight,
            return_dict=return_dict,
        )

    def export_model(self, path: str | Path | None = None) -> Any:
        """The best network, compiled; with a path it is written to a .keras file of stock layers.

        It takes arrays as the input nodes' preprocessors give them, and gives what the heads'
        last layers give: probabilities of the sorted classes.

        Args:
            path: Where to; None gives the Keras model.

        Returns:
            The model, or the path.

        Raises:
            ExportError: If an input node changes its data outside of the network, as `TextInput`
                does, a layer needs code besides Keras, or the file predicts something else.
        """
        model = self.tuner.get_best_model()
        if path is None:
            return model
        outside = [type(n).__name__ for n in self.inputs if n.get_hyper_preprocessors()]
        if outside:
            raise ExportError(
                f"{outside[0]} encodes its data outside of the network, so that a file of the "
                "network couldn't take it. Use a task, such as TextClassifier, whose export_model "
                "writes both, or keep export_model() with your own encoding."
            )
        if self._sample is None:
            raise ExportError("Call fit first: what is written is compared on some of its rows.")
        return write_network(model, path, self._sample)

    def _network(self) -> tuple[keras.Model, Any]:
        """The best network and the fitted preprocessors, read from disk once."""
        if self._fitted is None:
            self._fitted = self.tuner.get_best_model(), self.tuner.get_best_pipeline()
        return self._fitted

    def _arrays_of(self, data: Any, targets: bool = False) -> Any:
        return arrays_of(data, len(self.outputs if targets else self.inputs))
