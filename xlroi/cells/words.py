"""The words of the formula language that need more than Python's own operators, for ``generated.py``.

An error is an exception here, which ``runtime`` turns into the value of the cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from xlroi.cells.runtime import Failed
from xlroi.engine.scalar import holds, round_half_away, round_towards
from xlroi.values import NA

__all__ = [
    "compare",
    "divide",
    "exp",
    "first_whole",
    "ln",
    "not_available",
    "poisson",
    "power",
    "rounded",
    "rounded_up",
    "sqrt",
    "whole",
]


def divide(a: float, b: float) -> float:
    """A quotient; an overflown divisor is not taken for an infinite one."""
    if math.isinf(b):
        raise OverflowError
    return a / b


def power(a: float, b: float) -> float:
    """A power where every sheet agrees: base above 0, or a whole exponent; 0^0 is #NUM!."""
    if (a == 0 and b <= 0) or (a < 0 and not b.is_integer()) or math.isinf(a) or math.isinf(b):
        raise ValueError
    return float(a**b)


def compare(a: float, operator: str, b: float) -> bool:
    """A comparison on the 15 digits that a sheet compares."""
    if not (math.isfinite(a) and math.isfinite(b)):
        raise OverflowError
    return holds(a, operator, b)


def sqrt(a: float) -> float:
    """The root; #NUM! below 0."""
    return math.sqrt(a)


def ln(a: float) -> float:
    """The natural logarithm; #NUM! at 0 and below."""
    return math.log(a)


def exp(a: float) -> float:
    """The exponential; #NUM! where it overflows."""
    return math.exp(a)


def whole(a: float) -> float:
    """Excel's INT."""
    return float(math.floor(a))


def rounded(a: float, digits: float) -> float:
    """Excel's ROUND."""
    return round_half_away(a, digits)


def rounded_up(a: float, digits: float) -> float:
    """Excel's ROUNDUP."""
    return round_towards(a, digits, "ROUND_UP")


def not_available() -> float:
    """Excel's NA()."""
    raise Failed(NA, "there is no such number")


def poisson(x: float, mean: float, cumulative: float) -> float:
    """Excel's POISSON.DIST, by logarithms of single probabilities.

    >>> round(poisson(2, 5, 1), 6), round(poisson(2, 5, 0), 6)
    (0.124652, 0.084224)
    """
    count = math.floor(x)
    if count < 0 or mean < 0:
        raise ValueError
    if mean == 0:
        return 1.0 if cumulative or count == 0 else 0.0
    if not cumulative:
        return _probability(count, mean)
    # From the largest term outwards, each from the one before; what is below a digit of the sum is left.
    middle = min(count, math.floor(mean))
    terms = [_probability(middle, mean)]
    for k in range(middle, 0, -1):
        terms.append(terms[-1] * k / mean)
        if terms[-1] < terms[0] * 1e-18:
            break
    term = terms[0]
    for k in range(middle + 1, count + 1):
        term *= mean / k
        terms.append(term)
        if term < terms[0] * 1e-18:
            break
    return min(1.0, math.fsum(terms))


def _probability(count: int, mean: float) -> float:
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def first_whole(start: float, within: int, holds: Callable[[float], bool]) -> float:
    """The first whole number from ``start`` on, of ``within`` at most, for which ``holds``; #N/A if there is none.

    As MATCH does, it passes over numbers that give an error.
    """
    for place in range(within):
        number = start + place
        try:
            if holds(number):
                return number
        except (ZeroDivisionError, OverflowError, ValueError):
            continue
    raise Failed(NA, f"not within {within:,}")
