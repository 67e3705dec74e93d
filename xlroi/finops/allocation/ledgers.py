"""Costs that no cloud bill has: own hardware, licences, people; each a cost by month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from xlroi.errors import InputError, Problem
from xlroi.finops.allocation.tables import Row, read_table
from xlroi.finops.facts import DIMENSIONS, Origin
from xlroi.finops.money import add, multiply, to_cent

__all__ = ["COLUMNS", "Cost", "Ledger", "Loaded", "load_ledger"]

_OWNERS: Final = ("item", "service", *DIMENSIONS)
# The columns of each kind: those that must be there, and those that may.
COLUMNS: Final[Mapping[Origin, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "hardware": (("price", "bought", "life_months"), ("salvage", "quantity", *_OWNERS)),
    "licences": (("price", "from"), ("to", "per", "seats", *_OWNERS)),
    "people": (("month",), ("cost", "hours", "rate", *_OWNERS)),
}
_LONGEST_LIFE: Final = 600  # months


@dataclass(frozen=True, slots=True)
class Cost:
    """What a row of a ledger costs in months, in the ledger's currency."""

    owners: Mapping[str, str]
    """Names by dimension, as the file gives them."""
    item: str
    service: str
    tags: Mapping[str, str]
    """All other columns: a project code, a cost centre."""
    first: str
    last: str
    amounts: tuple[Decimal, ...]
    """Month by month from the first to the last; begun anew where they end before it."""

    def amount(self, month: str) -> Decimal | None:
        """The cost in a month; None before the first and after the last."""
        if not self.first <= month <= self.last:
            return None
        return self.amounts[(_index(month) - _index(self.first)) % len(self.amounts)]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where a further ledger stands."""

    kind: Origin
    name: str
    file: Path
    currency: str
    titles: Mapping[str, str]
    """The columns' titles where they differ from their names."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A further ledger, read."""

    ledger: Ledger
    costs: tuple[Cost, ...]


def load_ledger(ledger: Ledger, unit: Decimal, asked: Problem) -> Loaded:
    """Read a ledger; raises :class:`InputError` with file and line. ``unit`` is the minor unit of its currency."""
    must, may = COLUMNS[ledger.kind]
    columns = {name: ledger.titles.get(name, name) for name in (*must, *may)}
    rows = list(read_table(ledger.file, columns, [name for name in may if name not in ledger.titles], asked))
    for row in rows[:1]:
        _refuse_misspelt(row, may)
    read = _READ[ledger.kind]
    return Loaded(
        ledger,
        tuple(
            Cost(
                {name: row.cells[name] for name in DIMENSIONS if row.cells.get(name)},
                row.cells.get("item", ""),
                row.cells.get("service") or ledger.kind,
                {title: cell for title, cell in row.cells.items() if title not in columns and cell},
                *read(row, unit),
            )
            for row in rows
        ),
    )


def _refuse_misspelt(row: Row, may: Sequence[str]) -> None:
    """A salvage under another name would be taken for a tag, and the cost would be wrong without a word."""
    unused = [name for name in may if name not in row.cells]
    for title in row.cells:
        if title not in may and (near := get_close_matches(title.lower(), unused, n=1, cutoff=0.8)):
            message = f"a column {title!r}: is {near[0]!r} meant? Name it so, or otherwise"
            raise InputError([Problem(row.file, 1, "", message)])


def _index(month: str) -> int:
    """Months since the year 0."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _after(month: str, months: int) -> str:
    """A month later by a number of months.

    >>> _after("2026-11", 3)
    '2027-02'
    """
    year, index = divmod(_index(month) + months, 12)
    return f"{year:04}-{index + 1:02}"


def _spread(total: Decimal, months: int, unit: Decimal) -> tuple[Decimal, ...]:
    """Equal months to the minor unit; the last takes the rest, so that the sum is the total.

    >>> _spread(Decimal(100), 3, Decimal("0.01"))
    (Decimal('33.33'), Decimal('33.33'), Decimal('33.34'))
    """
    each = to_cent(total / months, unit)
    return (*([each] * (months - 1)), add(total, multiply(each, Decimal(1 - months))))


_Months = tuple[str, str, tuple[Decimal, ...]]


def _hardware(row: Row, unit: Decimal) -> _Months:
    """Straight-line depreciation of price less salvage, from the month of purchase on."""
    price, salvage, life = row.amount("price"), row.amount("salvage", "0"), row.amount("life_months")
    if salvage > price:
        raise row.refuse("salvage", f"is more than the price ({salvage} > {price})")
    if life != life.to_integral_value() or not 1 <= life <= _LONGEST_LIFE:
        raise row.refuse("life_months", f"expected whole months from 1 to {_LONGEST_LIFE} (got {life})")
    total = multiply(add(price, salvage.copy_negate()), row.amount("quantity", "1"))
    bought = row.month("bought")
    return bought, _after(bought, int(life) - 1), _spread(total, int(life), unit)


def _licences(row: Row, unit: Decimal) -> _Months:
    """A price per seat and month, or per seat and year in twelfths; the months of from and to are both paid."""
    per = row.cells.get("per") or "month"
    if per not in ("month", "year"):
        raise row.refuse("per", f"expected month or year (got {per!r})")
    price = multiply(row.amount("price"), row.amount("seats", "1"))
    first = row.month("from")
    last = row.month("to") if row.cells.get("to") else "9999-12"
    if last < first:
        raise row.refuse("to", f"{last} is before {first}")
    return first, last, (price,) if per == "month" else _spread(price, 12, unit)


def _people(row: Row, unit: Decimal) -> _Months:  # noqa: ARG001 (all kinds are called alike)
    """A cost, or hours times a rate."""
    given = {name for name in ("cost", "hours", "rate") if row.cells.get(name)}
    if given not in ({"cost"}, {"hours", "rate"}):
        raise row.refuse("cost", "expected either a cost, or hours and a rate")
    cost = row.amount("cost") if "cost" in given else multiply(row.amount("hours"), row.amount("rate"))
    month = row.month("month")
    return month, month, (cost,)


_READ: Final[Mapping[Origin, Callable[[Row, Decimal], _Months]]] = {
    "hardware": _hardware,
    "licences": _licences,
    "people": _people,
}
