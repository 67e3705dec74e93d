"""Worksheet functions: one call, and one call for 10,000 rows, beside libraries that do the same."""

from __future__ import annotations

import random
import timeit
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import numpy_financial
import pyxirr

from benchmarks.measure import Row, median, row
from xlroi import cells

ROWS = 10_000


def calls() -> list[Row]:
    """The rows of the table."""
    draw = random.Random(4)
    flows = [-1000.0, *(draw.uniform(0, 60) for _ in range(60))]
    days = [date(2026, 1, 1) + timedelta(days=31 * step) for step in range(61)]
    monthly = 1.1 ** (1 / 12) - 1
    rates = [draw.uniform(0.01, 0.3) for _ in range(ROWS)]
    column = [[rate] for rate in rates]
    array = np.array(rates)

    def tco(rate: float) -> float:
        return 150000 + sum(15000 * (1 + rate) ** (-m / 12) for m in range(1, 25))

    return [
        row("AI_TCO, a call", _one(lambda: cells.AI_TCO(150000, 15000, 24, 0, 0.1)), "Python, a loop of 24 months",
            _one(lambda: tco(0.1))),
        row("AI_TCO, 10,000 rows", median(lambda: cells.AI_TCO(150000, 15000, 24, 0, column)),
            "Python, the loop 10,000 times", median(lambda: [tco(r) for r in rates])),
        row("AI_NPV of 61 flows", _one(lambda: cells.AI_NPV(0.1, flows)), "numpy-financial",
            _one(lambda: numpy_financial.npv(monthly, flows) / (1 + monthly))),
        row("AI_NPV of 61 flows", _one(lambda: cells.AI_NPV(0.1, flows)), "pyxirr",
            _one(lambda: pyxirr.npv(monthly, flows, start_from_zero=False))),
        row("AI_IRR of 61 flows", _one(lambda: cells.AI_IRR(flows)), "numpy-financial",
            _one(lambda: numpy_financial.irr(flows))),
        row("AI_IRR of 61 flows", _one(lambda: cells.AI_IRR(flows)), "pyxirr", _one(lambda: pyxirr.irr(flows))),
        row("AI_XIRR of 61 flows", _one(lambda: cells.AI_XIRR(flows, days)), "pyxirr",
            _one(lambda: pyxirr.xirr(days, flows))),
        row("AI_RESIDUAL, 10,000 rows", median(lambda: cells.AI_RESIDUAL(column, 3)), "NumPy, the formula alone",
            median(lambda: array * 10 ** (-0.14 * 3))),
    ]  # fmt: skip


def _one(action: Callable[[], object]) -> float:
    """Median seconds of a call, each time of as many as fill a fifth of a second."""
    timer = timeit.Timer(action)
    count, _ = timer.autorange()
    return sorted(timer.repeat(5, count))[2] / count
