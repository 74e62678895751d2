"""A network of cells that holds all members of a space, and computes one path at a time."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from automl_kit.custom_blocks.cell_network import reduction_positions
from automl_kit.custom_blocks.darts.supernet_layers import Shape
from automl_kit.custom_blocks.paths.path_cell import PathCell
from automl_kit.custom_blocks.paths.path_layers import (
    BATCH,
    PathNormalise,
    ReluConvNorm,
    ResidualReduction,
    Statistics,
)
from automl_kit.custom_blocks.sizes import stem_stride
from automl_kit.errors import InputError
from automl_kit.spaces import CellSpace, Paths


class PathNetwork(keras.Model):  # type: ignore[misc]
    """The supernet of a space: its operations are built once and shared by all members.

    Pham et al. (2018), "Efficient neural architecture search via parameter sharing"; Guo et al.
    (2020), "Single path one-shot neural architecture search". With the path of a genotype it
    computes the network that `build_cell_network` builds of it, and nothing else: a step costs what
    that network's does. The path is an input, so that one compiled function serves all of them.

    Args:
        input_shape: (h, w, c) of the images.
        classes: How many.
        space: The cells, of one or two inputs.
        cells: How many cells are stacked.
        channels: Channels of a node before the first reduction.

    Attributes:
        paths: The paths of the space's members.

    Raises:
        InputError: If an argument can't be.

    Example:
        >>> import numpy as np
        >>> from automl_kit.spaces import NAS_BENCH_201
        >>> network = PathNetwork((8, 8, 1), 10, NAS_BENCH_201, cells=3, channels=4)
        >>> path = network.paths.sample(np.random.default_rng(0))
        >>> network(np.zeros((2, 8, 8, 1), "float32"), path).shape
        TensorShape([2, 10])
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int],
        classes: int,
        space: CellSpace,
        *,
        cells: int = 3,
        channels: int = 16,
    ):
        super().__init__(name="path_network")
        _check(input_shape, space, cells, channels)
        self.paths = Paths(space)
        stride, last = stem_stride(input_shape), space.output == "last"
        width = channels * (1 if last else 3)  # as the stem of `build_cell_network`
        self.stem = ReluConvNorm(width, max(3, 2 * stride - 1), stride, relu=False)
        self.stem.build((None, *input_shape))
        size = tuple(-(-n // stride) for n in input_shape[:2])
        shapes: list[Shape] = [(None, *size, width)] * space.inputs
        self.cells: list[PathCell] = []
        self.residuals: dict[int, ResidualReduction] = {}
        for number in range(cells):
            reduces = number in reduction_positions(cells)
            channels *= 2 if reduces else 1
            if reduces and not space.reduction:
                shapes = [*shapes[1:], self._residual(number, shapes[-1], channels)]
            kind = "reduction" if reduces and space.reduction else "normal"
            cell = PathCell(self.paths, kind, channels)
            cell.build(shapes)
            self.cells.append(cell)
            shapes = [*shapes[1:], cell.output_shape_of(shapes[-1])]
        self.end = PathNormalise() if last else None
        if self.end is not None:
            self.end.build(shapes[-1])
        self.head = keras.layers.Dense(classes)
        self.head.build((None, shapes[-1][-1]))
        self.built = True

    def _residual(self, number: int, shape: Shape, channels: int) -> Shape:
        """Makes the unit in front of a cell; gives its output's shape."""
        layer = ResidualReduction(channels)
        layer.build(shape)
        self.residuals[number] = layer
        return (shape[0], *(-(-(n or 0) // 2) for n in shape[1:3]), channels)

    def call(self, x: tf.Tensor, path: Any, by: Statistics = BATCH) -> tf.Tensor:
        """Computes one path.

        Args:
            x: Images, (b, h, w, c), standardised.
            path: Of `paths`, (edges,) int32.
            by: By what channels are normalised.

        Returns:
            Logits (b, classes).
        """
        x, path = tf.cast(x, self.compute_dtype), tf.convert_to_tensor(path)
        states = [self.stem.call(x, by)] * self.paths.space.inputs
        for number, cell in enumerate(self.cells):
            if number in self.residuals:
                states = [*states[1:], self.residuals[number].call(states[-1], by)]
            states = [*states[1:], cell.call(states, path, by)]
        last = states[-1] if self.end is None else self.end.call(states[-1], by)
        return self.head(tf.reduce_mean(tf.nn.relu(last), [1, 2]))

    def places_of(self) -> np.ndarray[Any, Any]:
        """For each trainable variable the edge and the operation that alone reads it.

        Returns:
            (variables, 2) int32: the edge's number and 1 + the operation's; -1 for what every
            path reads.
        """
        owner = {
            id(variable): (number, 1 + self.paths.ops.index(op))
            for cell in self.cells
            for number, edge in cell.edges.items()
            for op, layer in edge.operations.items()
            for variable in layer.trainable_variables
        }
        rows = [owner.get(id(variable), (-1, -1)) for variable in self.trainable_variables]
        return np.array(rows, np.int32)

    def count_of(self, path: Any) -> int:
        """How many trainable weights a path reads."""
        chosen = np.asarray(path)
        return sum(
            int(np.prod(variable.shape))
            for variable, (edge, op) in zip(
                self.trainable_variables, self.places_of().tolist(), strict=True
            )
            if edge < 0 or chosen[edge] == op
        )


def _check(input_shape: tuple[int, int, int], space: CellSpace, cells: int, channels: int) -> None:
    if len(input_shape) != 3 or any(type(n) is not int or n < 1 for n in input_shape):
        raise InputError(
            f"Expected images of a known size, (height, width, channels); got {input_shape}."
        )
    if space.inputs > 2:
        raise InputError(
            f"A network of paths needs cells of one or two inputs; the space has {space.inputs}."
        )
    for name, value in (("cells", cells), ("channels", channels)):
        if type(value) is not int or value < 1:
            raise InputError(f"{name} must be a whole number from 1. Received: {value!r}")
