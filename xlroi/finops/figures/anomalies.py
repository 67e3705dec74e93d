"""Days on which a service cost much more, or less, than its own weekdays before.

The expectation of a day is the median of the same weekday in the eight weeks before it. What is ordinary is measured by
the median absolute deviation (MAD) of those weeks' days from the medians of their own weekdays, times 1.4826, which
makes it a standard deviation where days are normal; the score is the distance from the expectation in those units.
Scores beyond 3.5 are reported: Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), who define the modified
z-score and this limit. Medians do not move with a past spike, as means and standard deviations would.

A deviation is measured by no less than 5% of the expectation, so that a service of constant cost does not alarm at a
cent; a day needs four weeks of history. A service that appears four weeks or more after the bill begins is reported on
its first day. The last day of a provider is seldom complete: it is not reported for being cheap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
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

__all__ = ["Anomalies", "Anomaly", "anomalies", "scored"]

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
    """Charges of usage for more than a day, which belong to no day; left out."""
    long_cost: dict[str | None, Decimal]
    """What they cost, by currency."""


def scored(series: Sequence[Decimal], at: int) -> tuple[Decimal, float] | None:
    """Expectation and score of day ``at`` of a series of daily costs; None without four weeks before it.

    Eight weeks of 10 and one day of 17: 5% of 10 is 0.5, and 7 / 0.5 = 14.

    >>> scored([Decimal(10)] * 56 + [Decimal(17)], 56)
    (Decimal('10'), 14.0)
    """
    first = max(0, at - 7 * WEEKS)
    if at - first < 7 * LEAST_WEEKS:
        return None
    expected_of = [median(series[j] for j in range(at - 7 + k, first - 1, -7)) for k in range(7)]
    expected = expected_of[0]
    away = [abs(series[j] - expected_of[(j - at) % 7]) for j in range(first, at)]
    unit = max(_NORMAL * median(away), _FLOOR * abs(expected))
    difference = series[at] - expected
    if not unit:
        return expected, inf if difference > 0 else -inf if difference < 0 else 0.0
    return expected, float(difference / unit)


def anomalies(bills: Bills, verdicts: Sequence[Verdict], *, days: int = 7, least: Decimal = Decimal(1)) -> Anomalies:
    """Days of services among the last ``days`` of each provider that are far from their expectation.

    ``least`` is the difference from which a day is worth a look, in the bill's currency. Only usage that is no
    correction counts, by the column to trust.
    """
    trust = {(v.provider, v.currency): v.trust for v in verdicts}
    usage = (nw.col("category") == "Usage") & (nw.col("charge_class").is_null() | (nw.col("charge_class") == ""))
    by = ["charge_start", "charge_end", "provider", "currency", "service"]
    cube = bills.cube(by, [ROWS, Measure("billed", "billed"), Measure("effective", "effective")], usage,
                      ["category", "charge_class"])  # fmt: skip
    series: defaultdict[tuple[str | None, str | None, str | None], dict[date, tuple[Decimal, int]]] = defaultdict(dict)
    long_rows, long_cost = 0, defaultdict[str | None, Decimal](Decimal)
    for start, end, provider, currency, service, rows, billed, effective in bills.rows(cube):
        cost = (effective if trust[provider, currency] == "effective" else billed) or Decimal(0)
        day = date.fromisoformat(start)
        if end and date.fromisoformat(end) - day > timedelta(days=1):
            long_rows, long_cost[currency] = long_rows + rows, add(long_cost[currency], cost)
            continue
        so_far = series[provider, currency, service].get(day, (Decimal(0), 0))
        series[provider, currency, service][day] = (add(so_far[0], cost), so_far[1] + rows)
    ends: dict[tuple[str | None, str | None], tuple[date, date]] = {}
    for (provider, currency, _), costs in series.items():
        first, last = ends.get((provider, currency), (min(costs), max(costs)))
        ends[provider, currency] = (min(first, *costs), max(last, *costs))
    found: list[Anomaly] = []
    judged = unjudged = 0
    for (provider, currency, service), costs in series.items():
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
            partial = at == len(line) - 1 and score < 0
            if abs(score) > LIMIT and abs(amounts[at] - expected) >= least and not partial:
                day = (first + timedelta(at)).isoformat()
                found.append(Anomaly(day, provider, currency, service, amounts[at], expected, score, line[at][1]))
    found.sort(key=lambda a: (str(a.currency), -abs(a.difference), a.day, str(a.service)))
    return Anomalies(tuple(found), judged, unjudged, long_rows, dict(long_cost))
