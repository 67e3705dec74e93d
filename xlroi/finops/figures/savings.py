"""What could be saved, from the bill alone: each finding with its rule, amount, confidence and the lines behind it.

A line counts in one finding only. The finding with the largest amount takes its lines, the others are computed again
without them, and so on: amounts may be added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Final

import narwhals as nw

from xlroi.finops.bills import Bills
from xlroi.finops.figures.anomalies import REGULAR_USAGE
from xlroi.finops.figures.lines import Line, lines
from xlroi.finops.figures.rules import RULES, WORDS, Assumptions, Claim, Period, Rule
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add_all, minor_unit, to_cent
from xlroi.finops.profile import Verdict

__all__ = ["Saving", "savings"]

_USING: Final = ("commitment_status", "capacity_status", "description")
_DAYS_PER_MONTH: Final = Decimal(365) / 12


@dataclass(frozen=True, slots=True)
class Saving:
    """A finding about one provider in one currency."""

    rule: Rule
    provider: str | None
    currency: str | None
    claim: Claim
    cost: Decimal
    """Of the lines behind it, in the period."""
    per_month: Decimal
    """What is saved in the period, by its days, times 365/12 days; rounded at the minor unit.
    What saves less than that is no finding."""


def savings(
    bills: Bills, verdicts: Sequence[Verdict], assumptions: Assumptions
) -> tuple[tuple[Saving, ...], list[str]]:
    """Findings, the largest first by currency, and remarks on what could not be looked for."""
    periods = _periods(bills)
    behind: defaultdict[tuple[str | None, str | None], dict[Rule, list[Line]]]
    behind = defaultdict(lambda: {rule: [] for rule in RULES})
    status, capacity, description = map(nw.col, _USING)
    picked = [status == "Unused", capacity == "Unused", description.str.contains(f"(?i){WORDS}")]
    for line in lines(bills, verdicts, reduce(or_, (one.fill_null(False) for one in picked)), _USING):
        for rule in RULES:
            if rule.wants(line):
                behind[line.provider, line.currency][rule].append(line)
    found: list[Saving] = []
    remarks: list[str] = []
    for verdict in verdicts:
        whose = verdict.provider, verdict.currency
        if doubt := verdict.doubt("effective"):
            remarks.append(f"{verdict.provider}: {doubt}, so unused commitments cannot be seen")
        if whose not in behind or whose not in periods:
            continue
        period = periods[whose]
        left = behind[whose]
        while left:
            claims = {rule: rule.claim(its, period, assumptions) for rule, its in left.items() if its}
            remarks += [f"{verdict.provider}: {one}" for one in claims.values() if isinstance(one, str)]
            claimed = [(rule, one) for rule, one in claims.items() if isinstance(one, Claim) and one.saving > 0]
            if not claimed:
                break
            rule, best = max(claimed, key=lambda one: one[1].saving)
            per_month = to_cent(best.saving / period.days * _DAYS_PER_MONTH, minor_unit(verdict.currency))
            if not per_month:
                break
            found.append(Saving(rule, *whose, best, add_all(line.cost for line in best.lines), per_month))
            taken = {id(line) for line in best.lines}
            left = {
                other: [line for line in left[other] if id(line) not in taken] for other, _ in claimed if other != rule
            }
    found.sort(key=lambda saving: (str(saving.currency), -saving.claim.saving))
    return tuple(found), list(dict.fromkeys(remarks))


def _periods(bills: Bills) -> dict[tuple[str | None, str | None], Period]:
    """The days from the first to the last usage of each provider and currency."""
    ends = [Measure("first", "charge_start", "min"), Measure("last", "charge_start", "max")]
    cube = bills.cube(["provider", "currency"], ends, REGULAR_USAGE, ["category", "charge_class"])
    return {
        (provider, currency): Period(date.fromisoformat(first), date.fromisoformat(last))
        for provider, currency, first, last in bills.rows(cube)
        if first
    }
