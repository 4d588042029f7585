"""Timing."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def timed(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The minimum time of several runs in seconds, and the result of the last run."""
    spans, result = [], None
    for _ in range(times):
        started = time.perf_counter()
        result = run()
        spans.append(time.perf_counter() - started)
    return min(spans), result


def milliseconds(run: Callable[[], Any], times: int = 200) -> float:
    """The median time of many runs in milliseconds, after one run to warm up."""
    run()
    spans = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        spans.append(time.perf_counter() - started)
    return 1000 * statistics.median(spans)
