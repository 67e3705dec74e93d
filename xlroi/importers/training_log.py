"""A log of training that prints ``mfu: 38.2%`` a step, as TorchTitan and nanoGPT do."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from xlroi.importers.history import share_of
from xlroi.importers.source import Measured, Source, range_of

__all__ = ["MFU", "read"]

MFU: Final = re.compile(r"\bmfu\b[\s:=]{1,3}(-?\d+(?:\.\d+)?)\s*%", re.IGNORECASE)


def read(source: Source) -> list[Measured]:
    """Mean MFU of the steps; placeholders below 0, which nanoGPT prints while it warms up, are left out."""
    seen: Counter[float] = Counter()
    for line, text in source.lines():
        if found := MFU.search(text):
            if found[1].startswith("-"):
                source.count("steps print an MFU below 0 as a placeholder and are left out", line)
                continue
            seen[round(share_of(source, line, "mfu", float(found[1]), 100), 6)] += 1
    steps = seen.total()
    if steps < 2:
        raise source.refuse(None, f"{steps} steps with an MFU are no history")
    mean = sum(value * count for value, count in seen.items()) / steps
    # A step more or less moves a percentile little: long logs are thinned, so that memory stays bounded.
    thin = -(-steps // 100_000)
    low, high, said = range_of([v for v, count in seen.items() for _ in range(-(-count // thin))], "steps", mean)
    return [Measured("mfu", mean, low, high, f"mean of {steps:,} steps; {said}")]
