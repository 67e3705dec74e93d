"""Present values, rates of return and payback of a range of flows, on Python's own floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from xlroi.cells.runtime import Failed
from xlroi.values import NA, NUM

__all__ = ["irr", "npv", "payback_flows", "xirr", "xnpv"]

# Growth factors of a step or year between which rates are looked for: -99.9% to +1,000,000%.
_LOWEST, _HIGHEST, _CELLS = 1e-3, 1e4, 400
_GRID: Final = tuple(_LOWEST * (_HIGHEST / _LOWEST) ** (i / _CELLS) for i in range(_CELLS + 1))
_STEPS: Final = 200


def npv(annual_rate: float, monthly_flows: Sequence[float]) -> float:
    """Present value at an effective annual rate; the first flow is one month away.

    >>> round(npv(1.1**12 - 1, [-10000, 3000, 4200, 6800]), 2)
    1188.44
    """
    return math.fsum(f * (1 + annual_rate) ** (-m / 12) for m, f in enumerate(monthly_flows, 1))


def xnpv(rate: float, flows: Sequence[float], dates: Sequence[float]) -> float:
    """Present value of dated flows on the first date.

    >>> round(xnpv(0.09, [-10000, 2750, 4250, 3250, 2750], [39448, 39508, 39751, 39859, 39904]), 4)
    2086.6476
    """
    return math.fsum(f * (1 + rate) ** -y for f, y in zip(flows, _years(flows, dates), strict=True))


def _years(flows: Sequence[float], dates: Sequence[float]) -> list[float]:
    if len(flows) != len(dates):
        raise Failed(NUM, f"{len(flows)} flows and {len(dates)} dates")
    days = [math.floor(d) for d in dates]
    if min(days) < days[0]:
        raise Failed(NUM, "a date is before the first one")
    if days[0] < 1:
        raise Failed(NUM, "a date is before 1900")
    return [(d - days[0]) / 365 for d in days]


def irr(flows: Sequence[float]) -> float:
    """The rate a step at which the flows are worth 0.

    >>> round(irr([-70000, 12000, 15000, 18000, 21000]), 4)
    -0.0212
    """
    return _rate(flows, [float(step) for step in range(len(flows))])


def xirr(flows: Sequence[float], dates: Sequence[float]) -> float:
    """The yearly rate at which the dated flows are worth 0.

    >>> round(xirr([-10000, 2750, 4250, 3250, 2750], [39448, 39508, 39751, 39859, 39904]), 9)
    0.373362534
    """
    return _rate(flows, _years(flows, dates))


def _rate(flows: Sequence[float], times: Sequence[float]) -> float:
    """The one rate at which the flows are worth 0; with none or several there is no answer.

    Worth is looked at in logarithms of time, scaled by the largest term, so that neither end overflows.
    """
    pairs = [(f, t) for f, t in zip(flows, times, strict=True) if f != 0]
    if not any(f > 0 for f, _ in pairs) or not any(f < 0 for f, _ in pairs):
        raise Failed(NUM, "the flows have no change of sign, so no rate of return")

    def worth(growth: float) -> float:
        log = math.log(growth)
        powers = [math.log(abs(f)) - t * log for f, t in pairs]
        top = max(powers)
        return math.fsum(math.copysign(math.exp(p - top), f) for p, (f, _) in zip(powers, pairs, strict=True))

    values = [worth(g) for g in _GRID]
    brackets = [(a, b) for (a, u), (b, v) in pairwise(zip(_GRID, values, strict=True)) if u * v < 0 or v == 0]
    if not brackets:
        raise Failed(NUM, "no rate between -99.9% and 1,000,000% makes the flows worth 0")
    if len(brackets) > 1:
        rates = ", ".join(f"{_root(worth, *b) - 1:.4%}" for b in brackets[:3])
        raise Failed(NUM, f"the flows have several rates of return ({rates}), so none of them means anything")
    return _root(worth, *brackets[0]) - 1


def _root(worth: Callable[[float], float], low: float, high: float) -> float:
    """Halving in logarithms: some sixty steps to the last digit, and never out of the bracket."""
    if worth(high) == 0:
        return high
    below = worth(low) > 0
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        if middle in (low, high):
            break
        if (worth(middle) > 0) == below:
            low = middle
        else:
            high = middle
    return low if abs(worth(low)) <= abs(worth(high)) else high


def payback_flows(flows: Sequence[float]) -> float:
    """Months until the cumulative flow becomes and stays 0 or more.

    >>> payback_flows([-1000, 400, 400, 400]), payback_flows([0, 5])
    (2.5, 0.0)
    """
    total, sums = 0.0, []
    for flow in flows:
        total += flow
        sums.append(total)
    scale = max(map(abs, sums)) * 1e-12
    last = max((m for m, s in enumerate(sums) if s < -scale), default=-1)
    if last < 0:
        return 0.0
    if last + 1 == len(sums):
        raise Failed(NA, "the flows never pay back")
    return last + -sums[last] / flows[last + 1]
