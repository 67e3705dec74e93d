"""Figures of small bills for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.finops.bill import write_bill
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.figures.kpis import Kpi
from xlroi.finops.figures.whole import Figures, figures


def figured(*files: Path, **wanted: Any) -> Figures:
    """The figures of files."""
    with DuckEngine() as engine:
        return figures(open_bills([str(file) for file in files], engine), **wanted)


def figures_of(folder: Path, rows: Sequence[Mapping[str, str]], **wanted: Any) -> Figures:
    """The figures of rows that differ from an ordinary one as said."""
    return figured(write_bill(folder / "bill.csv", rows), **wanted)


def kpi(found: Figures, month: str, provider: str | None, currency: str = "USD") -> Kpi:
    """The one of a month, provider and currency."""
    (one,) = [k for k in found.kpis if (k.month, k.provider, k.currency) == (month, provider, currency)]
    return one


def on(day: date, cost: str, **more: str) -> dict[str, str]:
    """A charge of a day, all costs the same."""
    first = day.replace(day=1)
    costs = dict.fromkeys(("BilledCost", "EffectiveCost", "ContractedCost", "ListCost"), cost)
    return {
        "BillingPeriodStart": f"{first}T00:00:00Z",
        "BillingPeriodEnd": f"{(first + timedelta(days=32)).replace(day=1)}T00:00:00Z",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        **costs,
        **more,
    }
