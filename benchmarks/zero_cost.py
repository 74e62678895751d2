"""Zero-cost scores on NAS-Bench-201: ours beside published ones, and what they tell of accuracy.

Run as `python benchmarks/zero_cost.py DATA --out scores.jsonl`, with the folder that holds
`nas_bench/` and `fashion_mnist/`; `--cells 5 --stage-cells 1` to see that it runs. It goes on where
it was cut, a line a cell.

Cells: random ones among the 9,445 of `nas_bench/nb201_zero_cost_scores.csv` (those whose output
hangs on their input; values of Krishnakumar et al. 2022, as Lukasik et al. 2024 published them).
Networks: `build_cell_network` with 16 channels and 5 cells a stage, as in the table. Rows: 64
images of Fashion-MNIST, since CIFAR-10 isn't at hand: padded by two pixels to 32×32, three times
the same channel, standardised; so scores can't be equal to the published ones, and their ranks are
compared. `--rows noise` takes normal noise instead, to see what hangs on the images. All networks
are initialised by one seed.

Printed: Spearman's correlation of each score with the published one of its name, and with accuracy
after 200 epochs (test) and after 12 (validation) on three sets; the best accuracy among the 20
cells with the highest scores, beside the best of all; seconds of the processor a cell; and how
large the random pool of the evaluation "zero_cost" must be.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sets import SEED, fashion_arrays, print_environment

from automl_kit.custom_blocks import build_cell_network
from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost import SCORES, Standing, log_rank, zero_cost_scores
from automl_kit.spaces import parse_arch

PACKAGES = ("automl-kit", "keras", "tensorflow", "numpy", "scipy")
ROWS, CHANNELS, CLASSES, TOP = 64, 16, 10, 20
POOLS, JUDGED = 20, 600  # random pools a size, and cells that are placed in each
PUBLISHED = {"parameters": "params", "naswot": "nwot"}  # where the file has another name
BLOCKS = ("expressivity", "progressivity", "trainability")
COMBINED = {
    "log-rank flops+jacov": ("flops", "jacov"),
    "log-rank flops+jacov+naswot": ("flops", "jacov", "naswot"),
    "log-rank flops+jacov+naswot+synflow": ("flops", "jacov", "naswot", "synflow"),
    "log-rank AZ-NAS": ("flops", *BLOCKS),
    "log-rank flops+jacov+expressivity": ("flops", "jacov", "expressivity"),
}
SETS = ("cifar10", "cifar100", "imagenet16")


def images(data: Path, kind: str = "fashion") -> tuple[Any, Any]:
    """Rows (64, 32, 32, 3) and one-hot targets (64, 10)."""
    if kind == "noise":
        rng = np.random.default_rng(SEED)
        targets = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, ROWS)]
        return rng.normal(size=(ROWS, 32, 32, 3)).astype("float32"), targets
    x, y = fashion_arrays(data / "fashion_mnist", "train")
    places = np.random.default_rng(SEED).choice(len(x), ROWS, replace=False)
    x = np.pad(x[places], ((0, 0), (2, 2), (2, 2))).astype("float32")
    x = (x - x.mean()) / x.std()
    return np.repeat(x[..., None], 3, axis=-1), np.eye(CLASSES, dtype="float32")[y[places]]


def network(cell: str, stage_cells: int) -> keras.Model:
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    entry = keras.Input((32, 32, 3))
    vector = build_cell_network(entry, parse_arch(cell), cells=3 * stage_cells, channels=CHANNELS)
    return keras.Model(entry, keras.layers.Dense(CLASSES, "softmax")(vector))


def scored(cell: str, x: Any, y: Any, setting: dict[str, Any]) -> dict[str, Any]:
    """Scores of a cell's network, and the seconds of the processor that each took."""
    line: dict[str, Any] = {"cell": cell, **setting, "seconds": {}}
    started = time.process_time()
    model = network(cell, setting["stage_cells"])
    line["seconds"]["building"] = time.process_time() - started
    for names in (*((name,) for name in SCORES if name not in BLOCKS), BLOCKS):
        started = time.process_time()
        try:
            line.update(zero_cost_scores(model, x, y, names))
        except InputError as error:
            line.update({name: None for name in names}, reason=str(error))
        line["seconds"]["+".join(names)] = time.process_time() - started
    return line


def score_all(
    cells: list[str], out: Path, x: Any, y: Any, setting: dict[str, Any], minutes: float
) -> list[dict[str, Any]]:
    """Scores cells that aren't in the file yet, and gives all that are in it."""
    lines = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    found = {x["cell"]: x for x in lines if {name: x.get(name) for name in setting} == setting}
    started = time.monotonic()
    with out.open("a") as file:
        for cell in cells:
            if cell in found:
                continue
            if time.monotonic() - started > 60 * minutes:
                print(f"Cut after {minutes} minutes; the same call goes on.")
                break
            found[cell] = scored(cell, x, y, setting)
            file.write(json.dumps(found[cell]) + "\n")
            file.flush()
    return [found[cell] for cell in cells if cell in found]


def correlation(scores: Any, figures: Any) -> float:
    """Spearman's; what has no score is last."""
    scores = np.asarray(scores, "float64")
    known = np.where(np.isnan(scores), -np.inf, scores)
    return float(spearmanr(pd.Series(known).rank(), figures).statistic)


def print_published(frame: pd.DataFrame, published: pd.DataFrame) -> None:
    print("\nSpearman of our score with the published one of its name")
    for name in SCORES:
        other = PUBLISHED.get(name, name)
        if other in published:
            told = correlation(frame[name], published.loc[frame["cell"], other])
            print(f"  {name:14}{told:8.3f}   without a score: {int(frame[name].isna().sum())}")


def print_accuracy(frame: pd.DataFrame, table: pd.DataFrame, published: pd.DataFrame) -> None:
    rows = table.loc[frame["cell"]]
    columns = [f"{s}_test_200ep" for s in SETS] + [f"{s}_val_12ep" for s in SETS]
    best = [rows[column].max() for column in columns]
    print(f"\nSpearman with accuracy, then the best of the top {TOP} (best of all {len(frame)}:")
    print(f"  {', '.join(f'{c} {b:.2f}' for c, b in zip(columns, best, strict=True))})")
    print(f"  {'':38}" + "".join(f"{c.replace('_', ' '):>22}" for c in columns))
    scores = {name: frame[name].to_numpy("float64") for name in SCORES}
    scores |= {
        label: log_rank(frame[list(names)].to_numpy("float64")) for label, names in COMBINED.items()
    }
    both = published.loc[frame["cell"], ["flops", "jacov"]].to_numpy("float64")
    scores["(published log-rank flops+jacov)"] = log_rank(both)
    for label, values in scores.items():
        top = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:TOP]
        told = [
            f"{correlation(values, rows[column]):.3f} / {rows[column].iloc[top].max():.2f}"
            for column in columns
        ]
        print(f"  {label:38}" + "".join(f"{text:>22}" for text in told))


def print_pools(published: pd.DataFrame, table: pd.DataFrame) -> None:
    """How large a pool must be for trials to stand in it as they rank among all cells."""
    known = published[published["jacov"] > -1e6]  # One cell has none.
    members = known[["flops", "jacov"]].to_numpy()
    whole, accuracy = log_rank(members), table.loc[known.index, f"{SETS[0]}_test_200ep"].to_numpy()
    print("\nStanding in a random pool, of published flops and jacov: Spearman with the log-rank")
    print(f"among all {len(known)} cells, and with {SETS[0]}'s 200-epoch accuracy less that one's")
    rng = np.random.default_rng(SEED + 1)
    for size in (10, 20, 50, 100, 200):
        found = []
        for _ in range(POOLS):
            pool = members[rng.choice(len(members), size, replace=False)]
            standing = Standing({"flops": pool[:, 0], "jacov": pool[:, 1]})
            some = rng.choice(len(members), JUDGED, replace=False)
            stood = [standing.of({"flops": a, "jacov": b}) for a, b in members[some]]
            gained = correlation(stood, accuracy[some]) - correlation(whole[some], accuracy[some])
            found.append((correlation(stood, whole[some]), gained))
        (agreed, gained), deviations = np.mean(found, axis=0), np.std(found, axis=0)
        print(f"  {size:4}{agreed:9.4f} ± {deviations[0]:.4f}{gained:10.4f} ± {deviations[1]:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--stage-cells", type=int, default=5, help="cells a stage")
    parser.add_argument("--rows", choices=("fashion", "noise"), default="fashion")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("zero_cost.jsonl"))
    arguments = parser.parse_args()
    print_environment(*PACKAGES)
    folder = arguments.data / "nas_bench"
    published = pd.read_csv(folder / "nb201_zero_cost_scores.csv").set_index("net_str")
    table = pd.read_csv(folder / "nas_bench_201.csv").set_index("cell")
    order = np.random.default_rng(SEED).permutation(sorted(published.index))
    x, y = images(arguments.data, arguments.rows)
    lines = score_all(
        [str(cell) for cell in order[: arguments.cells]], arguments.out, x, y,
        {"stage_cells": arguments.stage_cells, "rows": arguments.rows}, arguments.minutes,
    )  # fmt: skip
    frame = pd.DataFrame(lines)
    frame[list(SCORES)] = frame[list(SCORES)].astype("float64")
    print(f"{len(frame)} cells, {arguments.stage_cells} a stage, {ROWS} rows: {arguments.rows}")
    print("\nSeconds of the processor a cell, mean:")
    for name, value in pd.DataFrame(list(frame["seconds"])).mean().items():
        print(f"  {name:46}{value:7.2f}")
    print_published(frame, published)
    print_accuracy(frame, table, published)
    print_pools(published, table)


if __name__ == "__main__":
    main()
