"""Processor seconds of a training step of derived cells, with our layers and with Keras's.

Run as `taskset -c 1 python benchmarks/cell_steps.py [--size 28 --channels 1 --batch 32]`: random
images, steps of both networks by turns, so that a busy machine slows both alike; gradients and
AdamW. "Keras" has Keras's own convolutions and normalisation, as the exported model has. `paper`
is the cell of Liu et al. (2019), figures 4 and 5 (second order); `wide` has each of DARTS's four
separable convolutions.
"""

import statistics
from typing import Any

import keras
from image_steps import CLASSES, drawn, parser_of, step_of
from sets import print_environment
from step_times import timed

from automl_kit.custom_blocks import build_cell_network
from automl_kit.export.stock import to_stock
from automl_kit.spaces import Edge, Genotype


def _cell(*edges: tuple[str, int]) -> tuple[tuple[Edge, Edge], ...]:
    made = [Edge(*edge) for edge in edges]
    return tuple(zip(made[::2], made[1::2], strict=True))


_SEP, _SKIP, _POOL = "sep_conv_3x3", "skip_connect", "max_pool_3x3"
GENOTYPES = {
    "paper": Genotype(
        _cell(
            (_SEP, 0), (_SEP, 1), (_SEP, 0), (_SEP, 1),
            (_SEP, 1), (_SKIP, 0), (_SKIP, 0), ("dil_conv_3x3", 2),
        ),
        _cell(
            (_POOL, 0), (_POOL, 1), (_SKIP, 2), (_POOL, 1),
            (_POOL, 0), (_SKIP, 2), (_SKIP, 2), (_POOL, 1),
        ),
    ),
    "wide": Genotype(
        *[_cell(
            (_SEP, 0), ("sep_conv_5x5", 1), ("dil_conv_3x3", 0), ("dil_conv_5x5", 2),
            ("sep_conv_5x5", 1), ("dil_conv_5x5", 3), (_SEP, 2), (_SKIP, 4),
        )] * 2
    ),
}  # fmt: skip


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--cells", type=int, default=5)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    arguments = parser.parse_args()
    print_environment("keras", "tensorflow")
    shape, x, y = drawn(arguments)
    for name, genotype in GENOTYPES.items():
        ours = network(genotype, shape, arguments.cells, arguments.width)
        steps = {"ours": step_of(ours, x, y), "Keras": step_of(to_stock(ours), x, y)}
        rounds: list[dict[str, float]] = [
            {kind: timed(step, arguments.steps)["cpu"] for kind, step in steps.items()}
            for _ in range(arguments.rounds)
        ]
        told = " ".join(f"{1000 * one['ours']:.0f}/{1000 * one['Keras']:.0f}" for one in rounds)
        ratio = statistics.median(one["ours"] / one["Keras"] for one in rounds)
        count = f"{ours.count_params():,} weights"
        print(f"{name}, {count}: ours/Keras {told} ms, median ratio {ratio:.2f}", flush=True)


def network(genotype: Genotype, shape: tuple[int, ...], cells: int, channels: int) -> keras.Model:
    """The network of a genotype."""
    entry: Any = keras.Input(shape)
    vector = build_cell_network(entry, genotype, cells=cells, channels=channels)
    return keras.Model(entry, keras.layers.Dense(CLASSES)(vector))


if __name__ == "__main__":
    main()
