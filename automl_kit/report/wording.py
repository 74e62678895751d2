"""Figures, lengths of time and networks in words, each short enough for its part of a line."""

import math
import re
from collections.abc import Mapping
from typing import Any

_NETWORKS = {
    # the values of our blocks' "architecture", and of AutoKeras's "block_type"
    "linear": "linear model",
    "mlp": "MLP",
    "ensemble": "{members}-MLP ensemble",
    "trees": "{trees} trees ({kind})",
    "convolution": "convolutional network",
    "residual": "residual network",
    "pooled": "early-pooling network",
    "ngrams": "n-gram model",
    "ngram": "n-gram model",
    "recurrent": "recurrent network",
    "attention": "attention network",
    "vanilla": "convolutional network",
    "resnet": "ResNet",
    "xception": "Xception",
    "efficient": "EfficientNet",
    "transformer": "transformer",
    "bert": "BERT",
}
_SIZES = {  # what is told of a network's size, by the names that our blocks give it
    "depth": "depth {}",
    "stages": "{} stages",
    "width": "width {}",
    "filters": "{} filters",
    "order": "order {}",
    "heads": "{} heads",
    "scale": "{} scale",
}
_KINDS = ("architecture", "block_type")
_LONGEST = 20  # characters of a value
_VALUES = 3  # told of a network whose hyperparameters aren't those of our blocks


def figure(value: float | None) -> str:
    """A figure with three significant digits.

    Example:
        >>> figure(0.98765), figure(0.1), figure(1234.5), figure(0.00001234)
        ('0.988', '0.100', '1234', '1.23e-05')
    """
    if value is None:
        return "none"
    if not math.isfinite(value):
        return f"{value}"
    rounded = float(f"{value:.3g}")
    if rounded == 0:
        return "0.00"
    size = math.floor(math.log10(abs(rounded)))
    if not -4 <= size < 7:
        return f"{rounded:.3g}"
    return f"{value:.{max(0, 2 - size)}f}"


def duration(seconds: float) -> str:
    """A length of time, in the largest unit that is told apart well.

    Example:
        >>> duration(2.14), duration(95), duration(600), duration(9000)
        ('2.1 s', '95 s', '10 min', '2.5 h')
    """
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7170 else f"{seconds / 3600:.1f} h"


def better(direction: str) -> str:
    """Which way a score is better, in words."""
    return "higher is better" if direction == "max" else "lower is better"


def network(values: Mapping[str, Any], than: Mapping[str, Any] | None = None) -> str:
    """What a trial is, by its hyperparameters.

    Args:
        values: The trial's hyperparameters.
        than: Those of the best trial so far; where the network is none of our blocks', the first
            three values that differ from them are told.

    Example:
        >>> network({"table/architecture": "mlp", "table/mlp/depth": 2, "table/mlp/width": 64})
        'MLP, 2×64'
        >>> network({"layers": 2, "units": 16, "rate": 0.0123}, {"layers": 2, "units": 8})
        'units 16, rate 0.0123'
    """
    own = {name: value for name, value in values.items() if not name.startswith("tuner/")}
    told = _architecture(own) or _cells(own) or _chain(own) or _differing(own, than or {})
    epochs = values.get("tuner/epochs")  # Hyperband's: how far a training of its goes
    return f"{told}, {epochs} epochs" if epochs else told


def _architecture(values: Mapping[str, Any]) -> str:
    """Our blocks and AutoKeras's have a hyperparameter that says which network it is."""
    for name, value in values.items():
        block, _, last = name.rpartition("/")
        if last in _KINDS and isinstance(value, str) and value in _NETWORKS:
            scope = f"{block}/{value}/".removeprefix("/")
            below = {
                key.removeprefix(scope): v for key, v in values.items() if key.startswith(scope)
            }
            words = {"members": "many", "trees": "many", "kind": "forest", **below}
            kind = _NETWORKS[value].format(**words)
            return ", ".join([kind, *_sizes(below)])
    return ""


def _sizes(values: Mapping[str, Any]) -> list[str]:
    """How large a network is: depth × width where it has both, else two figures at most."""
    if "depth" in values and "width" in values:
        return [f"{values['depth']}×{values['width']}"]
    return [form.format(values[name]) for name, form in _SIZES.items() if name in values][:2]


def _cells(values: Mapping[str, Any]) -> str:
    """`CellBlock`: its cells' operations are too many to tell."""
    for name, value in values.items():
        if name.endswith("/cells"):
            channels = values.get(name.removesuffix("cells") + "channels")
            return f"{value} cells" + (f", {channels} channels" if channels else "")
    return "network of cells" if any("/edge0/op" in name for name in values) else ""


def _chain(values: Mapping[str, Any]) -> str:
    """`MacroBlock`: stages, each with a depth."""
    depths = [
        value
        for name, value in values.items()
        if re.search(r"\bstage\d+/depth$", name) and isinstance(value, int)
    ]
    return f"chain of {sum(depths)} convolutions in {len(depths)} stages" if depths else ""


def _differing(values: Mapping[str, Any], than: Mapping[str, Any]) -> str:
    told = {name: v for name, v in values.items() if name not in than or than[name] != v} or values
    return ", ".join(f"{name} {_value(told[name])}" for name in list(told)[:_VALUES])


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
