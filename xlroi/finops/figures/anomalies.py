"""Days on which a service cost much more, or less, than its own weekdays before.

The expectation of a day is the median of the same weekday in the eight weeks before it. What is ordinary is measured in
those weeks too: each day's deviation from the median of the other days of its weekday, as a share of that median; the
median of these deviations times 1.4826 estimates their standard deviation where they are normal (median absolute
deviation, MAD). The score is the distance from the expectation in those units, and scores beyond 3.5 are reported:
Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), who define the modified z-score and this limit. Medians
do not move with a past spike as means do, and shares let a weekend vary by less money than a Monday.

A unit is no less than 5% of the expectation, so that a service of constant cost does not alarm at a cent; a day needs
four weeks of history. Where the expectation is 0, as of a service that runs on few days, a day is reported that costs
more than every day of its history, and so is the first day of a service that appears four weeks or more after the bill
begins. The last day of a provider is seldom complete: it is not reported for being cheap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import inf
from statistics import median
from typing import Final

import narwhals as nw

from xlroi.finops.bills import Bills
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add
from xlroi.finops.overview import ROWS
from xlroi.finops.profile import Verdict

__all__ = ["REGULAR_USAGE", "Anomalies", "Anomaly", "anomalies", "day_of", "scored"]

REGULAR_USAGE: Final = (nw.col("category") == "Usage") & ~(nw.col("charge_class") == "Correction").fill_null(False)
"""Usage that corrects no earlier month, by the ledger columns ``category`` and ``charge_class``."""

WEEKS: Final = 8
LEAST_WEEKS: Final = 4
LIMIT: Final = 3.5
_NORMAL: Final = Decimal("1.4826")
_FLOOR: Final = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day of a service that is far from what its weekdays cost."""

    day: str
    provider: str | None
    currency: str | None
    service: str | None
    amount: Decimal
    expected: Decimal
    score: float
    """In robust standard deviations; infinite for a service that is new."""
    rows: int

    @property
    def difference(self) -> Decimal:
        """Amount less expectation."""
        return add(self.amount, -self.expected)


@dataclass(frozen=True, slots=True)
class Anomalies:
    """What was found, the largest difference first, and how much was looked at."""

    found: tuple[Anomaly, ...]
    judged: int
    """Days of services that had history enough."""
    unjudged: int
    """Days of services in the window that had not."""
    long_rows: int
    """Charges of usage for more than a day, or without one; left out."""
    long_cost: dict[str | None, Decimal]
    """What they cost, by currency."""


def day_of(text: str | None) -> date | None:
    """The day of a text; None where it is none.

    >>> day_of("2026-03-05"), day_of("soon"), day_of(None)
    (datetime.date(2026, 3, 5), None, None)
    """
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def scored(series: Sequence[Decimal], at: int) -> tuple[Decimal, float] | None:
    """Expectation and score of day ``at`` of a series of daily costs; None without four weeks before it.

    Eight weeks of 10 and one day of 17: 5% of 10 is 0.5, and 7 / 0.5 = 14.

    >>> scored([Decimal(10)] * 56 + [Decimal(17)], 56)
    (Decimal('10'), 14.0)
    """
    first = max(0, at - 7 * WEEKS)
    if at - first < 7 * LEAST_WEEKS:
        return None
    weekdays = [series[at - 7 + k - 7 * ((at - 7 + k - first) // 7) : at : 7] for k in range(7)]
    expected = median(weekdays[0])
    away = [
        abs(days[i] - other) / abs(other)
        for days in weekdays
        for i in range(len(days))
        if (other := median([*days[:i], *days[i + 1 :]]))
    ]
    unit = max(_NORMAL * median(away or [Decimal(0)]), _FLOOR) * abs(expected)
    if not unit:
        return expected, inf if series[at] > max(series[first:at]) else 0.0
    return expected, float((series[at] - expected) / unit)


def anomalies(bills: Bills, verdicts: Sequence[Verdict], *, days: int = 7, least: Decimal = Decimal(1)) -> Anomalies:
    """Days of services among the last ``days`` of each provider that are far from their expectation.

    ``least`` is the difference from which a day is worth a look, in the bill's currency. Only usage that is no
    correction counts, by the column to trust.
    """
    daily = _Daily(bills, {(v.provider, v.currency): v.trust for v in verdicts})
    ends = daily.ends()
    found: list[Anomaly] = []
    judged = unjudged = 0
    for (provider, currency, service), costs in daily.series.items():
        bill_first, last = ends[provider, currency]
        first = min(costs)
        line = [costs.get(first + timedelta(n), (Decimal(0), 0)) for n in range((last - first).days + 1)]
        amounts = [amount for amount, _ in line]
        for at in range(max(0, len(line) - days), len(line)):
            new = at == 0 and (first - bill_first).days >= 7 * LEAST_WEEKS
            verdict = (Decimal(0), inf) if new else scored(amounts, at)
            if verdict is None:
                unjudged += 1
                continue
            judged += 1
            expected, score = verdict
            cheap_as_incomplete = at == len(line) - 1 and score < 0
            if abs(score) > LIMIT and abs(amounts[at] - expected) >= least and not cheap_as_incomplete:
                on = (first + timedelta(at)).isoformat()
                found.append(Anomaly(on, provider, currency, service, amounts[at], expected, score, line[at][1]))
    found.sort(key=lambda a: (str(a.currency), -abs(a.difference), a.day, str(a.service)))
    return Anomalies(tuple(found), judged, unjudged, daily.long_rows, dict(daily.long_cost))


class _Daily:
    """Cost and rows of usage by provider, currency, service and day."""

    def __init__(self, bills: Bills, trust: Mapping[tuple[str | None, str | None], str]) -> None:
        self.series: defaultdict[tuple[str | None, str | None, str | None], dict[date, tuple[Decimal, int]]]
        self.series = defaultdict(dict)
        self.long_rows, self.long_cost = 0, defaultdict[str | None, Decimal](Decimal)
        by = ["charge_start", "charge_end", "provider", "currency", "service"]
        costs = [Measure("billed", "billed"), Measure("effective", "effective")]
        cube = bills.cube(by, [ROWS, *costs], REGULAR_USAGE, ["category", "charge_class"])
        for start, end, provider, currency, service, rows, billed, effective in bills.rows(cube):
            cost = (effective if trust[provider, currency] == "effective" else billed) or Decimal(0)
            day = day_of(start)
            if day is None or (day_of(end) or day) - day > timedelta(days=1):
                self.long_rows, self.long_cost[currency] = self.long_rows + rows, add(self.long_cost[currency], cost)
                continue
            line = self.series[provider, currency, service]
            so_far = line.get(day, (Decimal(0), 0))
            line[day] = (add(so_far[0], cost), so_far[1] + rows)

    def ends(self) -> dict[tuple[str | None, str | None], tuple[date, date]]:
        """The first and the last day of usage of each provider and currency."""
        days: defaultdict[tuple[str | None, str | None], set[date]] = defaultdict(set)
        for (provider, currency, _), line in self.series.items():
            days[provider, currency].update(line)
        return {whose: (min(its), max(its)) for whose, its in days.items()}
