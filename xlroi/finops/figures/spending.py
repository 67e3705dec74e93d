"""What was spent by month on each service, account and tag, in one pass over a bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final

from xlroi.finops.bills import Bills
from xlroi.finops.facts import Allocation
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add
from xlroi.finops.profile import Verdict
from xlroi.finops.tags import read_tags

__all__ = ["ALL", "Cell", "Mover", "Spending", "allocated", "movers", "spending"]

ALL: Final = "ALL"
"""Stands for all providers together."""
Whose = tuple[str, str | None, str | None]
"""Month, provider or :data:`ALL`, and currency."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where cost falls: of a service, account and team (a tag's value; empty where there is none)."""

    month: str
    provider: str | None
    currency: str | None
    service: str | None
    account: str | None
    team: str


@dataclass(slots=True)
class Spending:
    """Cost by the column to trust of each provider."""

    tag: str
    """The tag key that says whose a charge is; empty where none was chosen."""
    cells: defaultdict[Cell, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    untagged: defaultdict[Whose, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Cost of charges without any tag that has a value."""
    lacking: defaultdict[Whose, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Cost of charges without a value for the chosen key."""


def spending(bills: Bills, verdicts: Sequence[Verdict], tag: str = "") -> Spending:
    """A bill by month, provider, service, sub-account and the value of ``tag``."""
    trust = {(v.provider, v.currency): v.trust for v in verdicts}
    found = Spending(tag)
    by = ["month", "provider", "currency", "service", "account", "sub_account", "tags"]
    costs = [Measure("billed", "billed"), Measure("effective", "effective")]
    for month, provider, currency, service, account, sub_account, text, billed, effective in bills.rows(
        bills.cube(by, costs)
    ):
        cost = (effective if trust[provider, currency] == "effective" else billed) or Decimal(0)
        tags = _tags(text)
        cell = Cell(month, provider, currency, service, sub_account or account, tags.get(tag, ""))
        found.cells[cell] = add(found.cells[cell], cost)
        if tags and tag in (*tags, ""):
            continue
        for whose in ((month, provider, currency), (month, ALL, currency)):
            if not tags:
                found.untagged[whose] = add(found.untagged[whose], cost)
            if tag:
                found.lacking[whose] = add(found.lacking[whose], cost)
    return found


@lru_cache(maxsize=65_536)
def _tags(text: str | None) -> dict[str, str]:
    # The tags of a resource come back for every month and service.
    return read_tags(text) or {}


def allocated(allocation: Allocation) -> dict[Cell, Decimal]:
    """What teams bear after allocation, in the cells of a spending; accounts are not known there."""
    found: defaultdict[Cell, Decimal] = defaultdict(Decimal)
    for part in allocation.parts:
        cell = Cell(part.month, part.provider, allocation.currency, part.service, None, part.team)
        found[cell] = add(found[cell], part.cents)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Mover:
    """A service or account whose cost changed from one month to the next."""

    by: str
    """``service`` or ``account``."""
    name: str | None
    provider: str | None
    currency: str | None
    month: str
    cost: Decimal
    before: Decimal
    """In the month before; 0 where it had no charges."""

    @property
    def change(self) -> Decimal:
        """Cost less that of the month before."""
        return add(self.cost, -self.before)

    @property
    def share(self) -> float | None:
        """The change over the month before; None of nothing."""
        return float(self.change / self.before) if self.before > 0 else None


def movers(spending: Spending) -> tuple[Mover, ...]:
    """Services and accounts by how much their cost changed, the largest change first.

    The last month of each provider is held against the month before; a provider with one month has none.
    """
    months: defaultdict[tuple[str | None, str | None], set[str]] = defaultdict(set)
    for cell in spending.cells:
        months[cell.provider, cell.currency].add(cell.month)
    sums: defaultdict[tuple[str, str | None, str | None, str | None], dict[str, Decimal]] = defaultdict(dict)
    for cell, cost in spending.cells.items():
        for by in ("service", "account"):
            held = sums[by, getattr(cell, by), cell.provider, cell.currency]
            held[cell.month] = add(held.get(cell.month, Decimal(0)), cost)
    found = []
    for (by, name, provider, currency), costs in sums.items():
        *_, before, month = ["", *sorted(months[provider, currency])]
        mover = Mover(by, name, provider, currency, month, costs.get(month, Decimal(0)), costs.get(before, Decimal(0)))
        if before and mover.change:
            found.append(mover)
    return tuple(sorted(found, key=lambda m: (str(m.currency), m.by, -abs(m.change), str(m.name))))
