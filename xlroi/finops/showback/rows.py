"""Which teams, services, environments and stages have a row of their own in a workbook, and which share one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from xlroi.finops.facts import DIMENSIONS, NOBODY, Allocation, Part

__all__ = ["AllRows", "Rows", "bearing", "rows_of"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Names of rows, and the row in which each name of the allocation stands."""

    names: tuple[str, ...]
    row: Mapping[str, str]

    def behind(self, row: str) -> list[str]:
        """The names that stand in a row."""
        return [name for name, at in self.row.items() if at == row]


@dataclass(frozen=True, slots=True)
class AllRows:
    """The rows of all tables of a workbook."""

    providers: tuple[str, ...]
    teams: Rows
    services: Rows
    dimensions: Mapping[str, Rows]
    """Of all dimensions but the team."""


def rows_of(
    allocation: Allocation, teams: int, services: int, named: Iterable[tuple[str, str]] = (), most: int = 8
) -> AllRows:
    """The largest names by cost; what is smaller shares a row, and what nobody owns has one.

    ``named`` are teams and services that keep a row, ``("team", "Search")``, as those with a budget. A team with a
    month below 0 keeps one too: among others it would change what these bear of a proportional split.
    """
    by_team: defaultdict[str, Fraction] = defaultdict(Fraction)
    by_service: defaultdict[str, Fraction] = defaultdict(Fraction)
    own: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    by_dimension = {name: defaultdict[str, Fraction](Fraction) for name in DIMENSIONS}
    for part in allocation.parts:
        by_team[part.team] += part.exact
        by_service[part.service] += part.exact
    for kind, name in named:  # a budget has its row, though nothing was spent yet
        if kind in ("team", "service"):
            (by_team if kind == "team" else by_service)[name] += 0
    sharing = {team for pool in allocation.pools for team in pool.weights or ()}
    for team in {*allocation.teams, *sharing}:
        by_team[team] += 0
    for charge in allocation.charges:
        by_service[charge.service] += 0
        if not charge.pool:
            own[charge.team, charge.month] += charge.amount
        for costs, name in zip(by_dimension.values(), charge.owner, strict=True):
            costs[name] += abs(Fraction(charge.amount))
    kept = {team for (team, _), amount in own.items() if amount < 0} | {NOBODY}
    kept |= {name for kind, name in named if kind == "team"}
    kept |= sharing
    return AllRows(
        tuple(sorted({provider for _, provider in allocation.invoices})),
        _rows(by_team, teams, "Other teams", kept),
        _rows(by_service, services, "Other services", {name for kind, name in named if kind == "service"}),
        {
            name: _rows(costs, most, f"Other {name.replace('_', ' ')}s", {NOBODY})
            for name, costs in by_dimension.items()
            if name != "team"
        },
    )


def _rows(costs: Mapping[str, Fraction], most: int, others: str, kept: Collection[str]) -> Rows:
    """The ``most`` largest names, one row for all others, and the kept ones; what nobody owns comes last."""
    order = sorted(costs, key=lambda name: (name == NOBODY, -abs(costs[name]), name))
    own = [name for index, name in enumerate(order) if index < most or name in kept]
    rest = [name for name in order if name not in own]
    if len(rest) == 1:  # alone it needs no other name
        own, rest = order, []
    names = [name for name in own if name != NOBODY]
    while rest and others in names:
        others = f"{others} (small)"
    names += [others] * bool(rest) + [NOBODY] * (NOBODY in own)
    return Rows(tuple(names), {name: name if name in own else others for name in order})


def bearing(parts: Iterable[Part], rows: Rows) -> dict[tuple[str, str], Fraction]:
    """What each row of teams bears in a month, exactly."""
    found: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for part in parts:
        found[part.month, rows.row[part.team]] += part.exact
    return dict(found)
