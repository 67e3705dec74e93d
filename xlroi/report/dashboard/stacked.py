"""Stacked columns as places on a page: what SVG needs, without the looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from xlroi.report.dashboard.content import Line

__all__ = ["MOST_SERIES", "Bar", "Stacked", "shown_series", "stacked"]

MOST_SERIES: Final = 8
"""More colours and patterns than this nobody tells apart."""
WIDTH: Final = 720
HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 8, 12, 28
_GRID: Final = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One series in one month."""

    series: int
    month: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Stacked:
    """Bars, the lines of the grid with what they stand for, and the middle of each month."""

    bars: tuple[Bar, ...]
    grid: tuple[tuple[float, str], ...]
    zero: float
    middles: tuple[float, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT


def shown_series(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The largest lines, all others as one.

    >>> [line.name for line in shown_series([Line(str(n), (Decimal(n),)) for n in range(12)])]
    ['11', '10', '9', '8', '7', '6', '5', 'Other (5)']
    """
    ordered = sorted(lines, key=lambda line: -sum(map(abs, line.amounts)))
    if len(ordered) <= MOST_SERIES:
        return tuple(ordered)
    largest, others = ordered[: MOST_SERIES - 1], ordered[MOST_SERIES - 1 :]
    rest = tuple(sum(column, Decimal(0)) for column in zip(*(line.amounts for line in others), strict=True))
    return (*largest, Line(f"Other ({len(others)})", rest))


def stacked(series: Sequence[Line], months: int) -> Stacked:
    """Columns of a month each, costs upwards from zero and credits downwards.

    >>> made = stacked([Line("a", (Decimal(60),)), Line("b", (Decimal(40),)), Line("c", (Decimal(-20),))], 1)
    >>> [(bar.y, bar.height) for bar in made.bars], made.zero
    ([(81.3, 104.0), (12.0, 69.3), (185.3, 34.7)], 185.3)
    """
    up = [sum(float(max(line.amounts[m], Decimal(0))) for line in series) for m in range(months)]
    down = [sum(float(min(line.amounts[m], Decimal(0))) for line in series) for m in range(months)]
    step = _step(max(up, default=0.0) - min(down, default=0.0))
    top = max(math.ceil(max(up, default=0.0) / step), 1) * step
    bottom = math.floor(min(down, default=0.0) / step) * step
    scale = (HEIGHT - _TOP - _BOTTOM) / (top - bottom)

    def at(value: float) -> float:
        return round(_TOP + (top - value) * scale, 1)

    slot = (WIDTH - _LEFT - _RIGHT) / max(months, 1)
    bars = []
    for month in range(months):
        high, low = 0.0, 0.0
        for index, line in enumerate(series):
            amount = float(line.amounts[month])
            start = high if amount >= 0 else low
            end = start + amount
            high, low = (end, low) if amount >= 0 else (high, end)
            if amount:
                y, foot = at(max(start, end)), at(min(start, end))
                x = round(_LEFT + slot * (month + 0.15), 1)
                bars.append(Bar(index, month, x, y, round(slot * 0.7, 1), round(foot - y, 1)))
    lines = tuple((at(bottom + n * step), _short(bottom + n * step)) for n in range(round((top - bottom) / step) + 1))
    return Stacked(tuple(bars), lines, at(0.0), tuple(round(_LEFT + slot * (m + 0.5), 1) for m in range(months)))


def _step(reach: float) -> float:
    """A round distance between lines of the grid: 1, 2 or 5 times a power of ten.

    >>> _step(87.0), _step(0.0), _step(1234567.0)
    (20.0, 1.0, 500000.0)
    """
    if reach <= 0:
        return 1.0
    rough = reach / _GRID
    power = 10.0 ** math.floor(math.log10(rough))
    return next(times * power for times in (1.0, 2.0, 5.0, 10.0) if times * power >= rough * (1 - 1e-9))


def _short(value: float) -> str:
    """A figure of the axis.

    >>> _short(1500.0), _short(-2e6), _short(0.25), _short(0.0)
    ('1.5k', '−2M', '0.25', '0')
    """
    size = abs(value)
    for least, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= least:
            return f"{'−' if value < 0 else ''}{size / least:g}{letter}"
    return f"{'−' if value < 0 else ''}{size:g}"
