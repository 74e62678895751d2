"""How ENAS searches."""

from dataclasses import dataclass

from automl_kit.errors import InputError
from automl_kit.evaluation.sharing.sharing_settings import SharingSettings


@dataclass(frozen=True, kw_only=True)
class EnasSettings(SharingSettings):
    """The supernet, how its weights are trained, and how the controller learns.

    In the first `warmup` epochs the paths that are trained are drawn as `train` says, and the
    controller rests: while the weights have learnt nothing, operations without weights are ahead.
    After that a step trains one path that the controller draws.

    Attributes:
        warmup: See above.
        controller_steps: Steps of the controller after each epoch of the weights.
        drawn: Cells that the controller draws for a step, each judged by one batch of rows that the
            weights don't learn from.
        controller_rate: Of its Adam.
        entropy: Weight of the policy's entropy in its loss.
        baseline: Share that a step's mean reward has in the moving mean that rewards are compared
            with.
        hidden: Units of its LSTM.
        valid_share: Share of the training rows that the controller learns from.
        candidates: Cells that it draws at the end, of which the best by recalibrated statistics is
            the one found.

    Raises:
        InputError: If a value is out of its range.
    """

    epochs: int = 20
    warmup: int = 5
    controller_steps: int = 20
    drawn: int = 5
    controller_rate: float = 0.01
    entropy: float = 0.01
    baseline: float = 0.1
    hidden: int = 32
    valid_share: float = 0.2
    candidates: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        least = {"warmup": 0, "controller_steps": 1, "drawn": 1, "hidden": 1, "candidates": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if type(value) is not int or value < low:
                raise InputError(f"Expected {name} to be a whole number from {low}; got {value!r}.")
        ranges = {
            "controller_rate": (0, 10), "entropy": (0, 10), "baseline": (0, 1),
            "valid_share": (0.01, 0.9),
        }  # fmt: skip
        for name, (low_, high) in ranges.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not low_ <= value <= high:
                raise InputError(f"Expected {name} from {low_} to {high}; got {value!r}.")
