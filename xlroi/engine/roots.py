"""Internal rates of return of many rows of cash flows at once: Excel's IRR and XIRR over arrays.

With x = log(1 + rate) the present value is f(x) = Σ flow · exp(−x · time). Multiplied by exp(x · first) for x ≥ 0 and
by exp(x · last) for x < 0, where first and last are the times of the first and the last flow that is not 0, it keeps
its roots, every factor lies in [0, 1] so that nothing overflows, and it does not fade to 0 where the rate nears
infinity or −100%: a residual that is small beside the sum of the absolute terms belongs to a root and to nothing else.

A row is solved by Newton's method in the rate, from the guess: of several roots that is the one Excel's documented
"iterative technique, starting with guess" leads to. A row on which it leaves rates above −1 or does not settle is
searched from end to end, and the root nearest the guess, by log(1 + rate), is refined between its bounds.

Sources: Microsoft Support, "IRR function" and "XIRR function".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["irr", "present_value", "spreadsheet_xirr", "xirr"]

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

_BLOCK: Final = 1 << 17  # flows worked on together: the few arrays of one block stay in the processor's cache
_IRR_TRIES: Final = 20  # Microsoft: "If IRR can't find a result ... after 20 tries, the #NUM! error"
_XIRR_TRIES: Final = 100  # Microsoft: "If XIRR can't find a result ... after 100 tries, the #NUM! error"
_SETTLED: Final = 1e-10  # a Newton step this small leaves an error of about its square
_ROUNDING: Final = 1e-12  # |f| beside its absolute terms: rounding alone stays below 1e-13, a miss far above
_LOWEST: Final = -20.8  # 1 + rate = 1e-9: below it the rate, a number near −1, no longer tells 1 + rate
_SHOWS: Final = 1e-8  # |f| beside its absolute terms that rounding the rate itself may leave
_HIGHEST: Final = 709.0  # above it the rate overflows
_CELLS: Final = 12  # cells of one width, before the width doubles


def present_value(flows: ArrayLike, rate: ArrayLike, times: ArrayLike) -> Array:
    """The value at time 0 of each row of flows: Σ flow / (1 + rate)^time.

    ``flows`` is [..., S] in money, ``rate`` [...] a fraction per unit of time, ``times`` [S] or [..., S] in that
    unit; returns [...] in money. NaN where the rate is −1 or below or the result overflows. Raises ``ValueError``
    where the shapes do not fit. Source: Microsoft Support, "XNPV function".

    >>> round(float(present_value([-10000, 3000, 4200, 6800], 0.1, [1, 2, 3, 4])), 2)
    1188.44
    """
    growth = np.asarray(rate, dtype=np.float64)[..., None]
    with np.errstate(all="ignore"):
        logarithm = np.where(growth > -1, np.log1p(growth), np.nan)
        total = np.sum(np.asarray(flows, dtype=np.float64) * np.exp(-logarithm * np.asarray(times)), axis=-1)
    return np.where(np.isfinite(total), total, np.nan)


def irr(flows: ArrayLike, guess: ArrayLike = 0.1) -> Array:
    """The internal rate of return of flows one step apart, as Excel's IRR.

    ``flows`` is [..., S] in money, at steps 0 to S − 1; ``guess`` fits [...] and is a fraction per step; returns
    [...], a fraction per step. NaN, Excel's #NUM!, where the flows do not have both signs, where no rate above −1
    makes the present value 0, and where a flow or the guess is not finite or the guess is −1 or below; also where the
    only rates are below −1 + 1e-9, which a number near −1 cannot tell apart. Leading zeros are a delayed start.
    Raises ``ValueError`` where the shapes do not fit. Source: Microsoft Support, "IRR function".

    >>> irr([[-70000, 12000, 15000, 18000, 21000, 0], [-70000, 12000, 15000, 18000, 21000, 26000]]).round(3)
    array([-0.021,  0.087])
    """
    rows = _rows(flows)
    return _solve(rows, np.arange(float(rows.shape[-1])), guess, _IRR_TRIES)


def xirr(flows: ArrayLike, dates: ArrayLike, guess: ArrayLike = 0.1) -> Array:
    """The effective annual rate of return of dated flows, as Excel's XIRR.

    ``flows`` is [..., S] in money; ``dates`` [S] or [..., S] are serial day numbers, cut to whole days, in any order
    after the first; ``guess`` fits [...] and is a fraction per year; returns [...], a fraction per year of 365 days.
    NaN where :func:`irr` has it and where a date precedes its row's first date, for which Excel documents #NUM!.
    Raises ``ValueError`` where the shapes do not fit. Source: Microsoft Support, "XIRR function".

    >>> dates = [39448, 39508, 39751, 39859, 39904]
    >>> round(float(xirr([-10000, 2750, 4250, 3250, 2750], dates)), 6)
    0.373363
    """
    rows = _rows(flows)
    days = np.broadcast_to(np.floor(np.asarray(dates, dtype=np.float64)), rows.shape)
    with np.errstate(all="ignore"):
        years = (days - days[..., :1]) / 365
    return _solve(rows, np.where(years >= 0, years, np.nan), guess, _XIRR_TRIES)


def spreadsheet_xirr(flows: ArrayLike, dates: ArrayLike, guess: ArrayLike) -> Array:
    """:func:`xirr` as far as spreadsheets find it: NaN below −99.9%, where they give up the search on dates."""
    rate = xirr(flows, dates, guess)
    return np.where(rate < -0.999, np.nan, rate)


def _rows(flows: ArrayLike) -> Array:
    rows = np.asarray(flows, dtype=np.float64)
    if rows.ndim == 0:
        raise ValueError("flows need an axis of steps")
    return rows


def _solve(flows: Array, times: Array, guess: ArrayLike, tries: int) -> Array:
    """The rates of all rows, a block of rows at a time so that memory stays bounded."""
    shape, steps = flows.shape[:-1], flows.shape[-1]
    start = np.broadcast_to(np.asarray(guess, dtype=np.float64), shape).reshape(-1)
    times = np.broadcast_to(times, flows.shape)
    if flows.size == 0:
        return np.full(shape, np.nan)
    flows, times = flows.reshape(-1, steps), times.reshape(-1, steps)
    rates = np.empty(start.shape)
    size = max(1, _BLOCK // steps)
    with np.errstate(all="ignore"):
        for begin in range(0, len(rates), size):
            block = slice(begin, begin + size)
            rates[block] = _solve_block(flows[block], times[block], np.log1p(start[block]), tries)
    return rates.reshape(shape)


@dataclass(frozen=True, slots=True)
class _Flows:
    """Rows with both signs: flows and times [N, S]; the times of the first and last flow that is not 0, [N]."""

    flows: Array
    times: Array
    first: Array
    last: Array

    def take(self, rows: Indices | NDArray[np.bool_]) -> _Flows:
        return _Flows(self.flows[rows], self.times[rows], self.first[rows], self.last[rows])

    def origin(self, x: Array) -> Array:
        """The time from which factors are counted at x, so that none exceeds 1."""
        return np.where(x >= 0, self.first, self.last)

    def evaluate(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """f, df/dx, the sum of the absolute terms and its derivative, each [N], counted from the origin at x."""
        distance = self.times - self.origin(x)[:, None]
        terms = distance * -x[:, None]
        np.exp(terms, out=terms)
        terms *= self.flows
        slope = -np.einsum("ij,ij->i", terms, distance)
        value = np.einsum("ij->i", terms)
        np.abs(terms, out=terms)
        return value, slope, np.einsum("ij->i", terms), -np.einsum("ij,ij->i", terms, distance)


def _solve_block(flows: Array, times: Array, start: Array, tries: int) -> Array:
    """The rates [N] of one block, from the guesses' logarithms ``start`` [N]."""
    rates = np.full(start.shape, np.nan)
    usable = np.isfinite(flows).all(axis=1) & np.isfinite(times).all(axis=1) & np.isfinite(start)
    usable &= (flows > 0).any(axis=1) & (flows < 0).any(axis=1)
    index = np.flatnonzero(usable)
    if not len(index):
        return rates
    flows, times, start = flows[index], times[index], start[index]
    flows = flows / np.abs(flows).max(axis=1, keepdims=True)
    first = np.where(flows != 0, times, np.inf).min(axis=1)
    last = np.where(flows != 0, times, -np.inf).max(axis=1)
    # The time of a flow of 0 is free: drawn in, its factor cannot overflow.
    rows = _Flows(flows, np.clip(times, first[:, None], last[:, None]), first, last)
    rates[index] = _accepted(rows, _newton(rows, start, tries))
    left = np.flatnonzero(np.isnan(rates[index]) & (last > first))
    if len(left):
        rows = rows.take(left)
        rates[index[left]] = _search(rows, start[left])
    return rates


def _newton(rows: _Flows, start: Array, tries: int) -> Array:
    """Where Newton's method settles, as x [N]; NaN where it does not.

    In the rate, as Excel; a step in the rate is a factor on 1 + rate, and one to −1 or below has no logarithm. Flows
    that change sign once have one root, whatever the way to it: the logarithm of inflows over outflows is then nearly
    a straight line over x, and a few steps on it do where the rate would take hundreds.
    """
    found = np.full(start.shape, np.nan)
    index, x = np.arange(len(start)), start
    single = _changes_once(rows)
    for _ in range(tries):
        value, slope, size, size_slope = rows.evaluate(x)
        inflows, outflows = size + value, size - value
        straight = (size_slope + slope) / inflows - (size_slope - slope) / outflows
        # The derivative Excel has: of the present value at time 0, whatever the origin here.
        relative = -value / (slope - rows.origin(x) * value)
        move = np.where(single, -np.log(inflows / outflows) / straight, np.log1p(relative))
        x = x + move
        settled = np.abs(move) <= _SETTLED
        found[index[settled]] = x[settled]
        going = ~settled & (x > _LOWEST) & (x < _HIGHEST)
        if not going.all():
            rows, index, x, single = rows.take(going), index[going], x[going], single[going]
        if not len(index):
            break
    return found


def _changes_once(rows: _Flows) -> NDArray[np.bool_]:
    """Whether all flows of one sign come before all of the other, [N]."""
    inflow, outflow = rows.flows > 0, rows.flows < 0
    last_in, last_out = (np.where(sign, rows.times, -np.inf).max(axis=1) for sign in (inflow, outflow))
    first_in, first_out = (np.where(sign, rows.times, np.inf).min(axis=1) for sign in (inflow, outflow))
    return np.asarray((last_out <= first_in) | (last_in <= first_out))


def _accepted(rows: _Flows, x: Array) -> Array:
    """The rates at x [N]; NaN where f is not 0 there to rounding, or is 0 all around."""
    value, slope, size, _ = rows.evaluate(x)
    good = (np.abs(value) <= _ROUNDING * size) & (np.abs(slope) * np.exp(-x) * 2.0**-53 <= _SHOWS * size)
    # Flows that cancel on every date, or on the one date that counts there, make f 0 all around, which is no root.
    flat = np.flatnonzero(good & (np.abs(slope) <= 1e-6 * size * (rows.last - rows.first)))
    if len(flat):
        part = rows.take(flat)
        aside = [part.evaluate(x[flat] + shift) for shift in (-3.0, 3.0)]
        good[flat] = np.logical_or.reduce([np.abs(value) > _ROUNDING * size for value, _, size, _ in aside])
    rates = np.expm1(x)
    return np.where(good & np.isfinite(rates), rates, np.nan)


def _search(rows: _Flows, start: Array) -> Array:
    """The rates nearest ``start`` among all roots, [N]; NaN where there is none."""
    rates = np.full(start.shape, np.nan)
    up, down = _cells(rows, 1.0), _cells(rows, -1.0)
    row, near, far = (np.concatenate(pair) for pair in zip(up, down, strict=True))
    part = rows.take(row)
    x = _refine(part, near, far)
    rate = _accepted(part, x)
    order = np.lexsort((np.abs(x - start[row]), np.isnan(rate), row))
    chosen, position = np.unique(row[order], return_index=True)
    rates[chosen] = rate[order[position]]
    return rates


def _cells(rows: _Flows, side: float) -> tuple[Indices, Array, Array]:
    """Cells with a root on one side of x = 0: the row, the end near 0 and the far end, each [C].

    The later a flow counts, the faster f can bend, and the further x is from 0, the fewer flows count: cells begin
    narrow and double in width. A cell with one sign at both ends, towards 0 at one and away from it at the other,
    may hide two roots; f's extremum inside tells.
    """
    distance = rows.times - (rows.first if side > 0 else rows.last)[:, None]
    width = side * np.clip(0.6 / (rows.last - rows.first), 1e-3, 0.1)
    reach = _HIGHEST if side > 0 else -_LOWEST
    doublings = int(np.ceil(np.log2(reach / (_CELLS * np.abs(width).min()) + 1)))
    x, value, slope = np.zeros((3, doublings * _CELLS + 1, len(width)))
    factor = np.exp(-width[:, None] * distance)
    terms = rows.flows.copy()
    for k in range(len(x)):
        value[k] = np.einsum("ij->i", terms)
        slope[k] = -np.einsum("ij,ij->i", terms, distance)
        if k + 1 < len(x):
            if k and k % _CELLS == 0:
                width = 2 * width
                factor *= factor
            x[k + 1] = x[k] + width
            terms *= factor  # one product where exp() would do the same: the cells of one width are even
    positive = value >= 0
    crosses = positive[:-1] != positive[1:]
    cell, row = np.nonzero(crosses)
    near, far = x[cell, row], x[cell + 1, row]

    leaving = np.where(positive, side, -side) * slope  # how |f| changes on the way from 0
    cell, turning = np.nonzero(~crosses & (leaving[:-1] <= 0) & (leaving[1:] >= 0) & (leaving[:-1] != leaving[1:]))
    begin, end, part = x[cell, turning], x[cell + 1, turning], rows.take(turning)
    extremum = _refine(replace(part, flows=part.flows * distance[turning]), begin, end)
    bottom, _, size, _ = part.evaluate(extremum)
    hidden = (bottom >= 0) != positive[cell, turning]
    two, one = np.flatnonzero(hidden), np.flatnonzero(~hidden & (np.abs(bottom) <= _ROUNDING * size))
    return (
        np.concatenate([row, turning[two], turning[two], turning[one]]),
        np.concatenate([near, begin[two], extremum[two], extremum[one]]),
        np.concatenate([far, extremum[two], end[two], extremum[one]]),
    )


def _refine(rows: _Flows, near: Array, far: Array) -> Array:
    """The root between ends of unlike sign, as x [N]: by Newton's method, or by halves where that is slow or leaves."""
    found = (near + far) / 2
    if not len(found):
        return found
    index, x, before = np.arange(len(found)), found, np.abs(far - near)
    side = rows.evaluate(near)[0] >= 0
    for _ in range(200):
        value, slope, _, _ = rows.evaluate(x)
        same = (value >= 0) == side
        near, far = np.where(same, x, near), np.where(same, far, x)
        following = x - value / slope
        inside = (following - near) * (following - far) <= 0
        following = np.where(inside & (np.abs(following - x) <= before / 2), following, (near + far) / 2)
        before, x = np.abs(following - x), following
        found[index] = x
        going = before > 1e-13 * (np.abs(x) + 1e-3)
        if not going.any():
            break
        if not going.all():
            rows, index, x, before = rows.take(going), index[going], x[going], before[going]
            near, far, side = near[going], far[going], side[going]
    return found
