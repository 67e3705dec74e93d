"""A fiscal year of one budget: what was spent, what is still to come, and whether the budget will do.

With ``left`` the year's budget less what the whole months cost, ``rest`` and ``rest_high`` the sums of the points and
of the 90% quantiles of the months ahead, the probability that the year's budget is exceeded is, in cells::

    sigma       = LN(rest_high/rest)/NORM.S.INV(0.9)
    probability = 1 - NORM.S.DIST(LN(left/rest)/sigma, TRUE)

It rests on two assumptions: the errors of the months ahead move together, so that the quantile of the sum is the sum of
the quantiles, and the sum is lognormal. It is 1 where what was billed is more than the budget, and 0 or 1 with no month
ahead or no width (``rest_high - rest <= 1E-9*rest``). Where a forecast is in amounts (months of 0 or less), the normal
distribution takes the place of the lognormal: ``1 - NORM.DIST(left, rest, (rest_high-rest)/NORM.S.INV(0.9), TRUE)``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist
from typing import Final, Literal

from xlroi.finops.budget.forecasting import Forecast, Z, forecast
from xlroi.finops.budget.months import later, span
from xlroi.finops.money import add, add_all

__all__ = ["Kind", "Month", "Outlook", "outlook", "overrun", "rounded"]

_SURE: Final = 1e-9
"""An interval narrower than this share of its middle is none: every month was the same."""

Kind = Literal["actual", "part", "forecast"]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the fiscal year, and the budget burnt down at its end."""

    month: str
    kind: Kind
    """``part``: billed in part, the rest forecast."""
    budget: Decimal
    cost: float
    spent: float
    """Since the fiscal year began, this month with it."""
    left: float
    """Of the year's budget; below 0 it is exceeded."""
    planned: Decimal
    """What the budget would leave, were every month as budgeted."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A fiscal year. Amounts that were billed or budgeted are exact, what is forecast is not."""

    budget: Decimal
    budget_to_date: Decimal
    """Of the months that are billed whole."""
    actual_to_date: Decimal
    """Of the same months."""
    part: Decimal
    """Billed so far in the month that is not over."""
    forecast: Forecast | None
    """Of the months after the last whole one; None with no month ahead."""
    rest: float
    """Sum of the points of the months ahead; the month that is not over costs no less than its part."""
    rest_low: float | None
    rest_high: float | None
    months: tuple[Month, ...]

    @property
    def variance(self) -> Decimal:
        """Actual less budget to date: above 0 is over budget."""
        return add(self.actual_to_date, -self.budget_to_date)

    @property
    def spent(self) -> Decimal:
        """All that was billed in the fiscal year."""
        return add(self.actual_to_date, self.part)

    @property
    def year_end(self) -> float:
        """What the fiscal year will have cost."""
        return float(self.actual_to_date) + self.rest

    @property
    def burn_rate(self) -> Decimal | None:
        """Mean cost of the whole months of the fiscal year."""
        whole = sum(month.kind == "actual" for month in self.months)
        return self.actual_to_date / whole if whole else None

    @property
    def probability(self) -> float | None:
        """Of exceeding the year's budget; None where there is no interval."""
        if self.forecast is None or (self.spent > self.budget and self.forecast.in_logs):
            return float(self.spent > self.budget)
        left = float(add(self.budget, -self.actual_to_date))
        return overrun(left, self.rest, self.rest_high, in_logs=self.forecast.in_logs)

    def first_month_above(self, amount: Decimal) -> str | None:
        """The first month at whose end more than an amount is spent, by what was billed and is forecast."""
        return next((month.month for month in self.months if rounded(month.spent) > amount), None)


def outlook(costs: Mapping[str, Decimal], billed: Sequence[str], part: str, budget: Mapping[str, Decimal]) -> Outlook:
    """Hold costs by month against a budget by fiscal month.

    ``billed`` are the months that are billed whole, without a gap; a month of them that is not in ``costs`` cost
    nothing. ``part`` is the month after them where it has been billed in part, else empty: it takes no part in the fit,
    is forecast, and costs no less than its part. Raises ``ValueError`` without a whole month.

    >>> year = {month: Decimal(100) for month in span("2026-01", "2026-12")}
    >>> costs = {"2026-01": Decimal(80), "2026-02": Decimal(90), "2026-03": Decimal(95)}
    >>> found = outlook(costs, span("2026-01", "2026-03"), "", year)
    >>> found.variance, round(found.year_end, 2), found.first_month_above(found.budget)  # 265 and nine times 95
    (Decimal('-35'), 1120.0, None)
    """
    if not billed:
        raise ValueError("there is no whole month to forecast from")
    ahead = span(later(billed[-1], 1), max(budget))
    made = forecast([float(costs.get(month, 0)) for month in billed], len(ahead)) if ahead else None
    so_far = costs.get(part, Decimal(0))

    def costing(quantile: Sequence[float]) -> dict[str, float]:
        """The months ahead of the fiscal year."""
        amounts = zip(ahead, quantile, strict=True)
        return {m: max(amount, float(so_far)) if m == part else amount for m, amount in amounts if m in budget}

    middle = costing(made.point) if made else {}
    ends = (made.low, made.high) if made else ((), ())
    low, high = (None if end is None else sum(costing(end).values()) for end in ends)
    known = {month: costs.get(month, Decimal(0)) for month in budget if month <= billed[-1]}
    year = add_all(budget.values())
    planned, spent, months = year, 0.0, []
    for month, share in budget.items():
        kind: Kind = "actual" if month in known else "part" if month == part else "forecast"
        cost = float(known[month]) if month in known else middle[month]
        planned, spent = add(planned, -share), spent + cost
        months.append(Month(month, kind, share, cost, spent, float(year) - spent, planned))
    return Outlook(
        year,
        add_all(budget[month] for month in known),
        add_all(known.values()),
        so_far if part in budget else Decimal(0),
        made,
        sum(middle.values()),
        low,
        high,
        tuple(months),
    )


def rounded(amount: float) -> Decimal:
    """To a thousandth: what is billed evenly and budgeted evenly is not over budget by 1e-13.

    >>> rounded(1200.0000000000005)
    Decimal('1200.0')
    """
    return Decimal(repr(round(amount, 3)))


def overrun(left: float, rest: float, rest_high: float | None, *, in_logs: bool = True) -> float | None:
    """The probability that more comes than is left, by the formulas above; None without an interval.

    >>> round(overrun(110.0, 100.0, 120.0), 4)  # sigma = LN(1.2)/1.2816 = 0.1423; LN(1.1)/sigma = 0.6700
    0.2514
    """
    if in_logs and left <= 0:
        return 1.0
    if rest_high is None:
        return None
    if rest_high - rest <= _SURE * abs(rest):
        return float(rounded(rest) > rounded(left))
    if not in_logs:
        return 1 - NormalDist(rest, (rest_high - rest) / Z).cdf(left)
    return 1 - NormalDist().cdf(math.log(left / rest) * Z / math.log(rest_high / rest))
