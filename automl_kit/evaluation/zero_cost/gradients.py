"""Scores made of gradients: jacov, synflow, grad_norm."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_kit.errors import InputError
from automl_kit.evaluation.zero_cost.probe import Probe, kernels

Loss = Callable[[Any, Any], Any]  # targets (n, k) and outputs (n, k) to losses (n,)

_K = 1e-5  # added to eigenvalues, as in both papers


def jacov(probe: Probe) -> float:
    """How little the network's slopes at different rows have to do with each other.

    Mellor et al. (2020), "Neural architecture search without training", first version, section 3;
    Abdelfattah et al. (2021), "Zero-cost proxies for lightweight NAS", jacob_cov. Of the gradients
    J (n, d) of the summed outputs by each row, the eigenvalues v of their correlations (n, n):
    −Σ log(v + k) + 1 / (v + k) with k = 1e-5. It is −n at most, where no two are correlated.
    Rows of whole numbers, such as tokens, enter by what is looked up for them. Where rows have
    fewer numbers than there are rows, as in small tables, there are eigenvalues of 0, each of them
    counts 1 / k, and the score says little more than how many there are.

    Args:
        probe: The network and two rows or more.

    Raises:
        InputError: If the network has no slope at a row, or the same along every input.
    """
    jacobian = input_gradients(probe).astype("float64")
    spread = jacobian.std(axis=1)
    if len(jacobian) < 2 or not np.isfinite(spread).all() or (spread == 0).any():
        raise InputError(
            f"{probe.model.name!r} has no jacov on these {len(jacobian)} rows: it takes two rows, "
            "and gradients by the inputs that are finite and not the same along all of them."
        )
    values = np.linalg.eigvalsh(np.corrcoef(jacobian))
    return float(-np.sum(np.log(values + _K) + 1.0 / (values + _K)))


def input_gradients(probe: Probe) -> NDArray[Any]:
    """Gradients of the summed outputs by the numbers of each row, (n, d).

    Raises:
        InputError: If no output depends on an input in a way that has gradients.
    """
    entries: list[Any] = []
    with tf.GradientTape(watch_accessed_variables=False) as tape:

        def watch(tensor: Any) -> None:
            tape.watch(tensor)
            entries.append(tensor)

        total = _total(probe.run(watch=watch))
    found = [
        tf.reshape(tf.convert_to_tensor(gradient), (probe.rows, -1))
        for gradient, entry in zip(tape.gradient(total, entries), entries, strict=True)
        if gradient is not None and entry.shape[0] == probe.rows
    ]
    if not found:
        raise InputError(
            f"The outputs of {probe.model.name!r} have no gradient by its inputs; trees and other "
            "tables that are looked up have none. Use 'parameters' or 'flops'."
        )
    return np.asarray(tf.concat(found, axis=1))


def synflow(probe: Probe) -> float:
    """The logarithm of how much flows through all weights together.

    Tanaka et al. (2020), "Pruning neural networks without any data by iteratively conserving
    synaptic flow", equation 2: R is the sum of the outputs for an input of ones, all weights taken
    absolutely, and the flow is the sum of |w · ∂R/∂w| over kernels. As in Abdelfattah et al.
    (2021) normalisation is left out. In float64: the flow of deep networks is beyond 1e38.

    Args:
        probe: The network; of the rows the shape counts alone.

    Raises:
        InputError: If nothing flows, or more than float64 holds.
    """
    model = probe.model
    values = [(w, tf.convert_to_tensor(w.value)) for w in model.variables]
    values = [(w, tf.abs(tf.cast(v, "float64"))) for w, v in values if v.dtype.is_floating]
    known = {id(weight) for weight in kernels(model)}
    absolute = [value for weight, value in values if id(weight) in known]
    with _computed_in(model, "float64"):
        ones = [tf.ones_like(rows[:1]) for rows in probe.inputs]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(absolute)
            total = _total(probe.run(ones, values=values, normalise=False))
    gradients = tape.gradient(total, absolute)
    pairs = zip(absolute, gradients, strict=True)
    flow = sum(_sum_of_products(w, g) for w, g in pairs if g is not None)
    if not 0 < flow < np.inf:
        raise InputError(
            f"{model.name!r} has no synflow: the flow through its weights is {flow}. "
            "Expected a network with kernels between its inputs and its outputs."
        )
    return float(np.log(flow))


def grad_norm(probe: Probe, loss: Loss | None = None) -> float:
    """The sum of the norms of the kernels' gradients by the loss of the rows.

    Abdelfattah et al. (2021), section 3.1.

    Args:
        probe: The network, rows and their targets.
        loss: From targets and outputs to losses (n,); None for that of the compiled network, or
            cross-entropy.

    Raises:
        InputError: If there are no targets, several outputs, or no finite gradient.
    """
    if probe.y is None or len(probe.graph.outputs) != 1:
        raise InputError(
            f"grad_norm of {probe.model.name!r} needs one output and its targets y; got "
            f"{len(probe.graph.outputs)} outputs{' and no y' if probe.y is None else ''}."
        )
    weights = [(w, tf.convert_to_tensor(w.value)) for w in kernels(probe.model)]
    tensors = [tensor for _, tensor in weights]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensors)
        (outputs,) = probe.run(values=weights, logits=False)
        targets = tf.cast(tf.reshape(probe.y, tf.shape(outputs)), outputs.dtype)
        total = tf.reduce_mean((loss or _loss_of(probe.model))(targets, outputs))
    gradients = [g for g in tape.gradient(total, tensors) if g is not None]
    norm = float(sum(tf.norm(tf.convert_to_tensor(g)) for g in gradients))
    if not gradients or not np.isfinite(norm):
        raise InputError(f"{probe.model.name!r} has no grad_norm: its kernels' is {norm}.")
    return norm


def _loss_of(model: keras.Model) -> Loss:
    """The loss that a network is compiled with; else cross-entropy."""
    given = keras.tree.flatten(getattr(model, "loss", None))
    found = keras.losses.get(given[0]) if given and given[0] is not None else None
    if found is None:
        single = model.outputs[0].shape[-1] == 1
        found = keras.losses.get(f"{'binary' if single else 'categorical'}_crossentropy")
    call: Loss = found.call if isinstance(found, keras.losses.Loss) else found
    return call


def _total(outputs: list[Any]) -> Any:
    return tf.add_n([tf.reduce_sum(tf.cast(output, "float64")) for output in outputs])


def _sum_of_products(weight: Any, gradient: Any) -> float:
    gradient = tf.cast(tf.convert_to_tensor(gradient), "float64")
    return float(tf.reduce_sum(tf.abs(tf.cast(weight, "float64") * gradient)))


@contextlib.contextmanager
def _computed_in(model: keras.Model, dtype: str) -> Iterator[None]:
    """Has the layers of a model compute in a dtype for a while; weights stay as they are."""
    layers = list(model._flatten_layers())
    policies = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = dtype
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer.dtype_policy = policy
