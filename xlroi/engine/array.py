"""The functions over arrays: one entry for each word that the array engine computes element by element.

An error is NaN here; which error it is, the scalar functions tell. Every result is finite or NaN: an overflow
that became infinite could turn into a plausible 0 one division later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xlroi.engine.scalar import SAME, edate

__all__ = ["BINARY", "ELEMENTWISE", "REDUCE", "Array", "equal_array", "finite", "round_array"]

Array = NDArray[np.float64]


def finite(array: Array) -> Array:
    """Infinite becomes NaN."""
    bad = ~np.isfinite(array)
    if bad.any():
        array = np.where(bad, np.nan, array)
    return array


def _guarded(ufunc: np.ufunc) -> Callable[[Array, Array], Array]:
    """Add, subtract, multiply: free while nothing overflows."""

    def apply(a: Array, b: Array) -> Array:
        try:
            with np.errstate(over="raise"):
                result: Array = ufunc(a, b)
        except FloatingPointError:
            with np.errstate(all="ignore"):
                result = finite(ufunc(a, b))
        return result

    return apply


def _divide(a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):
        return finite(np.divide(a, b))


def _power(a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):
        result = finite(np.power(a, b))
    undefined = (a == 0) & (b <= 0)
    return np.where(undefined, np.nan, result) if undefined.any() else result


def _flag(holds: np.ndarray, *operands: Array) -> Array:
    """1 and 0 from truth values, NaN where an operand is an error."""
    result = holds.astype(np.float64)
    for operand in operands:
        missing = np.isnan(operand)
        if missing.any():
            result = np.where(missing, np.nan, result)
    return result


def _less(a: Array, b: Array) -> np.ndarray:
    return (a < b) & ~equal_array(a, b)


def equal_array(a: Array, b: Array) -> NDArray[np.bool_]:
    """:func:`~xlroi.engine.scalar.equal`, element by element; NaN equals nothing."""
    same: NDArray[np.bool_] = (a == b) | (np.abs(a - b) <= SAME * np.maximum(np.abs(a), np.abs(b)))
    return same


def round_array(value: Array, digits: Array) -> Array:
    """:func:`~xlroi.engine.scalar.round_half_away` over arrays of one shape after broadcasting.

    A product with a power of ten is exact to one unit in the last place, so a nudge of a few such units
    decides halves as the 15-digit text does.
    """
    power = np.power(10.0, np.trunc(digits))
    scaled = np.abs(value) * power
    rounded = np.floor(scaled + 0.5 + scaled * SAME)
    result = np.where(scaled >= 2.0**52, np.abs(value), rounded / power)
    return np.copysign(result, value)


BINARY: Final[dict[str, Callable[[Array, Array], Array]]] = {
    "+": _guarded(np.add),
    "-": _guarded(np.subtract),
    "*": _guarded(np.multiply),
    "/": _divide,
    "^": _power,
    "=": lambda a, b: _flag(equal_array(a, b), a, b),
    "<>": lambda a, b: _flag(~equal_array(a, b), a, b),
    "<": lambda a, b: _flag(_less(a, b), a, b),
    ">": lambda a, b: _flag(_less(b, a), a, b),
    "<=": lambda a, b: _flag((a < b) | equal_array(a, b), a, b),
    ">=": lambda a, b: _flag((a > b) | equal_array(a, b), a, b),
}
"""Operators on numbers."""


def _all(*conditions: Array) -> Array:
    result = np.ones(())
    for condition in conditions:
        result = _flag((result != 0) & (condition != 0), result, condition)
    return result


def _any(*conditions: Array) -> Array:
    result = np.zeros(())
    for condition in conditions:
        result = _flag((result != 0) | (condition != 0), result, condition)
    return result


def _if(condition: Array, then: Array, other: Array) -> Array:
    chosen = np.where(condition != 0, then, other)
    missing = np.isnan(condition)
    return np.where(missing, np.nan, chosen) if missing.any() else chosen


def _many(ufunc: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def apply(*values: Array) -> Array:
        result = values[0]
        for value in values[1:]:
            result = ufunc(result, value)
        return result

    return apply


def _domain(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def apply(value: Array) -> Array:
        with np.errstate(all="ignore"):
            return finite(function(value))

    return apply


def _int(value: Array) -> Array:
    whole: Array = np.floor(value)
    return whole


def _edate(start: Array, months: Array) -> Array:
    moved: Array = np.vectorize(lambda d, m: _number(edate(d, m)), otypes=[np.float64])(start, months)
    return moved


def _number(value: object) -> float:
    return value if isinstance(value, float) else float("nan")


ELEMENTWISE: Final[dict[str, Callable[..., Array]]] = {
    "ABS": _domain(np.abs),
    "ROUND": round_array,
    "INT": _int,
    "SQRT": _domain(np.sqrt),
    "EXP": _domain(np.exp),
    "LN": _domain(np.log),
    "MIN": _many(np.minimum),
    "MAX": _many(np.maximum),
    "SUM": _many(BINARY["+"]),
    "IF": _if,
    "AND": _all,
    "OR": _any,
    "NOT": lambda a: _flag(a == 0, a),
    "ISNUMBER": lambda a: (~np.isnan(a)).astype(np.float64),
    "IFERROR": lambda a, b: _if(np.isnan(a).astype(np.float64), b, a),
    "NA": lambda: np.full((1, 1, 1), np.nan),
    "EDATE": _edate,
}
"""Words that work element by element."""

REDUCE: Final[dict[str, Callable[[Array, tuple[int, ...]], Array]]] = {
    "SUM": lambda a, axes: finite(np.sum(a, axis=axes, keepdims=True)),
    "MIN": lambda a, axes: np.min(a, axis=axes, keepdims=True),
    "MAX": lambda a, axes: np.max(a, axis=axes, keepdims=True),
}
"""Aggregates over whole axes."""
