"""Cost per unit of what the cost was for: tokens, training runs, GPU-hours, as a usage file counts them."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from xlroi.errors import InputError, Problem
from xlroi.finops.figures.spending import Cell
from xlroi.finops.money import add
from xlroi.formula.scope import did_you_mean

__all__ = ["UnitCost", "Usage", "load_usage", "unit_costs"]

_MANDATORY: Final = ("month", "unit", "quantity")
_FILTERS: Final = ("provider", "service", "team")
_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Usage:
    """How much was made in a month, and of which cost."""

    line: int
    month: str
    unit: str
    quantity: Decimal
    provider: str = ""
    """Empty: of all. The same holds for ``service`` and ``team``."""
    service: str = ""
    team: str = ""

    @property
    def what(self) -> tuple[str, str, str, str, str]:
        """What a line is about; two lines about the same would divide the cost twice."""
        return self.month, self.unit, self.provider, self.service, self.team


@dataclass(frozen=True, slots=True)
class UnitCost:
    """Cost of what a line of usage is about, and by unit, in one currency."""

    usage: Usage
    currency: str | None
    cost: Decimal
    per_unit: Decimal | None
    """Rounded at 12 significant digits."""
    why: str
    """Why there is none; empty where there is one."""


def load_usage(path: Path) -> tuple[Usage, ...]:
    """Read a CSV of ``month, unit, quantity`` and, where wanted, ``provider, service, team``.

    Raises :class:`InputError` with the line of everything wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError([Problem(str(path), None, "", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise InputError([Problem(str(path), None, "", "not UTF-8; save it as CSV in UTF-8")]) from None
    reader = csv.DictReader(text.splitlines())
    titles = [str(title).strip().lower() for title in reader.fieldnames or ()]
    problems = [Problem(str(path), 1, name, "this column is missing") for name in _MANDATORY if name not in titles]
    known = [*_MANDATORY, *_FILTERS]
    problems += [
        Problem(str(path), 1, title, f"unknown column{did_you_mean(title, known)}; expected {', '.join(known)}")
        for title in titles
        if title not in known
    ]
    if problems:
        raise InputError(problems)
    reader.fieldnames = titles
    found: list[Usage] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in reader:
        cells = {name: (row.get(name) or "").strip() for name in known}
        line = reader.line_num
        said = [*_wrong(cells)] + (["more cells than columns"] if None in row else [])
        if not said:
            usage = Usage(line, cells["month"], cells["unit"], Decimal(cells["quantity"]),
                          *(cells[name] for name in _FILTERS))  # fmt: skip
            if (first := seen.setdefault(usage.what, line)) != line:
                said = [f"line {first} is about the same month, unit and filters; make one line of both"]
            found.append(usage)
        problems += [Problem(str(path), line, "", message) for message in said]
    if problems:
        raise InputError(problems[:_MOST_SHOWN])
    if not found:
        raise InputError([Problem(str(path), None, "", "has no rows under its header")])
    return tuple(found)


def _wrong(cells: Mapping[str, str]) -> list[str]:
    said = []
    if not _MONTH.fullmatch(cells["month"]):
        said.append(f"month: expected as 2026-03 (got {cells['month']!r})")
    if not cells["unit"]:
        said.append("unit: expected a name, as tokens (it is empty)")
    try:
        quantity = Decimal(cells["quantity"])
    except InvalidOperation:
        return [*said, f"quantity: expected a number, as 1250.5 (got {cells['quantity']!r})"]
    if not quantity.is_finite() or quantity <= 0:
        said.append(f"quantity: expected more than 0 (got {cells['quantity']!r})")
    return said


def unit_costs(usages: Sequence[Usage], cells: Mapping[Cell, Decimal]) -> tuple[UnitCost, ...]:
    """Cost per unit of every line of usage, one for each currency in which there is cost.

    ``cells`` are those of a spending, whose teams are a tag's values, or of an allocation.
    """
    found = []
    for usage in usages:
        costs: defaultdict[str | None, Decimal] = defaultdict(Decimal)
        for cell, cost in cells.items():
            wanted = [(usage.provider, cell.provider), (usage.service, cell.service), (usage.team, cell.team)]
            if cell.month == usage.month and all(not asked or asked == held for asked, held in wanted):
                costs[cell.currency] = add(costs[cell.currency], cost)
        for currency, cost in sorted(costs.items(), key=str):
            found.append(UnitCost(usage, currency, cost, _rounded(cost / usage.quantity), ""))
        if not costs:
            found.append(UnitCost(usage, None, Decimal(0), None, _nothing(usage, cells)))
    return tuple(found)


def _rounded(amount: Decimal) -> Decimal:
    return Decimal(f"{amount:.12g}")


def _nothing(usage: Usage, cells: Mapping[Cell, Decimal]) -> str:
    if usage.month not in (months := {cell.month for cell in cells}):
        return f"the bill has no charges for {usage.month}, only for {', '.join(sorted(months))}"
    for name in _FILTERS:
        asked = getattr(usage, name)
        names = {str(getattr(cell, name) or "") for cell in cells}
        if asked and asked not in names:
            return f"the bill knows no {name} {asked!r}{did_you_mean(asked, sorted(names))}"
    return "no charge of the month matches all of it"
