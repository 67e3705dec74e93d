"""Agreed prices by key and period."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from xlroi.errors import InputError, Problem
from xlroi.finops.audit.lines import Lines
from xlroi.finops.engine import CellError

__all__ = ["Contract", "Key", "read_contract"]

Key = tuple[str, ...]

_FIRST: Final = date.min.isoformat()
_LAST: Final = date.max.isoformat()


@dataclass(frozen=True, slots=True)
class Contract:
    """For each key its prices in order, each with the first and last day on which it holds."""

    prices: Mapping[Key, tuple[tuple[str, str, Decimal], ...]]

    def price(self, key: Key, day: str) -> Decimal | None:
        """The price agreed for a key on a day; None where nothing was agreed.

        >>> agreed = Contract({("gpu",): (("2026-01-01", "2026-06-30", Decimal("2.5")),)})
        >>> agreed.price(("gpu",), "2026-03-31"), agreed.price(("gpu",), "2026-07-01")
        (Decimal('2.5'), None)
        """
        prices = self.prices.get(key, ())
        at = bisect_right(prices, day, key=lambda period: period[0]) - 1
        return prices[at][2] if at >= 0 and day <= prices[at][1] else None


def read_contract(lines: Lines) -> Contract:
    """The agreed prices; raises :class:`InputError` where two hold for a key on one day."""
    width = len(lines.keys)
    fields = [field for field in ("unit_price", "valid_from", "valid_to") if field in lines.columns]
    frame = lines.frame().select(*[f"key_{n}" for n in range(width)], *fields)
    try:
        rows = list(lines.engine.rows(frame))
    except CellError as error:
        raise lines.refused() or error from None
    file = str(lines.source.files[0])
    found: defaultdict[Key, list[tuple[str, str, Decimal]]] = defaultdict(list)
    for row in rows:
        cells = dict(zip(fields, row[width:], strict=True))
        if None in row[:width] or cells["unit_price"] is None:
            raise lines.refused() or InputError([Problem(file, None, "", "a line has no key or no price")])
        period = (cells.get("valid_from") or _FIRST, cells.get("valid_to") or _LAST)
        if not all(_is_day(day) for day in period):
            raise lines.refused() or InputError([Problem(file, None, "", f"{period[0]} to {period[1]} is no period")])
        found[row[:width]].append((*period, cells["unit_price"]))
    if not found:
        raise InputError([Problem(file, None, "", "has no prices under its header")])
    prices = {key: tuple(sorted(periods)) for key, periods in found.items()}
    problems = [
        Problem(file, None, ", ".join(key), f"two prices hold on {after[0]}: {before[2]:f} and {after[2]:f}")
        for key, periods in prices.items()
        for before, after in pairwise(periods)
        if after[0] <= before[1]
    ]
    if problems:
        raise InputError(problems[:5])
    return Contract(prices)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
