"""One small search in a process of its own, for `kills.py` to kill.

Run as `python benchmarks/killed_search.py STRATEGY FOLDER [SECONDS]`. Five trials of two epochs of
a small network on scikit-learn's iris flowers; with "darts" two trials of two cells that were
found on digits. It prints "begun" when everything is imported and "ended" at the end, and appends
the id of each trial that it begins to `begun.txt` in the folder. With SECONDS there is a time
budget.
"""

import sys
from pathlib import Path
from typing import Any

TRIALS, DARTS_TRIALS = 5, 2
NOTHING = 3  # The exit status where no trial was completed in time.


def small_table() -> Any:
    """Its rows, labels, and a graph of one hidden layer."""
    import autokeras as ak
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    entry = ak.Input()
    return x, y, (entry, ak.ClassificationHead()(ak.DenseBlock(num_layers=1)(entry)))


def small_images() -> Any:
    """160 digits of two kinds, and a graph of cells of one node."""
    from sklearn.datasets import load_digits

    from automl_kit.custom_blocks import CellBlock, ClassificationHead, ImageInput
    from automl_kit.spaces import CellSpace

    x, y = load_digits(n_class=2, return_X_y=True)
    x = x.reshape(-1, 8, 8, 1).astype("uint8")
    space = CellSpace(1, ("max_pool_3x3", "skip_connect", "nor_conv_3x3"))
    entry = ImageInput(name="image")
    cells = CellBlock(space, cells=2, drop_path=0.0)
    return x[:160], y[:160], (entry, ClassificationHead(name="head")(cells(entry)))


def strategy_of(name: str) -> Any:
    """The strategy, small where its defaults aren't."""
    from automl_kit.tuners import CellSearch, Darts, DartsSettings, get_strategy

    if name == "darts":
        settings = DartsSettings(epochs=3, batch_size=16)
        search = CellSearch(settings=settings, filters=2, cells=3, rows=96)
        return Darts.configured(search=search, trials="random")
    strategy = get_strategy(name)
    return strategy.configured(max_epochs=4, factor=2) if name == "hyperband" else strategy


def main(name: str, folder: Path, seconds: float | None) -> int:
    from automl_kit import ImageClassifier, StructuredDataClassifier, quiet

    quiet.load_tensorflow()
    from automl_kit.errors import SearchError
    from automl_kit.tuners import SearchTuner

    class Watched(SearchTuner):
        """Notes which trials it begins."""

        strategy = strategy_of(name)

        def on_trial_begin(self, trial: Any) -> None:
            super().on_trial_begin(trial)
            with (folder / "begun.txt").open("a") as file:
                file.write(f"{trial.trial_id}\n")

    cells = name == "darts"
    x, y, graph = small_images() if cells else small_table()
    classifier = (ImageClassifier if cells else StructuredDataClassifier)(
        tuner=Watched, graph=graph, max_trials=DARTS_TRIALS if cells else TRIALS, epochs=2,
        batch_size=32, time_budget=seconds, directory=folder, project_name="search", seed=0,
        verbose=0,
    )  # fmt: skip
    print("begun", flush=True)
    try:
        classifier.fit(x, y)
    except SearchError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return NOTHING
    classifier.predict(x[:3])
    print("ended", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]) if sys.argv[3:] else None))
