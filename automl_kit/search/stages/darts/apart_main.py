"""The process that `apart.py` starts: reads a search from standard input, prints what happens.

Each line is a JSON list: "share", "message" or "warning" with what they tell; at the end "found"
with the genotype, or "error" with the kind and the sentence. The state is kept on disk as in any
search for cells, so that it can be gone on with.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any, TextIO

from automl_kit import quiet
from automl_kit.backend import channels_last
from automl_kit.errors import AutoMLKitError
from automl_kit.progress import Progress


class Lines(Progress):
    """Prints what it hears, a line each."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def say(self, *values: Any) -> None:
        """Prints a JSON list."""
        self.stream.write(json.dumps(values) + "\n")
        self.stream.flush()

    def epoch_share(self, share: float, epoch: int, epochs: int) -> None:
        """Prints how far it is."""
        self.say("share", share, epoch, epochs)

    def message(self, text: str) -> None:
        """Prints a message."""
        self.say("message", text)


def main() -> None:
    """Searches; see the module."""
    progress = Lines(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)  # Whatever else is printed isn't a line of ours.
    warnings.showwarning = lambda text, *_, **__: progress.say("warning", str(text))
    quiet.load_tensorflow()
    from automl_kit.search.stages.darts.apart import read_given

    try:
        progress.say("found", _searched(*read_given(sys.stdin.buffer), progress).to_json())
    except AutoMLKitError as error:
        progress.say("error", type(error).__name__, str(error))
    except (KeyboardInterrupt, BrokenPipeError):  # Who asked is gone, or will say so.
        os._exit(1)


def _searched(told: dict[str, Any], x: Any, ids: Any, progress: Progress) -> Any:
    import keras

    from automl_kit.search.stages.darts.darts_settings import CellSearch
    from automl_kit.search.stages.darts.finding import CellFinder, Images
    from automl_kit.spaces import CellSpace

    keras.config.set_dtype_policy(told["policy"])
    space = told["space"]
    finder = CellFinder(
        space=CellSpace(**{**space, "ops": tuple(space["ops"])}),
        how=CellSearch.from_json(told["how"]),
        seed=told["seed"],
        notes=Path(told["notes"]),
        progress=progress,
    )
    images = Images(
        x=x,
        ids=ids,
        classes=told["classes"],
        scale=told["scale"],
        offset=told["offset"],
        class_weight=dict(told["class_weight"]) or None,
    )
    left = None if told["ends"] is None else max(0.0, told["ends"] - time.time())
    with channels_last():  # As in the process that asks, whatever Keras's file of settings says.
        return finder.search_here(images, left)[0]


if __name__ == "__main__":
    main()
