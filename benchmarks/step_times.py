"""Timing of a repeated step in this process; standard library alone, for any framework."""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any


def timed(step: Callable[[], Any], steps: int) -> dict[str, float | int]:
    """Calls `step` once for its first time, once more to settle, then `steps` times.

    Returns:
        Seconds "first_wall", "first_cpu", and medians "wall" and "cpu"; "peak_mb" of memory.
    """
    first_wall, first_cpu = _once(step)
    _once(step)
    times = [_once(step) for _ in range(steps)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "first_wall": first_wall,
        "first_cpu": first_cpu,
        "wall": statistics.median(wall for wall, _ in times),
        "cpu": statistics.median(cpu for _, cpu in times),
        "peak_mb": peak // (1024**2 if sys.platform == "darwin" else 1024),
    }


def _once(step: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - wall, time.process_time() - cpu
