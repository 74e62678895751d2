"""What ENAS finds: its reward over time, its cell against random cells and against evolution.

Run as `python benchmarks/enas.py DATA --file enas.jsonl`, where DATA holds `fashion_mnist/`. ENAS
searches NAS-Bench-201's space on `--rows` images. Evolution then has as many processor seconds:
its trials are cells trained alone for `--epochs` epochs, judged on 1,000 other images. Both have
the same network, of `--cells` cells and `--channels` channels. What each found, and 10 random cells
that reach the output, are trained alone, with `--final-seeds` seeds, and judged on 2,000 test
images that no search has seen. All is done in one process; what was killed goes on.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from job_rows import row_of
from sets import print_environment
from weight_sharing import drawn

from automl_kit import quiet
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings  # without TensorFlow
from automl_kit.search.stages.enas import EnasSettings
from automl_kit.spaces import NAS_BENCH_201, arch_string, parse_arch

PACKAGES = ("automl-kit", "keras", "tensorflow", "numpy")
Row = dict[str, Any]


def search(bench: Any, settings: EnasSettings, seed: int, file: Path) -> Row:
    """ENAS from its beginning, or where it was."""
    from automl_kit.search.stages.enas import EnasSearch

    began = time.process_time()
    state = file.with_suffix(f".enas-{seed}.npz")
    told = {"settings": settings.to_json(), "seed": seed}
    found = EnasSearch(NAS_BENCH_201, settings, bench.train, seed, state, told)
    found.restore()
    before = len(found.history)
    found.search()
    cell = arch_string(found.derive())
    # The clock of the processor knows this run alone; a search that went on is told as it is.
    return {
        "cell": cell, "processor_seconds": time.process_time() - began, "resumed": before,
        "history": [epoch.to_json() for epoch in found.history],
    }  # fmt: skip


def evolve(
    bench: Any, settings: SharingSettings, seconds: float, seed: int, file: Path, images: Row
) -> Row:
    """Evolution on cells trained alone, in so many processor seconds."""
    from automl_kit.oracles import EvolutionOracle
    from automl_kit.testing.searches import Search

    rows: list[Row] = []

    def score(values: Row) -> float:
        genotype = NAS_BENCH_201.genotype(values)
        told = {"settings": settings.to_json(), "trial": arch_string(genotype), "seed": seed}
        job = {**images, **told}
        rows.append(row_of(job, lambda job: trained(bench, settings, job, "held"), file))
        return float(rows[-1]["accuracy"])

    folder = file.with_suffix(f".evolution-{seed}")
    evolution = Search(EvolutionOracle, folder, NAS_BENCH_201.declare, score, seed=seed)
    evolution.oracle.max_trials = None
    used = 0.0
    for trial_id in evolution.oracle.end_order:  # Those of an earlier run.
        score(evolution.oracle.trials[trial_id].hyperparameters.values)
        used += rows[-1]["processor_seconds"]
    while used < seconds and evolution.run(1):
        used += rows[-1]["processor_seconds"]
    best = max(rows, key=lambda row: row["accuracy"])
    return {"cell": best["job"]["trial"], "trials": len(rows), "processor_seconds": used}


def trained(bench: Any, settings: SharingSettings, job: Row, rows: str) -> Row:
    """A cell alone, judged on rows."""
    genotype = parse_arch(job["trial"])
    told = bench.alone(genotype, settings, job["seed"])
    return {**told, **bench.judge(genotype, rows)}


def measure(arguments: argparse.Namespace) -> None:
    from path_benchmarks import Bench

    sizes = {"cells": arguments.cells, "channels": arguments.channels}
    bench = Bench(arguments.data, arguments.rows, NAS_BENCH_201, **sizes, pixels=arguments.pixels)
    alone = SharingSettings(epochs=arguments.epochs, **sizes)
    settings = EnasSettings(epochs=arguments.enas_epochs, warmup=arguments.warmup, **sizes)
    file, seed = arguments.file, arguments.seed
    images = {"rows": arguments.rows, "pixels": arguments.pixels}
    job = {"enas": settings.to_json(), "seed": seed, **images}
    enas = row_of(job, lambda job: search(bench, settings, seed, file), file)
    seconds = 0.0
    for number, epoch in enumerate(enas["history"]):
        seconds += epoch["seconds"]
        reward = "rests" if epoch["reward"] is None else f"{epoch['reward']:.4f}"
        entropy = "" if epoch["entropy"] is None else f", entropy {epoch['entropy']:.3f}"
        print(f"epoch {number + 1}, {seconds:.0f} s: reward {reward}{entropy}")
    evolution = evolve(bench, alone, enas["processor_seconds"], seed, file, images)
    print(
        f"ENAS: {enas['cell']} in {enas['processor_seconds']:.0f} processor seconds (its first "
        f"{enas['resumed']} epochs in an earlier run); evolution: {evolution['cell']}, "
        f"{evolution['trials']} trials in {evolution['processor_seconds']:.0f}",
        flush=True,
    )
    final = SharingSettings(epochs=arguments.final_epochs, **sizes)
    cells = {"ENAS": [enas["cell"]], "evolution": [evolution["cell"]]}
    cells["random"] = drawn(10, 1000 + seed)
    scores: dict[str, list[float]] = {name: [] for name in cells}
    for name, group in cells.items():
        for cell in group:
            for number in range(1 if name == "random" else arguments.final_seeds):
                told = {"settings": final.to_json(), "trial": cell, "seed": 100 + number}
                job = {**images, **told}
                row = row_of(job, lambda job: trained(bench, final, job, "test"), file)
                scores[name].append(row["accuracy"])
                print(f"{name} {cell} seed {number}: {row['accuracy']:.4f}", flush=True)
    drawn_ = np.array(scores["random"])
    print(
        f"random cells {drawn_.mean():.4f} ± {drawn_.std(ddof=1):.4f} (sd of {len(drawn_)}), best "
        f"{drawn_.max():.4f}; ENAS {np.mean(scores['ENAS']):.4f}, above "
        f"{(np.mean(scores['ENAS']) > drawn_).sum()} of them; evolution "
        f"{np.mean(scores['evolution']):.4f}, above "
        f"{(np.mean(scores['evolution']) > drawn_).sum()}"
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--file", type=Path, default=Path("enas.jsonl"))
    parser.add_argument("--seed", type=int, default=0, help="of the searches")
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--pixels", type=int, default=28, help="a side of the images: 28 or 14")
    parser.add_argument("--cells", type=int, default=3)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--enas-epochs", type=int, default=30)
    parser.add_argument("--warmup", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=6, help="of evolution's trials")
    parser.add_argument("--final-epochs", type=int, default=12)
    parser.add_argument("--final-seeds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    arguments = parser.parse_args()
    arguments.data = arguments.data.resolve()
    if arguments.quick:
        small = {
            "rows": 200,
            "pixels": 14,
            "cells": 1,
            "channels": 4,
            "enas_epochs": 2,
            "warmup": 1,
        }
        vars(arguments).update({**small, "epochs": 1, "final_epochs": 1, "final_seeds": 1})
    return arguments


def main() -> None:
    arguments = parse()
    print_environment(*PACKAGES)
    print({name: str(value) for name, value in vars(arguments).items()}, flush=True)
    quiet.load_tensorflow()
    measure(arguments)


if __name__ == "__main__":
    main()
