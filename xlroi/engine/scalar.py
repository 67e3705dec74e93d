"""The functions on single values, with Excel's errors and Excel's arithmetic: the standard library only.

They settle what the arrays leave open: which error a NaN is, and texts.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from statistics import median
from typing import Final

from xlroi.values import DIV0, NA, NUM, VALUE, CellValue, ExcelError, from_serial, to_serial

__all__ = [
    "BINARY",
    "ELEMENTWISE",
    "LAZY",
    "SAME",
    "TINY",
    "WITH_PARAMETER",
    "as_number",
    "edate",
    "equal",
    "fixed",
    "holds",
    "round_half_away",
    "round_towards",
    "tidy",
]

SAME: Final = 2.0**-48
"""Relative distance below which a sheet calls two numbers equal: 15 significant digits, as LibreOffice states it."""

TINY: Final = 1e-307
"""Below this a sheet's result is 0: Excel has no denormal numbers."""

_EXACT: Final = Context(prec=400)


def equal(a: float, b: float) -> bool:
    """Whether a sheet's ``=`` holds.

    >>> equal(0.1 + 0.2, 0.3), equal(1.0, 1.0 + 1e-13)
    (True, False)
    """
    return a == b or abs(a - b) <= SAME * max(abs(a), abs(b))


def holds(a: float, operator: str, b: float) -> bool:
    """Whether a sheet's comparison of two numbers holds.

    >>> holds(0.1 + 0.2, "<=", 0.3), holds(0.1 + 0.2, ">", 0.3)
    (True, False)
    """
    same = equal(a, b)
    match operator:
        case "=":
            return same
        case "<>":
            return not same
        case "<":
            return a < b and not same
        case ">":
            return a > b and not same
        case "<=":
            return a < b or same
        case _:
            return a > b or same


def tidy(value: float) -> float:
    """A number as a cell keeps it: no denormals and no minus zero.

    >>> tidy(-0.0), tidy(1e-308)
    (0.0, 0.0)
    """
    return 0.0 if abs(value) < TINY else value


def round_half_away(value: float, digits: float) -> float:
    """Excel's ROUND: halves go away from zero, as the shortest decimal text of the number shows them.

    >>> round_half_away(2.675, 2), round_half_away(-2.5, 0), round_half_away(1234.5, -2)
    (2.68, -3.0, 1200.0)
    """
    if not math.isfinite(value):
        return value
    places = int(digits)
    if places > 15 - math.frexp(value)[1] * 0.30103 + 2:
        return value
    exponent = Decimal(1).scaleb(-places)
    shown = Decimal(f"{value:.15g}")
    return tidy(float(shown.quantize(exponent, rounding=ROUND_HALF_UP, context=_EXACT)))


def fixed(value: float, digits: float) -> str:
    """Excel's FIXED with thousands marks, in the form of an English locale.

    >>> fixed(1234567.891, 1), fixed(-0.4, 0)
    ('1,234,567.9', '0')
    """
    rounded = round_half_away(value, digits)
    return f"{rounded:,.{max(int(digits), 0)}f}"


def as_number(value: CellValue) -> float | ExcelError:
    """A value as an operand of arithmetic: blank is 0, a truth value 0 or 1, a text is #VALUE!."""
    if value is None:
        return 0.0
    if isinstance(value, ExcelError):
        return value
    return VALUE if isinstance(value, str) else float(value)


def edate(start: float, months: float) -> float | ExcelError:
    """The day a whole number of months later, or the month's last day; #NUM! outside 1900 to 9999.

    >>> from_serial(edate(to_serial(date(2024, 1, 31)), 1))
    datetime.date(2024, 2, 29)
    """
    if math.isnan(start) or math.isnan(months):
        return NUM
    day = from_serial(start)
    count = day.year * 12 + day.month - 1 + math.trunc(months)
    year, month = divmod(count, 12)
    if not 1900 <= year <= 9999:
        return NUM
    return to_serial(date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])))


def round_towards(value: float, digits: float, rounding: str) -> float:
    """Excel's ROUNDUP and ROUNDDOWN, on the 15 digits that a cell shows.

    >>> round_towards(2.1, 0, ROUND_UP), round_towards(-2.19, 1, ROUND_DOWN), round_towards(0.1 + 0.2, 1, ROUND_UP)
    (3.0, -2.1, 0.3)
    """
    places = int(digits)
    if not math.isfinite(value) or places > 15 - math.frexp(value)[1] * 0.30103 + 2:
        return value
    shown = Decimal(f"{value:.15g}")
    return tidy(float(shown.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=_EXACT)))


def _finite(value: float) -> float | ExcelError:
    return value if math.isfinite(value) else NUM


def _divide(a: float, b: float) -> float | ExcelError:
    return DIV0 if b == 0 else _finite(a / b)


def _power(a: float, b: float) -> float | ExcelError:
    if (a == 0 and b <= 0) or (a < 0 and not b.is_integer()):
        return NUM
    try:
        return _finite(a**b)
    except OverflowError:
        return NUM


BINARY: Final[dict[str, Callable[[float, float], float | ExcelError]]] = {
    "+": lambda a, b: _finite(a + b),
    "-": lambda a, b: _finite(a - b),
    "*": lambda a, b: _finite(a * b),
    "/": _divide,
    "^": _power,
}
"""Arithmetic on numbers."""


def _mod(a: float, b: float) -> float | ExcelError:
    return DIV0 if b == 0 else _finite(a - b * math.floor(a / b))


def _average(*values: float) -> float | ExcelError:
    return _finite(math.fsum(values) / len(values)) if values else DIV0


def _middle(*values: float) -> float | ExcelError:
    return median(values) if values else NUM


def _product(*values: float) -> float | ExcelError:
    return _finite(math.prod(values)) if values else 0.0


def _percentile(values: Sequence[float], share: float) -> float | ExcelError:
    if not values or not 0 <= share <= 1:
        return NUM
    ordered, place = sorted(values), share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _kth(values: Sequence[float], k: float, *, largest: bool) -> float | ExcelError:
    return sorted(values, reverse=largest)[int(k) - 1] if 1 <= k <= len(values) else NUM


WITH_PARAMETER: Final[dict[str, Callable[[Sequence[float], float], float | ExcelError]]] = {
    "PERCENTILE": _percentile,
    "LARGE": lambda values, k: _kth(values, k, largest=True),
    "SMALL": lambda values, k: _kth(values, k, largest=False),
}
"""Aggregates with a parameter."""


def _exp(a: float) -> float | ExcelError:
    return math.exp(a) if a < 709.78 else NUM


ELEMENTWISE: Final[dict[str, Callable[..., float | str | ExcelError]]] = {
    "BARE": lambda value: value,
    "ABS": abs,
    "ROUND": round_half_away,
    "FIXED": fixed,
    "INT": lambda a: float(math.floor(a)),
    "SQRT": lambda a: math.sqrt(a) if a >= 0 else NUM,
    "EXP": _exp,
    "LN": lambda a: math.log(a) if a > 0 else NUM,
    "ROUNDUP": lambda a, digits: round_towards(a, digits, ROUND_UP),
    "ROUNDDOWN": lambda a, digits: round_towards(a, digits, ROUND_DOWN),
    "MOD": _mod,
    "MIN": lambda *values: min(values, default=0.0),
    "MAX": lambda *values: max(values, default=0.0),
    "AVERAGE": _average,
    "MEDIAN": _middle,
    "PRODUCT": _product,
    "COUNT": lambda *values: float(len(values)),
    "SUM": lambda *values: _finite(math.fsum(values)),
    "AND": lambda *values: float(all(values)),
    "OR": lambda *values: float(any(values)),
    "NOT": lambda a: float(not a),
    "NA": lambda: NA,
    "EDATE": edate,
}
"""Words that take numbers only; an error among the arguments is the result, the first one from the left."""

LAZY: Final = frozenset({"IF", "CHOOSE", "ISNUMBER", "IFERROR", "DIFFERS"})
"""Words that look at an argument before, or instead of, using its value."""
