"""Key figures of a bill, by month, provider and currency; currencies are never added.

**Which rows count.** Savings rates, utilisation and coverage are of usage: ChargeCategory ``Usage`` that is no
``Correction``. Purchases of commitments are left out, as their use carries their effective cost (FOCUS,
EffectiveCost); taxes, credits and adjustments are no prices of usage.

- Effective savings rate = (contracted − effective) / contracted, and over list alike (FinOps Foundation, use case
  "Determine Effective Savings Rate"). What is paid for an unused commitment is in the effective cost; its contracted
  and list cost count as 0, for nothing was used that on-demand prices would have charged: a commitment that lies idle
  lowers the rate, whatever a provider writes into these columns.
- Utilisation = Used / (Used + Unused), by effective cost (FOCUS, CommitmentDiscountStatus).
- Coverage = Committed / (Committed + Standard) of the service categories that commitments are sold for, unused left
  out. By effective cost, where a discount makes what is covered look smaller, and by list cost, which weighs all usage
  alike. FOCUS 1.4 can say which charges are eligible (CommitmentProgramEligibilityDetails); older versions cannot.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from xlroi.finops.bills import Bills
from xlroi.finops.facts import NOBODY, Allocation
from xlroi.finops.figures.spending import ALL, Spending
from xlroi.finops.focus import COSTS
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add, add_all
from xlroi.finops.overview import ROWS
from xlroi.finops.profile import Verdict

__all__ = ["COMMITTABLE", "Kpi", "Rate", "allocation_coverage", "kpis", "ratio"]

COMMITTABLE: Final = ("Compute", "Databases", "AI and Machine Learning")
"""FOCUS service categories for whose usage providers sell commitments."""
_PRICED: Final = ("Committed", "Standard")
_NO_USE: Final = "there are no commitments"
_BY: Final = ("month", "provider", "currency", "category", "charge_class", "pricing", "commitment_status",
              "service_category")  # fmt: skip
_MEASURES: Final = (
    ROWS,
    *(Measure(cost, cost) for cost in COSTS),
    *(Measure(f"count_{cost}", cost, "count") for cost in COSTS),
    Measure("first", "charge_start", "min"),
    Measure("last", "charge_start", "max"),
)

Group = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of 1, or why there is none."""

    value: float | None
    why: str = ""
    """Why there is no value; empty where there is one."""
    part: Decimal = field(default=Decimal(0), repr=False)
    """What it is a share of is ``whole``; both 0 where there is no value."""
    whole: Decimal = field(default=Decimal(0), repr=False)


@dataclass(frozen=True, slots=True)
class Kpi:
    """Figures of one provider, or of :data:`ALL`, in a month and currency. Amounts are exact."""

    month: str
    provider: str | None
    currency: str | None
    whole: bool
    """Whether there are charges for the first and the last day of the month."""
    cost: Decimal
    """By the column to trust of each provider, effective or billed."""
    billed: Decimal
    """On the invoice: cash."""
    effective: Decimal | None
    """Amortised: commitments spread over their use. None where it is not to be trusted, or empty in some rows."""
    over_contracted: Rate
    over_list: Rate
    used: Decimal
    """Effective cost of commitments that were used."""
    unused: Decimal
    utilisation: Rate
    coverage: Rate
    """By effective cost."""
    coverage_at_list: Rate
    untagged: Decimal
    """Cost without any tag."""
    untagged_share: Rate
    lacking: Decimal | None
    """Cost without a value for the chosen tag key; None where none was chosen."""
    lacking_share: Rate | None
    credits: Decimal
    """Billed cost of credits, mostly negative."""
    adjustments: Decimal
    corrections: Decimal
    """Billed cost of corrections of earlier months, refunds among them."""
    before: Decimal | None
    """Cost of the month before; None where the bill does not have it."""

    @property
    def change(self) -> Decimal | None:
        """Cost less that of the month before."""
        return None if self.before is None else add(self.cost, -self.before)


def ratio(part: Decimal, whole: Decimal, why: str = "") -> Rate:
    """A share as a rate; ``why`` says that it must not be computed, or what it means that the whole is 0 or less.

    >>> ratio(Decimal(1), Decimal(4)), ratio(Decimal(1), Decimal(0))
    (Rate(value=0.25, why=''), Rate(value=None, why='there is nothing to divide by'))
    """
    if why or whole <= 0:
        return Rate(None, why or "there is nothing to divide by")
    return Rate(float(part / whole), "", part, whole)


def kpis(bills: Bills, verdicts: Sequence[Verdict], spending: Spending) -> tuple[Kpi, ...]:
    """Figures of every month, provider and currency, each month's providers before its total.

    ``verdicts`` say which columns to trust, as :func:`xlroi.finops.profile.verdicts` finds; ``spending`` is the same
    bill by service, account and tag.
    """
    trust = {(v.provider, v.currency): v for v in verdicts}
    groups: defaultdict[tuple[str, str | None], defaultdict[str | None, list[Group]]]
    groups = defaultdict(lambda: defaultdict(list))
    names = (*_BY, *(measure.id for measure in _MEASURES))
    for row in bills.rows(bills.cube(_BY, _MEASURES)):
        group = dict(zip(names, row, strict=True))
        groups[group["month"], group["currency"]][group["provider"]].append(group)
    found: list[Kpi] = []
    costs: dict[tuple[str | None, str | None, str], Decimal] = {}
    for (month, currency), by_provider in sorted(groups.items(), key=str):
        whose: list[tuple[str | None, list[str | None]]] = [(p, [p]) for p in sorted(by_provider, key=str)]
        if len(by_provider) > 1:
            whose.append((ALL, list(by_provider)))
        for provider, providers in whose:
            held = [_Held(trust[p, currency], by_provider[p]) for p in providers]
            costs[provider, currency, month] = add_all(one.cost for one in held)
            before = costs.get((provider, currency, _before(month)))
            found.append(_kpi(month, provider, currency, held, spending, before))
    return tuple(found)


def _before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


@dataclass(frozen=True, slots=True)
class _Held:
    """The groups of one provider in a month, and which of its columns to trust."""

    verdict: Verdict
    groups: Sequence[Group]

    @property
    def cost(self) -> Decimal:
        return _total(self.verdict.trust, self.groups)

    @property
    def usage(self) -> list[Group]:
        return [group for group in _regular(self.groups) if group["category"] == "Usage"]

    @property
    def committed(self) -> list[Group]:
        """Usage of commitments, and what of them was not used."""
        return [group for group in self.usage if group["commitment_status"] in ("Used", "Unused")]

    @property
    def drawn(self) -> list[Group]:
        """Usage without unused commitments."""
        return [group for group in self.usage if group["commitment_status"] != "Unused"]

    @property
    def eligible(self) -> list[Group]:
        """What commitments cover, or could."""
        return [g for g in self.drawn if g["service_category"] in COMMITTABLE and g["pricing"] in _PRICED]

    def doubt(self, cost: str, groups: Sequence[Group]) -> str:
        """Why a cost of these groups is not to be relied upon; empty where it is, and of no groups."""
        rows, filled = sum(g["rows"] for g in groups), sum(g[f"count_{cost}"] for g in groups)
        lacks = f"{cost.capitalize()}Cost is empty in {rows - filled:,} of {rows:,} rows of usage"
        said = self.verdict.doubt(cost) or (lacks if filled < rows else "")
        return said if groups else ""


def _total(cost: str, groups: Iterable[Group]) -> Decimal:
    return add_all(group[cost] or Decimal(0) for group in groups)


def _regular(groups: Iterable[Group]) -> list[Group]:
    """Without corrections of earlier months."""
    return [group for group in groups if group["charge_class"] != "Correction"]


def _kpi(month: str, provider: str | None, currency: str | None, held: Sequence[_Held], spending: Spending,
         before: Decimal | None) -> Kpi:  # fmt: skip
    groups = [group for one in held for group in one.groups]
    usage = [group for one in held for group in one.usage]
    used, unused = (_total("effective", [g for g in usage if g["commitment_status"] == s]) for s in ("Used", "Unused"))
    no_use = _doubts(held, "effective", lambda one: one.committed) if any(one.committed for one in held) else _NO_USE
    cost = add_all(one.cost for one in held)
    whose = (month, provider, currency)
    untagged, lacking = spending.untagged.get(whose, Decimal(0)), spending.lacking.get(whose, Decimal(0))
    days = [day for group in groups for day in (group["first"], group["last"]) if day]
    last_day = f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]}"
    return Kpi(
        month,
        provider,
        currency,
        bool(days) and min(days) <= f"{month}-01" and max(days) >= last_day,
        cost,
        _total("billed", groups),
        None if any(one.doubt("effective", one.groups) for one in held) else _total("effective", groups),
        _savings_rate("contracted", held),
        _savings_rate("list", held),
        used,
        unused,
        ratio(used, add(used, unused), no_use),
        _coverage("effective", held),
        _coverage("list", held),
        untagged,
        _untagged_share(untagged, cost),
        lacking if spending.tag else None,
        _untagged_share(lacking, cost) if spending.tag else None,
        _total("billed", [g for g in _regular(groups) if g["category"] == "Credit"]),
        _total("billed", [g for g in _regular(groups) if g["category"] == "Adjustment"]),
        _total("billed", [g for g in groups if g["charge_class"] == "Correction"]),
        before,
    )


def _untagged_share(amount: Decimal, cost: Decimal) -> Rate:
    return ratio(amount, cost, "" if 0 <= amount <= cost else "credits outweigh what is tagged or what is not")


def _doubts(held: Sequence[_Held], cost: str, of: Callable[[_Held], Sequence[Group]]) -> str:
    """What there is to say against a column, each provider by its name where there are several."""
    found = [(one.verdict.provider, said) for one in held if (said := one.doubt(cost, of(one)))]
    return "; ".join(said if len(held) == 1 else f"{provider}: {said}" for provider, said in found)


def _savings_rate(price: str, held: Sequence[_Held]) -> Rate:
    doubts = (_doubts(held, "effective", lambda one: one.usage), _doubts(held, price, lambda one: one.drawn))
    would_be = add_all(_total(price, one.drawn) for one in held)
    paid = add_all(_total("effective", one.usage) for one in held)
    return ratio(add(would_be, -paid), would_be, "; ".join(filter(None, doubts)))


def _coverage(cost: str, held: Sequence[_Held]) -> Rate:
    eligible = [group for one in held for group in one.eligible]
    if not eligible:
        return Rate(None, f"there is no committed or standard usage of {', '.join(COMMITTABLE)}")
    committed = _total(cost, [group for group in eligible if group["pricing"] == "Committed"])
    return ratio(committed, _total(cost, eligible), _doubts(held, cost, lambda one: one.eligible))


def allocation_coverage(allocation: Allocation) -> Iterator[tuple[str, Rate]]:
    """The share of each month's allocated cost that has an owner, of all teams but :data:`NOBODY`."""
    for month in allocation.months:
        parts = [part for part in allocation.parts if part.month == month]
        owned = add_all(part.cents for part in parts if part.team != NOBODY)
        yield month, ratio(owned, add_all(part.cents for part in parts))
