"""Our strategies and their peers on NAS-Bench-201, all in one run.

Run as `python benchmarks/nas_bench_201.py DATA/nas_bench/nas_bench_201.csv --processes 2`.
Protocol 1, by evaluations: regret in points of 12-epoch validation accuracy on three sets after
50, 100, 200 and 500 evaluations, repeats counted. Protocol 2, as published (Dong and Yang, 2020):
a search by CIFAR-10 12-epoch validation accuracy within 20,000 simulated seconds, in which a cell
evaluated before costs nothing; told is the 200-epoch test accuracy of the chosen cell. Strategies
of ours are run with their defaults; seeds are 0, 1, …, for all methods. `--seeds 2` to see that
it runs. Optuna is needed: `pip install "automl-kit[benchmark]"`.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from published import BAYESIAN, PEERS, keras_tuner_bayesian
from sets import print_environment

from automl_kit.bench import tuner_oracle
from automl_kit.benchmark import Budget, NasBenchTable, chosen, oracle_method, regret_at, simulate

PACKAGES = ("automl-kit", "autokeras", "keras-tuner", "optuna", "numpy", "scipy")
OURS = ("evolution", "local", "reinforce")
METHODS = (*OURS, *PEERS, BAYESIAN)
SETS = ("cifar10", "cifar100", "imagenet16")
BUDGETS = (50, 100, 200, 500)
BAYESIAN_EVALUATIONS = 50
SECONDS = 20_000.0
COST = "cifar10_cost_s_12ep"
SEEDS_A_TASK = 10
ENVIRONMENT = {  # of the processes that search
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",  # KerasTuner's Gaussian process warns in most proposals.
}

TO_BEAT = {  # the best of every method known before, at each budget and on each set
    "cifar10": (0.50, 0.15, 0.06, 0.00),
    "cifar100": (0.80, 0.30, 0.08, 0.00),
    "imagenet16": (1.25, 0.57, 0.25, 0.02),
}
TO_REACH = {"evolution": (94.30, 73.2, 46.4), "reinforce": (94.10,)}


class Task(NamedTuple):
    """Some seeds of one method, on one set by one protocol."""

    protocol: int
    method: str
    set_name: str
    seeds: range


def tasks(methods: list[str], seeds: tuple[int, int], bayesian_seeds: int) -> list[Task]:
    """All that is run, longest first, so that no process is left alone with it."""
    found = []
    for method in methods:
        for name in SETS:
            runs = range(min(seeds[0], bayesian_seeds) if method == BAYESIAN else seeds[0])
            found += [Task(1, method, name, chunk) for chunk in chunks(runs)]
        if method != BAYESIAN:
            found += [Task(2, method, SETS[0], chunk) for chunk in chunks(range(seeds[1]))]
    slow = (BAYESIAN, "reinforce", "evolution", "TPE (Optuna)")
    return sorted(found, key=lambda t: slow.index(t.method) if t.method in slow else len(slow))


def chunks(seeds: range) -> list[range]:
    return [seeds[start : start + SEEDS_A_TASK] for start in range(0, len(seeds), SEEDS_A_TASK)]


_table: NasBenchTable


def load(path: Path) -> None:
    global _table
    _table = NasBenchTable(path)


def perform(task: Task) -> tuple[pd.DataFrame, float]:
    """The evaluations of a task, and the seconds it took."""
    if task.method == BAYESIAN:
        method = oracle_method(keras_tuner_bayesian)
    else:
        is_ours = task.method in OURS
        method = oracle_method(tuner_oracle(task.method)) if is_ours else PEERS[task.method]
    most = BAYESIAN_EVALUATIONS if task.method == BAYESIAN else BUDGETS[-1]
    budget = Budget(most) if task.protocol == 1 else Budget(seconds=SECONDS, cost=COST)
    metric = f"{task.set_name}_val_12ep"
    started = time.process_time()
    frame = simulate(_table, metric, {task.method: method}, task.seeds, budget)
    taken = time.process_time() - started
    return frame.assign(protocol=task.protocol, set=task.set_name), taken


def performed(path: Path, todo: list[Task], processes: int) -> Iterator[pd.DataFrame]:
    os.environ.update(ENVIRONMENT)
    context = multiprocessing.get_context("spawn")
    seconds: dict[str, float] = {}
    evaluations: dict[str, int] = {}
    with ProcessPoolExecutor(processes, context, load, (path,)) as pool:
        for done, (task, (frame, taken)) in enumerate(
            zip(todo, pool.map(perform, todo), strict=True), 1
        ):
            print(f"{done} of {len(todo)}: {task}, {taken:.0f} s", file=sys.stderr, flush=True)
            seconds[task.method] = seconds.get(task.method, 0.0) + taken
            evaluations[task.method] = evaluations.get(task.method, 0) + len(frame)
            yield frame
    print("\nMilliseconds an evaluation, proposal and bookkeeping in memory:")
    for method, total in seconds.items():
        print(f"  {method}: {1000 * total / evaluations[method]:.1f}")


def print_regret(frame: pd.DataFrame, methods: list[str]) -> None:
    print("\nProtocol 1: regret after n evaluations, mean ± sd")
    for name in SETS:
        summary = regret_at(frame[frame["set"] == name], BUDGETS)
        print(f"\n{name:28}" + "".join(f"{budget:>15}" for budget in BUDGETS))
        print(f"{'(to beat)':28}" + "".join(f"{value:>15.2f}" for value in TO_BEAT[name]))
        for method in methods:
            rows = summary[summary["method"] == method]
            figures = [figure(mean, sd) for mean, sd in zip(rows["mean"], rows["sd"], strict=True)]
            ended = int(rows["ended"].iloc[-1])
            note = f"  {ended} ended by themselves before {BUDGETS[-1]}" if ended else ""
            print(f"{method:28}{''.join(figures)}  n={rows['runs'].iloc[0]}{note}")


def figure(mean: float, sd: float) -> str:
    """The figure as told; of one seed there is no deviation, short of a budget no mean."""
    told = "–" if pd.isna(mean) else f"{mean:.3f}" if pd.isna(sd) else f"{mean:.3f} ± {sd:.3f}"
    return f"{told:>15}"


def print_published(frame: pd.DataFrame, methods: list[str], table: NasBenchTable) -> None:
    columns = [f"{name}_test_200ep" for name in SETS]
    ends = chosen(frame, table, columns)
    print(f"\nProtocol 2: test accuracy after 200 epochs, {SECONDS:,.0f} s of search, mean ± sd")
    best = "".join(f"{table.best(column):>15.2f}" for column in columns)
    print(f"{'':28}{''.join(f'{name:>15}' for name in SETS)}{'evaluations':>14}")
    print(f"{'(largest in the table)':28}{best}")
    perfect = int(table.column(f"{SETS[0]}_val_12ep").argmax())
    figures = [table.column(column)[perfect] for column in columns]
    print(f"{'(a perfect search ends at)':28}{''.join(f'{value:>15.2f}' for value in figures)}")
    for method, target in TO_REACH.items():
        print(f"{f'(to reach: {method})':28}{''.join(f'{value:>15.2f}' for value in target)}")
    lengths = frame.groupby(["method", "seed"]).size().groupby("method").mean()
    early = frame[frame["ended_by"] != "seconds"].groupby("method")["seed"].nunique()
    for method in methods:
        rows = ends[ends["method"] == method]
        if len(rows):
            means = [f"{rows[c].mean():.2f} ± {rows[c].std():.2f}" for c in columns]
            note = f"  {early[method]} ended before the time was up" if method in early else ""
            told = "".join(f"{value:>15}" for value in means)
            print(f"{method:28}{told}{lengths[method]:>14.0f}  n={len(rows)}{note}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, help="of both protocols (default: 50 and 200)")
    parser.add_argument("--bayesian-seeds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a CSV file of all evaluations")
    arguments = parser.parse_args()
    seeds = (arguments.seeds, arguments.seeds) if arguments.seeds else (50, 200)
    print_environment(*PACKAGES)
    print(
        f"Seeds 0 to {seeds[0] - 1} (protocol 1) and 0 to {seeds[1] - 1} (protocol 2), "
        f"{arguments.processes} processes of one thread each."
    )
    if BAYESIAN in arguments.methods:
        print(
            f"{BAYESIAN} takes about 2 s a proposal after 50 trials: "
            f"{min(seeds[0], arguments.bayesian_seeds)} seeds, {BAYESIAN_EVALUATIONS} evaluations, "
            "protocol 1 only."
        )
    todo = tasks(arguments.methods, seeds, arguments.bayesian_seeds)
    table = arguments.table.resolve()
    frame = pd.concat(performed(table, todo, arguments.processes), ignore_index=True)
    print_regret(frame[frame["protocol"] == 1], arguments.methods)
    print_published(frame[frame["protocol"] == 2], arguments.methods, NasBenchTable(table))
    if arguments.out:
        frame.to_csv(arguments.out, index=False)


if __name__ == "__main__":
    main()
