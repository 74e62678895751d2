"""A model that knows graphs, on tables of cells: against the one of hyperparameters, in one run.

Run as `python benchmarks/graph_model.py DATA --first-seed 7000`, where DATA holds `nas_bench/`, and
with `--tables FOLDER` for those that `benchmarks/made_tables.py` made. Told is the regret, mean ±
standard error over seeds, on NAS-Bench-201 in points of 12-epoch validation accuracy on three
sets. Methods:

* "graphs": evolution as it is, which knows what cells are;
* "hyperparameters": the same without that knowledge, as it was before: the model of each edge's
  operation, the same network as often as it is proposed;
* "with edges": the model sees both;
* "scores": with the published zero-cost scores of a random pool of 2,000 cells, of which the best
  by synflow come first. Cells that are the same network have one score; how many were scored is
  told;
* "pool": the pool in the order of synflow alone; "local" and "random" search.

Protocol 2 is the published one (Dong and Yang, 2020): a search by CIFAR-10 12-epoch validation
accuracy within 12,000 simulated seconds, the chosen cell's 200-epoch test accuracy is told.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sets import print_environment

from automl_kit.bench import tuner_oracle
from automl_kit.benchmark import (
    Budget,
    FigureTable,
    NasBenchTable,
    chosen,
    oracle_method,
    read_benchmark,
    regret_at,
    simulate,
)
from automl_kit.oracles import CandidateScores
from automl_kit.oracles.candidate_scores import ScoredEncoding, ScoredPool
from automl_kit.oracles.distances import GeneDistance
from automl_kit.spaces import SameNetwork, network_key, parse_arch

SETS = ("cifar10", "cifar100", "imagenet16")
BUDGETS = (15, 20, 25, 50, 100)
SECONDS, COST = 12_000.0, "cifar10_cost_s_12ep"
GRAPHS = ("graphs", "hyperparameters", "with edges", "scores", "pool", "local", "random")
GRIDS = ("evolution", "local", "random")
PUBLISHED = "nb201_zero_cost_scores.csv"
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore",
}  # fmt: skip


class Task(NamedTuple):
    """Some seeds of one method, on one column of a table by one protocol."""

    table: str
    column: str
    direction: str
    method: str
    protocol: int
    seeds: range
    evaluations: int


class Scores:
    """The published scores of a network, by any of its cells' hyperparameters."""

    def __init__(self, path: Path, key: SameNetwork):
        frame = pd.read_csv(path)
        names = [name for name in frame if name not in ("net", "net_str")]
        self.start, self.key = names.index("synflow"), key
        keys = [network_key(parse_arch(cell)) for cell in frame["net_str"]]
        numbers = frame[names].to_numpy(float)
        self.known = {one: row for one, row in zip(keys, numbers, strict=True)}

    def __call__(self, values: Any) -> Any:
        """All scores, or None for what has none."""
        ((_, one),), _ = self.key(values)  # type: ignore[misc]
        return self.known.get(one)


@cache
def table(path: str) -> FigureTable:
    figures = ["seconds"] if path.endswith("boosting.csv") else []
    return read_benchmark(path, figures=figures)


@cache
def scores(path: str) -> CandidateScores:
    found = Scores(Path(path).with_name(PUBLISHED), SameNetwork({"": table(path).space}))
    return CandidateScores(found, start=found.start)


def method(task: Task) -> Callable[..., Any]:
    """Makes the oracles of a task; `scored` tells how many cells each of them scored."""
    name = {"local": "local", "random": "random", "pool": "random"}.get(task.method, "evolution")
    usual = oracle_method(tuner_oracle(name))
    made: list[Any] = []

    def make(space: Any, evaluations: int, seed: int) -> Any:
        oracle: Any = usual(space, evaluations, seed)
        if task.method == "hyperparameters":
            oracle.network_key = None
        elif task.method == "scores":
            oracle.candidate_scores = scores(task.table)
        elif task.method == "pool":
            told = scores(task.table)
            rng = np.random.default_rng(seed)
            known = oracle._known_space()
            pool = ScoredPool(told, known, SameNetwork({"": space}), rng)
            oracle.initial_hps = [known.decode(row) for row in pool.rows[:evaluations]]
        elif task.method == "with edges":
            plain = oracle._make_encoding
            oracle._make_encoding = lambda: BothEncoding(plain(), oracle.space)
        made.append(oracle)
        return oracle

    make.scored = lambda: [o.pool.scored for o in made if task.method == "scores"]  # type: ignore
    return make


class BothEncoding(ScoredEncoding):
    """What graphs look like, and the operation of each edge beside it."""

    def __init__(self, inner: Any, space: Any):
        from automl_kit.oracles.distances import JoinedDistance

        self._inner, self.space, self.knows_graphs = inner, space, True
        columns = len(space.dimensions)
        self.distance = JoinedDistance(inner.distance, GeneDistance(space.ordered), columns)

    def __call__(self, rows: Any) -> Any:
        """The columns of both."""
        return np.concatenate([self._inner(rows), self.space.scaled(rows)], axis=1)


def perform(task: Task) -> tuple[pd.DataFrame, float, list[int]]:
    """The evaluations of a task, its seconds, and how many cells each search scored."""
    read, make = table(task.table), method(task)
    if task.method in ("scores", "pool"):
        scores(task.table)  # read before the time is taken
    by_time = Budget(seconds=SECONDS, cost=COST)
    budget = Budget(task.evaluations) if task.protocol == 1 else by_time
    started = time.process_time()
    frame = simulate(
        read, task.column, {task.method: make}, task.seeds, budget, direction=task.direction
    )
    return frame, time.process_time() - started, make.scored()  # type: ignore[attr-defined]


def tasks(arguments: argparse.Namespace, seeds: range) -> list[Task]:
    bench = str(arguments.data.resolve() / "nas_bench" / "nas_bench_201.csv")
    found = []

    def add(path: str, column: str, direction: str, methods: Iterable[str], protocol: int) -> None:
        if protocol in arguments.protocols:
            found.extend(
                Task(path, column, direction, one, protocol, seeds, arguments.evaluations)
                for one in methods
            )

    for protocol, sets in ((1, SETS), (2, SETS[:1])):
        for name in sets:
            add(bench, f"{name}_val_12ep", "max", arguments.methods, protocol)
    if arguments.tables is not None:
        unscored = [one for one in arguments.methods if one not in ("scores", "pool")]
        add(str(arguments.tables / "dense_cells.csv"), "accuracy", "max", unscored, 1)
        add(str(arguments.tables / "boosting.csv"), "loss", "min", GRIDS, 1)
    return found


def performed(todo: list[Task], processes: int) -> Iterator[tuple[Task, Any]]:
    os.environ.update(ENVIRONMENT)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from zip(todo, pool.map(perform, todo), strict=True)


def print_regret(task: Task, found: tuple[pd.DataFrame, float, list[int]]) -> None:
    frame, seconds, scored = found
    summary = regret_at(frame, [b for b in BUDGETS if b <= task.evaluations])
    told = [
        f"{mean:.3f} ± {sd / np.sqrt(runs):.3f}"
        for mean, sd, runs in zip(summary["mean"], summary["sd"], summary["runs"], strict=True)
    ]
    where = f"{Path(task.table).stem} {task.column}"
    note = f"  {np.mean(scored):,.0f} networks scored" if scored else ""
    print(
        f"{where:36}{task.method:18}" + "".join(f"{one:>18}" for one in told)
        + f"{1000 * seconds / len(frame):>8.1f} ms{note}",
        flush=True,
    )  # fmt: skip


def print_published(task: Task, found: tuple[pd.DataFrame, float, list[int]]) -> None:
    columns = [f"{name}_test_200ep" for name in SETS]
    read = NasBenchTable(task.table)
    ends = chosen(found[0], read, columns)
    told = [f"{ends[c].mean():.2f} ± {ends[c].sem():.2f}" for c in columns]
    perfect = int(read.column(task.column).argmax())
    best = " ".join(f"{read.column(c)[perfect]:.2f}" for c in columns)
    print(
        f"{'12,000 s, 200-epoch test accuracy':36}{task.method:18}"
        + "".join(f"{one:>18}" for one in told)
        + f"  (a perfect search ends at {best})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tables", type=Path, help="the folder of made_tables.py")
    parser.add_argument("--methods", nargs="+", choices=GRAPHS, default=list(GRAPHS))
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--evaluations", type=int, default=BUDGETS[-1])
    parser.add_argument("--protocols", nargs="+", type=int, default=[1, 2], choices=[1, 2])
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    print_environment("automl-kit", "keras-tuner", "numpy", "scipy")
    print(f"Seeds {seeds[0]} to {seeds[-1]}; mean ± standard error")
    print(f"{'regret after':54}" + "".join(f"{budget:>18}" for budget in BUDGETS))
    for task, found in performed(tasks(arguments, seeds), arguments.processes):
        (print_regret if task.protocol == 1 else print_published)(task, found)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
