"""Commitment discounts: what was used of what was paid for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from xlroi.finops.bills import Bills
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add, add_all

__all__ = ["Commitment", "commitments"]


@dataclass(frozen=True, slots=True)
class Commitment:
    """Effective cost of a provider's commitments in a month, used and unused."""

    provider: str | None
    currency: str | None
    month: str
    used: Decimal
    unused: Decimal

    @property
    def utilisation(self) -> float | None:
        """Used over used and unused, from 0 to 1 (FOCUS use-case library); None where nothing was committed."""
        whole = add(self.used, self.unused)
        return float(self.used / whole) if whole else None


def commitments(bills: Bills) -> Iterator[Commitment]:
    """Used and unused commitments by provider, currency and month, from EffectiveCost and CommitmentDiscountStatus."""
    by = ["provider", "currency", "month", "commitment_status"]
    found: dict[tuple[str | None, str | None, str], dict[str, Decimal]] = {}
    for provider, currency, month, status, cost in bills.rows(bills.cube(by, [Measure("cost", "effective")])):
        if status in ("Used", "Unused"):
            at = found.setdefault((provider, currency, month), {"Used": Decimal(0), "Unused": Decimal(0)})
            at[status] = add_all([at[status], cost or Decimal(0)])
    for (provider, currency, month), cost_by in sorted(found.items(), key=str):
        yield Commitment(provider, currency, month, cost_by["Used"], cost_by["Unused"])
