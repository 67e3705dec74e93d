"""Whether a new export repeats, replaces or adds to what is held of a provider, account and month.

Exports of a month mostly come again each day with the month so far, restated; some come as a day at a time. A wrong
guess loses charges or counts them twice, so what is neither is called unclear and left to the user.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

import narwhals as nw

from xlroi.finops.bills import Bills
from xlroi.finops.cleaning import is_one_of
from xlroi.finops.engine import FILE
from xlroi.finops.focus import COSTS
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add
from xlroi.finops.overview import ROWS

__all__ = ["Cell", "Cells", "Key", "Verdict", "holdings", "judge", "together"]

Key = tuple[str | None, str | None, str]
"""Provider, account and month."""
Verdict = Literal["added", "replaced", "held", "unclear"]

_BY: Final = (FILE, "provider", "account", "month", "currency", "charge_start", "service")
_RANGES: Final = ("moment_charge_start", "sub_account", "resource", "sku", "description")
_MEASURES: Final = (
    ROWS,
    *(Measure(f"sum_{cost}", cost) for cost in COSTS),
    *(Measure(f"min_{id}", id, "min") for id in _RANGES),
    *(Measure(f"max_{id}", id, "max") for id in _RANGES),
)
# Of the rows held, the share that a newer export must hold too; the rest may have been restated under other services.
_KEPT: Final = 0.9


@dataclass(frozen=True, slots=True)
class Cell:
    """The charges of a currency, day and service: how many, their costs, and the first and last of what names them."""

    rows: int
    costs: tuple[Decimal, ...]
    """Billed, effective, contracted, list."""
    least: tuple[str | None, ...]
    """Of the start (a moment), sub-account, resource, SKU and description."""
    most: tuple[str | None, ...]

    def __add__(self, other: Cell) -> Cell:
        return Cell(
            self.rows + other.rows,
            tuple(map(add, self.costs, other.costs)),
            tuple(min(_there(a, b), default=None) for a, b in zip(self.least, other.least, strict=True)),
            tuple(max(_there(a, b), default=None) for a, b in zip(self.most, other.most, strict=True)),
        )

    def may_hold(self, other: Cell) -> bool:
        """Whether the charges of another may all be among these: enough rows, and within their bounds."""
        both = self + other
        return self.rows >= other.rows and (both.least, both.most) == (self.least, self.most)


Cells = Mapping[tuple[str | None, str, str | None], Cell]
"""By currency, day and service."""


def holdings(bills: Bills, months: Sequence[str]) -> dict[Key, dict[str, Cells]]:
    """What each file holds of each key in some months."""
    found: defaultdict[Key, defaultdict[str, dict[Any, Cell]]] = defaultdict(lambda: defaultdict(dict))
    cube = bills.cube(_BY, _MEASURES, is_one_of(nw.col("month"), months), ["month"])
    ends = 1 + len(COSTS), 1 + len(COSTS) + len(_RANGES)
    for file, provider, account, month, currency, day, service, *values in bills.rows(cube):
        costs = tuple(Decimal(cost or 0) for cost in values[1 : ends[0]])
        cell = Cell(values[0], costs, tuple(values[ends[0] : ends[1]]), tuple(values[ends[1] :]))
        found[provider, account, month][file][currency, day or "", service] = cell
    return {key: dict(files) for key, files in found.items()}


def together(files: Iterable[Cells]) -> Cells:
    """What some files hold between them."""
    found: dict[Any, Cell] = {}
    for cells in files:
        for at, cell in cells.items():
            found[at] = found[at] + cell if at in found else cell
    return found


def judge(held: Cells, new: Cells) -> Verdict:
    """What becomes of a new export of a key of which another is held.

    ``added``: no day is in both, or their hours differ on every day that is. ``held``: all of it is held already.
    ``replaced``: it has every day that is held, and on them nine in ten of the held charges at least, by their number,
    resources, SKUs, descriptions and times by service; costs may have been restated. Everything else is ``unclear``.
    """
    days, new_days = {day for _, day, _ in held}, {day for _, day, _ in new}
    shared = days & new_days
    if not shared or _other_hours(held, new, shared):
        return "added"
    if new == {at: cell for at, cell in held.items() if at[1] in new_days}:
        return "held"
    kept = sum(cell.rows for at, cell in held.items() if at in new and new[at].may_hold(cell))
    if days <= new_days and kept >= _KEPT * sum(cell.rows for cell in held.values()):
        return "replaced"
    return "unclear"


def _other_hours(held: Cells, new: Cells, days: set[str]) -> bool:
    """Whether on each of the days all charges of one start before all of the other."""
    for day in days:
        (first, last), (new_first, new_last) = _hours(held, day), _hours(new, day)
        if not (last < new_first or new_last < first):
            return False
    return True


def _hours(cells: Cells, day: str) -> tuple[str, str]:
    there = [cell for (_, at, _), cell in cells.items() if at == day]
    return min(cell.least[0] or "" for cell in there), max(cell.most[0] or "" for cell in there)


def _there(*values: str | None) -> list[str]:
    return [value for value in values if value is not None]
