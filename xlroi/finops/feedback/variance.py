"""Plan against actual, line by line and month by month, with what price and what volume did.

With planned quantity q and price p, actual quantity Q and price P: volume (Q − q) × p and price (P − p) × Q sum to
P × Q − p × q. Where the plan has no quantity there is no price to split by, and the difference stands unsplit.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from xlroi.finops.feedback.measure import BillMeasurement, Use
from xlroi.model.case import Case, case_from
from xlroi.model.loading import parse_yaml, round_trip
from xlroi.model.template import load_model

__all__ = ["LINES", "Effect", "case_of", "effects", "summed"]

LINES: Final[Mapping[str, str]] = {
    "on_demand": "GPU-hours on demand",
    "one_year": "GPU-hours committed for a year",
    "three_year": "GPU-hours committed for three years",
    "spot": "GPU-hours of spot capacity",
    "unused": "Unused commitments",
    "egress": "Data out",
    "storage": "Data stored",
    "rest": "All other charges",
}
"""Lines of the plan by kind, in the order of reports."""
_UNITS: Final = {"unused": "-", "egress": "GB", "storage": "GB-months", "rest": "-"}


@dataclass(frozen=True, slots=True)
class Effect:
    """A line in a month, planned and actual.

    >>> e = Effect("on_demand", "2026-03", Use(Fraction(100), Fraction(300)), Use(Fraction(120), Fraction(420)))
    >>> float(e.volume), float(e.price), float(e.unsplit), float(e.total)
    (60.0, 60.0, 0.0, 120.0)
    """

    kind: str
    month: str
    planned: Use
    actual: Use

    @property
    def total(self) -> Fraction:
        """Actual less planned cost: positive is more than planned."""
        return self.actual.cost - self.planned.cost

    @property
    def volume(self) -> Fraction:
        """The quantity's part, at the planned price."""
        return (self.actual.quantity - self.planned.quantity) * self._planned_price

    @property
    def price(self) -> Fraction:
        """The price's part, on the actual quantity."""
        return self.actual.cost - self.actual.quantity * self._planned_price if self.planned.quantity else Fraction(0)

    @property
    def unsplit(self) -> Fraction:
        """What has no planned quantity to split it by."""
        return Fraction(0) if self.planned.quantity else self.total

    @property
    def _planned_price(self) -> Fraction:
        return self.planned.cost / self.planned.quantity if self.planned.quantity else Fraction(0)


def effects(plan: Mapping[tuple[str, str], Use], found: BillMeasurement, months: Sequence[str]) -> list[Effect]:
    """Every line in every one of the months; all actuals of a month are its whole bill.

    ``plan`` maps (kind, month) to quantity and cost; kinds are those of :data:`LINES`.
    """
    made = []
    for month in months:
        rest = found.totals.get(month, Fraction(0))
        for kind in LINES:
            planned = plan.get((kind, month), Use())
            actual = found.uses.get((kind, month), Use()) if kind != "rest" else Use(cost=rest)
            rest -= actual.cost
            if planned != Use() or actual != Use():
                made.append(Effect(kind, month, planned, actual))
    return made


def summed(found: Sequence[Effect]) -> dict[str, tuple[Fraction, Fraction, Fraction, Fraction, Fraction, Fraction]]:
    """Of each line, all months together: planned and actual cost, volume, price, unsplit, and the total of these."""
    sums = {}
    for kind in LINES:
        of = [effect for effect in found if effect.kind == kind]
        if of:
            planned, actual = sum((e.planned for e in of), Use()).cost, sum((e.actual for e in of), Use()).cost
            parts = [sum((part(e) for e in of), Fraction(0)) for part in (_volume, _price, _unsplit)]
            sums[kind] = (planned, actual, parts[0], parts[1], parts[2], actual - planned)
    return sums


def _volume(effect: Effect) -> Fraction:
    return effect.volume


def _price(effect: Effect) -> Fraction:
    return effect.price


def _unsplit(effect: Effect) -> Fraction:
    return effect.unsplit


def case_of(found: Sequence[Effect], bill: BillMeasurement, plan: str, as_of: date) -> Case:
    """The case of the variance workbook; ``plan`` names where the plan comes from."""
    months = sorted({effect.month for effect in found})
    total = sum((bill.totals.get(month, Fraction(0)) for month in months), Fraction(0))
    source = f"{plan}; {bill.source.name}"
    data: dict[str, Any] = {
        "model": "bill_variance",
        "title": f"{plan} against the bill, {months[0]} to {months[-1]}"[:200],
        "currency": bill.currency,
        "inputs": {
            "bill_total": {"base": float(total), "source": bill.source.name, "as_of": bill.source.as_of.replace()},
            "start_date": {"base": as_of, "source": bill.source.name},
        },
        "tables": {
            "lines": {
                LINES[kind]: {"counted_in": _UNITS.get(kind, "GPU-hours"), "source": source}
                for kind in LINES
                if any(e.kind == kind for e in found)
            },
            "months": {month: {"first_day": date.fromisoformat(f"{month}-01"), "source": source} for month in months},
            "positions": {
                f"{effect.month} {LINES[effect.kind]}": {
                    "line": LINES[effect.kind],
                    "month": effect.month,
                    "planned_quantity": float(effect.planned.quantity),
                    "planned_cost": float(effect.planned.cost),
                    "actual_quantity": float(effect.actual.quantity),
                    "actual_cost": float(effect.actual.cost),
                    "source": source,
                }
                for effect in found
            },
        },
    }
    text = io.StringIO()
    round_trip().dump(data, text)
    return case_from(parse_yaml(text.getvalue(), "variance"), load_model("bill_variance"))
