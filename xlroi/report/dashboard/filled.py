"""A dashboard filled from what bills were allocated to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from xlroi.finops.budget.check import Check as BudgetCheck
from xlroi.finops.budget.check import named
from xlroi.finops.budget.outlook import rounded
from xlroi.finops.facts import NOBODY, Allocation
from xlroi.finops.figures.spending import ALL
from xlroi.finops.figures.whole import Figures
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

_MOST: Final = 10
_CROSSED: Final = {
    "actual": "too much is spent",
    "forecast": "the forecast is too high",
    "probability": "overrun is likely",
    "untagged": "too much is untagged",
}


def dashboard_of(
    allocation: Allocation,
    *,
    title: str,
    made: datetime,
    newest: date,
    part: str = "",
    sources: Sequence[Source] = (),
    figures: Figures | None = None,
    budgets: BudgetCheck | None = None,
    remarks: Sequence[str] = (),
) -> Dashboard:
    """Teams, services and checks of an allocation, with figures and budgets of the same bills where there are any.

    ``part`` is the last month where it is billed in part only. Amounts are those of the showback, to the minor unit, so
    that teams, services and invoices have the same sums.
    """
    months = tuple(_months(allocation.months[0], allocation.months[-1]))
    by_team: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    by_service: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    allocated: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for borne in allocation.parts:
        for sums, name in ((by_team, borne.team), (by_service, borne.service), (allocated, borne.provider)):
            sums[name, borne.month] = add(sums[name, borne.month], borne.cents)
    planned = [name for by, name in budgets.outlooks if by == "team"] if budgets else []
    teams = dict.fromkeys([*allocation.teams, *planned])  # a team may have a budget and no cost yet
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
        part=part,
        teams=tuple(
            sorted(_lines(teams, by_team, months), key=lambda line: (line.name == NOBODY, -line.now, line.name))
        ),
        services=tuple(sorted(services, key=lambda line: (-line.now, line.name))),
        checks=tuple(
            Check(f"{provider}, {month}", allocated[provider, month], to_cent(invoice, allocation.unit))
            for (month, provider), invoice in sorted(allocation.invoices.items(), reverse=True)
        ),
        budgets=_budgeted(budgets) if budgets else None,
        movers=tuple(_movers(figures)) if figures else None,
        anomalies=tuple(_anomalies(figures)) if figures else None,
        savings=tuple(_savings(figures)) if figures else None,
        untagged=(*unallocated(allocation), *(_untagged(figures, months[-1]) if figures else ())),
        remarks=tuple(dict.fromkeys([
            *allocation.remarks, *(figures.remarks if figures else ()), *(budgets.remarks if budgets else ()), *remarks,
        ])),
    )  # fmt: skip


def unallocated(allocation: Allocation) -> Iterator[Untagged]:
    """What no rule gave to a team in the last month, by provider."""
    month = allocation.months[-1]
    for provider in sorted({part.provider for part in allocation.parts if part.month == month}):
        parts = [part for part in allocation.parts if (part.month, part.provider) == (month, provider)]
        amount = add_all(part.cents for part in parts if part.team == NOBODY)
        if any(part.team == NOBODY for part in parts):
            whole = add_all(part.cents for part in parts)
            yield Untagged("without a team", provider, allocation.currency, amount, whole)


def _budgeted(found: BudgetCheck) -> dict[str, Budgeted]:
    """Each budget with the thresholds that it crosses: over where more is spent than a year's budget, else at risk."""
    made = {}
    for key, outlook in found.outlooks.items():
        crossed = [_CROSSED[finding.what] for finding in found.findings if finding.key == key]
        made[named(key)] = Budgeted(
            outlook.budget,
            outlook.spent,
            rounded(outlook.year_end),
            outlook.probability,
            outlook.first_month_above(outlook.budget),
            "over" if outlook.spent > outlook.budget else "warning" if crossed else "within",
            ", ".join(crossed),
        )
    return made


def _movers(figures: Figures) -> Iterator[Mover]:
    for by in ("service", "account"):
        for m in [m for m in figures.movers if m.by == by][:_MOST]:
            yield Mover(by, _name(m.name), _name(m.provider), _name(m.currency), m.cost, m.before)


def _anomalies(figures: Figures) -> Iterator[Anomaly]:
    for a in figures.anomalies.found[: 2 * _MOST]:
        yield Anomaly(a.day, _name(a.provider), _name(a.service), _name(a.currency), a.amount, a.expected)


def _savings(figures: Figures) -> Iterator[Saving]:
    for s in figures.savings:
        yield Saving(s.rule.says, _name(s.provider), _name(s.currency), s.per_month, s.claim.confidence, s.claim.why)


def _untagged(figures: Figures, month: str) -> Iterator[Untagged]:
    for k in figures.kpis:
        if k.month == month and k.provider not in (None, ALL) and k.untagged:
            yield Untagged("without any tag", k.provider, _name(k.currency), k.untagged, k.cost)


def _name(text: str | None) -> str:
    return text or "(none)"


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
