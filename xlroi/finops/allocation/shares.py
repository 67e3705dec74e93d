"""Pools shared among teams, and amounts brought to cents with none lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from xlroi.finops.facts import NOBODY, Charge, Origin, Part, Pool
from xlroi.finops.money import multiply, to_cent

__all__ = ["NoShares", "cents", "parts_of"]

Owed = tuple[str, str, str, str, str, Origin]
"""Month, provider, service, team, pool, origin."""


class NoShares(Exception):
    """A pool that cannot be shared in a month, and why."""

    def __init__(self, pool: Pool, month: str, why: str) -> None:
        self.pool, self.month = pool, month
        super().__init__(why)


def parts_of(
    charges: Iterable[Charge],
    pools: Sequence[Pool],
    quantities: Mapping[tuple[str, str, str], Decimal],
    invoices: Mapping[tuple[str, str], Decimal],
    unit: Decimal,
) -> tuple[Part, ...]:
    """What each team bears, exactly and in cents; raises :class:`NoShares`."""
    owed: defaultdict[Owed, Fraction] = defaultdict(Fraction)
    direct: defaultdict[str, defaultdict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    pooled = []
    for charge in charges:
        amount = Fraction(charge.amount)
        if charge.pool:
            pooled.append((charge, amount))
        else:
            owed[charge.month, charge.provider, charge.service, charge.team, "", charge.origin] += amount
            direct[charge.month][charge.team] += amount
    by_name = {pool.name: pool for pool in pools}
    known: dict[tuple[str, str], Mapping[str, Fraction]] = {}
    for charge, amount in pooled:
        if amount:
            at = (charge.pool, charge.month)
            if at not in known:
                known[at] = _shares(by_name[charge.pool], charge.month, direct[charge.month], quantities)
            for team, share in known[at].items():
                key: Owed = (charge.month, charge.provider, charge.service, team, charge.pool, charge.origin)
                owed[key] += amount * share
    by_invoice: defaultdict[tuple[str, str], list[Owed]] = defaultdict(list)
    for key in sorted(owed):
        by_invoice[key[:2]].append(key)
    made: list[Part] = []
    for at in sorted(invoices.keys() | by_invoice.keys()):
        keys, invoice = by_invoice[at], invoices.get(at, Decimal(0))
        exact = [owed[key] for key in keys]
        if sum(exact) != Fraction(invoice):
            raise RuntimeError(f"allocated {float(sum(exact))} of {invoice} in {' '.join(at)}: an error of xlroi")
        total = to_cent(invoice, unit)
        made += [
            Part(month, provider, service, team, pool, origin, of, to)
            for (month, provider, service, team, pool, origin), of, to in zip(
                keys, exact, cents(exact, total, unit), strict=True
            )
        ]
    return tuple(made)


def _shares(
    pool: Pool, month: str, direct: Mapping[str, Fraction], quantities: Mapping[tuple[str, str, str], Decimal]
) -> dict[str, Fraction]:
    """The teams' shares of a pool in a month, which sum to 1.

    What nobody owns bears no part of a pool, unless it is all that there is: then the pool stays unallocated with it.
    """
    weights: Mapping[str, Fraction]
    match pool.method:
        case "fixed":
            weights = pool.weights or {}
        case "driver":
            at = (pool.driver, month)
            weights = {team: Fraction(n) for (*key, team), n in quantities.items() if tuple(key) == at}
            if not any(weights.values()):
                raise NoShares(pool, month, f"the driver {pool.driver} has no quantity in {month}")
        case "even":
            weights = dict.fromkeys(direct, Fraction(1))
            if not weights:
                raise NoShares(pool, month, f"no team has a charge of its own in {month}")
        case "proportional":
            weights = {team: cost for team, cost in direct.items() if cost > 0}
            if not weights:
                raise NoShares(pool, month, f"no team has a direct cost above 0 in {month}")
    if pool.method in ("even", "proportional") and len(weights) > 1:
        weights = {team: weight for team, weight in weights.items() if team != NOBODY}
    whole = sum(weights.values())
    return {team: weight / whole for team, weight in weights.items() if weight}


def cents(exact: Sequence[Fraction], total: Decimal, unit: Decimal) -> list[Decimal]:
    """Exact amounts as multiples of ``unit`` that sum to ``total``, their sum rounded at it.

    Largest remainder (Hamilton): every amount is rounded down, then the missing units go to those whose remainder is
    largest, the first of equals. So each lies within a unit of its exact amount, credits too.

    >>> cents([Fraction(10, 3)] * 3, Decimal("10.00"), Decimal("0.01"))
    [Decimal('3.34'), Decimal('3.33'), Decimal('3.33')]
    >>> cents([Fraction(1, 3), Fraction(-1, 3)], Decimal("0.00"), Decimal("0.01"))
    [Decimal('0.33'), Decimal('-0.33')]
    """
    scaled = [amount / Fraction(unit) for amount in exact]
    floors = [amount.numerator // amount.denominator for amount in scaled]
    missing = int(Fraction(total) / Fraction(unit)) - sum(floors)
    order = sorted(range(len(scaled)), key=lambda i: (floors[i] - scaled[i], i))
    for i in order[:missing]:
        floors[i] += 1
    return [multiply(Decimal(n), unit) for n in floors]
