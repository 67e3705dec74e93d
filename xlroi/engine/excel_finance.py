"""Excel's functions for loans, depreciation, calendars and distributions, on single values.

Definitions and domains follow Microsoft's documentation of each function; every result is finite or an error.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from statistics import NormalDist
from typing import Final

from xlroi.engine.scalar import tidy
from xlroi.values import DIV0, NUM, ExcelError, from_serial, to_serial

__all__ = ["EXCEL_FINANCE"]

Result = float | ExcelError


def _growth(rate: float, periods: float) -> float:
    return math.pow(1 + rate, periods)


def _annuity(rate: float, periods: float, due: float) -> float:
    """What payments of 1 have grown to; without the cancellation of (1 + rate)^periods − 1 at small rates.

    >>> _annuity(0.0, 10.0, 0.0), round(_annuity(1e-12, 360.0, 0.0), 6)
    (10.0, 360.0)
    """
    if rate == 0:
        return periods
    return (1 + rate * (due != 0)) * math.expm1(periods * math.log1p(rate)) / rate


def _pmt(rate: float, nper: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    """
    >>> round(_pmt(0.08 / 12, 10, 10000), 2), round(_pmt(0.08 / 12, 10, 10000, 0, 1), 2), _pmt(0, 4, 100)
    (-1037.03, -1030.16, -25.0)
    """
    if nper == 0 or rate <= -1:
        return NUM
    return -(pv * _growth(rate, nper) + fv) / _annuity(rate, nper, due)


def _fv(rate: float, nper: float, pmt: float, pv: float = 0.0, due: float = 0.0) -> Result:
    """
    >>> round(_fv(0.06 / 12, 10, -200, -500, 1), 2)
    2581.4
    """
    if rate <= -1:
        return NUM
    return -(pv * _growth(rate, nper) + pmt * _annuity(rate, nper, due))


def _pv(rate: float, nper: float, pmt: float, fv: float = 0.0, due: float = 0.0) -> Result:
    """
    >>> round(_pv(0.08 / 12, 12 * 20, 500), 2)
    -59777.15
    """
    if rate <= -1:
        return NUM
    return -(fv + pmt * _annuity(rate, nper, due)) / _growth(rate, nper)


def _ipmt(rate: float, per: float, nper: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    """The rate on what is owed; a payment at the start of the first period carries no interest.

    >>> round(_ipmt(0.1 / 12, 1, 36, 8000), 2), round(_ipmt(0.1, 3, 3, 8000), 2), _ipmt(0.1, 1, 4, 100, 0, 1)
    (-66.67, -292.45, 0.0)
    """
    if per < 1 or per >= nper + 1:
        return NUM
    payment = _pmt(rate, nper, pv, fv, due)
    if isinstance(payment, ExcelError):
        return payment
    if due != 0 and per == 1:
        return 0.0
    owed = _fv(rate, per - 1 - (due != 0), payment, pv, due)
    if isinstance(owed, ExcelError):
        return owed
    return (owed - payment * (due != 0)) * rate


def _ppmt(rate: float, per: float, nper: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    """
    >>> round(_ppmt(0.1 / 12, 1, 24, 2000), 2), round(_ppmt(0.08, 10, 10, 200000), 2)
    (-75.62, -27598.05)
    """
    interest, payment = _ipmt(rate, per, nper, pv, fv, due), _pmt(rate, nper, pv, fv, due)
    if isinstance(interest, ExcelError):
        return interest
    return payment if isinstance(payment, ExcelError) else payment - interest


def _nper(rate: float, pmt: float, pv: float, fv: float = 0.0, due: float = 0.0) -> Result:
    """
    >>> round(_nper(0.12 / 12, -100, -1000, 10000, 1), 2), _nper(0.1, -5, 100)
    (59.67, #NUM!)
    """
    if rate <= -1:
        return NUM
    if rate == 0:
        return NUM if pmt == 0 else -(pv + fv) / pmt
    below = pmt * (1 + rate * (due != 0)) + pv * rate
    # log1p, not the logarithm of a quotient, which lies near 1 at small rates.
    change = -(pv + fv) * rate / below if below else -math.inf
    return NUM if change <= -1 else math.log1p(change) / math.log1p(rate)


def _rate(nper: float, pmt: float, pv: float, fv: float = 0.0, due: float = 0.0, guess: float = 0.1) -> Result:
    """Newton's method from the guess; where that fails, the sign change nearest the guess, halved.

    >>> round(_rate(48, -200, 8000) * 100, 2), _rate(360, -100, -1000)
    (0.77, #NUM!)
    """
    if nper <= 0 or not all(map(math.isfinite, (nper, pmt, pv, fv, due, guess))):
        return NUM

    def rest(rate: float) -> float:
        """What stays unpaid: today's money at positive rates, the last period's at negative ones.

        Both have the same sign and the same roots, and each is the one whose power cannot overflow: an overflow
        that passed for a sign would be taken for a root.
        """
        if rate < 0:
            return pv * _growth(rate, nper) + pmt * _annuity(rate, nper, due) + fv
        power = _growth(rate, -nper)
        level = nper if rate == 0 else -math.expm1(-nper * math.log1p(rate)) / rate
        return pv + pmt * (1 + rate * (due != 0)) * level + fv * power

    found = _newton(rest, guess)
    return _halved(rest, guess) if found is None else found


def _newton(rest: Callable[[float], float], guess: float) -> float | None:
    rate = guess
    for _ in range(30):
        if not -0.99 < rate < 1e4:
            return None
        width = 1e-6 * (1 + rate)
        slope = (rest(rate + width) - rest(rate - width)) / (2 * width)
        if slope == 0:
            return None
        step = rest(rate) / slope
        rate -= step
        if abs(step) <= 1e-13 * (1 + abs(rate)):
            return rate
    return None


def _halved(rest: Callable[[float], float], guess: float) -> Result:
    grid = sorted({0.0, *(math.expm1(k / 8) for k in range(-36, 74)), *([guess] if -0.99 < guess < 1e4 else [])})
    signs = [(rate, rest(rate)) for rate in grid]
    brackets = [(low, high) for (low, a), (high, b) in pairwise(signs) if (a < 0) != (b < 0) or b == 0]
    if not brackets or all(value == 0 for _, value in signs):
        return NUM
    low, high = min(brackets, key=lambda pair: min(abs(pair[0] - guess), abs(pair[1] - guess)))
    if rest(high) == 0:
        return high
    below = rest(low) < 0
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if (rest(middle) < 0) == below else (low, middle)
    return middle


def _sln(cost: float, salvage: float, life: float) -> Result:
    """
    >>> _sln(30000, 7500, 10), _sln(1, 0, 0)
    (2250.0, #DIV/0!)
    """
    return DIV0 if life == 0 else (cost - salvage) / life


def _syd(cost: float, salvage: float, life: float, per: float) -> Result:
    """
    >>> round(_syd(30000, 7500, 10, 1), 2), round(_syd(30000, 7500, 10, 10), 2)
    (4090.91, 409.09)
    """
    if salvage < 0 or life <= 0 or per < 1 or per > life:
        return NUM
    return (cost - salvage) * (life - per + 1) * 2 / (life * (life + 1))


def _db(cost: float, salvage: float, life: float, period: float, month: float = 12.0) -> Result:
    """The rate is rounded to three decimals, as Excel documents it.

    >>> [round(_db(1000000, 100000, 6, period, 7), 2) for period in (1, 2, 7)]
    [186083.33, 259639.42, 15845.1]
    """
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
    amount = (cost - first) * math.pow(1 - rate, per - 2) * rate
    return amount * (12 - months) / 12 if per > life else amount


def _ddb(cost: float, salvage: float, life: float, period: float, factor: float = 2.0) -> Result:
    """
    >>> round(_ddb(2400, 300, 3650, 1), 2), round(_ddb(2400, 300, 10, 2, 1.5), 2), round(_ddb(2400, 300, 10, 10), 2)
    (1.32, 306.0, 22.12)
    """
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
    """Declining balance over whole and part periods, changing to straight line where that is more.

    >>> round(_vdb(2400, 300, 3650, 0, 1), 2), round(_vdb(2400, 300, 120, 6, 18, 1.5), 2)
    (1.32, 311.81)
    """
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
    """
    >>> _year(39448.7), _year(-1)
    (2008.0, #NUM!)
    """
    return NUM if serial < 0 else float(from_serial(serial).year)


def _month(serial: float) -> Result:
    """
    >>> _month(39448), _month(39448 + 31)
    (1.0, 2.0)
    """
    return NUM if serial < 0 else float(from_serial(serial).month)


def _eomonth(serial: float, months: float) -> Result:
    """
    >>> from_serial(_eomonth(to_serial(date(2011, 1, 1)), -3)), from_serial(_eomonth(2958465, 0))
    (datetime.date(2010, 10, 31), datetime.date(9999, 12, 31))
    """
    if serial < 0:
        return NUM
    day = from_serial(serial)
    year, month = divmod(day.year * 12 + day.month - 1 + math.trunc(months), 12)
    if not 1900 <= year <= 9999:
        return NUM
    return to_serial(date(year, month + 1, monthrange(year, month + 1)[1]))


def _poisson(x: float, mean: float, cumulative: float) -> Result:
    """
    >>> round(_poisson(2, 5, 1), 6), round(_poisson(2, 5, 0), 6)
    (0.124652, 0.084224)
    """
    if x < 0 or mean < 0:
        return NUM
    count = math.trunc(x)
    if mean == 0:
        return 1.0 if count == 0 or cumulative else 0.0
    if cumulative:
        from scipy.special import gammaincc  # heavy

        return float(gammaincc(count + 1, mean))
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def _normal(p: float) -> Result:
    """
    >>> round(_normal(0.908789), 6), _normal(1.0)
    (1.333335, #NUM!)
    """
    return NormalDist().inv_cdf(p) if 0 < p < 1 else NUM


def _normal_share(z: float, cumulative: float) -> Result:
    """
    >>> round(_normal_share(1.333333, 1.0), 9), round(_normal_share(1.333333, 0.0), 9)
    (0.908788726, 0.164010148)
    """
    if cumulative:
        return math.erfc(-z / math.sqrt(2)) / 2  # keeps its digits far below 0, where 1 + erf would lose them
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _guarded(function: Callable[..., Result]) -> Callable[..., Result]:
    """An overflow or a division by nothing inside a formula is an error of the sheet, not of Python."""

    def apply(*values: float) -> Result:
        try:
            found = function(*values)
        except (OverflowError, ZeroDivisionError, ValueError):
            return NUM
        if isinstance(found, ExcelError):
            return found
        return tidy(float(found)) if math.isfinite(found) else NUM

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
    "NORM.S.DIST": _normal_share,
}

EXCEL_FINANCE: Final[dict[str, Callable[..., Result]]] = {
    name: _guarded(function) for name, function in _FUNCTIONS.items()
}
"""Each function by its name in Excel: floats in, a float or an error out.

>>> round(EXCEL_FINANCE["PMT"](0.08 / 12, 10, 10000), 2), EXCEL_FINANCE["SLN"](1.0, 0.0, 0.0)
(-1037.03, #DIV/0!)
"""
