"""The functions over arrays: one entry for each word that the array engine computes element by element.

An error is NaN here; which error it is, the scalar functions tell. Every result is finite or NaN: an overflow
that became infinite could turn into a plausible 0 one division later.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xlroi.engine import scalar
from xlroi.engine.annuities import ANNUITIES
from xlroi.engine.excel_finance import EXCEL_FINANCE
from xlroi.engine.scalar import SAME

__all__ = [
    "BARE",
    "BINARY",
    "ELEMENTWISE",
    "JOIN",
    "REDUCE",
    "STEPS_PER_YEAR",
    "Array",
    "equal_array",
    "finite",
    "folded",
    "round_array",
]

Array = NDArray[np.float64]

STEPS_PER_YEAR: Final = {"month": 12, "quarter": 4, "year": 1}
"""Columns in a year, by the length of a column."""


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
            with np.errstate(over="raise", under="ignore"):
                result: Array = ufunc(a, b, order="F")
        except FloatingPointError:
            with np.errstate(all="ignore"):
                result = finite(ufunc(a, b, order="F"))
        return result

    return apply


def _divide(a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):
        return finite(np.divide(a, b, order="F"))


def _power(a: Array, b: Array) -> Array:
    with np.errstate(all="ignore"):
        result = finite(np.power(a, b, order="F"))
    # NumPy's nan ** 0 is 1; an error stays an error.
    undefined = ((a == 0) & (b <= 0)) | np.isnan(a) | np.isnan(b)
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
    return np.less(a, b, order="F") & ~equal_array(a, b)


def equal_array(a: Array, b: Array) -> NDArray[np.bool_]:
    """:func:`~xlroi.engine.scalar.equal`, element by element; NaN equals nothing."""
    same: NDArray[np.bool_] = (a == b) | (np.abs(a - b) <= SAME * np.maximum(np.abs(a), np.abs(b)))
    return same


def round_array(value: Array, digits: Array) -> Array:
    """:func:`~xlroi.engine.scalar.round_half_away` over arrays of one shape after broadcasting.

    A product with a power of ten is exact to one unit in the last place, so a nudge of a few such units
    decides halves as the 15-digit text does. Where the cut lies beyond the 15th digit there is nothing to round.
    """
    power = np.power(10.0, np.trunc(digits))
    scaled = np.abs(value) * power
    rounded = np.floor(scaled + 0.5 + scaled * SAME)
    result = np.where(scaled >= _DIGITS, np.abs(value), rounded / power)
    return np.copysign(result, value)


_DIGITS: Final = 1e14
"""From here on a scaled number has its 15 digits before the decimal point."""

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

BARE: Final = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
"""The same where NumPy's error state raises whatever would not be a finite number."""


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


def _towards(direction: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    """ROUNDUP and ROUNDDOWN: what is a whole number to 15 digits is one."""

    def apply(value: Array, digits: Array) -> Array:
        power = np.power(10.0, np.trunc(digits))
        scaled = np.abs(value) * power
        near = np.round(scaled)
        whole = np.where(np.abs(scaled - near) <= SAME * np.maximum(scaled, near), near, direction(scaled))
        return np.copysign(np.where(scaled >= _DIGITS, np.abs(value), whole / power), value)

    return apply


def _mod(value: Array, divisor: Array) -> Array:
    with np.errstate(all="ignore"):
        return finite(np.where(divisor == 0, np.nan, value - divisor * np.floor(value / divisor)))


def _choose(index: Array, *values: Array) -> Array:
    result: Any = np.nan
    for number, value in reversed(list(enumerate(values, 1))):
        result = np.where(np.trunc(index) == number, value, result)
    return result  # type: ignore[no-any-return]  # an array by now


def _each(function: Callable[..., object]) -> Callable[..., Array]:
    """A function of single values over arrays, value by value; an error is NaN."""

    def one(*values: float) -> float:
        if any(math.isnan(v) for v in values):
            return math.nan
        found = function(*values)
        return float(found) if isinstance(found, (int, float)) else math.nan

    return np.vectorize(one, otypes=[np.float64])


def _text(function: Callable[..., str]) -> Callable[..., Any]:
    """Texts by a function of single values; an error stays NaN."""

    def one(*values: Any) -> Any:
        return np.nan if any(isinstance(v, float) and math.isnan(v) for v in values) else function(*values)

    return lambda *arrays: np.frompyfunc(one, len(arrays), 1)(*arrays)


JOIN: Final = _text(lambda a, b: f"{a}{b}")
"""The operator ``&``."""

folded: Final = _text(str.casefold)
"""Texts as comparisons and keys see them: without regard to case."""


def _differs(a: Array, b: Array) -> Array:
    """Of two input cells: a blank counts as 0 or as no text."""
    apart: np.ndarray = folded(a) != folded(b) if a.dtype == object else np.nan_to_num(a) != np.nan_to_num(b)
    return _flag(apart)


ELEMENTWISE: Final[dict[str, Callable[..., Array]]] = {
    "ABS": _domain(np.abs),
    "BARE": lambda value: value,
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
    "DIFFERS": _differs,
    "NA": lambda: np.full((1, 1, 1), np.nan),
    "ROUNDUP": _towards(np.ceil),
    "ROUNDDOWN": _towards(np.floor),
    "MOD": _mod,
    "CHOOSE": _choose,
    "FIXED": _text(scalar.fixed),
    "AVERAGE": lambda *values: _many(BINARY["+"])(*values) / len(values),
    "MEDIAN": lambda *values: np.median(np.stack(np.broadcast_arrays(*values)), axis=0),
    **{name: _each(function) for name, function in {"EDATE": scalar.edate, **EXCEL_FINANCE}.items()},
    **ANNUITIES,
}
"""Words that work element by element."""


def _none(value: float, reduce: Callable[..., Array]) -> Callable[..., Array]:
    """An aggregate, or what it gives where no row is active."""

    def apply(array: Array, axes: tuple[int, ...], *parameters: Array) -> Array:
        if 0 in [array.shape[axis] for axis in axes]:
            return np.full([1 if axis in axes else n for axis, n in enumerate(array.shape)], value)
        return finite(reduce(array, axes, *parameters))

    return apply


def _percentile(array: Array, axes: tuple[int, ...], share: Array) -> Array:
    """Excel's PERCENTILE: places run from 0 to n − 1, with a straight line between neighbours."""
    ordered = np.sort(array, axis=axes[0])
    place = share * (ordered.shape[1] - 1)
    low = np.clip(np.floor(place), 0, ordered.shape[1] - 1)
    a, b = (_taken(ordered, p) for p in (low, np.minimum(low + 1, ordered.shape[1] - 1)))
    outside = (share < 0) | (share > 1) | np.isnan(array).any(axis=1, keepdims=True)
    return np.where(outside, np.nan, a + (b - a) * (place - low))


def _taken(ordered: Array, place: Array) -> Array:
    shape = (np.broadcast_shapes(ordered.shape[:1], place.shape[:1])[0], 1, ordered.shape[2])
    rows = np.broadcast_to(ordered, (shape[0], *ordered.shape[1:]))
    return np.take_along_axis(rows, np.broadcast_to(np.nan_to_num(place), shape).astype(np.intp), axis=1)


def _kth(*, largest: bool) -> Callable[..., Array]:
    def reduce(array: Array, axes: tuple[int, ...], k: Array) -> Array:
        ordered, count = np.sort(array, axis=axes[0]), array.shape[1]
        outside = ~((k >= 1) & (k <= count)) | np.isnan(array).any(axis=1, keepdims=True)
        place = np.trunc(np.where((k >= 1) & (k <= count), k, 1)) - 1
        return np.where(outside, np.nan, _taken(ordered, count - 1 - place if largest else place))

    return reduce


REDUCE: Final[dict[str, Callable[..., Array]]] = {
    "SUM": lambda a, axes: finite(np.sum(a, axis=axes, keepdims=True)),
    "MIN": _none(0.0, lambda a, axes: np.min(a, axis=axes, keepdims=True)),
    "MAX": _none(0.0, lambda a, axes: np.max(a, axis=axes, keepdims=True)),
    "AVERAGE": _none(np.nan, lambda a, axes: np.mean(a, axis=axes, keepdims=True)),
    "MEDIAN": _none(np.nan, lambda a, axes: np.median(a, axis=axes, keepdims=True)),
    "PRODUCT": _none(0.0, lambda a, axes: np.prod(a, axis=axes, keepdims=True)),
    "COUNT": lambda a, axes: np.sum(~np.isnan(a), axis=axes, keepdims=True, dtype=np.float64),
    "PERCENTILE": _none(np.nan, _percentile),
    "LARGE": _none(np.nan, _kth(largest=True)),
    "SMALL": _none(np.nan, _kth(largest=False)),
}
"""Aggregates over whole axes of the rows that are active; a parameter is one value per trial."""
