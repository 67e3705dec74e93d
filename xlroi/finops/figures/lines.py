"""Lines of a bill: what stands behind a figure, by day, account, resource and SKU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

import narwhals as nw

from xlroi.finops.bills import Bills
from xlroi.finops.cleaning import is_one_of
from xlroi.finops.csvs import csv_line
from xlroi.finops.figures.anomalies import REGULAR_USAGE, Anomaly, day_of
from xlroi.finops.ledger import Measure
from xlroi.finops.money import shown
from xlroi.finops.overview import ROWS
from xlroi.finops.profile import Verdict

__all__ = ["Line", "behind", "lines", "lines_csv"]

_BY: Final = ("charge_start", "charge_end", "provider", "currency", "service_category", "service", "sub_account",
              "sub_account_name", "resource", "resource_name", "sku", "description", "pricing", "commitment",
              "commitment_status", "capacity_status", "consumed_unit", "tags")  # fmt: skip
_USING: Final = ("category", "charge_class")


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Charges of usage that agree in all of this; None where the bill says nothing."""

    start: str | None
    end: str | None
    provider: str | None
    currency: str | None
    category: str | None
    service: str | None
    account: str | None
    account_name: str | None
    resource: str | None
    resource_name: str | None
    sku: str | None
    description: str | None
    pricing: str | None
    commitment: str | None
    commitment_status: str | None
    capacity_status: str | None
    unit: str | None
    tags: str | None
    rows: int
    consumed: Decimal | None
    cost: Decimal
    """By the column to trust."""

    @property
    def within_a_day(self) -> bool:
        """Whether it has a day and is of no more than one."""
        first = day_of(self.start)
        return first is not None and (day_of(self.end) or first) - first <= timedelta(days=1)


def lines(bills: Bills, verdicts: Sequence[Verdict], only: nw.Expr, using: Sequence[str]) -> Iterator[Line]:
    """Lines of usage that corrects nothing, picked by an expression over the ledger columns of ``using``."""
    trust = {(v.provider, v.currency): v.trust for v in verdicts}
    measures = [ROWS, Measure("consumed", "consumed"), Measure("billed", "billed"), Measure("effective", "effective")]
    cube = bills.cube(_BY, measures, REGULAR_USAGE & only, [*_USING, *using])
    for row in bills.rows(cube):
        billed, effective = row[-2:]
        cost = effective if trust[row[2], row[3]] == "effective" else billed
        yield Line(*(*row[:-2], cost or Decimal(0)))


def behind(bills: Bills, verdicts: Sequence[Verdict], anomalies: Sequence[Anomaly]) -> Iterator[tuple[Anomaly, Line]]:
    """The lines of each anomaly, with it."""
    if not anomalies:
        return
    at = {(a.day, a.provider, a.currency, a.service): a for a in anomalies}
    days = sorted({a.day for a in anomalies})
    for line in lines(bills, verdicts, is_one_of(nw.col("charge_start"), days), ["charge_start"]):
        found = at.get((line.start or "", line.provider, line.currency, line.service))
        if found and line.within_a_day:
            yield found, line


_TITLES: Final = ("finding", "day", "provider", "currency", "service", "account", "resource", "resource_name", "sku",
                  "description", "unit", "consumed", "charges", "cost")  # fmt: skip


def lines_csv(found: Iterable[tuple[str, Line]]) -> str:
    """A CSV of lines, each with the finding that it stands behind; safe to open in a spreadsheet."""
    made = [csv_line(*_TITLES)]
    for finding, line in sorted(found, key=lambda one: (one[0], -one[1].cost, str(one[1].start), str(one[1].resource))):
        words = (finding, line.start, line.provider, line.currency, line.service, line.account, line.resource,
                 line.resource_name, line.sku, line.description, line.unit)  # fmt: skip
        made.append(csv_line(*words, shown(line.consumed), str(line.rows), shown(line.cost)))
    return "".join(made)
