"""What was spent by month, by service and, with rules, by team; whether the last month is over; what has no tag."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

import narwhals as nw

from xlroi.errors import InputError
from xlroi.finops.bills import Bills
from xlroi.finops.budget.budgets import Key
from xlroi.finops.budget.months import month_end, span
from xlroi.finops.cleaning import is_one_of
from xlroi.finops.facts import NOBODY, Allocation
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add, add_all
from xlroi.finops.overview import ROWS, look_over
from xlroi.finops.tags import read_tags

__all__ = ["Day", "LastMonth", "Spending", "of_a_day", "spending_of_allocation", "spending_of_bills", "unfinished"]

LastMonth = Literal["auto", "whole", "part"]
NONE: Final = "(none)"
"""Stands where the bill says nothing."""
_DAILY: Final = 7
"""Days in a month on which a provider charged, from which on it is expected to charge every day."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Costs of bills by month, in one currency."""

    currency: str
    cost: str
    """``billed``, ``effective`` or ``mixed``."""
    months: tuple[str, ...]
    """All months of the bills, without a gap."""
    part: str
    """The last of them where it is not over, else empty."""
    newest: str
    """The last day with a charge for use, in the last month."""
    costs: Mapping[Key, Mapping[str, Decimal]]
    """By team, service and in total, by month; a month without cost may be left out."""
    taggable: Mapping[str, Decimal]
    """By month, the cost of the bills alone: what further ledgers add has its owner."""
    untagged: Mapping[str, Decimal]
    """By month, what of it has no tag, or no team by the rules."""
    untagged_means: str
    remarks: tuple[str, ...] = ()

    @property
    def as_of(self) -> date:
        """The newest day with a charge for use, or the end of the last month where the bills do not tell."""
        return date.fromisoformat(self.newest or month_end(self.months[-1]))

    @property
    def whole(self) -> tuple[str, ...]:
        """The months that are billed whole."""
        return self.months[:-1] if self.part else self.months

    def untagged_share(self, months: Iterable[str]) -> Decimal | None:
        """Of the cost of months; None where that is not above 0."""
        asked = set(months)
        whole = add_all(amount for month, amount in self.taggable.items() if month in asked)
        lacking = add_all(amount for month, amount in self.untagged.items() if month in asked)
        return lacking / whole if whole > 0 else None


def spending_of_bills(bills: Bills, cost: str, *, tag: str | None = None, last_month: LastMonth = "auto",
                      keep_repeated: bool = False) -> Spending:  # fmt: skip
    """A FOCUS cost (``billed`` or ``effective``) of bills by service and month.

    Untagged is what has no value for ``tag``, by default no tag at all. Raises :class:`InputError` for bills in two
    currencies, with a month missing, or that cannot be read.
    """
    groups = look_over(bills, keep_repeated=keep_repeated)
    currencies = sorted({group.currency or NONE for group in groups})
    if len(currencies) > 1:
        raise InputError(
            f"the bills are in {', '.join(currencies)}, which cannot be added; give --rules with rates, or bills of one"
        )
    costs: _Costs = defaultdict(lambda: defaultdict(Decimal))
    untagged: defaultdict[str, Decimal] = defaultdict(Decimal)
    for month, service, tags, amount in bills.rows(bills.cube(["month", "service", "tags"], [Measure("cost", cost)])):
        _put(costs, ("service", service or NONE), month, amount or Decimal(0))
        found = read_tags(tags) or {}
        if not (tag in found if tag else found):
            untagged[month] = add(untagged[month], amount or Decimal(0))
    means = f"no value for the tag {tag}" if tag else "no tag"
    return _spending(bills, currencies[0], cost, costs, costs["total", ""], untagged, means, last_month)


def spending_of_allocation(bills: Bills, allocation: Allocation, *, last_month: LastMonth = "auto") -> Spending:
    """What teams bear by month, of the allocation of the same bills, in cents; further ledgers are with it.

    Untagged is what no rule gives a team. Raises :class:`InputError` where a month is missing.
    """
    costs: _Costs = defaultdict(lambda: defaultdict(Decimal))
    taggable: defaultdict[str, Decimal] = defaultdict(Decimal)
    untagged: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in allocation.parts:
        _put(costs, ("service", part.service), part.month, part.cents)
        at = costs["team", part.team]
        at[part.month] = add(at[part.month], part.cents)
        for counted in [taggable, untagged] if part.team == NOBODY else [taggable]:
            if part.origin == "bill":
                counted[part.month] = add(counted[part.month], part.cents)
    return _spending(bills, allocation.currency, allocation.cost, costs, taggable, untagged, "no team", last_month)


_Costs = defaultdict[Key, defaultdict[str, Decimal]]


def _put(costs: _Costs, key: Key, month: str, amount: Decimal) -> None:
    for at in (costs[key], costs["total", ""]):
        at[month] = add(at[month], amount)


def _spending(bills: Bills, currency: str, cost: str, costs: _Costs, taggable: Mapping[str, Decimal],
              untagged: Mapping[str, Decimal], means: str, last_month: LastMonth) -> Spending:  # fmt: skip
    seen = sorted(costs["total", ""])
    months = span(seen[0], seen[-1])
    if gaps := [month for month in months if month not in seen]:
        raise InputError(
            f"the bills have no charge in {', '.join(gaps)}, between {seen[0]} and {seen[-1]}; add the files of these "
            "months: a month without cost would be taken for a fall"
        )
    newest, why = unfinished(_days(bills, months[-2:]), months[-1])
    part = months[-1] if last_month == "part" or (last_month == "auto" and why) else ""
    remarks = (f"{part} is not over ({why or 'as --last-month says'}): it is left out of the fit and forecast",) \
        if part else ()  # fmt: skip
    return Spending(currency, cost, months, part, newest, costs, taggable, untagged, means, remarks)


Day = tuple[str, str, str]


def _days(bills: Bills, months: Sequence[str]) -> list[Day]:
    """Provider, first day and end of the charges for use in months."""
    only = is_one_of(nw.col("category"), ["Usage"]) & is_one_of(nw.col("month"), months)
    cube = bills.cube(["provider", "charge_start", "charge_end"], [ROWS], only, ["category", "month"])
    return [(provider or NONE, start, end or start) for provider, start, end, _ in bills.rows(cube) if start]


def of_a_day(start: str, end: str) -> bool:
    """Whether a charge is of a day or less; what is no date, which a profile reports, tells nothing."""
    try:
        return (date.fromisoformat(end) - date.fromisoformat(start)).days <= 1
    except ValueError:
        return False


def unfinished(days: Iterable[Day], month: str) -> tuple[str, str]:
    """The last day of a month with a charge for use, and why the month is not over yet; empty where it is.

    ``days`` are the provider, first day and end of charges of this month and the one before. A month is not over where
    the last charge of a day or less begins before its last day; nor where a provider that charged on each day, for a
    week at least, stops before it; nor where one that charged on as many days of the month before has no charge yet.
    Bills with charges of longer periods only do not tell: they are taken as whole.

    >>> unfinished([("AWS", "2026-03-16", "2026-03-17"), ("AWS", "2026-03-17", "2026-03-18")], "2026-03")
    ('2026-03-17', 'the last charge is of 2026-03-17')
    >>> unfinished([("AWS", "2026-03-01", "2026-04-01")], "2026-03")
    ('2026-03-01', '')
    """
    now: defaultdict[str, set[str]] = defaultdict(set)
    daily: defaultdict[str, set[str]] = defaultdict(set)
    before: defaultdict[str, set[str]] = defaultdict(set)
    for provider, start, end in days:
        if start[:7] == month:
            now[provider].add(start)
            if of_a_day(start, end):
                daily[provider].add(start)
        elif start < month:
            before[provider].add(start)
    newest = max((max(starts) for starts in now.values()), default="")
    last = f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02}"
    if daily and (end := max(map(max, daily.values()))) < last:
        return newest, f"the last charge is of {end}"
    for provider, starts in sorted(daily.items()):
        if (end := max(starts)) < last and len(starts) == int(end[8:]) >= _DAILY:
            return newest, f"{provider} charged each day until {end}"
    for provider, starts in sorted(before.items()):
        if provider not in now and len(starts) >= _DAILY:
            return newest, f"there is no charge of {provider} yet"
    return newest, ""
