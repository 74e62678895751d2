"""Choosing one of several networks: what the blocks of all three kinds of rows do."""

from collections.abc import Iterable, Mapping
from typing import Any

from automl_kit.custom_blocks.searched import SearchedBlock
from automl_kit.errors import InputError


def check_architecture(architecture: str | None, known: Iterable[str]) -> None:
    """Refuses an architecture that a block doesn't have.

    Raises:
        InputError: If so.
    """
    if architecture is not None and architecture not in known:
        raise InputError(
            f"architecture must be one of {', '.join(known)} or None. Received: {architecture!r}"
        )


def build_one_of(
    hp: Any,
    tensor: Any,
    networks: Mapping[str, SearchedBlock | None],
    default: str,
    architecture: str | None = None,
    own: Mapping[str, Any] | None = None,
) -> Any:
    """Builds one network behind a tensor: the one given, or the hyperparameter "architecture".

    The hyperparameters of all networks are declared, each under the condition that it is chosen,
    so that the whole space is known from the first trial; only the chosen one is built.

    Args:
        hp: The hyperparameters, in the scope of the block that chooses.
        tensor: A Keras tensor.
        networks: By name, in the order of the choice; None for no layers at all.
        default: Where a search starts.
        architecture: The network; None to search it.
        own: Tensors of networks, by name, that read another one.

    Returns:
        A Keras tensor.

    Example:
        >>> import keras, keras_tuner
        >>> from automl_kit.custom_blocks import ResidualMLPBlock
        >>> networks = {"none": None, "mlp": ResidualMLPBlock(depth=1, width=8, name="mlp")}
        >>> hp, x = keras_tuner.HyperParameters(), keras.Input((3,))
        >>> build_one_of(hp, x, networks, default="none") is x, hp.space[0].values
        (True, ['none', 'mlp'])
    """
    read = dict.fromkeys(networks, tensor) | dict(own or {})
    if architecture is not None:
        network = networks[architecture]
        return tensor if network is None else network.build(hp, read[architecture])
    chosen = hp.Choice("architecture", list(networks), default=default)
    built = tensor
    for name, network in networks.items():
        if network is None:
            continue
        with hp.conditional_scope("architecture", [name]), hp.name_scope(network.name):
            settings = network.settings(hp, read[name].shape)
        if name == chosen:
            built = network.assembled(read[name], settings)
    return built
