"""Present values, rates of return and payback of a range of flows, on Python's own floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from xlroi.cells.runtime import Failed
from xlroi.values import NA, NUM

__all__ = ["irr", "npv", "payback_flows", "xirr", "xnpv"]

# Logarithms of growth between which rates are looked for: -99.9% to +1,000,000% a step or year.
_ENDS: Final = (math.log(1e-3), math.log(1e4))
_CELLS: Final = 400
_GRID: Final = tuple(_ENDS[0] + (_ENDS[1] - _ENDS[0]) * i / _CELLS for i in range(_CELLS + 1))
_STEPS: Final = 200
_TOUCHES: Final = 1e-12  # of the largest term: worth that only touches 0


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

    Worth is looked at in logarithms, scaled by the largest term, so that neither end overflows. Flows that change sign
    once in time have one rate at most (Descartes); for others the whole range is searched.
    """
    terms = [(f > 0, math.log(abs(f)), t) for t, f in sorted(zip(times, flows, strict=True)) if f != 0]
    changes = sum(a[0] != b[0] for a, b in pairwise(terms))
    if not changes:
        raise Failed(NUM, "the flows have no change of sign, so no rate of return")

    def worth(log_growth: float) -> float:
        powers = [size - t * log_growth for _, size, t in terms]
        top = max(powers)
        return math.fsum(
            math.exp(p - top) if gain else -math.exp(p - top) for p, (gain, _, _) in zip(powers, terms, strict=True)
        )

    grid = _ENDS if changes == 1 else _GRID
    points = [(g, worth(g)) for g in grid]
    rates = [_root(worth, a, b) for (a, u), (b, v) in pairwise(points) if u * v < 0 or v == 0]
    for (a, u), (_, v), (b, w) in zip(points, points[1:], points[2:], strict=False):
        if abs(v) < min(abs(u), abs(w)) and min(u * v, v * w) > 0:  # a turn towards 0 may hide two rates
            turn = _nearest(worth, a, b)
            there = worth(turn)
            if abs(there) < _TOUCHES:
                rates.append(math.expm1(turn))
            elif there * v < 0:
                rates += [_root(worth, a, turn), _root(worth, turn, b)]
    if not rates:
        raise Failed(NUM, "no rate between -99.9% and 1,000,000% makes the flows worth 0")
    if len(rates) > 1:
        shown = ", ".join(f"{rate:.4%}" for rate in sorted(rates)[:3])
        raise Failed(NUM, f"the flows have several rates of return ({shown}), so none of them means anything")
    return rates[0]


def _nearest(worth: Callable[[float], float], low: float, high: float) -> float:
    """Where worth is nearest to 0, or beyond it, between two points that it turns between: by thirds."""
    sign = math.copysign(1.0, worth(low))
    for _ in range(_STEPS):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        if worth(a) * sign < worth(b) * sign:
            high = b
        else:
            low = a
    return (low + high) / 2


def _root(worth: Callable[[float], float], low: float, high: float) -> float:
    """The rate between two logarithms of growth, by halving: some fifty steps to the last digit, never outside."""
    rising = worth(low) < 0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (worth(middle) > 0) == rising:
            high = middle
        else:
            low = middle
    return math.expm1(high if abs(worth(high)) < abs(worth(low)) else low)


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
