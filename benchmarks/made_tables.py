"""Two tables to compare strategies on, made by really fitting every row of them.

Run as `python benchmarks/made_tables.py DATA FOLDER`, where DATA holds `structured/`; some minutes.
`boosting.csv`: 1,800 settings of scikit-learn's boosted trees on credit_g, the log-loss of 400
held-out rows after every 5 of 40 iterations (columns "loss@1" to "loss@8"). `dense_cells.csv`: the
4,096 cells of 3 nodes whose edges are nothing, a skip, or a dense layer of two kinds of activation;
each network of two such cells is trained on 600 rows of segment, and the column is its accuracy on
the 1,710 others, mean of two seeds. Cells that are the same network have one training.
"""

import argparse
import itertools
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sets import print_environment

GRID: dict[str, list[Any]] = {
    "learning_rate": [0.02, 0.05, 0.1, 0.2, 0.35, 0.5],
    "max_leaf_nodes": [3, 6, 12, 24, 48],
    "min_samples_leaf": [2, 5, 10, 20, 40],
    "l2_regularization": [0.0, 0.1, 1.0, 10.0],
    "max_features": [0.2, 0.5, 1.0],
}
ITERATIONS, EVERY = 40, 5
OPS = ("none", "skip_connect", "dense_relu", "dense_tanh")
WIDTH, CELLS, STEPS, BATCH, SEEDS = 12, 2, 400, 64, 2


def boosting(data: Path) -> pd.DataFrame:
    """The log-loss of held-out rows for each setting of the grid, after every few iterations."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss
    from sklearn.preprocessing import OrdinalEncoder

    frame = pd.read_csv(data / "structured" / "credit_g.csv")
    y = frame.pop("class").astype("category").cat.codes.to_numpy()
    words = [not pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    texts = frame.columns[words]
    frame[texts] = OrdinalEncoder().fit_transform(frame[texts])
    x, order = frame.to_numpy(float), np.random.default_rng(0).permutation(len(y))
    train, held = order[:600], order[600:]
    rows = []
    for values in itertools.product(*GRID.values()):
        settings = dict(zip(GRID, values, strict=True))
        started = time.process_time()
        model = HistGradientBoostingClassifier(
            max_iter=ITERATIONS, early_stopping=False, categorical_features=words, random_state=0,
            **settings,
        ).fit(x[train], y[train])  # fmt: skip
        seconds = time.process_time() - started
        stages = list(model.staged_predict_proba(x[held]))[EVERY - 1 :: EVERY]
        losses = [log_loss(y[held], stage) for stage in stages]
        curve = {f"loss@{n}": round(loss, 6) for n, loss in enumerate(losses, 1)}
        rows.append({**settings, **curve, "seconds": round(seconds, 4)})
    return pd.DataFrame(rows)


def dense_cells(data: Path) -> pd.DataFrame:
    """The accuracy of the networks of every cell."""
    from automl_kit.spaces import Edge, Genotype, TableCellSpace, arch_string, network_key

    space = TableCellSpace(3, OPS, None, 1, False, output="last")
    places = [(node, source) for node in range(3) for source in range(node + 1)]
    genotypes = []
    for ops in itertools.product(OPS, repeat=len(places)):
        nodes = [
            tuple(Edge(op, s) for op, (n, s) in zip(ops, places, strict=True) if n == node)
            for node in range(space.nodes)
        ]
        genotypes.append(Genotype(tuple(nodes), inputs=1, output="last"))
    keys = [network_key(genotype) for genotype in genotypes]
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    trained = list(first.values())
    chosen = np.array(
        [[OPS.index(e.op) for node in genotypes[place].normal for e in node] for place in trained]
    )
    print(f"{len(trained):,} networks of {len(genotypes):,} cells", flush=True)
    accuracy = np.mean([_trained(chosen, data, seed) for seed in range(SEEDS)], axis=0)
    figures = dict(zip(first, accuracy.round(3), strict=True))
    cells = [arch_string(genotype) for genotype in genotypes]
    return pd.DataFrame({"cell": cells, "accuracy": [figures[key] for key in keys]})


def _trained(chosen: Any, data: Path, seed: int) -> Any:
    """Trains the networks side by side by Adam; their accuracies in percent (networks,)."""
    import tensorflow as tf

    frame = pd.read_csv(data / "structured" / "segment.csv")
    ids = frame.pop("class").astype("category").cat.codes.to_numpy().astype("int32")
    order = np.random.default_rng(0).permutation(len(ids))
    x, ids = frame.to_numpy("float32")[order], ids[order]
    x = (x - x[:600].mean(0)) / (x[:600].std(0) + 1e-6)
    networks, rng = len(chosen), np.random.default_rng(seed)

    def kernel(*shape: int) -> Any:
        # The same start for every network: they differ by their cells alone.
        one = rng.normal(size=shape) / np.sqrt(shape[-2])
        return tf.Variable(np.repeat(one[None], networks, 0).astype("float32"))

    stem, head = kernel(x.shape[1], WIDTH), kernel(WIDTH, 7)
    dense = [[kernel(WIDTH, WIDTH) for _ in range(6)] for _ in range(CELLS)]
    bias = [[tf.Variable(tf.zeros((networks, 1, WIDTH))) for _ in range(6)] for _ in range(CELLS)]
    variables = [stem, head, *itertools.chain(*dense), *itertools.chain(*bias)]
    is_op = [[tf.constant((chosen[:, e] == op).astype("float32")[:, None, None]) for op in range(4)]
             for e in range(6)]  # fmt: skip

    def logits(rows: Any) -> Any:
        state = tf.nn.relu(tf.einsum("bi,nij->nbj", rows, stem))
        for cell in range(CELLS):
            states, edge = [state], 0
            for node in range(3):
                total = 0.0
                for source in range(node + 1):
                    _, skip, relu, tanh = is_op[edge]
                    read = states[source]
                    made = read @ dense[cell][edge] + bias[cell][edge]
                    total += skip * read + relu * tf.nn.relu(made) + tanh * tf.tanh(made)
                    edge += 1
                states.append(total)
            state = states[-1]
        return state @ head

    moments = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]

    @tf.function
    def step(rows: Any, targets: Any, rate: Any, number: Any) -> None:
        with tf.GradientTape() as tape:
            labels = tf.tile(targets[None], [networks, 1])
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits(rows))
            loss = tf.reduce_sum(tf.reduce_mean(losses, axis=1))  # The networks don't interact.
        for v, g, (m, s) in zip(variables, tape.gradient(loss, variables), moments, strict=True):
            m.assign(0.9 * m + 0.1 * g)
            s.assign(0.99 * s + 0.01 * g * g)
            v.assign_sub(rate * m / (1 - 0.9**number) / (tf.sqrt(s / (1 - 0.99**number)) + 1e-7))

    for number in range(1, STEPS + 1):
        batch = rng.integers(600, size=BATCH)
        rate = 0.01 * 0.5 * (1 + np.cos(np.pi * number / STEPS))
        step(tf.constant(x[batch]), tf.constant(ids[batch]), tf.constant(rate, "float32"),
             tf.constant(float(number)))  # fmt: skip
    hits = np.zeros(networks)
    for start in range(600, len(x), 190):
        part = logits(tf.constant(x[start : start + 190])).numpy().argmax(-1)
        hits += (part == ids[None, start : start + 190]).sum(1)
    return 100 * hits / (len(x) - 600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", nargs="+", default=["boosting", "dense_cells"])
    arguments = parser.parse_args()
    print_environment("automl-kit", "scikit-learn", "tensorflow", "numpy")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.tables:
        started = time.monotonic()
        frame = {"boosting": boosting, "dense_cells": dense_cells}[name](arguments.data)
        frame.to_csv(arguments.folder / f"{name}.csv", index=False)
        print(f"{name}.csv: {len(frame):,} rows, {time.monotonic() - started:.0f} s", flush=True)
        print(frame.describe().T.to_string(), flush=True)


if __name__ == "__main__":
    main()
