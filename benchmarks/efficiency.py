"""What proxies, pruners and a start from an earlier project save, and what they cost in score.

Run as `python benchmarks/efficiency.py DATA proxies|stopping|transfer [--out FOLDER]`, where DATA
holds `fashion_mnist/`, `reuters_corn/` and `structured/`. The searches are kept as projects in
FOLDER: the same call goes on where it was cut.

* `proxies`: random settings of the space of images, each judged by a whole training and by each
  proxy: how many times less the trainings take, Spearman's and Kendall's rank correlations of the
  scores, and the regret: how much worse the best of the proxy's best three is, trained whole, than
  the best of all.
* `stopping`: random searches without a pruner; what each pruner would have done follows from their
  curves, since a random search proposes the same whatever was stopped. Epochs trained (of PASHA the
  last training included), and the score of the model that is chosen, over several seeds.
* `transfer`: a search on one half of a set; on the other half a search from nothing, and one that
  starts from the first half's project. Trials and seconds until the score that the search from
  nothing has at its end.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, spearmanr
from sets import fashion_arrays, parts, print_environment

import automl_kit
from automl_kit.evaluation import (
    MedianPruner,
    PashaPruner,
    Proxy,
    Pruner,
    SuccessiveHalvingPruner,
)
from automl_kit.evaluation.curves import Curves

SETTINGS, IMAGES, EPOCHS = 24, 1_000, 12  # of the proxies' comparison
PROXIES: dict[str, Any] = {
    "a fourth of the rows": Proxy(rows=0.25, finalists=1),
    "a fourth of the epochs": Proxy(epochs=EPOCHS // 4, finalists=1),
    "a fourth of the width": Proxy(width=0.25, finalists=1),
    "half of the width": Proxy(width=0.5, finalists=1),
    "14×14 pixels": Proxy(pixels=14, finalists=1),
    "rows, epochs, width, pixels": Proxy(
        rows=0.5, epochs=EPOCHS // 2, width=0.5, pixels=14, finalists=1
    ),
}
PRUNERS: dict[str, Pruner | None] = {
    "none": None,
    "median": MedianPruner(),
    "median, 3 to start": MedianPruner(startup=3, warmup=1),
    "asha": SuccessiveHalvingPruner(),
    "asha, factor 4": SuccessiveHalvingPruner(factor=4),
    "asha, from epoch 2": SuccessiveHalvingPruner(first=2),
    "pasha": PashaPruner(),
}


@dataclass(frozen=True)
class Watch:
    """A pruner that stops nothing, so that curves are kept."""

    steps = "epochs"
    finalists = 0

    def describe(self) -> dict[str, Any]:
        """Its name."""
        return {"name": "watch"}

    def stop(self, trial_id: str, step: int, curves: Curves) -> bool:
        """Never."""
        return False


def images(data: Path, first: int, count: int) -> tuple[Any, Any]:
    """Training images of Fashion-MNIST from some row on."""
    x, y = fashion_arrays(data / "fashion_mnist", "train")
    return x[first : first + count], y[first : first + count]


# Proxies


def proxies(data: Path, out: Path, quick: bool) -> None:
    count, epochs, number = (100, 2, 4) if quick else (IMAGES, EPOCHS, SETTINGS)
    x, y = images(data, 20_000, count + count // 2)
    boards: dict[str, pd.DataFrame] = {}
    for name, evaluation in {"whole": "full", **PROXIES}.items():
        model = automl_kit.ImageClassifier(
            tuner="random", initial_hps=[], max_trials=number, epochs=epochs, seed=1,
            evaluation=evaluation, ending="best", directory=out / "proxies", project_name=name,
            validation_split=1 / 3, verbose=0,
        )  # fmt: skip
        board = model.fit(x, y).leaderboard().set_index("trial")
        boards[name] = board
        print(f"{name}: {len(board)} settings, {board.seconds.sum():.0f} s", flush=True)
    whole = boards.pop("whole")
    rows = [_compared(name, board, whole) for name, board in boards.items()]
    print(pd.DataFrame(rows).round(3).to_string(index=False))


def _compared(name: str, board: pd.DataFrame, whole: pd.DataFrame) -> dict[str, Any]:
    both = [
        trial
        for trial in board.index
        if trial in whole.index and np.isfinite([board.estimate[trial], whole.score[trial]]).all()
    ]
    estimates, scores = board.estimate[both], whole.score[both]
    timed = [trial for trial in both if board.status[trial] == "ESTIMATED"]
    best = scores[estimates.nsmallest(3).index].min()
    return {
        "proxy": name,
        "settings": len(both),
        "times faster": whole.seconds[timed].sum() / board.seconds[timed].sum(),
        "Spearman": spearmanr(estimates, scores).statistic,
        "Kendall": kendalltau(estimates, scores).statistic,
        "loss of its best 3": best,
        "loss of the best": scores.min(),
        "median loss": scores.median(),
    }


# Early stopping


def stopping(data: Path, out: Path, quick: bool, seeds: int, tasks: list[str]) -> None:
    for task in tasks:
        rows = []
        for seed in range(1, seeds + 1):
            trials = _watched(task, data, out / "stopping", seed, quick)
            rows += [
                {"pruner": name, "seed": seed, **replayed(pruner, trials)}
                for name, pruner in PRUNERS.items()
            ]
        frame = pd.DataFrame(rows)
        none = frame[frame.pruner == "none"].set_index("seed")
        frame["epochs saved"] = [1 - r.epochs / none.epochs[r.seed] for r in frame.itertuples()]
        frame["worse by"] = [r.loss - none.loss[r.seed] for r in frame.itertuples()]
        shown = frame.groupby("pruner", sort=False).agg(
            epochs=("epochs", "mean"), stopped=("stopped", "mean"),
            saved=("epochs saved", "mean"), loss=("loss", "mean"), worse=("worse by", "mean"),
            error=("worse by", lambda values: values.std(ddof=1) / np.sqrt(len(values))),
        )  # fmt: skip
        print(f"{task}: {len(trials)} trials, {seeds} seeds\n{shown.round(4).to_string()}")


def _watched(task: str, data: Path, out: Path, seed: int, quick: bool) -> list[dict[str, Any]]:
    """Curve, score and epochs of each trial of a random search, in their order."""
    settings: dict[str, Any] = {
        "tuner": "random", "initial_hps": [], "max_trials": 4 if quick else 15, "seed": seed,
        "pruner": Watch(), "ending": "best", "directory": out, "verbose": 0,
        "project_name": f"{task}_{seed}",
    }  # fmt: skip
    if task == "fashion":
        x, y = images(data, 0, 200 if quick else 2_000)
        model = automl_kit.ImageClassifier(**settings, epochs=3 if quick else 9)
    elif task == "corn":
        part = parts(data, "corn", quick=True)[0]
        x, y = part.x_train, part.y_train
        model = automl_kit.TextClassifier(**settings, evaluation="full")
    else:
        part = parts(data, task)[0]
        x, y = part.x_train, part.y_train
        model = automl_kit.StructuredDataClassifier(**settings)
    model.fit(x, y)
    board = model.leaderboard().set_index("trial")
    found = []
    for trial in sorted(board.index, key=int):
        curve = model.tuner_.oracle.curves.get(trial, {})
        if board.status[trial] == "COMPLETED":
            epochs = int(board.epochs[trial])
            found.append({"curve": curve, "loss": board.score[trial], "epochs": epochs})
    return found


def replayed(pruner: Pruner | None, trials: list[Mapping[str, Any]]) -> dict[str, float]:
    """What a pruner would have done: epochs trained, trials stopped, and the model's loss."""
    curves, epochs, stopped = Curves("min"), 0, {}
    for number, trial in enumerate(trials):
        end = trial["epochs"]
        for step, loss in trial["curve"].items() if pruner is not None else ():
            curves.note(str(number), step, loss)
            if pruner is not None and pruner.stop(str(number), step, curves):
                end = step
                stopped[number] = min(v for s, v in trial["curve"].items() if s <= step)
                break
        epochs += end
    losses = {n: stopped.get(n, trial["loss"]) for n, trial in enumerate(trials)}
    whole = set(range(len(trials))) - set(stopped)
    for number in sorted(losses, key=losses.__getitem__)[: pruner.finalists if pruner else 0]:
        if number in stopped:
            epochs += trials[number]["epochs"] - max(curves[str(number)])
            whole.add(number)
    return {
        "epochs": epochs, "stopped": len(stopped),
        "loss": min(trials[number]["loss"] for number in whole),
    }  # fmt: skip


# Transfer


def transfer(data: Path, out: Path, quick: bool, seeds: int) -> None:
    count, epochs, number = (60, 2, 3) if quick else (800, 8, 20)
    halves = images(data, 30_000, count), images(data, 30_000 + count, count)
    rows = []
    for seed in range(1, seeds + 1):
        folder = out / "transfer" / str(seed)

        def search(name: str, half: int, start: Path | None, here: Path, seed: int) -> pd.DataFrame:
            model = automl_kit.ImageClassifier(
                tuner="evolution", initial_hps=[], max_trials=number, epochs=epochs, seed=seed,
                ending="best", directory=here, project_name=name, verbose=0, start_from=start,
            )  # fmt: skip
            board = model.fit(*halves[half]).leaderboard()
            print(f"seed {seed}, {name}: best {board.score.min():.4f}", flush=True)
            return board.set_index(board.trial.astype(int)).sort_index()

        search("earlier", 0, None, folder, seed)
        cold = search("cold", 1, None, folder, seed)
        warm = search("warm", 1, folder / "earlier", folder, seed)
        goal = cold.score.min()
        for name, board in (("cold", cold), ("warm", warm)):
            reached = np.flatnonzero(board.score <= goal)
            first = int(reached[0]) if len(reached) else None
            rows.append(
                {
                    "seed": seed, "search": name, "goal": goal, "loss": board.score.min(),
                    "trials": None if first is None else first + 1,
                    "seconds": None if first is None else board.seconds.iloc[: first + 1].sum(),
                }
            )  # fmt: skip
    print(pd.DataFrame(rows).round(4).to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("part", choices=["proxies", "stopping", "transfer"])
    parser.add_argument("--out", type=Path, default=Path("efficiency_projects"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tasks", nargs="+", default=["fashion", "corn", "credit_g", "segment"])
    parser.add_argument("--quick", action="store_true", help="a few rows, to see that it runs")
    arguments = parser.parse_args()
    print_environment("automl-kit", "keras", "tensorflow", "keras-tuner")
    out = arguments.out / ("quick" if arguments.quick else "whole")
    if arguments.part == "proxies":
        proxies(arguments.data, out, arguments.quick)
    elif arguments.part == "stopping":
        stopping(arguments.data, out, arguments.quick, arguments.seeds, arguments.tasks)
    else:
        transfer(arguments.data, out, arguments.quick, arguments.seeds)


if __name__ == "__main__":
    main()
