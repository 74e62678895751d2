"""DARTS with the right and the wrong split of the rows, and with β-DARTS: skips and accuracy.

Run as `python benchmarks/darts_splits.py DATA/fashion_mnist --seeds 3 --rows splits.jsonl`, or with
`--set digits` and no DATA. Variants: "right" trains the weights on one half of the rows and α on
the other; "wrong" trains α on the batches that train the weights; "beta" is right with
`beta_decay=50`. For each seed it searches, derives without a cap on skip connections, trains the
derived network from scratch on all rows, and judges it on test images that neither saw.

All variants train the weights on equally many rows, the same for the same seed, in equally many
steps, and change α equally often. What the wrong one doesn't use is the other half: it would be
no comparison of splits if its weights saw twice the rows. So "rows for α" in its line of the table
are the rows for the weights; the column "unseen" is the supernet on test images (up to 1,000),
which shows for all variants alike how far the weights were learnt by heart.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from cell_recipe import Recipe, read
from cell_training import find, retrain
from job_rows import rows_of
from sets import print_environment

from automl_kit.search.stages.darts.darts_settings import DartsSettings  # without TensorFlow
from automl_kit.spaces import Genotype

VARIANTS: dict[str, dict[str, Any]] = {
    "right": {},
    "wrong": {"same_rows": True},
    "beta": {"beta_decay": 50.0},
}
PACKAGES = ("automl-kit", "keras", "tensorflow", "numpy")
FIGURES = {  # in the table
    "skips_normal": "skips",
    "share_normal": "of normal",
    "share_both": "of both",
    "train_loss": "w loss",
    "train_accuracy": "w acc",
    "valid_loss": "α loss",
    "valid_accuracy": "α acc",
    "held_loss": "unseen loss",
    "held_accuracy": "unseen acc",
    "test_accuracy": "TEST",
    "parameters": "weights",
}
UNSEEN = 1000


def perform(job: dict[str, Any]) -> dict[str, Any]:
    """One search and the training of what it found."""
    data = None if job["data"] is None else Path(job["data"])
    train, test = read(job["set"], data, job["images"])
    seed, settings = job["seed"], DartsSettings(**job["settings"])
    held = test[0][:UNSEEN], test[1][:UNSEEN]
    classes = int(train[1].max()) + 1
    found = find(*train, classes, settings, seed, **job["supernet"], held=held)
    genotype = Genotype.from_json(found["genotype"])
    trained = retrain(genotype, train, test, seed, Recipe(**job["recipe"]), **job["network"])
    edges = [sum(len(node) for node in cell) for cell in genotype.cells().values()]
    skips = found["skips_normal"], found["skips_reduction"]
    history = [{k: v for k, v in epoch.items() if k != "alphas"} for epoch in found["history"]]
    search = {k: v for k, v in found.items() if k[:5] in ("skips", "train", "valid", "held_")}
    return {
        **search,
        "share_normal": skips[0] / edges[0],
        "share_both": sum(skips) / sum(edges),
        "test_accuracy": trained["test_accuracy"],
        "parameters": trained["parameters"],
        "retrain_accuracy": trained["train_accuracy"],
        "search_seconds": found["processor_seconds"],
        "retrain_seconds": trained["processor_seconds"],
        "genotype": found["genotype"],
        "history": history,
        "alphas": found["history"][-1]["alphas"],
    }


def jobs(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Seed by seed, so that a benchmark that is ended early has something of all variants."""
    settings = {
        "epochs": arguments.epochs,
        "batch_size": arguments.batch_size,
        "alpha_learning_rate": arguments.alpha_rate,
        "warmup_epochs": arguments.warmup,
        "train_share": 0.5,
    }
    recipe = Recipe(arguments.retrain_epochs, arguments.retrain_batch, shift=arguments.shift)
    common = {
        "set": arguments.set,
        "data": None if arguments.set == "digits" else str(arguments.data.resolve()),
        "images": arguments.images,
        "supernet": {
            "filters": arguments.filters,
            "cells": arguments.cells,
            "nodes": arguments.nodes,
        },
        "recipe": asdict(recipe),
        "network": {
            "cells": arguments.retrain_cells,
            "channels": arguments.retrain_channels,
            "drop_path": arguments.drop_path,
            "auxiliary": arguments.auxiliary,
        },
    }
    return [
        {**common, "variant": name, "seed": seed, "settings": {**settings, **VARIANTS[name]}}
        for seed in range(arguments.seeds)
        for name in arguments.variants
    ]


def line(row: dict[str, Any]) -> str:
    return (
        f"{row['job']['variant']:6} seed {row['job']['seed']}  skips: {row['skips_normal']} "
        f"({row['share_normal']:.0%}) in the normal cell, {row['share_both']:.0%} in both  "
        f"w {row['train_loss']:.3f} / {row['train_accuracy']:.3f}  "
        f"α {row['valid_loss']:.3f} / {row['valid_accuracy']:.3f}  "
        f"unseen {row['held_loss']:.3f} / {row['held_accuracy']:.3f}  "
        f"TEST {row['test_accuracy']:.4f}  {row['parameters']} weights  processor seconds "
        f"{row['search_seconds']:.0f} + {row['retrain_seconds']:.0f}"
    )


def print_summary(rows: list[dict[str, Any]], variants: list[str]) -> None:
    frame = pd.DataFrame([{"variant": row["job"]["variant"], **row} for row in rows])
    groups = frame.groupby("variant")[list(FIGURES)]
    mean, deviation, counts = groups.mean(), groups.std(), groups.size()
    print("\nmean ± sd over seeds; losses and accuracies of the last epoch of the search, TEST of")
    print("the derived network; skips of the normal cell in number, then as a share of its edges")
    print(f"{'':14}" + "".join(f"{name:>18}" for name in variants))
    print(f"{'searches':14}" + "".join(f"{counts[name]:>18}" for name in variants))
    for figure, told in FIGURES.items():
        digits = 0 if figure == "parameters" else 4
        cells = [f"{mean.loc[name, figure]:.{digits}f}" for name in variants]
        if counts.min() > 1:
            sds = [f"{deviation.loc[name, figure]:.{digits}f}" for name in variants]
            cells = [f"{cell} ± {sd}" for cell, sd in zip(cells, sds, strict=True)]
        print(f"{told:14}" + "".join(f"{cell:>18}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="Fashion-MNIST's folder")
    parser.add_argument("--set", choices=("fashion", "digits"), default="fashion")
    parser.add_argument("--images", type=int, default=2000, help="the first so many to train on")
    parser.add_argument("--variants", nargs="+", choices=[*VARIANTS], default=[*VARIANTS])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows", type=Path, help="a file that keeps each result")
    parser.add_argument("--filters", type=int, default=8)
    parser.add_argument("--cells", type=int, default=4)
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--alpha-rate", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=0)
    parser.add_argument("--retrain-epochs", type=int, default=40)
    parser.add_argument("--retrain-batch", type=int, default=64)
    parser.add_argument("--retrain-cells", type=int, default=5)
    parser.add_argument("--retrain-channels", type=int, default=12)
    parser.add_argument("--drop-path", type=float, default=0.1)
    parser.add_argument("--shift", type=int, default=2)
    parser.add_argument("--auxiliary", action="store_true")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    arguments = parser.parse_args()
    if arguments.set == "fashion" and arguments.data is None:
        parser.error("--set fashion needs the folder of Fashion-MNIST")
    if arguments.quick:
        small = {"images": 200, "seeds": 1, "epochs": 2, "warmup": 0, "nodes": 2, "filters": 2}
        trained = {"cells": 3, "retrain_epochs": 2, "retrain_cells": 3, "retrain_channels": 4}
        vars(arguments).update(small | trained)
    print_environment(*PACKAGES)
    print(f"seeds 0 to {arguments.seeds - 1}; one thread a process; {vars(arguments)}", flush=True)
    rows = []
    for row in rows_of(jobs(arguments), perform, arguments.processes, arguments.rows):
        rows.append(row)
        print(line(row), flush=True)
    print_summary(rows, arguments.variants)


if __name__ == "__main__":
    main()
