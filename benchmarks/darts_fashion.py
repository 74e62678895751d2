"""Is a cell that DARTS finds on Fashion-MNIST better than random cells and a hand-written CNN?

Run as `python benchmarks/darts_fashion.py DATA/fashion_mnist --genotype found.json --rows f.jsonl`.
One process of two threads searches; then processes of one thread each train from scratch, all by
the same recipe (`cell_recipe`): the cell that was found, with two seeds; five random genotypes of
the DARTS space, of seeds 0 to 4; and, with two seeds, a CNN of as many weights as the found
network. Told is the accuracy on all 10,000 test images after the last epoch.

The random cells are drawn as for the paper's random baseline: 2 edges a node from different
earlier states, each of 7 operations as likely as another; "none" isn't among them, as DARTS never
derives it. Networks of them have the same number of cells and channels, so other numbers of
weights, which are told.

If the genotype's file exists it is used and nothing is searched. A search that is killed goes on
from its last epoch, which is kept beside that file; the seconds are then those of the last part.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from cell_recipe import Images, Recipe, read
from cell_training import find, retrain, retrain_cnn, weights_of
from job_rows import in_processes, rows_of
from sets import print_environment

from automl_kit.search.stages.darts.darts_settings import DartsSettings  # without TensorFlow
from automl_kit.spaces import DARTS, Genotype

PACKAGES = ("automl-kit", "keras", "tensorflow", "numpy")
RANDOM, SEARCHED, CNN = "random", "searched", "hand-written CNN"


def search(job: dict[str, Any]) -> dict[str, Any]:
    """Finds a genotype; in a process of its own."""
    x, y = _first(read("fashion", Path(job["data"]))[0], job["rows"])
    directory = job["directory"] and Path(job["directory"])
    settings = DartsSettings(**job["settings"])
    return find(x, y, 10, settings, job["seed"], **job["supernet"], directory=directory)


def train(job: dict[str, Any]) -> dict[str, Any]:
    """Trains one network; in a process of its own."""
    images, test = read("fashion", Path(job["data"]), job["rows"])
    seed, recipe, network = job["seed"], Recipe(**job["recipe"]), job["network"]
    genotype = Genotype.from_json(job["genotype"])
    if job["kind"] == CNN:
        sizes = {"cells": network["cells"], "channels": network["channels"]}
        return retrain_cnn(images, test, seed, recipe, weights_of(genotype, images, **sizes))
    return retrain(genotype, images, test, seed, recipe, **network)


def _first(images: Images, rows: int) -> Images:
    return images[0][:rows], images[1][:rows]


def found_genotype(arguments: argparse.Namespace) -> Genotype:
    """The genotype of the file, or a new one that is then kept in it."""
    file: Path | None = arguments.genotype
    if file is not None and file.exists():
        genotype = Genotype.load(file)
        print(f"genotype of {file}, nothing searched: {genotype.to_json()}", flush=True)
        return genotype
    job = {
        "data": str(arguments.data),
        "rows": arguments.search_rows,
        "directory": file and str(file.with_suffix(".search")),
        "seed": arguments.seed,
        "settings": {
            "epochs": arguments.epochs,
            "batch_size": arguments.batch_size,
            "alpha_learning_rate": arguments.alpha_rate,
            "warmup_epochs": arguments.warmup,
            "beta_decay": arguments.beta,
            "max_skips": arguments.max_skips,
        },
        "supernet": {
            "filters": arguments.filters,
            "cells": arguments.cells,
            "partial": arguments.partial,
        },
    }
    (row,) = in_processes([job], search, 1, threads=2)
    genotype = Genotype.from_json(row["genotype"])
    if file is not None:
        genotype.save(file)
    print(
        f"searched in {row['seconds']:.0f} s, of the processor {row['processor_seconds']:.0f} s "
        f"({row['epochs_resumed']} epochs were there); rows for w: loss {row['train_loss']:.4f} "
        f"accuracy {row['train_accuracy']:.4f}, for α: {row['valid_loss']:.4f} "
        f"{row['valid_accuracy']:.4f}; skips in the normal cell {row['skips_normal']}, without "
        f"the cap {row['skips_uncapped']}\ngenotype: {row['genotype']}",
        flush=True,
    )
    return genotype


def jobs(arguments: argparse.Namespace, genotype: Genotype) -> Iterator[dict[str, Any]]:
    """The trainings; the one that all others need for a comparison comes first."""
    recipe = Recipe(arguments.retrain_epochs, arguments.retrain_batch, flip=arguments.flip)
    common = {
        "data": str(arguments.data),
        "rows": arguments.train_rows,
        "recipe": asdict(recipe),
        "network": {
            "cells": arguments.retrain_cells,
            "channels": arguments.retrain_channels,
            "drop_path": arguments.drop_path,
            "auxiliary": arguments.auxiliary,
        },
    }
    found = genotype.to_json()
    for seed in range(arguments.retrain_seeds):
        yield {**common, "kind": SEARCHED, "genotype": found, "seed": seed}
    for seed in range(arguments.random):
        drawn = DARTS.sample(np.random.default_rng(seed)).to_json()
        yield {**common, "kind": RANDOM, "genotype": drawn, "seed": seed}
    for seed in range(arguments.retrain_seeds):
        yield {**common, "kind": CNN, "genotype": found, "seed": seed}


def print_summary(rows: list[dict[str, Any]]) -> None:
    kinds = {
        kind: np.array([row["test_accuracy"] for row in rows if row["job"]["kind"] == kind])
        for kind in (SEARCHED, RANDOM, CNN)
    }
    print("\naccuracy on all test images, mean ± sd")
    for kind, values in kinds.items():
        weights = np.mean([row["parameters"] for row in rows if row["job"]["kind"] == kind])
        deviation = f" ± {values.std(ddof=1):.4f}" if len(values) > 1 else ""
        print(f"{kind:18} {values.mean():.4f}{deviation}  n={len(values)}  {weights:.0f} weights")
    drawn = kinds[RANDOM]
    for kind, other in ((RANDOM, drawn), (CNN, kinds[CNN])):
        gain = kinds[SEARCHED].mean() - other.mean()
        told = f", {gain / drawn.std(ddof=1):+.2f} sd of random cells" if len(drawn) > 1 else ""
        print(f"searched − {kind}: {100 * gain:+.2f} points{told}")
    above = (kinds[SEARCHED].mean() > drawn).sum()
    print(f"searched is above {above} of {len(drawn)} random cells")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Fashion-MNIST's folder")
    parser.add_argument("--genotype", type=Path, help="a JSON file, used if it exists")
    parser.add_argument("--rows", type=Path, help="a file that keeps each training's result")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the search")
    parser.add_argument("--search-rows", type=int, default=20000)
    parser.add_argument("--filters", type=int, default=8)
    parser.add_argument("--cells", type=int, default=4)
    parser.add_argument("--partial", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--alpha-rate", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--beta", type=float, default=0.0)
    parser.add_argument("--max-skips", type=int)
    parser.add_argument("--train-rows", type=int, default=60000)
    parser.add_argument("--retrain-epochs", type=int, default=10)
    parser.add_argument("--retrain-batch", type=int, default=96)
    parser.add_argument("--retrain-cells", type=int, default=5)
    parser.add_argument("--retrain-channels", type=int, default=12)
    parser.add_argument("--retrain-seeds", type=int, default=2)
    parser.add_argument("--random", type=int, default=5, help="how many random genotypes")
    parser.add_argument("--drop-path", type=float, default=0.1)
    parser.add_argument("--auxiliary", action="store_true")
    parser.add_argument("--flip", action="store_true", help="mirror half of the images")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    arguments = parser.parse_args()
    arguments.data = arguments.data.resolve()
    if arguments.quick:
        searched = {"search_rows": 300, "filters": 2, "cells": 3, "epochs": 2, "warmup": 1}
        trained = {"train_rows": 300, "retrain_epochs": 1, "retrain_cells": 3, "random": 2}
        small = {"retrain_channels": 2, "retrain_seeds": 1, "auxiliary": True, "flip": True}
        vars(arguments).update(searched | trained | small)
    return arguments


def main() -> None:
    arguments = parse()
    print_environment(*PACKAGES)
    print(f"the search with two threads, trainings with one; {vars(arguments)}", flush=True)
    rows = []
    todo = list(jobs(arguments, found_genotype(arguments)))
    for row in rows_of(todo, train, arguments.processes, arguments.rows):
        rows.append(row)
        print(
            f"{row['job']['kind']:16} seed {row['job']['seed']}  TEST {row['test_accuracy']:.4f}  "
            f"loss {row['test_loss']:.4f}  training accuracy {row['train_accuracy']:.4f}  "
            f"{row['parameters']} weights  {row['seconds']:.0f} s, of the processor "
            f"{row['processor_seconds']:.0f} s",
            flush=True,
        )
    print_summary(rows)


if __name__ == "__main__":
    main()
