"""Do shared weights rank cells as training them alone does, and better than FLOPs?

Run as `python benchmarks/weight_sharing.py DATA --rows-file runs.jsonl`, where DATA holds
`fashion_mnist/`: random cells of NAS-Bench-201's space that reach the output, no two of the same
network. Each is trained alone, in a network of `--cells` cells with `--channels` channels, by the
recipe of `cell_recipe`, and judged on all 10,000 test images. A supernet of the same size is
trained on the same images for each way of training, and judges all of these cells on 1,000 other
training images, by statistics of 256 rows. Told is Kendall's τ of each score with the accuracy
alone, its standard error from 1,000 draws of the cells with replacement, and the τ between two
seeds of training alone, which no score can be expected to beat by much. Beside it FLOPs and
weights of the networks alone, and where there are zero-cost scores, jacov and the log-rank of it
and FLOPs.

The other figures: seconds to judge one cell, shared against alone; the time of a step of a path
against that of all operations together (`--steps` alone for that), in one process and by turns.

Results are kept line by line; the supernets' states lie beside them. What was killed goes on.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from cell_recipe import Recipe, read, standardisation
from cell_training import retrain
from job_rows import rows_of
from scipy.stats import kendalltau
from sets import print_environment
from step_times import timed

from automl_kit import quiet
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings  # without TensorFlow
from automl_kit.spaces import NAS_BENCH_201, Paths, arch_string, network_key, parse_arch

PACKAGES = ("automl-kit", "keras", "tensorflow", "numpy")
HELD, CALIBRATION = 1_000, 256
ZERO_COST = ("jacov", "synflow")
Job = dict[str, Any]


def drawn(count: int, seed: int) -> list[str]:
    """Random cells that reach the output, of different networks."""
    rng, paths = np.random.default_rng(seed), Paths(NAS_BENCH_201)
    found: dict[str, str] = {}
    while len(found) < count:
        genotype = NAS_BENCH_201.sample(rng)
        if paths.path(genotype).any():
            found.setdefault(network_key(genotype), arch_string(genotype))
    return list(found.values())


def alone(job: Job) -> Job:
    """Trains a cell by itself."""
    train, test = read("fashion", Path(job["data"]), job["rows"])
    recipe, sizes = Recipe(**job["recipe"]), job["sizes"]
    return retrain(
        parse_arch(job["cell"]), train, test, job["seed"], recipe, **sizes, drop_path=0.0,
        auxiliary=False,
    )  # fmt: skip


def shared(job: Job) -> Job:
    """Trains a supernet and has it judge the cells."""
    quiet.load_tensorflow()
    import keras

    from automl_kit.evaluation.sharing.path_images import PathImages
    from automl_kit.evaluation.sharing.shared_training import SharedTraining, drawing
    from automl_kit.evaluation.sharing.shared_weights import SharedWeights

    settings, rows = SharingSettings(**job["settings"]), job["rows"]
    (x, y), _ = read("fashion", Path(job["data"]), rows + HELD)
    scale, offset = (array.tolist() for array in standardisation(x[:rows]))
    images = PathImages(x=x[:rows], ids=y[:rows], scale=scale, offset=offset)
    held = PathImages(x=x[rows:], ids=y[rows:], scale=scale, offset=offset)
    keras.utils.set_random_seed(job["seed"])
    from automl_kit.custom_blocks.paths import PathNetwork

    network = PathNetwork(
        x.shape[1:], 10, NAS_BENCH_201, cells=settings.cells, channels=settings.channels
    )
    weights = SharedWeights(network, settings)
    wall, processor = time.monotonic(), time.process_time()
    training = SharedTraining(
        weights, images, job["seed"], Path(job["state"]), {"settings": settings.to_json()}
    )
    training.run(drawing(network.paths, settings))
    told = {"seconds": training.seconds, "processor_seconds": time.process_time() - processor}
    told["loss"], told["accuracy"] = training.history[-1].loss, training.history[-1].accuracy
    weights.write()
    few = np.sort(np.random.default_rng(0).permutation(rows)[:CALIBRATION])
    calibrate = images.batches(few, settings.batch_size)
    judged = held.batches(np.arange(HELD), 250)
    weights.probabilities(network.paths.path(parse_arch(job["cells"][0])), calibrate, judged)
    scores, wall, processor = {}, time.monotonic(), time.process_time()
    for cell in job["cells"]:
        outputs = weights.probabilities(network.paths.path(parse_arch(cell)), calibrate, judged)
        right = outputs[np.arange(HELD), held.ids]
        accuracy = float((outputs.argmax(1) == held.ids).mean())
        scores[cell] = {"accuracy": accuracy, "loss": float(-np.log(right + 1e-12).mean())}
    each = len(job["cells"])
    told["each"] = (time.monotonic() - wall) / each
    told["each_processor"] = (time.process_time() - processor) / each
    counts = [network.count_of(network.paths.path(parse_arch(cell))) for cell in job["cells"]]
    told["weights"] = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    return {**told, "mean_weights": float(np.mean(counts)), "scores": scores}


def untrained(job: Job) -> Job:
    """What the networks of the cells promise before any training."""
    quiet.load_tensorflow()
    import keras
    from cell_training import cell_logits

    from automl_kit.evaluation.flops import flops

    (x, y), _ = read("fashion", Path(job["data"]), 64)
    scale, offset = standardisation(x)
    pixels, targets, scores = x * scale + offset, np.eye(10, dtype="float32")[y], {}
    for number, cell in enumerate(job["cells"]):
        keras.backend.clear_session()
        keras.utils.set_random_seed(number)
        image = keras.Input(x.shape[1:])
        (logits,) = cell_logits(image, parse_arch(cell), 10, **job["sizes"])
        model = keras.Model(image, logits)
        weights = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
        scores[cell] = {"flops": flops(model), "weights": weights}
        if job["zero_cost"]:
            from automl_kit.evaluation.zero_cost import zero_cost_scores

            scores[cell] |= zero_cost_scores(model, pixels, targets, job["zero_cost"])
    return {"scores": scores}


KINDS: dict[str, Callable[[Job], Job]] = {"alone": alone, "shared": shared, "untrained": untrained}


def work(job: Job) -> Job:
    """Does a job; in a process of its own."""
    return KINDS[job["kind"]](job)


def jobs(arguments: argparse.Namespace) -> list[Job]:
    cells = drawn(arguments.count, arguments.seed)
    sizes = {"cells": arguments.cells, "channels": arguments.channels}
    common = {"data": str(arguments.data), "rows": arguments.rows}
    recipe = asdict(Recipe(arguments.epochs, arguments.batch))
    todo: list[Job] = [
        {"kind": "untrained", "data": common["data"], "sizes": sizes, "cells": cells,
         "zero_cost": arguments.zero_cost}
    ]  # fmt: skip
    for train, epochs in zip(arguments.train, arguments.shared_epochs, strict=True):
        settings = SharingSettings(train=train, epochs=epochs, **sizes).to_json()
        state = arguments.rows_file.with_suffix(f".{train}-{epochs}-{arguments.seed}.npz")
        todo.append(
            {**common, "kind": "shared", "settings": settings, "seed": arguments.seed,
             "cells": cells, "state": str(state)}
        )  # fmt: skip
    for seed in range(arguments.alone_seeds):
        todo += [
            {**common, "kind": "alone", "cell": cell, "seed": seed, "recipe": recipe,
             "sizes": sizes}
            for cell in cells
        ]  # fmt: skip
    return todo


def agreement(scores: np.ndarray, truth: np.ndarray) -> str:
    """Kendall's τ and its standard error over draws of the cells."""
    rng, found = np.random.default_rng(0), []
    for _ in range(1000):
        rows = rng.integers(len(truth), size=len(truth))
        found.append(kendalltau(scores[rows], truth[rows]).statistic)
    return f"{kendalltau(scores, truth).statistic:.3f} ± {np.nanstd(found):.3f}"


def summarise(rows: list[Job], cells: list[str]) -> None:
    by_kind = {kind: [r for r in rows if r["job"]["kind"] == kind] for kind in KINDS}
    seeds = sorted({row["job"]["seed"] for row in by_kind["alone"]})
    accuracy = {(r["job"]["cell"], r["job"]["seed"]): r["test_accuracy"] for r in by_kind["alone"]}
    table = np.array([[accuracy[cell, seed] for seed in seeds] for cell in cells])
    truth = table.mean(1)
    print(
        f"\n{len(cells)} cells alone: accuracy {truth.min():.3f} to {truth.max():.3f}, mean "
        f"{truth.mean():.3f}; Kendall's τ with it, ± standard error"
    )
    if len(seeds) > 1:
        print(f"between two seeds alone: {agreement(table[:, 0], table[:, 1])}")
    scores = by_kind["untrained"][0]["scores"]
    names = list(next(iter(scores.values())))
    columns = {name: np.array([scores[cell][name] for cell in cells]) for name in names}
    for name, column in columns.items():
        print(f"{name}: {agreement(column, truth)}")
    if "jacov" in columns:
        from automl_kit.evaluation.zero_cost import log_rank

        both = log_rank(np.stack([columns["flops"], columns["jacov"]], 1))
        print(f"log-rank of flops and jacov: {agreement(both, truth)}")
    alone_each = statistics.median(row["processor_seconds"] for row in by_kind["alone"])
    for row in by_kind["shared"]:
        judged, settings = row["scores"], row["job"]["settings"]
        name = f"shared, {settings['train']}, {settings['epochs']} epochs"
        for figure, sign in (("accuracy", 1), ("loss", -1)):
            column = sign * np.array([judged[cell][figure] for cell in cells])
            print(f"{name}, by {figure}: {agreement(column, truth)}")
        ranks = column.argsort().argsort() + columns["flops"].argsort().argsort()
        print(f"{name}, ranks by loss and flops added: {agreement(ranks, truth)}")
        spread = np.array([judged[cell]["accuracy"] for cell in cells])
        print(
            f"{name}: trained in {row['seconds']:.0f} s ({row['processor_seconds']:.0f} of the "
            f"processor in its last run), its accuracies {spread.min():.3f} to "
            f"{spread.max():.3f}; one cell judged in {row['each_processor']:.2f} processor "
            f"seconds, alone {alone_each:.1f}: 1/{alone_each / row['each_processor']:.0f}; "
            f"{row['weights']} weights for a mean of {row['mean_weights']:.0f} a path"
        )


def steps(arguments: argparse.Namespace) -> None:
    """A step of random paths against one of all operations together, by turns."""
    quiet.load_tensorflow()
    import keras
    import tensorflow as tf

    from automl_kit.custom_blocks.paths import PathEdge, PathNetwork
    from automl_kit.evaluation.sharing.shared_weights import SharedWeights

    settings = SharingSettings(cells=arguments.cells, channels=arguments.channels)

    def made() -> SharedWeights:
        keras.utils.set_random_seed(0)
        shape = (28, 28, 1)
        return SharedWeights(
            PathNetwork(shape, 10, NAS_BENCH_201, cells=settings.cells, channels=settings.channels),
            settings,
        )

    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(settings.batch_size, 28, 28, 1)).astype("float32"))
    y, weights = tf.constant(rng.integers(0, 10, len(x))), tf.ones(len(x))
    paths = [made().network.paths.sample(rng)[None] for _ in range(arguments.paths)]

    def step(shared: SharedWeights, path: Any) -> Callable[[], Any]:
        return lambda: shared.train(x, y, weights, tf.constant(path), 0.0)

    single, mixed, call = made(), made(), PathEdge.call

    def all_of(edge: Any, x: Any, choice: Any, by: Any) -> Any:
        return tf.add_n([edge.compute(op, x, by) for op in edge.ops])

    began = time.process_time()
    step(single, paths[0])()
    traced = time.process_time() - began
    PathEdge.call = all_of  # type: ignore[method-assign]
    step(mixed, paths[0])()
    PathEdge.call = call  # type: ignore[method-assign]
    ratios, each = [], []
    for _ in range(arguments.rounds):
        path = [timed(step(single, p), 3)["cpu"] for p in paths]
        whole = timed(step(mixed, paths[0]), 3)["cpu"]
        ratios.append(statistics.mean(path) / whole)
        each.append((statistics.mean(path), whole))
    told = " ".join(f"{1000 * one:.0f}/{1000 * all_:.0f}" for one, all_ in each)
    print(
        f"{arguments.cells} cells, {arguments.channels} channels, batches of "
        f"{settings.batch_size}: a step of a path / of all operations {told} ms of the processor, "
        f"median ratio {statistics.median(ratios):.2f}; tracing takes {traced:.1f} s"
    )
    tf.config.run_functions_eagerly(True)
    eager = statistics.mean(timed(step(single, p), 2)["cpu"] for p in paths[:3])
    compiled = statistics.mean(one for one, _ in each)
    print(f"without compiling {1000 * eager:.0f} ms, {eager / compiled:.1f} times as long")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows-file", type=Path, default=Path("weight_sharing.jsonl"))
    parser.add_argument("--count", type=int, default=45, help="cells")
    parser.add_argument("--seed", type=int, default=0, help="of the cells and the supernets")
    parser.add_argument("--rows", type=int, default=4000, help="training images")
    parser.add_argument("--cells", type=int, default=3)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=6, help="of each cell alone")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--alone-seeds", type=int, default=1)
    parser.add_argument("--train", nargs="*", default=["uniform", "fair"])
    parser.add_argument("--shared-epochs", nargs="*", type=int, default=[50, 10])
    parser.add_argument("--zero-cost", nargs="*", default=[], help="such as jacov")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--steps", action="store_true", help="time steps only")
    parser.add_argument("--paths", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    arguments = parser.parse_args()
    arguments.data = arguments.data.resolve()
    if arguments.quick:
        small = {"count": 3, "rows": 300, "epochs": 1, "shared_epochs": [1, 1], "channels": 4}
        vars(arguments).update(small)
    return arguments


def main() -> None:
    arguments = parse()
    print_environment(*PACKAGES)
    if arguments.steps:
        steps(arguments)
        return
    print(vars(arguments), flush=True)
    todo, rows = jobs(arguments), []
    for row in rows_of(todo, work, arguments.processes, arguments.rows_file):
        rows.append(row)
        if row["job"]["kind"] == "alone":
            print(f"{row['job']['cell']} {row['test_accuracy']:.4f}", flush=True)
        else:
            print(f"{row['job']['kind']} done", flush=True)
    summarise(rows, drawn(arguments.count, arguments.seed))


if __name__ == "__main__":
    main()
