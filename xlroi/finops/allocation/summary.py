"""An allocation in a few sums: the proof, by team, by pool, what is unallocated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from xlroi.finops.csvs import csv_line
from xlroi.finops.facts import DIMENSIONS, NOBODY, Allocation, Pool
from xlroi.finops.money import add, add_all, to_cent

__all__ = ["Proof", "TeamCost", "by_dimension", "by_pool", "by_team", "proofs", "showback_csv"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a month and provider cost, and what was allocated of it."""

    month: str
    provider: str
    invoice: Decimal
    """Counted apart from the rules, exact."""
    due: Decimal
    """The invoice to the minor unit."""
    allocated: Decimal
    """The sum of the parts in minor units."""


@dataclass(frozen=True, slots=True)
class TeamCost:
    """What a team bears over all months, in minor units."""

    team: str
    own: Decimal
    shared: Decimal

    @property
    def total(self) -> Decimal:
        """Own and shared."""
        return add(self.own, self.shared)


def proofs(allocation: Allocation) -> list[Proof]:
    """A proof for each month and provider: ``allocated`` must be ``due``."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for part in allocation.parts:
        at = (part.month, part.provider)
        found[at] = add(found[at], part.cents)
    return [
        Proof(*at, invoice, to_cent(invoice, allocation.unit), found[at]) for at, invoice in allocation.invoices.items()
    ]


def by_team(allocation: Allocation) -> list[TeamCost]:
    """Every team's cost, the largest first, what nobody owns last."""
    own = dict.fromkeys(allocation.teams, to_cent(Decimal(0), allocation.unit))
    shared = own.copy()
    for part in allocation.parts:
        to = shared if part.pool else own
        to[part.team] = add(to[part.team], part.cents)
    found = [TeamCost(team, own[team], shared[team]) for team in allocation.teams]
    return sorted(found, key=lambda cost: (cost.team == NOBODY, -cost.total))


def by_pool(allocation: Allocation) -> list[tuple[Pool, Decimal]]:
    """Every pool with its cost, exact."""
    return [
        (pool, add_all(charge.amount for charge in allocation.charges if charge.pool == pool.name))
        for pool in allocation.pools
    ]


def by_dimension(allocation: Allocation) -> dict[str, dict[str, Decimal]]:
    """The cost of each name of each dimension that any rule or ledger filled, pools before they are shared.

    Exact; :data:`NOBODY` is what has no name. What is in a pool has no team.
    """
    found: dict[str, dict[str, Decimal]] = {dimension: {} for dimension in DIMENSIONS}
    for charge in allocation.charges:
        for dimension, name in zip(DIMENSIONS, charge.owner, strict=True):
            if not (charge.pool and dimension == "team"):
                found[dimension][name] = add(found[dimension].get(name, Decimal(0)), charge.amount)
    return {d: names for d, names in found.items() if d == "team" or set(names) - {NOBODY}}


def showback_csv(allocation: Allocation) -> Iterator[str]:
    """The parts, a line each, as CSV; a text that a spreadsheet would take for a formula has an apostrophe in front."""
    yield csv_line("month", "provider", "service", "team", "pool", "origin", "amount", "currency")
    for part in allocation.parts:
        texts = (part.month, part.provider, part.service, part.team, part.pool, part.origin)
        yield csv_line(*texts, f"{part.cents:f}", allocation.currency)
