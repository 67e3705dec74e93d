"""What is allocated: charges that have an owner or lie in a pool, and what each owner bears in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

__all__ = ["DIMENSIONS", "NOBODY", "Allocation", "Charge", "Ledgers", "Method", "Origin", "Part", "Pool"]

DIMENSIONS: Final = ("department", "team", "product", "use_case", "environment", "stage", "model")
"""What a charge belongs to, in the order of :attr:`Charge.owner`."""

NOBODY: Final = "Unallocated"
"""Stands in a dimension where no rule matched: visible, never dropped."""

Method = Literal["fixed", "even", "proportional", "driver"]
Ledgers = dict[str, tuple[tuple[str, ...], list[list[float | str]]]]
"""Ledgers of a workbook by name: heads and rows."""

Origin = Literal["bill", "hardware", "licences", "people", "projects"]


@dataclass(frozen=True, slots=True)
class Charge:
    """The cost of a month, provider and service with one owner, or in one pool: summed, exact."""

    month: str
    """``2026-03``, of the billing period."""
    provider: str
    """Of the bill; of another ledger its name."""
    service: str
    owner: tuple[str, ...]
    """A name for each of :data:`DIMENSIONS`, :data:`NOBODY` where no rule matched."""
    pool: str
    """The pool that is shared among teams; empty where the owner bears the charge itself."""
    origin: Origin
    amount: Decimal
    """In the currency of the allocation."""

    @property
    def team(self) -> str:
        """The owner's team, among which pools are shared."""
        return self.owner[DIMENSIONS.index("team")]


@dataclass(frozen=True, slots=True)
class Pool:
    """Cost that teams share: what nobody owns alone, idle capacity, unused commitments."""

    name: str
    method: Method
    driver: str = ""
    """The driver by which it is shared."""
    weights: Mapping[str, Fraction] | None = None
    """Teams and their fixed shares, which sum to 1."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a team bears of a month's cost of a provider: its own (``pool`` empty), or its part of a pool."""

    month: str
    provider: str
    service: str
    team: str
    pool: str
    origin: Origin
    exact: Fraction
    cents: Decimal
    """The same to the minor unit; all of a month and provider sum to the invoice."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Every cent of the bills and further ledgers with who bears it."""

    currency: str
    unit: Decimal
    """The minor unit of the currency."""
    cost: str
    """What was allocated: the FOCUS cost ``billed`` or ``effective``, or ``mixed`` where providers differ."""
    months: tuple[str, ...]
    teams: tuple[str, ...]
    """All owners among the dimension team, in order, :data:`NOBODY` last where there is any."""
    charges: tuple[Charge, ...]
    pools: tuple[Pool, ...]
    quantities: Mapping[tuple[str, str, str], Decimal]
    """Quantity of a (driver, month, team)."""
    parts: tuple[Part, ...]
    invoices: Mapping[tuple[str, str], Decimal]
    """What a (month, provider) cost, counted apart from the rules; exact."""
    remarks: tuple[str, ...] = ()
    """What the reader should know: a cost to doubt, rules that matched nothing, pools that stayed unallocated."""
