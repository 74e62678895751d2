"""Pareto search on NAS-Bench-201: accuracy against parameters, as hypervolume.

Run as `python benchmarks/pareto.py DATA/nas_bench/nas_bench_201.csv`; `--seeds 2` to see that it
runs. The objectives are CIFAR-10 validation accuracy after 12 epochs (most) and the parameters of
the network (least). Methods: `ParetoOracle` with its defaults; random search; and our evolution
on one sum, as KerasTuner makes of several objectives: normalised accuracy less normalised
parameters, each from 0 to 1 over the table. 200 evaluations, seeds 0, 1, ….

Told is the hypervolume of a search's cells, in units in which chance (10 %) to the best accuracy
and the least to the most parameters are 1, as a share of that of the whole table's front; and how
much is missing of it. Only the sum knows the table's ranges.
"""

import argparse
import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from published import keras_tuner_random
from sets import print_environment

from automl_kit.bench import tuner_oracle
from automl_kit.benchmark import Budget, NasBenchTable, oracle_method, simulate
from automl_kit.oracles import ParetoOracle
from automl_kit.oracles.nsga import hypervolume

PACKAGES = ("automl-kit", "keras-tuner", "numpy", "scipy")
ACCURACY, PARAMETERS, SUM = "cifar10_val_12ep", "parameters", "summed"
CHANCE = 10.0
BUDGETS = (50, 100, 200)

# The networks of Dong and Yang (2020): 5 cells each of 16, 32 and 64 channels, between them
# residual blocks that halve the size. Batch normalisation has 2 weights a channel.
CHANNELS, CELLS = (16, 32, 64), 5
KERNELS = {"nor_conv_3x3": 9, "nor_conv_1x1": 1}


def parameters(arch: str) -> int:
    """Weights of the network for CIFAR-10 whose cells are `arch`.

    Example:
        >>> parameters("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
        73306
    """
    ops = [edge.split("~")[0] for node in arch.split("+") for edge in node.strip("|").split("|")]
    cell = sum(
        KERNELS[op] * channels**2 + 2 * channels
        for op in ops
        if op in KERNELS
        for channels in CHANNELS
    )
    return outside() + CELLS * cell


def outside() -> int:
    """Weights of what all networks have: stem, two residual blocks, and the classifier."""
    stem = 3 * CHANNELS[0] * 9 + 2 * CHANNELS[0]
    residual = sum(
        9 * narrow * wide + 9 * wide * wide + 4 * wide + narrow * wide  # two 3×3, their norms, 1×1
        for narrow, wide in itertools.pairwise(CHANNELS)
    )
    last = 2 * CHANNELS[-1] + 10 * CHANNELS[-1] + 10
    return stem + residual + last


def with_costs(path: Path, folder: Path) -> NasBenchTable:
    """The table with columns of parameters and of the sum."""
    frame = pd.read_csv(path)[["cell", ACCURACY]]
    frame[PARAMETERS] = frame["cell"].map(parameters)
    # Figures that the authors' own code gives for the smallest and the largest network.
    assert (frame[PARAMETERS].min(), frame[PARAMETERS].max()) == (73_306, 1_531_546)
    frame[SUM] = scaled(frame[ACCURACY]) - scaled(frame[PARAMETERS])
    frame.to_csv(folder / "with_costs.csv", index=False)
    return NasBenchTable(folder / "with_costs.csv")


def scaled(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return (column - column.min()) / (column.max() - column.min())


def pareto(objective: Any, max_trials: int, seed: int, hyperparameters: Any) -> Any:
    import keras_tuner

    objectives = [objective, keras_tuner.Objective(PARAMETERS, "min")]
    return ParetoOracle(objectives, max_trials, seed=seed, hyperparameters=hyperparameters)


METHODS = {
    "pareto": (oracle_method(pareto), ACCURACY),
    "random (KerasTuner)": (oracle_method(keras_tuner_random), ACCURACY),
    "evolution of the sum": (oracle_method(tuner_oracle("evolution")), SUM),
}


def costs_of(table: NasBenchTable) -> np.ndarray:
    """Both objectives of each cell, smaller is better, the reference at (1, 1): (rows, 2)."""
    accuracy, sizes = table.column(ACCURACY), table.column(PARAMETERS)
    worse = (accuracy.max() - accuracy) / (accuracy.max() - CHANCE)
    larger = (sizes - sizes.min()) / (sizes.max() - sizes.min())
    return np.stack([worse, larger], axis=1)


def front(costs: np.ndarray) -> np.ndarray:
    """The points that no other one dominates, of many: sorted by the first, falling in the other.

    `nsga.fronts` compares all with all, too many for a whole table.
    """
    ordered = costs[np.lexsort((costs[:, 1], costs[:, 0]))]
    before = np.minimum.accumulate(np.concatenate([[np.inf], ordered[:-1, 1]]))
    return ordered[ordered[:, 1] < before]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--seeds", type=int, default=50)
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    print(f"Seeds 0 to {arguments.seeds - 1}")
    with tempfile.TemporaryDirectory() as folder:
        table = with_costs(arguments.table, Path(folder))
    costs, reference = costs_of(table), np.ones(2)
    whole = hypervolume(front(costs), reference)
    print(f"Hypervolume of the table's front of {len(front(costs))} cells: {whole:.4f}")
    print("Per cent of it that is missing after n evaluations, mean ± sd; cells in the front")
    print(f"{'':24}" + "".join(f"{budget:>16}" for budget in BUDGETS) + f"{'front':>10}")
    for name, (method, metric) in METHODS.items():
        frame = simulate(
            table, metric, {name: method}, range(arguments.seeds), Budget(BUDGETS[-1]), [PARAMETERS]
        )
        runs = [run["row"].to_numpy() for _, run in frame.groupby("seed")]
        cells = []
        for budget in BUDGETS:
            volumes = np.array([hypervolume(costs[run[:budget]], reference) for run in runs])
            missing = 100 * (1 - volumes / whole)
            cells.append(f"{missing.mean():.2f} ± {missing.std(ddof=1):.2f}")
        size = np.mean([len(front(costs[run])) for run in runs])
        print(
            f"{name:24}" + "".join(f"{cell:>16}" for cell in cells) + f"{size:>10.1f}", flush=True
        )


if __name__ == "__main__":
    main()
