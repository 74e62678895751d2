"""AutoKeras 3.0 on one set; `peers.py` runs it in an environment of its own.

Run as `PYTHON benchmarks/peers_autokeras.py DATA SET FOLDER [--quick]`; for each run of the set
it writes probabilities (n, k), columns by sorted label, and seconds to FOLDER/part0.npz, ….
Fashion-MNIST: the chapter's custom graph; the others: the task's own classifier; 3 trials of 10
epochs each. Missing values are filled by hand (the median, or a category "missing"), without
which AutoKeras fails.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import autokeras as ak
import keras
import numpy as np
import pandas as pd
from sets import SEED, SETS, Part, parts, print_environment


def custom_graph(**settings: Any) -> Any:
    entry = ak.ImageInput()
    node = ak.Normalization()(entry)
    node = ak.ConvBlock(num_blocks=2, num_layers=2, max_pooling=True, dropout=0.25)(node)
    output = ak.ClassificationHead(num_classes=10, dropout=0.5)(node)
    return ak.AutoModel(inputs=entry, outputs=output, **settings)


MODELS = {"fashion": custom_graph, "corn": ak.TextClassifier}


def arrays(name: str, part: Part) -> tuple[Any, Any]:
    """Training and test inputs as the NumPy arrays that AutoKeras takes."""
    if name == "fashion":
        return part.x_train[..., None], part.x_test[..., None]
    if name == "corn":
        return part.x_train.to_numpy(str), part.x_test.to_numpy(str)
    train, test = part.x_train.copy(), part.x_test.copy()
    for column in train:
        number = pd.api.types.is_numeric_dtype(train[column])
        filling = train[column].median() if number else "missing"
        for frame in (train, test):
            frame[column] = frame[column].fillna(filling)
    return train.to_numpy(object), test.to_numpy(object)


def probabilities(model: Any, x: Any, classes: int) -> np.ndarray:
    """What `predict` computes before it picks a label; columns by class id."""
    pipeline, network = model.tuner.get_best_pipeline(), model.tuner.get_best_model()
    p = network.predict(pipeline.transform_x(model._adapt(x, model.inputs)), verbose=0)
    if p.shape[1] == 1:
        p = np.hstack([1 - p, p])
    labels = [getattr(step, "labels", None) for step in pipeline.outputs[0]]
    order = next((known for known in labels if known is not None), range(classes))
    sorted_columns = np.empty_like(p)
    sorted_columns[:, [int(label) for label in order]] = p
    return sorted_columns


def run(name: str, part: Part, quick: bool) -> np.ndarray:
    keras.utils.set_random_seed(SEED)
    classes, ids = np.unique(part.y_train, return_inverse=True)
    x_train, x_test = arrays(name, part)
    with tempfile.TemporaryDirectory() as folder:
        make = MODELS.get(name, ak.StructuredDataClassifier)
        # AutoKeras takes seed 0 for none.
        settings = {"directory": folder, "seed": SEED + 1, "overwrite": True}
        model = make(max_trials=1 if quick else 3, **settings)
        model.fit(x_train, ids, epochs=1 if quick else 10, verbose=0)
        return probabilities(model, x_test, len(classes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print_environment("autokeras", "keras-tuner", "keras", "tensorflow")
    for number, part in enumerate(parts(arguments.data, arguments.set, arguments.quick)):
        started = time.monotonic()
        result = run(arguments.set, part, arguments.quick)
        seconds = time.monotonic() - started
        np.savez(arguments.folder / f"part{number}.npz", probabilities=result, seconds=seconds)


if __name__ == "__main__":
    main()
