"""A hash of a search's data, by content."""

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_kit.data import release

CHUNK_ROWS = 4096


def fingerprint(*parts: Any) -> str:
    """A hash of arrays, dictionaries of arrays and JSON values, by content.

    Memory-mapped arrays are read in pieces. Strings of different splits differ:
    each value goes in with its length.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        _update(digest, part)
    return digest.hexdigest()


def _update(digest: Any, part: Any) -> None:
    if isinstance(part, dict):
        for name in sorted(part):
            digest.update(f"{name}:".encode())
            _update(digest, part[name])
    elif isinstance(part, np.ndarray):
        digest.update(f"{part.shape}{part.dtype.kind}".encode())
        for start in range(0, len(part), CHUNK_ROWS):
            _update_rows(digest, part[start : start + CHUNK_ROWS])
            if isinstance(part, np.memmap):
                release(part)
    else:
        digest.update(json.dumps(part, sort_keys=True, default=str).encode())


def _update_rows(digest: Any, rows: NDArray[Any]) -> None:
    if rows.dtype.kind in "OUT":
        for value in rows.ravel():
            encoded = str(value).encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
    else:
        digest.update(np.ascontiguousarray(rows).tobytes())
