"""Excel's functions for loans, depreciation, calendars and distributions, on single values.

Definitions and domains follow Microsoft's documentation of each function; every result is finite or an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import NormalDist
from typing import Final

from xlroi.values import DIV0, NUM, ExcelError, from_serial

__all__ = ["EXCEL_FINANCE"]

Result = float | ExcelError


def _finite(value: float) -> Result:
    return value if math.isfinite(value) else NUM


def _growth(rate: float, periods: float) -> float:
    return math.pow(1 + rate, periods)


def _pmt(rate: float, nper: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    if nper == 0 or rate <= -1:
        return NUM
    if rate == 0:
        return -(pv + fv) / nper
    grown = _growth(rate, nper)
    return -(pv * grown + fv) * rate / ((grown - 1) * (1 + rate * (due != 0)))


def _fv(rate: float, nper: float, pmt: float, pv: float = 0.0, due: float = 0.0) -> Result:
    if rate <= -1:
        return NUM
    if rate == 0:
        return -(pv + pmt * nper)
    grown = _growth(rate, nper)
    return -(pv * grown + pmt * (1 + rate * (due != 0)) * (grown - 1) / rate)


def _pv(rate: float, nper: float, pmt: float, fv: float = 0.0, due: float = 0.0) -> Result:
    if rate <= -1:
        return NUM
    if rate == 0:
        return -(fv + pmt * nper)
    grown = _growth(rate, nper)
    return -(fv + pmt * (1 + rate * (due != 0)) * (grown - 1) / rate) / grown


def _ipmt(rate: float, per: float, nper: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    if per < 1 or per >= nper + 1:
        return NUM
    payment = _pmt(rate, nper, pv, fv, due)
    if isinstance(payment, ExcelError):
        return payment
    if due != 0 and per == 1:
        return 0.0
    owed = _fv(rate, per - 1 - (due != 0), payment, pv, 0.0)
    if due != 0:
        owed = _fv(rate, per - 2, payment, pv, 1.0)
        return owed if isinstance(owed, ExcelError) else (owed - payment) * rate
    return owed if isinstance(owed, ExcelError) else owed * rate


def _ppmt(rate: float, per: float, nper: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    interest, payment = _ipmt(rate, per, nper, pv, fv, due), _pmt(rate, nper, pv, fv, due)
    if isinstance(interest, ExcelError):
        return interest
    return payment if isinstance(payment, ExcelError) else payment - interest


def _nper(rate: float, pmt: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    if rate <= -1:
        return NUM
    if rate == 0:
        return NUM if pmt == 0 else -(pv + fv) / pmt
    level = pmt * (1 + rate * (due != 0))
    above, below = level - fv * rate, level + pv * rate
    if below == 0 or above / below <= 0:
        return NUM
    return math.log(above / below) / math.log1p(rate)


def _rate(nper: float, pmt: float, pv: float, fv: float = 0.0, due: float = 0.0, guess: float = 0.1) -> Result:
    """The root nearest the guess on a widening grid, then bisection."""
    if nper <= 0:
        return NUM

    def rest(rate: float) -> float:
        if abs(rate) < 1e-12:
            return pv + pmt * nper + fv
        try:
            grown = _growth(rate, nper)
        except OverflowError:
            return math.inf
        return pv * grown + pmt * (1 + rate * (due != 0)) * (grown - 1) / rate + fv

    grid = sorted({guess, 0.0, *(guess + s * d for s in (1, -1) for d in (0.5**k for k in range(12)))})
    grid = [g for g in grid if g > -0.99] + [5.0, 10.0, 100.0]
    brackets = [(a, b) for a, b in pairwise(grid) if rest(a) * rest(b) <= 0]
    if not brackets:
        return NUM
    low, high = min(brackets, key=lambda pair: min(abs(pair[0] - guess), abs(pair[1] - guess)))
    below = rest(low)
    if below == 0:
        return low
    for _ in range(200):
        middle = (low + high) / 2
        if below * rest(middle) <= 0:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _sln(cost: float, salvage: float, life: float) -> Result:
    return DIV0 if life == 0 else (cost - salvage) / life


def _syd(cost: float, salvage: float, life: float, per: float) -> Result:
    if salvage < 0 or life <= 0 or per < 1 or per > life:
        return NUM
    return (cost - salvage) * (life - per + 1) * 2 / (life * (life + 1))


def _db(cost: float, salvage: float, life: float, period: float, month: float = 12.0) -> Result:
    """The rate is rounded to three decimals, as Excel documents it."""
    months, per = math.trunc(month), math.trunc(period)
    if cost < 0 or salvage < 0 or life <= 0 or per < 1 or not 1 <= months <= 12:
        return NUM
    if per > life + (months < 12):
        return NUM
    if cost == 0:
        return 0.0
    rate = math.floor((1 - math.pow(salvage / cost, 1 / life)) * 1000 + 0.5) / 1000
    first = cost * rate * months / 12
    if per == 1:
        return first
    before = first
    for _ in range(2, per):
        before += (cost - before) * rate
    if per > life:
        return (cost - before) * rate * (12 - months) / 12
    return (cost - before) * rate


def _ddb(cost: float, salvage: float, life: float, period: float, factor: float = 2.0) -> Result:
    if cost < 0 or salvage < 0 or life <= 0 or period < 1 or period > life or factor <= 0:
        return NUM
    rate = min(factor / life, 1.0)
    if rate >= 1:
        return max(cost - salvage, 0.0) if period == 1 else 0.0
    before = cost * math.pow(1 - rate, period - 1)
    after = before * (1 - rate)
    return max(before - max(after, salvage), 0.0)


def _vdb(
    cost: float, salvage: float, life: float, start: float, end: float, factor: float = 2.0, no_switch: float = 0.0
) -> Result:
    """Declining balance over whole and part periods, changing to straight line where that is more."""
    if cost < 0 or salvage < 0 or life <= 0 or start < 0 or end < start or end > life or factor <= 0:
        return NUM
    total, book = 0.0, cost
    for period in range(math.ceil(end)):
        left = life - period
        declining = min(book * min(factor / life, 1.0), max(book - salvage, 0.0))
        straight = max(book - salvage, 0.0) / left if left >= 1 else max(book - salvage, 0.0)
        amount = max(declining, straight) if no_switch == 0 else declining
        share = max(0.0, min(end, period + 1) - max(start, period))
        total += amount * share
        book -= amount
    return total


def _year(serial: float) -> Result:
    return NUM if serial < 0 else float(from_serial(serial).year)


def _month(serial: float) -> Result:
    return NUM if serial < 0 else float(from_serial(serial).month)


def _eomonth(serial: float, months: float) -> Result:
    """The day before the first of the month after."""
    day = from_serial(serial)
    count = day.year * 12 + day.month + math.trunc(months)
    year, month = divmod(count, 12)
    if not 1900 <= year <= 9999:
        return NUM
    return float((day.replace(year=year, month=month + 1, day=1) - from_serial(0.0)).days - 1)


def _poisson(x: float, mean: float, cumulative: float) -> Result:
    count = math.trunc(x)
    if count < 0 or mean < 0:
        return NUM
    if mean == 0:
        return 1.0 if count == 0 or cumulative else 0.0
    logs = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in (range(count + 1) if cumulative else [count])]
    return min(math.fsum(math.exp(v) for v in logs), 1.0)


def _normal(p: float) -> Result:
    return NormalDist().inv_cdf(p) if 0 < p < 1 else NUM


def _guarded(function: Callable[..., Result]) -> Callable[..., Result]:
    """An overflow or a division by nothing inside a formula is an error of the sheet, not of Python."""

    def apply(*values: float) -> Result:
        try:
            found = function(*values)
        except (OverflowError, ZeroDivisionError, ValueError):
            return NUM
        return found if isinstance(found, ExcelError) else _finite(found)

    return apply


_FUNCTIONS: Final[dict[str, Callable[..., Result]]] = {
    "PMT": _pmt,
    "IPMT": _ipmt,
    "PPMT": _ppmt,
    "FV": _fv,
    "PV": _pv,
    "NPER": _nper,
    "RATE": _rate,
    "SLN": _sln,
    "SYD": _syd,
    "DB": _db,
    "DDB": _ddb,
    "VDB": _vdb,
    "YEAR": _year,
    "MONTH": _month,
    "EOMONTH": _eomonth,
    "POISSON.DIST": _poisson,
    "NORM.S.INV": _normal,
}

EXCEL_FINANCE: Final = {name: _guarded(function) for name, function in _FUNCTIONS.items()}
"""Each function by its name in Excel: floats in, a float or an error out.

>>> round(EXCEL_FINANCE["PMT"](0.08 / 12, 10, 10000), 2), EXCEL_FINANCE["SLN"](1.0, 0.0, 0.0)
(-1037.03, #DIV/0!)
"""
