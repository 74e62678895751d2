"""Milliseconds a proposal, and what a search costs as it grows: our oracles and KerasTuner's.

Run as `python benchmarks/proposal_time.py`; `--sizes 20 100 --totals 50 100` to see that it
runs. The space is mixed (choices, integers, floats with logarithmic sampling, booleans, a
condition); the score is a made-up function of it, so that nothing is trained. Two tables:

1. A proposal (`populate_space`) after 100, 1,000 and 10,000 trials, in time of the processor: the
   mean and the largest of 50 in a row. In brackets the whole cycle (create, update and end a
   trial, all files written) by the clock, the disk's time included. The trials before were run in
   memory. KerasTuner's Bayesian oracle up to 100 only, 3 in a row: it takes seconds there, and
   its time grows with the cube of the trials.
2. Whole searches of 1,000, 2,000 and 4,000 trials with all files written: seconds of the
   processor, and bytes handed to the operating system (Linux only). Twice the trials should cost
   twice.

Files go to a temporary folder; `--folder /dev/shm` leaves the disk's speed out.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from published import BAYESIAN, autokeras_greedy, keras_tuner_bayesian, keras_tuner_random
from sets import SEED, print_environment

from automl_kit.bench import tuner_oracle
from automl_kit.oracles import ParetoOracle

PACKAGES = ("automl-kit", "autokeras", "keras-tuner", "numpy", "scipy")
SIZES, TOTALS = (100, 1_000, 10_000), (1_000, 2_000, 4_000)
MEASURED = 50  # trials in a row after a size
COST = "parameters"

Factory = Callable[[Any, int, int, Any], Any]


def pareto(objective: Any, max_trials: int, seed: int, hyperparameters: Any) -> Any:
    import keras_tuner

    costs = [objective, keras_tuner.Objective(COST, "min")]
    return ParetoOracle(costs, max_trials, seed=seed, hyperparameters=hyperparameters)


FACTORIES: dict[str, Factory] = {
    **{name: tuner_oracle(name) for name in ("evolution", "local", "reinforce")},
    "pareto": pareto,
    **{f"{name}, durable": tuner_oracle(name) for name in ("random", "greedy")},
    "random (KerasTuner)": keras_tuner_random,
    "greedy (AutoKeras)": autokeras_greedy,
    BAYESIAN: keras_tuner_bayesian,
}


def mixed_space() -> Any:
    """Ten `keras_tuner.HyperParameters` of every kind, two of them under a condition."""
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    hp.Choice("optimizer", ["sgd", "adam", "lion"])
    hp.Float("learning_rate", 1e-5, 1e-1, sampling="log")
    hp.Float("weight_decay", 1e-6, 1e-2, sampling="log")
    hp.Float("dropout", 0.0, 0.5, step=0.05)
    hp.Int("layers", 1, 8)
    hp.Int("units", 16, 1024, sampling="log")
    hp.Boolean("normalise")
    hp.Choice("block", ["dense", "residual", "gated"])
    with hp.conditional_scope("block", ["residual"]):
        hp.Int("depth", 1, 4)
        hp.Boolean("pre_activation")
    return hp


def made_up(values: dict[str, Any]) -> dict[str, float]:
    """A score with a best learning rate and size, and a cost that grows with the size."""
    rate = np.log10(values["learning_rate"]) + 3 + 0.3 * (values["optimizer"] == "sgd")
    size = np.log2(values["units"]) + values["layers"]
    score = -(rate**2) - 0.1 * (size - 11) ** 2 - values["dropout"] + 0.2 * values["normalise"]
    bonus = {"dense": 0.0, "gated": 0.1, "residual": 0.05 * values.get("depth", 0)}
    return {
        "score": float(score + bonus[values["block"]]),
        COST: float(values["layers"] * values["units"] ** 2),
    }


class Search:
    """An oracle whose proposals are timed.

    Attributes:
        proposals: Seconds of the processor for each `populate_space`.
        cycles: Seconds by the clock for each whole trial.
    """

    def __init__(self, factory: Factory, most: int, folder: Path):
        import keras_tuner

        objective = keras_tuner.Objective("score", "max")
        self.oracle = factory(objective, most, SEED, mixed_space())
        self.oracle.verbose = 0
        self.oracle._set_project_dir(str(folder), "search")
        self.proposals: list[float] = []
        self.cycles: list[float] = []
        populate = self.oracle.populate_space

        def timed(trial_id: str) -> Any:
            started = time.process_time()
            proposal = populate(trial_id)
            self.proposals.append(time.process_time() - started)
            return proposal

        self.oracle.populate_space = timed

    def run(self, trials: int, write: bool) -> bool:
        """Runs trials; False where the oracle ended by itself."""
        for name in ("save", "_save_trial"):
            vars(self.oracle).pop(name, None)
            if not write:
                setattr(self.oracle, name, lambda *trial: None)
        for _ in range(trials):
            started = time.perf_counter()
            trial = self.oracle.create_trial("benchmark")
            if trial.status != "RUNNING":
                return False
            figures = made_up(trial.hyperparameters.values)
            if not trial.metrics.exists(COST):
                trial.metrics.register(COST, "min")
            self.oracle.update_trial(trial.trial_id, figures)
            trial.status = "COMPLETED"
            self.oracle.end_trial(trial)
            self.cycles.append(time.perf_counter() - started)
        return True


class Latency(NamedTuple):
    """Milliseconds."""

    mean: float
    largest: float
    cycle: float


def latencies(
    factory: Factory, sizes: list[int], measured: int, where: Path | None
) -> list[Latency | None]:
    """What a proposal takes after so many trials; None where the oracle had ended."""
    found: list[Latency | None] = []
    if not sizes:
        return found
    with tempfile.TemporaryDirectory(dir=where) as folder:
        search = Search(factory, sizes[-1] + measured, Path(folder))
        for size in sizes:
            begun = search.run(size - len(search.cycles), write=False)
            if not (begun and search.run(measured, write=True)):
                return [*found, *[None] * (len(sizes) - len(found))]
            proposals = 1000 * np.array(search.proposals[-measured:])
            cycle = 1000 * float(np.mean(search.cycles[-measured:]))
            found.append(Latency(float(proposals.mean()), float(proposals.max()), cycle))
    return found


def whole_search(factory: Factory, trials: int, where: Path | None) -> tuple[float, float] | None:
    """Seconds of the processor and megabytes written; None where the oracle ended before."""
    with tempfile.TemporaryDirectory(dir=where) as folder:
        search = Search(factory, trials, Path(folder))
        started, before = time.process_time(), bytes_written()
        if not search.run(trials, write=True):
            return None
        return time.process_time() - started, (bytes_written() - before) / 1e6


def bytes_written() -> float:
    """Bytes that this process has handed to the operating system so far."""
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return float("nan")
    return float(dict(line.split(": ") for line in lines)["wchar"])


def print_latencies(names: list[str], sizes: list[int], where: Path | None) -> None:
    print("\nMilliseconds a proposal after n trials: mean / largest (whole cycle, by the clock)")
    print(f"{'':24}" + "".join(f"{f'{size:,}':>26}" for size in sizes), flush=True)
    for name in names:
        small = [size for size in sizes if size <= 100 or name != BAYESIAN]
        cells = [
            "ended by itself" if one is None
            else f"{one.mean:.1f} / {one.largest:.1f} ({one.cycle:.1f})"
            for one in latencies(FACTORIES[name], small, 3 if name == BAYESIAN else MEASURED, where)
        ]  # fmt: skip
        cells += ["not run: too slow"] * (len(sizes) - len(small))
        print(f"{name:24}" + "".join(f"{cell:>26}" for cell in cells), flush=True)


def print_totals(names: list[str], totals: list[int], where: Path | None) -> None:
    print("\nA whole search of n trials, all files written: seconds / megabytes written")
    print(f"{'':24}" + "".join(f"{f'{total:,}':>20}" for total in totals), flush=True)
    for name in names:
        if name == BAYESIAN:
            print(f"{name:24}{'not run: too slow':>20}")
            continue
        cells = [whole_search(FACTORIES[name], total, where) for total in totals]
        told = [f"{one[0]:.1f} / {one[1]:.1f}" if one else "ended by itself" for one in cells]
        print(f"{name:24}" + "".join(f"{cell:>20}" for cell in told), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--oracles", nargs="+", choices=FACTORIES, default=list(FACTORIES))
    parser.add_argument("--folder", type=Path, help="where temporary files go")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--totals", nargs="*", type=int, default=TOTALS)
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    print_latencies(arguments.oracles, sorted(arguments.sizes), arguments.folder)
    print_totals(arguments.oracles, arguments.totals, arguments.folder)


if __name__ == "__main__":
    main()
