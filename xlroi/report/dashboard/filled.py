"""A dashboard filled from what bills were allocated to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from xlroi.finops.facts import NOBODY, Allocation
from xlroi.finops.money import add, add_all, to_cent
from xlroi.report.dashboard.content import (
    Anomaly,
    Budgeted,
    Check,
    Dashboard,
    Line,
    Mover,
    Saving,
    Source,
    Untagged,
)

__all__ = ["dashboard_of", "unallocated"]


def dashboard_of(
    allocation: Allocation,
    *,
    title: str,
    made: datetime,
    newest: date,
    sources: Sequence[Source] = (),
    budgets: Mapping[str, Budgeted] | None = None,
    movers: Sequence[Mover] | None = None,
    anomalies: Sequence[Anomaly] | None = None,
    savings: Sequence[Saving] | None = None,
    untagged: Sequence[Untagged] = (),
    remarks: Sequence[str] = (),
) -> Dashboard:
    """Teams, services and checks of an allocation, beside what else was computed of the same bills.

    Amounts are those of the showback, to the minor unit, so that teams, services and invoices have the same sums.
    """
    months = tuple(_months(allocation.months[0], allocation.months[-1]))
    by_team: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    by_service: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    allocated: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for part in allocation.parts:
        for sums, name in ((by_team, part.team), (by_service, part.service), (allocated, part.provider)):
            sums[name, part.month] = add(sums[name, part.month], part.cents)
    services = _lines({service: None for service, _ in by_service}, by_service, months)
    return Dashboard(
        title=title,
        currency=allocation.currency,
        unit=allocation.unit,
        cost=allocation.cost,
        made=made,
        newest=newest,
        sources=tuple(sources),
        months=months,
        teams=tuple(_lines(allocation.teams, by_team, months)),
        services=tuple(sorted(services, key=lambda line: (-line.now, line.name))),
        checks=tuple(
            Check(f"{provider}, {month}", allocated[provider, month], to_cent(invoice, allocation.unit))
            for (month, provider), invoice in sorted(allocation.invoices.items(), reverse=True)
        ),
        budgets=budgets,
        movers=None if movers is None else tuple(movers),
        anomalies=None if anomalies is None else tuple(anomalies),
        savings=None if savings is None else tuple(savings),
        untagged=(*unallocated(allocation), *untagged),
        remarks=(*allocation.remarks, *remarks),
    )


def unallocated(allocation: Allocation) -> Iterator[Untagged]:
    """What no rule gave to a team in the last month, by provider."""
    month = allocation.months[-1]
    for provider in sorted({part.provider for part in allocation.parts if part.month == month}):
        parts = [part for part in allocation.parts if (part.month, part.provider) == (month, provider)]
        amount = add_all(part.cents for part in parts if part.team == NOBODY)
        if any(part.team == NOBODY for part in parts):
            whole = add_all(part.cents for part in parts)
            yield Untagged("without a team", provider, allocation.currency, amount, whole)


def _lines(names: Sequence[str] | Mapping[str, None], sums: Mapping[tuple[str, str], Decimal],
           months: Sequence[str]) -> list[Line]:  # fmt: skip
    return [Line(name, tuple(sums.get((name, month), Decimal(0)) for month in months)) for name in names]


def _months(first: str, last: str) -> Iterator[str]:
    """Every month from one to another.

    >>> list(_months("2025-11", "2026-01"))
    ['2025-11', '2025-12', '2026-01']
    """
    at, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    for number in range(at, end + 1):
        yield f"{number // 12}-{number % 12 + 1:02}"
