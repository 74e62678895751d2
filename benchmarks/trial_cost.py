"""What a first and a further trial of the same shape cost: arithmetic, tracing, and the rest.

Run as `python benchmarks/trial_cost.py DATA credit_g segment corn fashion`, where DATA holds
`fashion_mnist/`, `reuters_corn/` and `structured/`. Under `taskset -c 0` and with
`TF_NUM_INTRAOP_THREADS=1` seconds are of one core. `--folds 8` judges by so many folds, `--epochs`
says how long a training is; by default both are the task's. `--budget 60` counts the trials that
end within so many seconds instead.

Arithmetic is the time inside of compiled functions that were traced before, tracing that of calls
in which TensorFlow traced; the rest is everything else of a trial: building networks, checking,
scoring, writing.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sets import SEED, parts, print_environment
from tensorflow.python.eager.polymorphic_function import polymorphic_function

from automl_kit import ImageClassifier, StructuredDataClassifier, TextClassifier
from automl_kit.evaluation import Folds

TASKS = {"fashion": ImageClassifier, "corn": TextClassifier}


class Stopwatch:
    """Sums the time in TensorFlow's compiled functions."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._depth = 0
        self._call: Callable[..., Any] = polymorphic_function.Function.__call__

    def __enter__(self) -> "Stopwatch":
        watch = self

        def call(function: Any, *args: Any, **kwargs: Any) -> Any:
            before, watch._depth = function.experimental_get_tracing_count(), watch._depth + 1
            started = time.perf_counter()
            try:
                result = watch._call(function, *args, **kwargs)
                # Outputs are there only once they are asked for.
                return result
            finally:
                watch._depth -= 1
                if not watch._depth:
                    traced = function.experimental_get_tracing_count() > before
                    kind = "tracing" if traced else "arithmetic"
                    watch.seconds[kind] += time.perf_counter() - started

        polymorphic_function.Function.__call__ = call
        return self

    def __exit__(self, *error: object) -> None:
        polymorphic_function.Function.__call__ = self._call


def trials(name: str, data: Path, arguments: argparse.Namespace) -> list[dict[str, float]]:
    """Runs two trials of one shape; gives what each cost."""
    part = parts(data, name)[0]
    kind = TASKS.get(name, StructuredDataClassifier)
    first = dict(kind.modality.presets[None][arguments.preset])
    second = {**first, "learning_rate": first.get("learning_rate", 1e-3) / 2}
    costs = []
    with tempfile.TemporaryDirectory() as folder, Stopwatch() as watch:
        evaluation = Folds(arguments.folds) if arguments.folds else "full"
        task = kind(
            max_trials=2, initial_hps=[first, second], tuner="random", seed=SEED, verbose=0,
            evaluation=evaluation, ending="best", epochs=arguments.epochs, directory=folder,
        )  # fmt: skip
        from automl_kit.search.tuner import SearchTuner

        judge = SearchTuner.judge

        def timed(tuner: Any, trial: Any) -> Any:
            watch.seconds.clear()
            started = time.perf_counter()
            result = judge(tuner, trial)
            seconds = time.perf_counter() - started
            inside = dict(watch.seconds)
            costs.append({"seconds": seconds, **inside, "rest": seconds - sum(inside.values())})
            return result

        SearchTuner.judge = timed  # type: ignore[method-assign]
        try:
            task.fit(part.x_train, part.y_train)
        finally:
            SearchTuner.judge = judge  # type: ignore[method-assign]
        for cost, epochs in zip(costs, task.leaderboard().sort_values("trial").epochs, strict=True):
            cost["epochs"] = float(epochs)
    return costs


def count(name: str, data: Path, arguments: argparse.Namespace) -> int:
    """How many trials of a search end within its time budget."""
    part = parts(data, name)[0]
    kind = TASKS.get(name, StructuredDataClassifier)
    task = kind(max_trials=10**6, seed=SEED, verbose=0, time_budget=arguments.budget)
    task.fit(part.x_train, part.y_train)
    return int((task.leaderboard().status == "COMPLETED").sum())


def main() -> None:
    """Prints a line a trial."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--folds", type=int, help="judge by so many folds")
    parser.add_argument("--epochs", type=int, help="epochs of a training")
    parser.add_argument("--preset", type=int, default=0, help="number of the preset")
    parser.add_argument("--budget", type=float, help="count trials within so many seconds")
    arguments = parser.parse_args()
    print_environment()
    for name in arguments.sets:
        if arguments.budget:
            print(f"{name}: {count(name, arguments.data, arguments)} trials", flush=True)
            continue
        for number, cost in enumerate(trials(name, arguments.data, arguments)):
            told = ", ".join(f"{key} {value:.2f}" for key, value in cost.items())
            share = cost.get("arithmetic", 0.0) / cost["seconds"]
            which = "further" if number else "first"
            print(f"{name}, {which} trial: {told}; arithmetic {share:.0%}", flush=True)


if __name__ == "__main__":
    main()
