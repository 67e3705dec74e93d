"""Medians and rows of the table."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

__all__ = ["Row", "median", "row"]

Row = tuple[str, str, str, str, str]


def median(action: Callable[[], object], repeats: int = 5) -> float:
    """Median seconds of an action."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def row(what: str, ours: float, peer: str, theirs: float, aim: float | None = None) -> Row:
    """One line of the table; the ratio says how many times longer the peer takes, the aim how many it should."""
    rate = f" ({1 / ours:,.0f}/s)" if ours < 1e-3 else ""
    ratio = theirs / ours
    wish = "" if aim is None else f"≥ {aim:,.0f}×" if aim >= 1 else f"≥ {aim:.2f}×"
    verdict = wish if aim is None or ratio >= aim else f"{wish}: missed"
    return what, f"{ours * 1e3:,.3f} ms{rate}", f"{peer}: {theirs * 1e3:,.3f} ms", f"{ratio:,.2f}×", verdict
