"""Do shared weights rank cells as training them alone does, and better than FLOPs?

Run as `python benchmarks/weight_sharing.py DATA --file runs.jsonl`, where DATA holds
`fashion_mnist/`: random cells of NAS-Bench-201's space that reach the output, no two of the same
network. Each is trained alone, in a network of `--cells` cells with `--channels` channels, with
weights of its own, and judged on 2,000 test images. A supernet of the same size is trained on the
same images for each way of training, and judges all of these cells on 1,000 other training images,
by statistics of 512. Told is Kendall's τ of each score with the accuracy alone, its standard error
from 1,000 draws of the cells with replacement, and with `--alone-seeds 2` the τ between two seeds
alone, which no score can be expected to beat by much. Beside it FLOPs and weights of the networks
alone, and with `--zero-cost jacov` jacov and the log-rank of it and FLOPs.

`--steps` times a step of a path against one of all operations together, by turns, instead.

All is done in one process by one compiled function. Results are kept line by line, the supernets'
states beside them: what was killed goes on.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from job_rows import row_of
from scipy.stats import kendalltau
from sets import print_environment
from step_times import timed

from automl_kit import quiet
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings  # without TensorFlow
from automl_kit.spaces import NAS_BENCH_201, Paths, arch_string, network_key, parse_arch

PACKAGES = ("automl-kit", "keras", "tensorflow", "numpy")
Row = dict[str, Any]


def drawn(count: int, seed: int) -> list[str]:
    """Random cells that reach the output, of different networks."""
    rng, paths = np.random.default_rng(seed), Paths(NAS_BENCH_201)
    found: dict[str, str] = {}
    while len(found) < count:
        genotype = NAS_BENCH_201.sample(rng)
        if paths.path(genotype).any():
            found.setdefault(network_key(genotype), arch_string(genotype))
    return list(found.values())


def untrained(job: Row) -> Row:
    """What the network of a cell promises before any training."""
    import keras

    from automl_kit.custom_blocks import build_cell_network
    from automl_kit.evaluation.flops import flops

    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    image = keras.Input((job["pixels"], job["pixels"], 1))
    sizes = {"cells": job["cells"], "channels": job["channels"]}
    vector = build_cell_network(image, parse_arch(job["cell"]), **sizes)
    model = keras.Model(image, keras.layers.Dense(10)(vector))
    weights = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    scores: Row = {"flops": flops(model), "weights": weights}
    if job["zero_cost"]:
        from path_benchmarks import shrunk
        from sets import fashion_arrays

        from automl_kit.evaluation.zero_cost import zero_cost_scores

        x, y = fashion_arrays(Path(job["data"]) / "fashion_mnist", "train")
        few = shrunk(x[:64], job["pixels"])[..., None]
        pixels = (few - few.mean()) / few.std()
        scores |= zero_cost_scores(model, pixels, np.eye(10)[y[:64]], job["zero_cost"])
    return scores


def supernet(bench: Any, job: Row, state: Path, cells: list[str]) -> Row:
    """Trains shared weights and has them judge the cells."""
    from automl_kit.evaluation.sharing.shared_training import drawing

    settings = SharingSettings(**job["settings"])
    training = bench.training(settings, job["seed"], state)
    training.run(drawing(bench.paths, settings))
    bench.shared.write()
    bench.judge(parse_arch(cells[0]), "held")  # Which is compiled now.
    began = time.process_time()
    scores = {cell: bench.judge(parse_arch(cell), "held") for cell in cells}
    each = (time.process_time() - began) / len(cells)
    last = training.history[-1]
    return {
        "scores": scores, "each": each, "seconds": training.seconds, "loss": last.loss,
        "train_accuracy": last.accuracy,
    }  # fmt: skip


def agreement(scores: np.ndarray, truth: np.ndarray) -> str:
    """Kendall's τ and its standard error over draws of the cells."""
    rng, found = np.random.default_rng(0), []
    for _ in range(1000):
        rows = rng.integers(len(truth), size=len(truth))
        found.append(kendalltau(scores[rows], truth[rows]).statistic)
    return f"{kendalltau(scores, truth).statistic:.3f} ± {np.nanstd(found):.3f}"


def summarise(cells: list[str], plain: list[Row], alone: list[list[Row]], nets: list[Row]) -> None:
    table = np.array([[row["accuracy"] for row in rows] for rows in alone])
    truth = table.mean(0)
    print(
        f"\n{len(cells)} cells alone: accuracy {truth.min():.3f} to {truth.max():.3f}, mean "
        f"{truth.mean():.3f}; Kendall's τ with it ± standard error"
    )
    if len(table) > 1:
        print(f"between two seeds alone: {agreement(table[0], table[1])}")
    names = [name for name in plain[0] if name != "job"]
    columns = {name: np.array([row[name] for row in plain]) for name in names}
    for name, column in columns.items():
        print(f"{name}: {agreement(column, truth)}")
    if "jacov" in columns:
        from automl_kit.evaluation.zero_cost import log_rank

        both = log_rank(np.stack([columns["flops"], columns["jacov"]], 1))
        print(f"log-rank of flops and jacov: {agreement(both, truth)}")
    each_alone = statistics.median(row["processor_seconds"] for rows in alone for row in rows)
    for net in nets:
        settings = net["job"]["settings"]
        name = f"shared, {settings['train']}, {settings['epochs']} epochs"
        for figure, sign in (("accuracy", 1), ("loss", -1)):
            column = sign * np.array([net["scores"][cell][figure] for cell in cells])
            print(f"{name}, by {figure}: {agreement(column, truth)}")
        ranks = column.argsort().argsort() + columns["flops"].argsort().argsort()
        print(f"{name}, ranks by loss and flops added: {agreement(ranks, truth)}")
        best = [truth[np.argsort(-s)[:5]].max() for s in (column, columns["flops"])]
        print(f"best alone of its first 5: {best[0]:.3f}; of the first 5 by flops {best[1]:.3f}")
        spread = [net["scores"][cell]["accuracy"] for cell in cells]
        print(
            f"{name}: its accuracies {min(spread):.3f} to {max(spread):.3f}; one cell judged in "
            f"{net['each']:.2f} processor seconds, alone {each_alone:.1f}: "
            f"1/{each_alone / net['each']:.0f}; trained in {net['seconds']:.0f} s",
            flush=True,
        )


def steps(arguments: argparse.Namespace) -> None:
    """A step of random paths against one of all operations together, by turns."""
    import tensorflow as tf
    from path_benchmarks import Bench

    from automl_kit.custom_blocks.paths import PathEdge

    def made() -> Any:
        sizes = arguments.cells, arguments.channels, arguments.pixels
        return Bench(arguments.data, 64, NAS_BENCH_201, *sizes).shared

    rng, batch = np.random.default_rng(0), SharingSettings().batch_size
    x = tf.constant(
        rng.normal(size=(batch, arguments.pixels, arguments.pixels, 1)).astype("float32")
    )
    y, weights = tf.constant(rng.integers(0, 10, batch)), tf.ones(batch)
    single, mixed, call = made(), made(), PathEdge.call
    paths = [single.network.paths.sample(rng)[None] for _ in range(arguments.paths)]

    def step(shared: Any, path: Any) -> Callable[[], Any]:
        return lambda: shared.train(x, y, weights, tf.constant(path), 0.0)

    def all_of(edge: Any, x: Any, choice: Any, by: Any) -> Any:
        return tf.add_n([edge.compute(op, x, by) for op in edge.ops])

    began = time.process_time()
    step(single, paths[0])()
    traced = time.process_time() - began
    PathEdge.call = all_of  # type: ignore[method-assign]
    step(mixed, paths[0])()
    PathEdge.call = call  # type: ignore[method-assign]
    rounds = []
    for _ in range(arguments.rounds):
        path = statistics.mean(timed(step(single, p), 1)["cpu"] for p in paths)
        rounds.append((path, timed(step(mixed, paths[0]), 3)["cpu"]))
    told = " ".join(f"{1000 * path:.0f}/{1000 * whole:.0f}" for path, whole in rounds)
    print(
        f"{arguments.cells} cells, {arguments.channels} channels, batches of {batch}: a step of "
        f"a path / of all operations {told} ms of the processor, median ratio "
        f"{statistics.median(path / whole for path, whole in rounds):.2f}; tracing {traced:.1f} s"
    )
    tf.config.run_functions_eagerly(True)
    eager = statistics.mean(timed(step(single, p), 1)["cpu"] for p in paths[:3])
    compiled = statistics.mean(path for path, _ in rounds)
    print(f"without compiling {1000 * eager:.0f} ms, {eager / compiled:.1f} times as long")


def measure(arguments: argparse.Namespace) -> None:
    from path_benchmarks import Bench

    cells, file = drawn(arguments.count, arguments.seed), arguments.file
    sizes = {"cells": arguments.cells, "channels": arguments.channels}
    bench = Bench(arguments.data, arguments.rows, NAS_BENCH_201, **sizes, pixels=arguments.pixels)
    common = {"rows": arguments.rows, "pixels": arguments.pixels}
    nets = []
    for train, epochs in zip(arguments.train, arguments.shared_epochs, strict=True):
        settings = SharingSettings(train=train, epochs=epochs, **sizes).to_json()
        job = {**common, "settings": settings, "seed": arguments.seed, "count": arguments.count}
        state = file.with_suffix(f".{train}-{epochs}-{arguments.seed}.npz")
        nets.append(row_of(job, lambda job, state=state: supernet(bench, job, state, cells), file))
        print(f"{train}: training accuracy {nets[-1]['train_accuracy']:.3f}", flush=True)
    settings = SharingSettings(epochs=arguments.epochs, **sizes)
    alone: list[list[Row]] = [[] for _ in range(arguments.alone_seeds)]
    for seed, rows in enumerate(alone):
        for cell in cells:
            job = {**common, "settings": settings.to_json(), "seed": seed, "cell": cell}
            genotype = parse_arch(cell)
            rows.append(
                row_of(job, lambda job, g=genotype, s=seed: bench.alone(g, settings, s), file)
            )
            print(f"{cell} alone {rows[-1]['accuracy']:.4f}", flush=True)
    told = {
        **sizes,
        "pixels": arguments.pixels,
        "zero_cost": arguments.zero_cost,
        "data": str(arguments.data),
    }
    plain = [row_of({**told, "cell": cell}, untrained, file) for cell in cells]
    summarise(cells, plain, alone, nets)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--file", type=Path, default=Path("weight_sharing.jsonl"))
    parser.add_argument("--count", type=int, default=45, help="cells")
    parser.add_argument("--seed", type=int, default=0, help="of the cells and the supernets")
    parser.add_argument("--rows", type=int, default=3000, help="training images")
    parser.add_argument("--pixels", type=int, default=28, help="a side of the images: 28 or 14")
    parser.add_argument("--cells", type=int, default=3)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=6, help="of each cell alone")
    parser.add_argument("--alone-seeds", type=int, default=1)
    parser.add_argument("--train", nargs="*", default=["uniform", "fair"])
    parser.add_argument("--shared-epochs", nargs="*", type=int, default=[60, 12])
    parser.add_argument("--zero-cost", nargs="*", default=[], help="such as jacov")
    parser.add_argument("--steps", action="store_true", help="time steps only")
    parser.add_argument("--paths", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    arguments = parser.parse_args()
    arguments.data = arguments.data.resolve()
    if arguments.quick:
        small = {"count": 3, "rows": 200, "epochs": 1, "shared_epochs": [1, 1], "channels": 4}
        vars(arguments).update({**small, "cells": 1, "pixels": 14})
    return arguments


def main() -> None:
    arguments = parse()
    print_environment(*PACKAGES)
    print({name: str(value) for name, value in vars(arguments).items()}, flush=True)
    quiet.load_tensorflow()
    (steps if arguments.steps else measure)(arguments)


if __name__ == "__main__":
    main()
